"""Writes `docs/profiles.md`: every rule of every profile, with its source, as `cairn lint` knows them.

python -m scripts.build_profiles
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ledger.stacking.profiles import microhe, webuild
from ledger.stacking.profiles.finding import Rule
from ledger.stacking.profiles.linting import PROFILES

FILE = Path(__file__).resolve().parents[1] / "docs" / "profiles.md"

TITLES = {
    "eu": "eu: the European approach to micro-credentials",
    "cmf": "cmf: the Common Microcredential Framework",
    "mqa": "mqa: the Malaysian Qualifications Agency",
    "nzqa": "nzqa: the New Zealand Qualifications Authority",
    "microhe": "microhe: MicroHE and MICROBOL",
    "microbol": "microbol: MICROBOL alone",
}
INTRODUCTION = """# Profiles

<!-- Written by scripts/build_profiles.py from the rules themselves. A test fails when it is not current. -->

`cairn lint FILE --profile eu|cmf|mqa|nzqa|microhe|microbol` reads a credential, a record, an achievement or a
programme file and says what it lacks, why, where, and who asks for it; several profiles may be given. `POST
/v1/lint?profile=eu` answers the same. Nothing is fetched, and nothing is said about whether a credential is genuine:
that is `cairn verify`.

An **error** means that the profile is not met (exit code 1), a **warning** that it is met in the letter or in part, a
**note** that something optional is not there. Values are read from the alignments that Cairn writes, and in documents
of others from those that give the address of a published European list. Credits and levels are compared as
`ledger/stacking/frameworks.py` says; a comparison is indicative, and recognition remains an institution's decision.

A programme file may claim profiles (`"profiles": ["eu", "mqa"]`). Their errors then keep the programme and its drafts
from being stored, all at once, and the rest is shown with the preview of a batch. An issuer whose country is Malaysia
gives no micro-credential the title of a qualification, whatever it claims; what is a qualification by its type may
bear its title.
"""
AFTER = {
    "eu": webuild.__doc__,
    "mqa": "That learning was personalised (principle 2) is nothing that a document shows, so there is no rule for it.",
}


def text() -> str:
    """The whole document."""
    return "\n".join([INTRODUCTION, *(section(profile) for profile in TITLES)])


def section(profile: str) -> str:
    if profile == "microbol":
        names = ", ".join(f"`{rule.id}`" for rule in microhe.MICROBOL)
        return f"## {TITLES[profile]}\n\nThe rules {names}, without those of MicroHE.\n"
    parts = [f"## {TITLES[profile]}", table(PROFILES[profile])]
    parts += [said.strip()] if (said := AFTER.get(profile)) else []
    return "\n\n".join(parts) + "\n"


def table(rules: Iterable[Rule]) -> str:
    lines = ["| rule | severity | what it asks for | source |", "|---|---|---|---|"]
    lines += [f"| `{rule.id}` | {rule.severity} | {rule.demand} | {rule.source} |" for rule in rules]
    return "\n".join(lines)


def main() -> None:
    FILE.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
