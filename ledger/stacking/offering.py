"""What the credentials that are held could count for in a pathway, as options for the search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ledger.stacking.admission import Admission, Candidate, Refusal, unmet
from ledger.stacking.choosing import Option, sum_of_bits
from ledger.stacking.held import HeldCredential
from ledger.stacking.pathway import Pathway
from ledger.stacking.places import BESIDE, Layout, hundredths, lay_out
from ledger.stacking.rules import CreditsOf

_AT_LARGE = "recognised:"
_PERCENT = 10_000


@dataclass(frozen=True)
class Offer:
    """A pathway laid out, what each of its entries may be taken for, and what can't count for anything.

    `clashes` are what the search asks for, by digest. `partly` are refusals of credentials that do count elsewhere.
    """

    layout: Layout
    options: Mapping[str, Sequence[Option]]
    clashes: Mapping[bytes, tuple[int, int]]
    refusals: Sequence[Refusal]
    partly: Sequence[Refusal]


def offer(pathway: Pathway, admission: Admission) -> Offer:
    """All that is admitted, laid out for the search."""
    offers, refusals = _offers(pathway, admission)
    layout = _layout(pathway, tuple(name for name in offers if name.startswith(_AT_LARGE)))
    options, unfit = _options(pathway, layout, offers, admission)
    counting = {option.candidate.credential.digest for found in options.values() for option in found}
    refusals += unfit
    return Offer(
        layout,
        options,
        _clashes(pathway, layout, options),
        [refusal for refusal in refusals if refusal.credential.digest not in counting],
        [refusal for refusal in refusals if refusal.credential.digest in counting],
    )


@lru_cache(maxsize=1024)
def _layout(pathway: Pathway, at_large: tuple[str, ...]) -> Layout:
    return lay_out(pathway, at_large)


def _offers(pathway: Pathway, admission: Admission) -> tuple[dict[str, list[Candidate]], list[Refusal]]:
    """What may count for each entry: the components, and what was recognised without saying for which."""
    offers: dict[str, list[Candidate]] = {}
    refusals: list[Refusal] = []
    for component in pathway.components:
        candidates, refused = admission.for_component(component)
        refusals += refused
        if candidates:
            offers[component.achievement_id] = candidates
    at_large, refused = admission.recognised_at_large()
    by_achievement: dict[str, list[Candidate]] = {}
    for candidate in at_large:
        credential = candidate.credential
        by_achievement.setdefault(f"{credential.issuer_did} {credential.achievement_id}", []).append(candidate)
    offers |= {_AT_LARGE + name: candidates for name, candidates in sorted(by_achievement.items())}
    return offers, refusals + refused


def _options(
    pathway: Pathway, layout: Layout, offers: Mapping[str, Sequence[Candidate]], admission: Admission
) -> tuple[dict[str, list[Option]], list[Refusal]]:
    """What each entry may be taken for, in each group whose demands it fulfils; and what fails the demands of one."""
    options: dict[str, list[Option]] = {}
    refusals: list[Refusal] = []
    for name, candidates in offers.items():
        for group in layout.places.get(name, ()):
            for candidate in candidates:
                found = _option(pathway, layout, name, group, candidate, admission)
                if isinstance(found, Refusal):
                    refusals.append(found)
                else:
                    options.setdefault(name, []).append(found)
    return options, refusals


def _option(
    pathway: Pathway, layout: Layout, name: str, group: int, candidate: Candidate, admission: Admission
) -> Option | Refusal:
    credential = candidate.credential
    gains: tuple[int, ...] = (1,)
    if group != BESIDE:
        for demands in layout.groups[group].demands:
            if refusal := unmet(candidate, demands, admission.on):
                return refusal
        rule = layout.groups[group].rule
        if isinstance(rule, CreditsOf):
            given = candidate.credits(rule.framework)
            if given is None:
                return Refusal(credential, "credits_unknown", f"it states no {rule.framework} credits")
            amount = hundredths(given)
            gains = (amount, *(amount if candidate.reaches(part.minimum_level) else 0 for part in rule.of_which))
    room = _room_taken(pathway, candidate)
    if room is None:
        framework = pathway.outside_limit.framework if pathway.outside_limit else None
        reason = f"it is from another institution, of which only so many {framework} credits count, and states none"
        return Refusal(credential, "credits_unknown", reason)
    return Option(name, group, candidate, gains, room, credential.awarded_on.toordinal())


def _room_taken(pathway: Pathway, candidate: Candidate) -> int | None:
    """What a credential changes about how much may come from outside; None if that can't be told."""
    limit = pathway.outside_limit
    if limit is None:
        return 0
    is_outside = candidate.credential.issuer_did != pathway.issuer_did
    if limit.number is not None:
        return -1 if is_outside else 0
    given = candidate.credits(limit.framework or "")
    if given is None:
        return None if is_outside else 0
    if limit.percent is None:
        return -hundredths(given) if is_outside else 0
    share = hundredths(limit.percent)
    return hundredths(given) * (share - _PERCENT if is_outside else share)


def _clashes(pathway: Pathway, layout: Layout, options: Mapping[str, Sequence[Option]]) -> dict[bytes, tuple[int, int]]:
    """For each credential what it is and what may not be counted beside it, as sets of bits.

    One achievement of one issuer counts once, however often it was repeated. Where credits are summed up, or nothing
    may count twice, a credential does not count beside an award that rests on it.
    """
    entries: dict[tuple[str, str], set[str]] = {}
    credentials: dict[bytes, HeldCredential] = {}
    for name, found in options.items():
        for option in found:
            credential = option.candidate.credential
            credentials[credential.digest] = credential
            entries.setdefault(_kind(credential), set()).add(name)
    once = {kind: 1 << at for at, kind in enumerate(sorted(kind for kind, names in entries.items() if len(names) > 1))}
    nested: list[tuple[bytes, bytes]] = []
    if pathway.no_double_counting or any(isinstance(group.rule, CreditsOf) for group in layout.groups):
        nested = sorted(
            (one, part) for one, award in credentials.items() for part in award.rests_on if part in credentials
        )
    bits: dict[bytes, int] = {}
    for digest in (digest for pair in nested for digest in pair):
        bits.setdefault(digest, 1 << (len(once) + len(bits)))
    clashes: dict[bytes, tuple[int, int]] = {}
    for digest, credential in credentials.items():
        repeated = once.get(_kind(credential), 0)
        beside = sum_of_bits(bits[two if one == digest else one] for one, two in nested if digest in (one, two))
        if repeated or beside:
            clashes[digest] = repeated | bits.get(digest, 0), repeated | beside
    return clashes


def _kind(credential: HeldCredential) -> tuple[str, str]:
    return credential.issuer_did, credential.achievement_id
