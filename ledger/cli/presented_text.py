"""The report on a presentation as text for a terminal."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from ledger.cli.report_text import SIGNS, member, paint, sign
from ledger.documents.text import visible
from ledger.verifying.presented import Asked, PresentationReport

if TYPE_CHECKING:
    from ledger.documents.presentation import Presentation
    from ledger.verifying.verifier import Verifier


def render_presentation(report: PresentationReport) -> str:
    """The report as text: the verdict, who presents and to whom, each check, and a line for each thing presented."""
    answer = report.answer
    who = "presented by" if report.is_answered else "says that it is presented by"
    lines = [f"{sign(report.verdict, strong=True)}  {report.message}"]
    lines.append(f"  {who} {visible(answer.holder or 'nobody', limit=300)}")
    if answer.audience:
        lines.append(f"  made for {', '.join(visible(name, limit=200) for name in answer.audience)}")
    lines += [f"  {paint(SIGNS[c.outcome], c.outcome)} {c.id:<10} {c.message}" for c in report.checks]
    for credential in report.credentials:
        check = credential.check("holder")
        lines += [member(credential), f"      {paint(SIGNS[check.outcome], check.outcome)} {check.message}"]
    return "\n".join(lines) + "\n"


def tell_of_presentation(
    verifier: Verifier, presentation: Presentation, challenge: str | None, audience: str | None, *, as_json: bool
) -> int:
    """Checks a presentation and prints what came out; the exit code is the verdict's."""
    report = verifier.verify_presentation(presentation, Asked(challenge, audience))
    sys.stdout.write(
        json.dumps(report.to_dict(), ensure_ascii=False) + "\n" if as_json else render_presentation(report)
    )
    return report.exit_code
