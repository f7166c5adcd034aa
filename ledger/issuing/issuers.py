"""Issuers and publishers: their keys, their accounts, and their place in the registry.

Each issuer has an admin, an operator that may only anchor, one that may only revoke, and assertion keys: every one in a
file of its own. Each step looks first at what stands already, so that running it again continues where it stopped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from ledger.chain.addresses import caip10, issuer_id
from ledger.chain.registry import AddKey, Address, CloseKey, RegisterIssuer, Registry, RegistryCall, Role, SetOperator
from ledger.documents.did import did_document, did_from_url, document_url
from ledger.documents.strict_json import JsonObject
from ledger.documents.text import text_problem, url_problem
from ledger.errors import Conflict, DraftError, MalformedDocument, NotFound, Problem, TransactionReverted
from ledger.issuing.catalog import Catalog
from ledger.issuing.key_ends import earliest_end
from ledger.issuing.rows import issuer_row, saved
from ledger.issuing.signer import KeyRing, issuer_key
from ledger.issuing.tables import IssuerKeyRow, IssuerRow
from ledger.issuing.values import Issuer, IssuerKind
from ledger.sending.journal import Journal
from ledger.storage import Database

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
COUNTRY = re.compile(r"[A-Z]{2}")

Fund = Callable[[Sequence[Address]], None]
"""Gives accounts what they need for gas, where the chain is one for development; does nothing elsewhere."""


def check_names(slug: str, name: str, url: str | None, country: str | None) -> None:
    """Raises DraftError with everything that is wrong with the facts about an issuer or accreditor."""
    problems = []
    if not SLUG.fullmatch(slug):
        problems.append(Problem("field_value", "must be 1 to 40 of a–z, 0–9 and inner hyphens", column="slug"))
    if found := text_problem(name):
        problems.append(Problem(found.code, found.message, column="name"))
    if url is not None and (found := url_problem(url)):
        problems.append(Problem(found.code, found.message, column="url"))
    if country is not None and not COUNTRY.fullmatch(country):
        problems.append(Problem("field_value", "must be a country code of two letters, as MY", column="country"))
    if problems:
        raise DraftError(problems, then="nothing was registered")


class Issuers:
    """Registers issuers and looks after their keys. `fund` is called for accounts that are about to pay for gas."""

    def __init__(
        self, database: Database, registry: Registry, journal: Journal, keys: KeyRing, *, origin: str, fund: Fund
    ) -> None:
        self._database = database
        self._registry = registry
        self._journal = journal
        self._keys = keys
        self._origin = origin
        self._fund = fund
        self._catalog = Catalog(database)

    def register(
        self,
        slug: str,
        *,
        name: str,
        kind: IssuerKind = IssuerKind.ISSUER,
        url: str | None = None,
        country: str | None = None,
        did: str | None = None,
    ) -> Issuer:
        """Makes the keys, registers the issuer, gives both operators their one role, and lists the first key.

        `did` is a did:web of a domain of the issuer's own, where it then publishes its DID document; without it the
        issuer has the one of its address here. Run again with the same facts it does only what is left.

        Raises DraftError for facts that cannot stand in a credential, Conflict `issuer_exists` if the slug was taken
        with other facts, `did_taken` if another issuer here has the DID, and the registry's errors.
        """
        check_names(slug, name, url, country)
        issuer = self._prepare(slug, name, kind, url, country, _require_did_web(did) if did else None)
        if issuer.registered_at is not None:
            return issuer
        admin = issuer_key(slug, "admin")
        self._fund([issuer.admin, issuer.anchoring_operator, issuer.revoking_operator])
        registered_at = self._call(
            f"register:{slug}", RegisterIssuer(issuer.did), admin, done_if="IssuerAlreadyRegistered"
        )
        for part, operator, role in (
            ("anchoring", issuer.anchoring_operator, Role.ANCHOR),
            ("revoking", issuer.revoking_operator, Role.REVOKE),
        ):
            grant = SetOperator(issuer.issuer_id, operator, role, registered_at)
            self._call(f"operator:{slug}:{part}", grant, admin)
        self._open_key(issuer, 1)
        with self._database.writing() as session:
            row = issuer_row(session, slug)
            row.registered_at = registered_at
            session.add(row)
        return self._catalog.issuer(slug)

    def add_key(self, slug: str) -> Issuer:
        """Lists a new assertion key, which signs from now on; the older ones stay valid until they are closed.

        A key whose listing was interrupted is listed first, and no other is made.
        """
        issuer = self._registered(slug)
        waiting = [key.number for key in issuer.keys if key.opened_at is None]
        number = waiting[0] if waiting else len(issuer.keys) + 1
        if not waiting:
            public_key = self._keys.create_signer(issuer_key(slug, f"key-{number}")).public_key
            with self._database.writing() as session:
                owner = saved(issuer_row(session, slug).id)
                session.add(IssuerKeyRow(issuer=owner, number=number, public_key=public_key))
        self._open_key(self._catalog.issuer(slug), number)
        return self._catalog.issuer(slug)

    def close_key(self, slug: str, number: int, *, until: int | None = None, compromised: bool | None = None) -> Issuer:
        """Ends a key at `until` (Unix seconds; as `retirement` says if not given). The moment may lie in the past, and
        can later move only earlier. What was anchored before it stays valid.

        A key with such a past end is taken for compromised, unless `compromised` says otherwise: it leaves the DID
        document, since whoever reads only that cannot tell what was signed when. A key that is closed now stays listed
        there, for what it signed before.

        Raises NotFound `key_unknown`, Conflict `key_end` for an end that is later than the present one, or lies before
        the key's start, `key_busy` as `retirement`.
        """
        issuer = self._registered(slug)
        key = next((key for key in issuer.keys if key.number == number and key.opened_at is not None), None)
        if key is None:
            raise NotFound(f"{slug} has no key {number}", "key_unknown")
        if key.closed_at is not None and (until is None or key.closed_at == until):
            return issuer
        end = self.retirement(slug, number) if until is None else until
        if end < (key.opened_at or 0) or (key.closed_at is not None and end > key.closed_at):
            raise Conflict("a key's end may only move earlier, and not before its start", "key_end")
        call = CloseKey(issuer.issuer_id, key.public_key, end)
        self._call(f"close-key:{slug}:{number}:{end}", call, issuer_key(slug, "admin"), done_if="KeyEndInvalid")
        with self._database.writing() as session:
            row = _key_row(session, slug, number)
            row.closed_at = end
            row.compromised = row.compromised or (until is not None if compromised is None else compromised)
            session.add(row)
        return self._catalog.issuer(slug)

    def retirement(self, slug: str, number: int, *, planned: int | None = None) -> int:
        """When a key ends that is retired: now, or when that was `planned`, but after all that it signed.

        Raises Conflict `key_busy` while something that it signed is on its way.
        """
        method = f"{self._catalog.issuer(slug).did}#key-{number}"
        with self._database.reading() as session:
            earliest = earliest_end(session, method)
        return max(self._registry.final_block().time if planned is None else planned, earliest)

    def did_document(self, slug: str) -> JsonObject:
        """The DID document to publish where the DID says: the keys, and the issuer's place in the registry.

        Keys that were retired stay listed for what they signed, compromised ones do not.
        """
        issuer = self._catalog.issuer(slug)
        registry = caip10(self._registry.chain_id, self._registry.registry)
        keys = {key.number: key.public_key for key in issuer.keys if not key.is_compromised}
        return did_document(issuer.did, keys, registry, issuer.issuer_id)

    def _prepare(
        self, slug: str, name: str, kind: IssuerKind, url: str | None, country: str | None, did: str | None
    ) -> Issuer:
        """Stores what is known before the registry is asked: the facts, the accounts' addresses and the first key."""
        with suppress(NotFound):
            return _require_same(self._catalog.issuer(slug), name, kind, url, country, did)
        base_url = f"{self._origin}/issuers/{slug}"
        self._refuse_taken(did or did_from_url(base_url))
        if did is not None:
            self._keys.keep_did(slug, did)
        did = did or did_from_url(base_url)
        admin, anchoring, revoking = (
            self._keys.create_account(issuer_key(slug, part)).address for part in ("admin", "anchoring", "revoking")
        )
        first_key = self._keys.create_signer(issuer_key(slug, "key-1")).public_key
        row = IssuerRow(
            slug=slug,
            kind=kind,
            name=name,
            did=did,
            base_url=base_url,
            url=url,
            country=country,
            issuer_id=issuer_id(admin, did),
            admin=admin,
            anchoring=anchoring,
            revoking=revoking,
        )
        with suppress(IntegrityError), self._database.writing() as session:  # another process may be faster
            session.add(row)
            session.flush()
            session.add(IssuerKeyRow(issuer=saved(row.id), number=1, public_key=first_key))
        return _require_same(self._catalog.issuer(slug), name, kind, url, country, did)

    def _refuse_taken(self, did: str) -> None:
        """Before any key is made: two issuers of one DID would publish one document."""
        with self._database.reading() as session:
            owner = session.exec(select(IssuerRow.slug).where(IssuerRow.did == did)).first()
        if owner is not None:
            raise Conflict(f"{did} is the DID of the issuer {owner!r} already", "did_taken")

    def _open_key(self, issuer: Issuer, number: int) -> None:
        public_key = next(key.public_key for key in issuer.keys if key.number == number)
        call = AddKey(issuer.issuer_id, public_key)
        admin = issuer_key(issuer.slug, "admin")
        opened_at = self._call(f"key:{issuer.slug}:{number}", call, admin, done_if="KeyAlreadyAdded")
        with self._database.writing() as session:
            row = _key_row(session, issuer.slug, number)
            row.opened_at = opened_at
            session.add(row)

    def _call(self, purpose: str, call: RegistryCall, key: str, *, done_if: str | None = None) -> int:
        """Does a call, and gives the time of its block; `done_if` is the refusal that means: it was done before."""
        try:
            transaction = self._journal.complete(purpose, call, self._keys.account(key))
        except TransactionReverted as error:
            if error.error != done_if:
                raise
            return self._registry.final_block().time
        return transaction.block_time or self._registry.final_block().time

    def _registered(self, slug: str) -> Issuer:
        issuer = self._catalog.issuer(slug)
        if issuer.registered_at is None:
            raise Conflict(f"{slug} is not registered yet: register it again to go on", "issuer_unregistered")
        return issuer


def _require_did_web(did: str) -> str:
    try:
        document_url(did)
    except MalformedDocument as error:
        problem = Problem(error.code, str(error), column="did")
        raise DraftError([problem], then="nothing was registered") from error
    return did


def _require_same(
    issuer: Issuer, name: str, kind: IssuerKind, url: str | None, country: str | None, did: str | None
) -> Issuer:
    is_same = (issuer.name, issuer.kind, issuer.url, issuer.country) == (name, kind, url, country)
    if not is_same or did not in (None, issuer.did):
        raise Conflict(f"there is an issuer {issuer.slug!r} already, with other facts", "issuer_exists")
    return issuer


def _key_row(session: Session, slug: str, number: int) -> IssuerKeyRow:
    owner = issuer_row(session, slug).id
    return session.exec(select(IssuerKeyRow).where(IssuerKeyRow.issuer == owner, IssuerKeyRow.number == number)).one()
