"""Credentials that name their learner in several ways: what a record of them would read, said before there is one.

A checker believes that they are one person's only if an accreditor whom it trusts has recognised this ledger's
publisher of records. Where that is not so, a record of each name by itself leaves nothing open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from api.clock import unix_now
from api.site import Site
from api.wallets.holdings import Holding
from api.wallets.pages.choosing import TICKS
from api.wallets.records import learner_of
from api.web.translating import gettext
from api.web.words import WORDS
from ledger.errors import Conflict
from ledger.verifying.report import Check, Outcome
from ledger.verifying.structure import Kind, kind_of
from ledger.verifying.subjects import Voucher, check_persons, may_be_one_name

SEEN = "seen"
"""What a form sends once the learner was told."""
_TO_BE_MADE = "did:key:of-this-wallet"
_SHOWN = 10


@dataclass(frozen=True)
class OneName:
    """Some of the credentials, of which a record would leave nothing open, and what the address of a form adds."""

    name: str
    size: int
    query: str


@dataclass(frozen=True)
class Apart:
    """`word` is the verdict on a record of all of them. It `has_more` names than there is room for."""

    word: str
    names: tuple[str, ...]
    has_more: bool
    groups: tuple[OneName, ...]


def apart_of(
    site: Site, wallet_id: str, holdings: Sequence[Holding], wanted: Collection[str], *, alone: bool = False
) -> Apart | None:
    """What there is to say of a record of the wanted ones; None where it is plainly one person's. `alone`: the learner
    alone would sign it."""
    chosen = [holding for holding in holdings if holding.held.id in wanted and holding.whose != "other"]
    if len(chosen) < 2:
        return None
    did = next((known.did for known in site.wallet_keys.dids(wallet_id) if known.in_use), _TO_BE_MADE)
    voucher = None if alone else _voucher(site)
    check = _judged(chosen, did, voucher)
    if not _is_bad(check):
        return None
    names = dict.fromkeys(holding.held.learner_name for holding in chosen if holding.held.learner_name)
    groups = [group for group in _by_name(chosen)[:_SHOWN] if not _is_bad(_judged(group, did, voucher))]
    return Apart(gettext(WORDS[check.outcome]), tuple(names)[:_SHOWN], len(names) > _SHOWN, tuple(_offered(groups)))


def _judged(chosen: Sequence[Holding], did: str, voucher: Voucher | None) -> Check:
    """Check 11 of the record that there would be."""
    documents = [one.document for one in chosen if kind_of(one.document) is not Kind.ENDORSEMENT]
    return check_persons({"credentialSubject": learner_of(chosen, did).to_dict()}, documents, voucher)


def _is_bad(check: Check) -> bool:
    return check.outcome in (Outcome.INVALID, Outcome.INDETERMINATE)


def _voucher(site: Site) -> Voucher | None:
    """This ledger's publisher, if one of its accreditors recognises that now."""
    try:
        publisher = site.records.require_publisher()
    except Conflict:
        return None
    for one in site.workspace.catalog.accreditations(publisher):
        if one.valid_from is not None and unix_now() < one.valid_until:
            return Voucher(publisher, one.accreditor)
    return None


def _by_name(chosen: Sequence[Holding]) -> list[list[Holding]]:
    """The credentials under names that can be one, in their order. What names nobody stands with the first."""
    groups: list[tuple[set[str], list[Holding]]] = []
    for holding in chosen:
        name = {holding.held.learner_name} if holding.held.learner_name else set()
        for names, group in groups:
            if all(may_be_one_name(one, other) for one in name - names for other in names):
                names.update(name)
                group.append(holding)
                break
        else:
            groups.append((set(name), [holding]))
    return [group for _, group in groups]


def _offered(groups: Sequence[Sequence[Holding]]) -> Iterator[OneName]:
    for group in groups:
        name = next((one.held.learner_name for one in group if one.held.learner_name), None)
        if name is not None and len(group) <= TICKS:
            yield OneName(name, len(group), urlencode([("credential", one.held.id) for one in group]))
