"""`cairn verify --list`: a whole table or archive, a row of a report for each. As the page for lists does it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.errors import CairnError, MalformedDocument, NotFound

if TYPE_CHECKING:
    from ledger.bulk.report_files import Line
    from ledger.bulk.uploads import Entry, Upload
    from ledger.verifying.verifier import Verifier

AT_ONCE = 8
RDF_SECONDS = 120.0
SUFFIXES = (".csv", ".xlsx")

VerifierFor = Callable[[Sequence[bytes]], AbstractContextManager["Verifier"]]
"""The verifier that was asked for, given the documents that it is for."""
Fetch = Callable[[str], bytes]
"""The document behind a link. Raises MalformedDocument."""


@dataclass(frozen=True)
class Wish:
    """What was asked for: the list, the report, the column with links, and a data folder to look ids up in."""

    path: Path
    content: bytes
    report: Path | None
    column: str | None
    data: Path


def check_list(wish: Wish, verifier_for: VerifierFor, fetch: Fetch, *, as_json: bool) -> int:
    """Checks every row and writes the report. The exit code is the worst of theirs: 1, then 3, then 0.

    Raises MalformedDocument for what is no list, CairnError `usage` for a report of another kind.
    """
    from ledger.bulk.columns import unclear
    from ledger.bulk.report_files import Line
    from ledger.bulk.results import could_not_check, duplicates, result_of, without_contents
    from ledger.bulk.uploads import Brought, upload_of

    if wish.report is not None and wish.report.suffix.lower() not in SUFFIXES:
        raise CairnError("usage", "--report takes a file that ends in .csv or .xlsx")
    upload = upload_of([Brought(wish.path.name, wish.content)], column=wish.column)
    if upload.is_unclear:
        raise unclear()
    found = _documents(wish, upload, fetch)
    documents = [content for one in found if not isinstance(one, MalformedDocument) for content in one]
    results = []
    with verifier_for(documents) as verifier:
        reports = verifier.verify_in_turn(documents, rdf_seconds=RDF_SECONDS)
        for entry, one in zip(upload.entries, found, strict=True):
            now = datetime.now(UTC)
            if isinstance(one, MalformedDocument):
                results.append(could_not_check(one.code, str(one), now))
                continue
            result = result_of([next(reports) for _ in one], now)
            results.append(without_contents(result, entry.given.text) if entry.given.kind == "id" else result)
    marks = [result.digest or entry.given.text for entry, result in zip(upload.entries, results, strict=True)]
    lines = [
        Line(position, entry.given.shown, entry.others, result, same)
        for position, (entry, result, same) in enumerate(
            zip(upload.entries, results, duplicates(marks), strict=True), 1
        )
    ]
    _tell(wish, upload, lines, as_json=as_json)
    verdicts = {line.result.verdict for line in lines}
    return 1 if "invalid" in verdicts else 3 if "indeterminate" in verdicts else 0


def _documents(wish: Wish, upload: Upload, fetch: Fetch) -> list[tuple[bytes, ...] | MalformedDocument]:
    """What stands behind each row, or why it could not be had."""
    ids = _documents_by_id([entry.given.text for entry in upload.entries if entry.given.kind == "id"], wish.data)

    def of(place: int, entry: Entry) -> tuple[bytes, ...] | MalformedDocument:
        from ledger.bulk.uploads import contents_of

        given = entry.given
        try:
            match given.kind.value:
                case "file":
                    return contents_of(upload.files[place])
                case "text":
                    return contents_of(given.text.encode())
                case "link":
                    return contents_of(fetch(given.text))
                case "id" if given.text in ids:
                    return (ids[given.text],)
                case "id":
                    return MalformedDocument("id_unknown", "no data folder here holds a credential with this id")
                case "nothing":
                    return MalformedDocument("row_empty", "this row has no link and no id")
                case _:
                    return MalformedDocument("not_a_link", "this is no link, and no id of a credential")
        except MalformedDocument as error:
            return error

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(of, range(len(upload.entries)), upload.entries))


def _documents_by_id(ids: Sequence[str], data: Path) -> dict[str, bytes]:
    """The final documents that a data folder holds, of those that are named."""
    if not ids or not data.exists():
        return {}
    from ledger.issuing.values import BatchState
    from ledger.workspace import Workspace

    found: dict[str, bytes] = {}
    with Workspace.open(data) as workspace:
        for name in ids:
            try:
                if workspace.catalog.credential(name).batch_state is BatchState.FINAL:
                    found[name] = workspace.catalog.document(name)
            except NotFound:
                continue
    return found


def _tell(wish: Wish, upload: Upload, lines: Sequence[Line], *, as_json: bool) -> None:
    """Writes the report, and says how many rows have which verdict."""
    from ledger.bulk.report_files import csv_report, xlsx_report

    if wish.report is not None:
        write = xlsx_report if wish.report.suffix.lower() == ".xlsx" else csv_report
        try:
            wish.report.write_bytes(write(upload.header, lines))
        except OSError as error:
            raise CairnError("report_unwritable", f"cannot write {str(wish.report)!r}: {error.strerror}") from error
    if as_json:
        rows = [
            {"position": line.position, "given": line.shown, "columns": list(line.others), "same_as": line.same_as}
            | line.result.to_dict()
            for line in lines
        ]
        sys.stdout.write(json.dumps({"rows": rows}, ensure_ascii=False) + "\n")
        return
    words = {"valid": "valid", "invalid": "not valid", "indeterminate": "could not be checked"}
    counted = [(word, sum(line.result.verdict == verdict for line in lines)) for verdict, word in words.items()]
    said = ", ".join(f"{count} {word}" for word, count in counted if count)
    sys.stdout.write(f"{len(lines)} rows: {said}\n")
    if wish.report is None:
        for line in lines:
            if line.result.verdict != "valid":
                sys.stdout.write(f"row {line.position}: {line.shown}: {line.result.reason} ({line.result.code})\n")
