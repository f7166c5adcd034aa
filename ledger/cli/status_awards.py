"""What `cairn status` tells of awards: which have lost what they rest on, as of the last look, and who waits."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.workspace import Workspace


def awards(workspace: Workspace) -> tuple[dict[str, object], str]:
    """Findings and the length of the queue, as the database knows them."""
    from ledger.cli.awarding import finding_dict
    from ledger.issuing.awarding.candidates import CandidateState

    findings = workspace.affected_awards.findings()
    waiting = workspace.candidates.all(None, CandidateState.PROPOSED)
    affected: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in findings:
        affected[one.issuer, one.what].add(one.award)
    lines = [
        f"! {counted(issuer, len(names))} on a credential that was {what}: `cairn award affected`"
        for (issuer, what), names in sorted(affected.items())
    ]
    if waiting:
        who = "1 learner waits" if len(waiting) == 1 else f"{len(waiting):,} learners wait"
        lines.append(f"{who} for a person to approve an award: `cairn award queue`")
    value: dict[str, object] = {
        "affected_awards": [finding_dict(one) for one in findings],
        "candidates": len(waiting),
    }
    return value, "\n".join(lines)


def counted(issuer: str, number: int) -> str:
    return f"1 award of {issuer} rests" if number == 1 else f"{number:,} awards of {issuer} rest"
