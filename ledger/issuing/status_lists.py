"""Published status lists: what the registry holds, signed, in the form that other verifiers read.

A set bit says that the credential is of no force: revoked, suspended, or withdrawn with its batch. Others know no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from ledger.chain.addresses import caip10
from ledger.chain.registry import BlockRef, Registry
from ledger.documents.canonical import canonicalize
from ledger.documents.credential import STATUS_LIST_SIZE, status_list_url
from ledger.errors import NotFound
from ledger.issuing.catalog import Catalog, compose
from ledger.issuing.sealing import DEFAULT_SUITES, BatchSigner, Seal
from ledger.issuing.signer import KeyRing, issuer_key
from ledger.issuing.values import Issuer
from ledger.proofs.status_list import build_status_list
from ledger.storage import Database

_WORD = 256


@dataclass(frozen=True)
class StatusList:
    """A signed status list. `document` is JSON, `block` the block that it was read at, `count` how many bits are set.

    Its `validFrom` and `description` are those of the block at which these bits were first seen; nothing changes them
    until one of the bits does. `block` moves on, and says that they were still so there.
    """

    url: str
    document: bytes
    block: BlockRef
    count: int


class StatusLists:
    """Signs status lists from the registry's words; a list is signed again only when a bit in it has changed."""

    def __init__(self, database: Database, registry: Registry, keys: KeyRing) -> None:
        self._registry = registry
        self._keys = keys
        self._catalog = Catalog(database)
        self._lock = Lock()
        self._signed: dict[str, tuple[tuple[int, ...], bytes]] = {}

    def publish(self, issuer: str, number: int, *, suites: Sequence[str] = DEFAULT_SUITES) -> StatusList:
        """The issuer's list of this number, as of the newest final block.

        Raises NotFound `status_list_unknown` for a list that no credential of the issuer names.
        """
        who = self._catalog.issuer(issuer)
        used = self._catalog.status_indexes_used(issuer)
        first = number * STATUS_LIST_SIZE
        if number < 0 or first >= max(used, 1):
            raise NotFound(f"{issuer} has no status list {number}", "status_list_unknown")
        last = min(used, first + STATUS_LIST_SIZE)
        words = range(first // _WORD, -(-last // _WORD))
        block, held = self._registry.status_words(who.issuer_id, words)
        shown = {word: revoked | suspended for word, (revoked, suspended) in held.items()}
        for index in self._catalog.withdrawn_indexes(issuer, first, last):
            shown[index // _WORD] |= 1 << (index % _WORD)
        indexes = tuple(_indexes(shown))
        url = status_list_url(who.base_url, number)
        with self._lock:
            known = self._signed.get(url)
            if known is None or known[0] != indexes:
                known = self._signed[url] = (indexes, self._sign(who, number, indexes, block, suites))
        return StatusList(url, known[1], block, len(indexes))

    def _sign(
        self, issuer: Issuer, number: int, indexes: Sequence[int], block: BlockRef, suites: Sequence[str]
    ) -> bytes:
        key = issuer.current_key
        document = build_status_list(
            issuer=issuer.profile,
            list_number=number,
            status_indexes=indexes,
            valid_from=datetime.fromtimestamp(block.time, UTC),
            description=f"As of block {block.number} of {caip10(self._registry.chain_id, self._registry.registry)}.",
        )
        body = canonicalize(document)
        seal = Seal(tuple(suites), issuer.verification_method(key), block.time)
        signer = BatchSigner(seal, self._keys.signer(issuer_key(issuer.slug, f"key-{key.number}")))
        return compose(body, signer.sign(body), None)


def _indexes(words: dict[int, int]) -> Iterator[int]:
    for word, bits in sorted(words.items()):
        yield from (word * _WORD + bit for bit in range(_WORD) if bits >> bit & 1)
