"""What came out when a presentation was checked: who presents, in answer to what, and a report on each credential."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ledger.documents.strict_json import JsonObject
from ledger.documents.text import visible
from ledger.verifying.report import EXIT_CODES, Check, Consulted, Outcome, VerificationReport


@dataclass(frozen=True)
class Asked:
    """What the checker asked a holder for: to answer this challenge, for this audience. None for what was not asked.

    `refused` is a reason why the challenge does not count, whoever answers it: unknown, used, expired.
    """

    challenge: str | None = None
    audience: str | None = None
    refused: Check | None = None


@dataclass(frozen=True)
class Answer:
    """What the holder's proof says, as far as it was read. The holder is shown to be who it is only by the checks."""

    holder: str | None
    challenge: str | None = None
    audience: tuple[str, ...] = ()
    created: str | None = None
    expires: str | None = None


@dataclass(frozen=True)
class PresentationReport:
    """The verdict on a presentation.

    `checks` are `structure`, `signature` (the holder's), and `holder` (does the proof answer what was asked). In each
    of the reports on what is presented, check 11 says whether it is the holder's.
    """

    verdict: Outcome
    code: str
    message: str
    answer: Answer
    checks: tuple[Check, ...]
    credentials: tuple[VerificationReport, ...]
    consulted: tuple[Consulted, ...] = field(default=())

    def __bool__(self) -> bool:
        return self.verdict is Outcome.VALID

    @property
    def is_answered(self) -> bool:
        """Whether the holder is who they say, and answered what was asked."""
        return all(check.outcome is Outcome.VALID for check in self.checks)

    @property
    def exit_code(self) -> int:
        """0 valid, 1 invalid, 3 could not find out."""
        return EXIT_CODES[self.verdict]

    def to_dict(self) -> JsonObject:
        """The report as JSON."""
        answer = self.answer
        return {
            "verdict": self.verdict.value,
            "code": self.code,
            "message": self.message,
            "kind": "presentation",
            "holder": {
                "did": answer.holder,
                "proven": self.is_answered,
                "challenge": answer.challenge,
                "audience": list(answer.audience),
                "created": answer.created,
                "expires": answer.expires,
            },
            "consulted": [document.to_dict() for document in self.consulted],
            "checks": [check.to_dict() for check in self.checks],
            "credentials": [report.to_dict() for report in self.credentials],
        }


def conclude_presentation(
    answer: Answer,
    checks: Sequence[Check],
    credentials: Sequence[VerificationReport],
    consulted: Sequence[Consulted] = (),
) -> PresentationReport:
    """The report: any `invalid` decides, then any `indeterminate`; what shows nothing is not valid."""
    verdict, code, message = _verdict(answer, checks, credentials)
    return PresentationReport(verdict, code, message, answer, tuple(checks), tuple(credentials), tuple(consulted))


def refused_after_all(report: PresentationReport, check: Check) -> PresentationReport:
    """The report with another outcome of its check `holder`: somebody else has used the challenge up meanwhile."""
    checks = [check if one.id == check.id else one for one in report.checks]
    credentials = [with_holder(credential, check) for credential in report.credentials]
    return conclude_presentation(report.answer, checks, credentials, report.consulted)


def with_holder(report: VerificationReport, check: Check) -> VerificationReport:
    """A report with its check 11 made. What decided the verdict before goes on deciding it, if it weighs as much."""
    checks = tuple(check if one.id == check.id else one for one in report.checks)
    if check.outcome is Outcome.INVALID and report.verdict is not Outcome.INVALID:
        return replace(report, checks=checks, verdict=check.outcome, code=check.code, message=check.message)
    if check.outcome is Outcome.INDETERMINATE and report.verdict is Outcome.VALID:
        return replace(report, checks=checks, verdict=check.outcome, code=check.code, message=check.message)
    return replace(report, checks=checks)


def _verdict(
    answer: Answer, checks: Sequence[Check], credentials: Sequence[VerificationReport]
) -> tuple[Outcome, str, str]:
    for outcome in (Outcome.INVALID, Outcome.INDETERMINATE):
        for check in checks:
            if check.outcome is outcome:
                return outcome, check.code, check.message
        for report in credentials:
            if report.verdict is outcome:
                return outcome, report.code, report.message
    if any(check.outcome is not Outcome.VALID for check in checks):
        return Outcome.INDETERMINATE, "check_not_run", "A check that is needed was not made."
    if not credentials:
        message = "The holder answered the challenge, and presented nothing."
        return Outcome.INDETERMINATE, "presentation_empty", message
    what = "What is presented is" if len(credentials) == 1 else f"All that is presented ({len(credentials)}) is"
    who = visible(answer.holder or "", limit=300)
    message = f"{what} genuine, in force, and the holder's, who answered the challenge: {who}."
    return Outcome.VALID, "valid", message
