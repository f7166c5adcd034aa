"""Sets templates with typst: one compiler for each thread and template, nothing read but our own templates and fonts.

What is set arrives as JSON and plain text. It is data to the templates, so no text of a document can reach the
typesetter as markup, read a file or fetch anything.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ledger.errors import Conflict
from ledger.rendering.typefaces import FACES, fonts

if TYPE_CHECKING:
    from typst import Compiler

TEMPLATES = Path(__file__).parent / "templates"
PDF_STANDARD: Literal["a-3b"] = "a-3b"

_local = threading.local()


def set_pdf(template: str, data: Mapping[str, object], *, document: str, made_at: int) -> bytes:
    """A PDF/A-3b of the template. `document` is what the template attaches, `made_at` (Unix seconds) its date."""
    from typst import TypstError

    try:
        made = _compiler(template).compile(
            format="pdf", sys_inputs=_inputs(data, document), pdf_standards=[PDF_STANDARD], timestamp=made_at
        )
    except TypstError as error:
        raise unsettable(error) from error
    return _single(made)


def set_svg(template: str, data: Mapping[str, object]) -> str:
    """The template as one SVG; its letters are outlines, so that it looks the same everywhere."""
    return _single(_compiler(template).compile(format="svg", sys_inputs=_inputs(data))).decode()


def set_png(template: str, data: Mapping[str, object], *, pixels_per_inch: float) -> bytes:
    """The template as one PNG."""
    return _single(_compiler(template).compile(format="png", sys_inputs=_inputs(data), ppi=pixels_per_inch))


def set_first_page(template: str, data: Mapping[str, object], *, document: str, pixels_per_inch: float) -> bytes:
    """The first page of the template as one PNG. Raises Conflict `form_unsettable`."""
    from typst import TypstError

    inputs = _inputs(data, document)
    try:
        made = _compiler(template).compile(format="png", sys_inputs=inputs, ppi=pixels_per_inch)
    except TypstError as error:
        raise unsettable(error) from error
    return _single(made[:1] if isinstance(made, list) else made)


def unsettable(error: Exception) -> Conflict:
    """The error for a document that the typesetter refuses."""
    return Conflict(f"the document cannot be set: {str(error).splitlines()[0][:200]}", "form_unsettable")


def _compiler(template: str) -> Compiler:
    import typst

    compilers: dict[str, Compiler] | None = getattr(_local, "compilers", None)
    if compilers is None:
        compilers = _local.compilers = {}
    if template not in compilers:
        compilers[template] = typst.Compiler(
            TEMPLATES / template, root=TEMPLATES, font_paths=fonts(), ignore_system_fonts=True
        )
    return compilers[template]


def _inputs(data: Mapping[str, object], document: str = "") -> dict[str, str]:
    return {"data": json.dumps(data, ensure_ascii=False), "faces": json.dumps(FACES), "document": document}


def _single(made: bytes | list[bytes] | None) -> bytes:
    """What the compiler gives: the file, or a list of the pages of which we only ever have one."""
    if isinstance(made, list):
        [made] = made
    if made is None:
        raise AssertionError("the compiler was not asked to write to a file")
    return made
