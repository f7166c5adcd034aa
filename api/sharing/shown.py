"""What a link shows as JSON: the reports of this moment, and the documents byte for byte."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import orjson

from api.sharing.values import Shared
from api.site import Site
from ledger.rendering.forms import ENDINGS, form_of
from ledger.verifying.report import Outcome, VerificationReport, shown_time
from ledger.wrapping.content import is_token

UNTIL_MEANS = "when this link ends; how long a credential is valid stands in its own report, as valid_until"


def verdict_of(reports: Sequence[VerificationReport]) -> Outcome:
    """One verdict for all: the worst."""
    verdicts = {report.verdict for report in reports}
    return next(one for one in (Outcome.INVALID, Outcome.INDETERMINATE, Outcome.VALID) if one in verdicts)


def shared_json(site: Site, shared: Shared, reports: Sequence[VerificationReport]) -> bytes:
    """One JSON object; a token is a string. One document stands in `report` and `document`, several in `shown`."""
    head = orjson.dumps(_facts(shared, reports))
    if len(reports) > 1:
        return head[:-1] + b',"shown":' + _several(site, shared, reports) + b"}"
    (report,), (document,) = reports, shared.documents
    shown = orjson.dumps({"report": site.shown(report)})
    return head[:-1] + b"," + shown[1:-1] + b',"document":' + _as_json(document) + b"}"


def preview_json(site: Site, shared: Shared, reports: Sequence[VerificationReport]) -> bytes:
    """As `shared_json`, with a list however many documents there are."""
    return orjson.dumps(_facts(shared, reports))[:-1] + b',"shown":' + _several(site, shared, reports) + b"}"


def archive(shared: Shared) -> bytes:
    """Several documents as one ZIP, which `cairn verify` reads."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
        for number, document in enumerate(shared, start=1):
            files.writestr(f"credential-{number:03d}.{ENDINGS[form_of(document)]}", document)
    return packed.getvalue()


def _facts(shared: Shared, reports: Sequence[VerificationReport]) -> dict[str, object]:
    return {
        "verdict": verdict_of(reports).value,
        "label": shared.label,
        "purpose": shared.purpose,
        "shared_until": shown_time(shared.expires_at),
        "shared_until_means": UNTIL_MEANS,
        "withheld": sorted({word for report in reports for word in report.withheld}),
    }


def _several(site: Site, shared: Shared, reports: Sequence[VerificationReport]) -> bytes:
    entries = []
    for document, report in zip(shared, reports, strict=True):
        facts = {"verdict": report.verdict.value, "withheld": list(report.withheld), "report": site.shown(report)}
        entries.append(orjson.dumps(facts)[:-1] + b',"document":' + _as_json(document) + b"}")
    return b"[" + b",".join(entries) + b"]"


def _as_json(document: bytes) -> bytes:
    return b'"' + document + b'"' if is_token(document) else document
