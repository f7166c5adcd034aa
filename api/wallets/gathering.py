"""Gathering: what a learner holds in this ledger, put into a wallet by the ledger's operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.wallets.values import Held
from ledger.errors import NotFound
from ledger.issuing.catalog import Catalog
from ledger.issuing.values import CredentialStatus, StoredCredential

if TYPE_CHECKING:
    from api.site import Site
    from api.tokens import Token

PAGE = 1_000
GONE = frozenset({CredentialStatus.REVOKED, CredentialStatus.REVOKING, CredentialStatus.WITHDRAWN})


@dataclass(frozen=True)
class Gathered:
    """A wallet and what it holds, the oldest award first. `token` is the wallet's, if it was made just now."""

    wallet_id: str
    token: Token | None
    held: tuple[Held, ...]


def gather(site: Site, email: str) -> Gathered:
    """Puts everything that this ledger's issuers awarded to an e-mail address into one wallet.

    It is the wallet that has shown the address to be its own, or a new one. Credentials that are not final yet or were
    revoked stay out; running it again adds what is new. Raises NotFound (`learner_unknown`) if there is nothing.
    """
    address = email.strip().lower()
    credentials = final_awards(site.workspace.catalog, address)
    if not credentials:
        raise NotFound("no final credential in this ledger was awarded to that e-mail address", "learner_unknown")
    wallet_id, token = site.wallets.with_address(address), None
    if wallet_id is None:
        wallet_id, token = site.wallets.create(address)
    documents = site.workspace.catalog.documents([credential.credential_id for credential in credentials])
    site.wallets.keep(wallet_id, site.wallets.arrive_together(list(documents)), "ledger")
    held = sorted(site.wallets.credentials(wallet_id), key=lambda one: (one.valid_from or "", one.kind == "award"))
    return Gathered(wallet_id, token, tuple(held))


def final_awards(catalog: Catalog, email: str) -> list[StoredCredential]:
    """Everything final that was awarded to this address and was not revoked."""
    return [one for one in learners_credentials(catalog, email) if one.is_attached]


def learners_credentials(catalog: Catalog, email: str) -> list[StoredCredential]:
    """Everything that was drafted or awarded to this address and was not revoked."""
    found: list[StoredCredential] = []
    seen = 0
    while True:
        page = catalog.credentials(email=email, offset=seen, limit=PAGE)
        seen += len(page)
        found += [one for one in page if one.kind.is_a_learners and one.status not in GONE]
        if len(page) < PAGE:
            return found
