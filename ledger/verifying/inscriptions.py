"""What transactions on other chains hold, for one verification: only where the caller named a node of the chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ledger.chain.networks import NetworkKind, network_of
from ledger.errors import RegistryError
from ledger.proofs.merkle_proof_2019 import Place
from ledger.verifying.readings import Unknown

if TYPE_CHECKING:
    from ledger.chain.foreign_anchors import Inscription, InscriptionReader

MAX_LOOKUPS = 8
"""Transactions that one verification asks for, however many documents it has."""

_BITCOIN: Mapping[str, tuple[NetworkKind, str]] = {
    "bip122:000000000019d6689c085ae165831e93": ("production", "Bitcoin"),
    "bip122:000000000933ea01ad0ee984209779ba": ("testnet", "Bitcoin's test network"),
}


class Inscriptions:
    """What transactions on other chains hold, each asked for once in one verification."""

    def __init__(self, readers: Mapping[str, InscriptionReader]) -> None:
        """`readers` by the CAIP-2 name of their chain."""
        self._readers = readers
        self._found: dict[Place, Inscription | Unknown] = {}

    def at(self, place: Place) -> Inscription | Unknown:
        """Unknown: `anchor_unconfigured`, `chain_unsupported`, `anchor_not_found`, `limit_lookups`, and the codes of a
        chain that is out of reach."""
        if place not in self._found:
            self._found[place] = self._ask(place)
        return self._found[place]

    def _ask(self, place: Place) -> Inscription | Unknown:
        name = network_named(place.chain)[1]
        if place.chain in _BITCOIN:
            message = f"The document says that {name} holds it. Cairn does not read that chain."
            return Unknown("chain_unsupported", message)
        reader = self._readers.get(place.chain)
        if reader is None:
            message = f"The document says that {name} holds it. No node of that chain was named, so nobody was asked."
            return Unknown("anchor_unconfigured", message)
        if len(self._found) >= MAX_LOOKUPS:
            return Unknown("limit_lookups", "Too many transactions at once; check the documents one by one.")
        try:
            found = reader.read(place.transaction)
        except RegistryError as error:
            return Unknown(error.code, f"{name} could not be read just now, so this could not be checked.")
        if found is None:
            message = f"No node that was asked knows the transaction on {name} that the document names."
            return Unknown("anchor_not_found", message)
        return found


def network_named(chain: str) -> tuple[NetworkKind, str]:
    """The kind of a chain and the name that people know it by."""
    if chain in _BITCOIN:
        return _BITCOIN[chain]
    network = network_of(int(chain.removeprefix("eip155:")))
    return network.kind, network.name
