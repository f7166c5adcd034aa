"""How the contents and the results of a list are written down before they are sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import orjson

from api.bulk.values import Found
from ledger.bulk.given import Given, GivenKind
from ledger.bulk.results import Result
from ledger.bulk.uploads import Entry, Upload
from ledger.verifying.kept_report import keep, revive
from ledger.verifying.report import VerificationReport


def written_upload(upload: Upload) -> bytes:
    """What was given, without its files."""
    entries = [[one.given.kind.value, one.given.text, one.given.shown, one.others] for one in upload.entries]
    return orjson.dumps({"header": upload.header, "entries": entries, "rows": upload.rows})


def read_upload(content: bytes) -> Upload:
    kept = orjson.loads(content)
    entries = tuple(
        Entry(Given(GivenKind(kind), text, shown), tuple(others)) for kind, text, shown, others in kept["entries"]
    )
    return Upload(entries, tuple(kept["header"]), rows=tuple(tuple(row) for row in kept["rows"]))


def written_results(found: Sequence[Found]) -> bytes:
    """What a run came to, without its reports."""
    return orjson.dumps([[asdict(one.result), one.same_as] for one in found])


def read_results(content: bytes) -> list[Found]:
    return [Found(Result(**result), same_as) for result, same_as in orjson.loads(content)]


def written_reports(reports: Sequence[VerificationReport]) -> bytes:
    return orjson.dumps([keep(report) for report in reports])


def read_reports(content: bytes) -> tuple[VerificationReport, ...]:
    return tuple(revive(kept) for kept in orjson.loads(content))
