"""What a wallet holds, read: the documents in it, and whose each of them is."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from api.wallets.keys import WalletKeys
from api.wallets.ownership import Proved, Whose, whose_all
from api.wallets.service import Wallets
from api.wallets.values import Held
from ledger.documents.strict_json import JsonObject
from ledger.verifying.dossier import read
from ledger.wrapping.content import is_token

HANDED_OVER = frozenset({"claim", "ledger"})
"""How credentials come that somebody handed over to this learner: by an issuer's claim, or by the ledger's operator."""


@dataclass(frozen=True)
class Holding:
    """A credential in a wallet: what it says, and whose it is."""

    held: Held
    document: JsonObject
    whose: Whose


class Holdings:
    """The credentials of wallets. What a wallet does not have raises NotFound, whoever else has it."""

    def __init__(self, wallets: Wallets, keys: WalletKeys) -> None:
        self._wallets = wallets
        self._keys = keys

    def proved(self, wallet_id: str) -> Proved:
        """What the wallet has shown to be its own."""
        addresses = frozenset(address.lower() for address in self._wallets.proven_addresses(wallet_id))
        return Proved(addresses, frozenset(known.did for known in self._keys.dids(wallet_id)))

    def all(self, wallet_id: str) -> list[Holding]:
        """Everything in the wallet, the newest award first."""
        held = self._wallets.credentials(wallet_id)
        documents = [document_of(one) for one in held]
        handed_over = [one.source in HANDED_OVER for one in held]
        marks = whose_all(documents, self.proved(wallet_id), handed_over)
        return [Holding(*found) for found in zip(held, documents, marks, strict=True)]

    def whose(self, wallet_id: str) -> dict[str, Whose]:
        """The mark of each credential, by its id in the wallet."""
        return {holding.held.id: holding.whose for holding in self.all(wallet_id)}


def document_of(held: Held) -> JsonObject:
    """The credential itself, also out of a token. It was let in by the strict loader when it arrived."""
    if is_token(held.document):
        return read(held.document).document
    document: JsonObject = orjson.loads(held.document)
    return document
