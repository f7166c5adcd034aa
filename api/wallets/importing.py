"""Bringing credentials in from anywhere: out of a file, an archive, a badge, a PDF or a presentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.wallets.service import Arrival, Kept
from api.wallets.values import Held
from ledger.errors import MalformedDocument
from ledger.wrapping.judging import Item, gives_several, judge_each
from ledger.wrapping.presented import unwrap_presented

if TYPE_CHECKING:
    from api.wallets.service import Wallets


@dataclass(frozen=True)
class Taken:
    """One credential that was taken in: what was found of it, and whether it is now held."""

    arrival: Arrival
    kept: Kept
    held: Held


@dataclass(frozen=True)
class Brought:
    """What became of each thing in a file. `several`: to be answered with a list, however much is in it."""

    parts: tuple[tuple[Item, Taken | MalformedDocument], ...]
    several: bool

    @property
    def taken(self) -> tuple[Taken, ...]:
        """What was kept. There is one at least."""
        return tuple(one for _, one in self.parts if isinstance(one, Taken))


def bring(wallets: Wallets, wallet_id: str, document: bytes) -> Brought:
    """Keeps every credential in a file, whatever its verdict.

    Raises MalformedDocument where nothing in it can be kept, Conflict `wallet_full`: nothing is kept then.
    """
    items = unwrap_presented(document)
    results = judge_each(items, wallets.arrivals)
    arrivals = [result for result in results if isinstance(result, Arrival)]
    kept = iter(wallets.keep(wallet_id, arrivals, "import"))
    parts = tuple(
        (item, result if isinstance(result, MalformedDocument) else Taken(result, *next(kept)))
        for item, result in zip(items, results, strict=True)
    )
    return Brought(parts, gives_several(document, items))
