"""`docs/profiles.md` is what the rules say of themselves."""

from __future__ import annotations

from ledger.stacking.profiles.linting import PROFILES
from scripts import build_profiles


def test_the_document_is_current() -> None:
    written = build_profiles.FILE.read_text(encoding="utf-8")

    assert written == build_profiles.text(), "run `python -m scripts.build_profiles`"
    assert all(f"`{rule.id}`" in written for rules in PROFILES.values() for rule in rules)


def test_every_profile_has_a_section() -> None:
    assert set(build_profiles.TITLES) == set(PROFILES)
