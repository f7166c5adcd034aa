"""What all runs together came to: the table, the JSON file and the last line."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from scripts.faulting.matrix import all_rows
from scripts.faulting.trial import Outcome


@dataclass
class Tally:
    """The outcomes of a session, and the seconds that it took."""

    outcomes: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    @property
    def tried(self) -> list[Outcome]:
        return [one for one in self.outcomes if one.skipped is None]

    @property
    def lost(self) -> int:
        return sum(len(one.findings.lost) for one in self.outcomes)

    @property
    def doubled(self) -> int:
        return sum(len(one.findings.doubled) for one in self.outcomes)

    @property
    def false_final(self) -> int:
        return sum(len(one.findings.false_final) for one in self.outcomes)

    @property
    def is_clean(self) -> bool:
        """Every run that was tried passed; where all must be tried (CAIRN_FULL=1), none was skipped."""
        is_whole = os.environ.get("CAIRN_FULL") != "1" or len(self.tried) == len(self.outcomes)
        return bool(self.tried) and is_whole and all(one.passed for one in self.tried)


def last_line(tally: Tally) -> str:
    return f"runs={len(tally.tried)} lost={tally.lost} doubled={tally.doubled} false_final={tally.false_final}"


def table(tally: Tally) -> str:
    """A line for each row: how many of its runs passed, and the seconds of the slowest."""
    lines = ["", f"{'row':<22} {'passed':>9} {'seconds':>8} {'resumed':>8}  fault"]
    for row in all_rows().values():
        mine = [one for one in tally.outcomes if one.row == row.id]
        tried = [one for one in mine if one.skipped is None]
        if not mine:
            continue
        passed = f"{sum(one.passed for one in tried)}/{len(tried)}" if tried else "skipped"
        slowest = max(one.seconds for one in mine)
        resumed = max(one.resumed_in for one in mine)
        lines.append(f"{row.id:<22} {passed:>9} {slowest:>8.1f} {resumed:>8.1f}  {row.what}")
    failed = [one for one in tally.tried if not one.passed]
    lines += ["", f"{len(tally.tried)} runs in {tally.seconds:.0f} s, {len(failed)} failed"]
    return "\n".join(lines)


def summary(tally: Tally) -> dict[str, object]:
    return {
        "runs": len(tally.tried),
        "lost": tally.lost,
        "doubled": tally.doubled,
        "false_final": tally.false_final,
        "failed": sum(not one.passed for one in tally.tried),
        "skipped": len(tally.outcomes) - len(tally.tried),
        "seconds": round(tally.seconds, 1),
        "slowest_resumption": round(max((one.resumed_in for one in tally.outcomes), default=0.0), 1),
        "outcomes": [one.to_dict() for one in tally.outcomes],
    }
