"""Checks that rules of several profiles share: whether something is said at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ledger.stacking.profiles.finding import Check, Gap
from ledger.stacking.profiles.reading import Reading, country_of, named


def unless(said: Callable[[Reading], object], message: str) -> Check:
    """The check that finds `message` where `said` gives nothing."""

    def check(reading: Reading) -> Iterator[Gap]:
        if not said(reading):
            yield Gap(message)

    return check


def has_kind(*kinds: str) -> Callable[[Reading], object]:
    return lambda reading: reading.of_kind(*kinds)


def has_title(reading: Reading) -> object:
    return any(path == "/name" for _, path in reading.titles)


def has_workload(reading: Reading) -> object:
    return reading.hours or any(value > 0 for _, value, _ in reading.credits)


def has_level(reading: Reading) -> object:
    return reading.of_kind("level")


def has_issuer_country(reading: Reading) -> object:
    return country_of(reading.issuer)


def has_awarding_body(reading: Reading) -> object:
    source, creator = reading.subject.get("source"), reading.achievement.get("creator")
    profiles = (source, creator, reading.issuer)
    return any(isinstance(profile, dict) and named(profile) for profile in profiles)


def has_learner(reading: Reading) -> object:
    identified = any(identity.get("identityHash") for identity in reading.identifiers)
    return identified or reading.subject.get("id") or named(reading.subject)


def has_result(reading: Reading) -> object:
    return reading.results


def leads_on(reading: Reading) -> object:
    """Whether the achievement names something larger that it counts towards or gives entry to."""
    return reading.of_kind("stacksInto", "creditTowards", "entryTo", "isPartOf")


def is_identity_verified(reading: Reading) -> object:
    """Whether who was assessed was established: a code of Cairn's list, or a published method of verification."""
    return any(is_verifying(entry.code, entry.url) for entry in reading.of_kind("supervision"))


def is_verifying(code: str, url: str) -> bool:
    if code in _NOT_VERIFYING or code in _VERIFYING:
        return code in _VERIFYING
    return url.startswith("http://data.europa.eu/snb/supervision-verification/") and not url.endswith("/25831c2")


_NOT_VERIFYING = frozenset({"unsupervised", "supervised"})
_VERIFYING = frozenset({"online-one-factor", "online-two-factors", "onsite-one-factor", "onsite-two-factors"})
