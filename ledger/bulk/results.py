"""What one row of a list came to: a verdict with its reason, who issued it, and as of which block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from ledger.documents.strict_json import JsonValue
from ledger.documents.text import visible
from ledger.errors import MalformedDocument
from ledger.verifying.report import Outcome, VerificationReport, shown_bytes, shown_time

LONGEST = 300
WORST_FIRST = (Outcome.INVALID, Outcome.INDETERMINATE, Outcome.VALID)


@dataclass(frozen=True)
class Result:
    """One row of a report. Days and moments are text in ISO form; what is not known is empty.

    `institution` is its accredited name, never what a document claims.
    """

    verdict: str
    code: str
    reason: str
    title: str = ""
    institution: str = ""
    awarded_on: str = ""
    valid_until: str = ""
    credential_id: str = ""
    digest: str = ""
    checked_at: str = ""
    block_number: int | None = None
    block_time: str = ""
    network: str = ""

    def to_dict(self) -> dict[str, JsonValue]:
        return asdict(self)

    @property
    def decision(self) -> tuple[str, str]:
        """What has to differ for a row to have changed."""
        return self.verdict, self.code


def could_not_check(code: str, reason: str, now: datetime) -> Result:
    """The result for what could not be looked at. It says nothing against anybody's credential."""
    return Result(Outcome.INDETERMINATE.value, code, sentence(reason), checked_at=_iso(now))


def result_of(found: Sequence[VerificationReport | MalformedDocument], now: datetime) -> Result:
    """The result for all documents behind one row: the worst of their verdicts, with its reason.

    What cannot be read could not be checked: that is no verdict on it. Raises ValueError where there is none.
    """
    reports = [one for one in found if isinstance(one, VerificationReport)]
    unread = [one for one in found if isinstance(one, MalformedDocument)]
    worst = min(reports, key=lambda one: WORST_FIRST.index(one.verdict), default=None)
    if unread and (worst is None or worst.verdict is not Outcome.INVALID):
        return could_not_check(unread[0].code, str(unread[0]), now)
    if worst is None:
        raise ValueError("a row without documents has no result")
    result = _of_one(worst, now)
    if len(reports) == 1:
        return result
    titles = "; ".join(dict.fromkeys(filter(None, map(_title, reports))))
    institutions = "; ".join(dict.fromkeys(filter(None, (_institution(one) for one in reports))))
    return replace(result, title=titles[:LONGEST], institution=institutions[:LONGEST], digest="", credential_id="")


def without_contents(result: Result, credential_id: str) -> Result:
    """A result for somebody who named an id and showed no document: the verdict and who issued it, no more.

    No digest either: with the id, it would let a grade be guessed.
    """
    return Result(
        result.verdict,
        result.code,
        result.reason,
        institution=result.institution,
        credential_id=credential_id,
        checked_at=result.checked_at,
        block_number=result.block_number,
        block_time=result.block_time,
        network=result.network,
    )


def duplicates(marks: Iterable[str]) -> list[int | None]:
    """For each mark, the first position (from 1) with the same, where that is an earlier one. Empty marks differ."""
    first: dict[str, int] = {}
    found: list[int | None] = []
    for position, mark in enumerate(marks, 1):
        earlier = first.setdefault(mark, position) if mark else position
        found.append(earlier if earlier < position else None)
    return found


def sentence(text: str) -> str:
    """A message as a sentence."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".") if text else ""


def _of_one(report: VerificationReport, now: datetime) -> Result:
    summary, chain = report.summary, report.chain
    block = chain.block if chain else None
    return Result(
        verdict=report.verdict.value,
        code=report.code,
        reason=sentence(report.message),
        title=_title(report),
        institution=_institution(report)[:LONGEST],
        awarded_on=_day(summary.valid_from) if summary else "",
        valid_until=_day(summary.valid_until) if summary else "",
        credential_id=visible(summary.id, limit=LONGEST) if summary and summary.id else "",
        digest=shown_bytes(report.digest) or "",
        checked_at=_iso(now),
        block_number=block.number if block else None,
        block_time=(shown_time(block.time) or "") if block else "",
        network=chain.network_name if chain else "",
    )


def _title(report: VerificationReport) -> str:
    return visible(report.summary.name, limit=LONGEST) if report.summary and report.summary.name else ""


def _institution(report: VerificationReport) -> str:
    """The accredited name of who issued; of a record, those of the credentials inside."""
    if report.summary is not None and report.summary.kind == "record":
        return "; ".join(dict.fromkeys(filter(None, (part.issuer.accredited_name for part in report.components))))
    return report.issuer.accredited_name or ""


def _day(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}" if moment else ""


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
