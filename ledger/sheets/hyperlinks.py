"""Where the cells of a sheet link to: spreadsheets show the words, and keep the address apart from them.

Runs in the child process of `ledger.sheets.workbook_worker`.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

MOST_LINKS = 20_000

Place = tuple[int, int]
"""A row and a column, from 0."""

_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_FORMULA = re.compile(r'\s*HYPERLINK\(\s*"((?:[^"]|"")+)"', re.IGNORECASE)
_WORKBOOK = "xl/workbook.xml"


def targets_in(data: bytes, sheet: str) -> dict[Place, str]:
    """The web addresses behind the cells of a sheet of an XLSX or XLSM; none in any other file, or a damaged one."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            return {
                place: target
                for place, target in _links(packed, _part_of(packed, sheet))
                if target.lower().startswith(("https://", "http://"))
            }
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, ParseError, DefusedXmlException, NotImplementedError):
        return {}


def _part_of(packed: zipfile.ZipFile, sheet: str) -> str:
    """The name of the part that holds a sheet. Raises KeyError."""
    parts = _related(packed, _WORKBOOK)
    for element in _elements(packed, _WORKBOOK):
        if _name(element.tag) == "sheet" and element.get("name") == sheet:
            return posixpath.normpath(posixpath.join("/xl", parts[_relation(element)])).lstrip("/")
    raise KeyError(sheet)


def _links(packed: zipfile.ZipFile, part: str) -> Iterator[tuple[Place, str]]:
    try:
        targets = _related(packed, part)
    except KeyError:
        targets = {}
    found, cell = 0, ""
    for element in _elements(packed, part):
        match _name(element.tag):
            case "f" if (formula := _FORMULA.match(element.text or "")) is not None:
                cell = formula[1].replace('""', '"')
                continue
            case "c" if cell:
                place, target = _place(element.get("r", "")), cell
                cell = ""
            case "hyperlink" if _relation(element) in targets:
                fragment = element.get("location")
                place = _place(element.get("ref", ""))
                target = targets[_relation(element)] + (f"#{fragment}" if fragment else "")
            case "row":
                element.clear()  # or a large sheet would stay in memory
                continue
            case _:
                continue
        if place is not None and found < MOST_LINKS:
            found += 1
            yield place, target


def _related(packed: zipfile.ZipFile, part: str) -> dict[str, str]:
    """What a part refers to, by the ids that it uses. Raises KeyError where it refers to nothing."""
    folder, name = posixpath.split(part)
    return {
        element.get("Id", ""): element.get("Target", "")
        for element in _elements(packed, f"{folder}/_rels/{name}.rels")
        if _name(element.tag) == "Relationship"
    }


def _elements(packed: zipfile.ZipFile, part: str) -> Iterator[Element]:
    """The elements of a part, each when it ends. Raises KeyError where there is no such part."""
    with packed.open(part) as opened:
        found: Any
        for _, found in iterparse(opened):
            yield found


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _relation(element: Element) -> str:
    """The id of what an element refers to, in either of the two namespaces that the format has for it."""
    return next((value for name, value in element.items() if name.endswith("}id")), "")


def _place(reference: str) -> Place | None:
    """The cell that a reference names, the first of a range."""
    if (found := _CELL.match(reference)) is None:
        return None
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]) - 1, column - 1
