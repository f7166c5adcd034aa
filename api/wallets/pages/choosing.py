"""Which credentials a form offers to tick: all of a small wallet; of a large one, those that were chosen before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from api.wallets.pages.cards import Card
from api.wallets.values import Held

TICKS = 60
"""How many credentials one form names; the list of all of them has pages, on which others are chosen."""


@dataclass(frozen=True)
class Offer:
    """`ticks` are named, each to tick; `folded` are chosen together, by their keys. `has_others` is there to choose."""

    ticks: tuple[Card, ...]
    folded: tuple[str, ...] = ()
    has_others: bool = False


def offer_of(cards: Sequence[Card], chosen: Collection[str]) -> Offer:
    """What a form offers of these."""
    if len(cards) <= TICKS:
        return Offer(tuple(cards))
    wanted = frozenset(chosen)
    picked = tuple(card for card in cards if card.key in wanted)
    if len(picked) <= TICKS:
        return Offer(picked, has_others=True)
    return Offer((), tuple(card.key for card in picked), has_others=True)


@dataclass(frozen=True)
class Share:
    """One page of what a link shows: its number, of how many, and the addresses of its neighbours."""

    items: tuple[Held, ...]
    number: int
    pages: int
    before: str
    after: str


def share_of(held: Sequence[Held], number: int) -> Share:
    """The credentials of a page, the last where there are not so many."""
    pages = max(1, -(-len(held) // TICKS))
    number = min(number, pages)
    before = f"?page={number - 1}" if number > 1 else ""
    after = f"?page={number + 1}" if number < pages else ""
    return Share(tuple(held[(number - 1) * TICKS : number * TICKS]), number, pages, before, after)
