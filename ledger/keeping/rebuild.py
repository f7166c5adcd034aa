"""A database from the chain's events and this folder's key files: all but the documents, which no chain holds.

What is read stays, so that a run that was killed goes on where it stopped. Into a database that is merely older than
the chain it adds what is lacking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ledger.chain.addresses import issuer_id
from ledger.chain.events import StatusChanged
from ledger.chain.registry import Address, IssuerId
from ledger.chain.state import RegistryState
from ledger.documents.accreditation import AccreditationStatement
from ledger.documents.did import did_from_url
from ledger.errors import WorkspaceError
from ledger.issuing.catalog import Catalog
from ledger.issuing.inventory import Inventories
from ledger.issuing.recovery import FoundIssuer, Recovery
from ledger.issuing.signer import KeyRing, accreditor_key, issuer_key
from ledger.issuing.values import IssuerKind
from ledger.keeping.chain_view import ChainView
from ledger.keeping.event_book import EventBook, Reading
from ledger.keeping.indexes import raise_index
from ledger.keeping.unowned import UnownedStatuses
from ledger.storage import Database

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Rebuilt:
    """What was added, and what was found and can't be used: `foreign` are the slugs of key folders whose issuer the
    chain does not know."""

    issuers: int
    accreditors: int
    accreditations: int
    batches: int
    status_events: int
    foreign: tuple[str, ...]
    through_block: int


@dataclass(frozen=True)
class _KeyFiles:
    """The key files of one issuer."""

    slug: str
    did: str
    base_url: str
    issuer_id: IssuerId
    admin: Address
    anchoring: Address
    revoking: Address
    numbers: Mapping[bytes, int]


class Rebuilding:
    """Rebuilds the database of one folder. `keys_folder` is where `issuers/` and `accreditors/` lie."""

    def __init__(
        self,
        database: Database,
        chain: ChainView,
        keys: KeyRing,
        keys_folder: Path,
        statements: Mapping[bytes, AccreditationStatement],
        *,
        origin: str,
    ) -> None:
        self._database = database
        self._chain = chain
        self._statements = statements
        self._files = {one.issuer_id: one for one in _key_files(keys, keys_folder, origin)}
        self._accreditors = {
            keys.account(accreditor_key(path.stem)).address: path.stem
            for path in sorted((keys_folder / "accreditors").glob("*.json"))
        }
        self._recovery = Recovery(database)

    def run(self, *, from_block: int | None = None, progress: Progress = lambda *_: None) -> Rebuilt:
        """Reads all events and writes down what they tell. No event of the registry may be older than `from_block`.

        Raises RegistryError as `EventBook`, WorkspaceError `registry_missing` if the chain does not have the registry.
        """
        if self._chain.code_is() != "ours":
            raise WorkspaceError(
                "registry_missing", "the registry is not on this chain: nothing can be rebuilt from it"
            )
        book = EventBook(self._database, self._chain)
        reading = book.catch_up(self._files, first_block=from_block, registered=self._files, progress=progress)
        state = book.state(reading)
        ours = {one: files for one, files in self._files.items() if one in state.issuers}
        lacking = set(state.anchors) - {(b.issuer_id, b.root) for b in Inventories(self._database).take_batches()}
        accreditors = self._add_accreditors(state)
        issuers = sum(self._recovery.issuer(self._issuer(state, one)) for one in ours.values())
        accreditations = self._add_accreditations(state, ours)
        batches = sum(
            self._recovery.batches(
                self._slug(one), {root: a for (whose, root), a in state.anchors.items() if whose == one}
            )
            for one in ours
        )
        for one in ours:
            raise_index(Inventories(self._database), self._slug(one), one, state, lacking)
        events = settle_statuses(self._database, book, reading, progress=progress)
        foreign = tuple(sorted(files.slug for one, files in self._files.items() if one not in ours))
        return Rebuilt(issuers, accreditors, accreditations, batches, events, foreign, reading.next_block - 1)

    def _issuer(self, state: RegistryState, files: _KeyFiles) -> FoundIssuer:
        statement = next((s for s in self._statements.values() if s.issuer_id == files.issuer_id), None)
        record = state.issuers[files.issuer_id]
        recognised = any(whose == files.issuer_id for whose, _ in state.accreditations)
        return FoundIssuer(
            slug=files.slug,
            kind=IssuerKind.ISSUER if recognised else IssuerKind.PUBLISHER,
            name=statement.name if statement else files.slug,
            did=files.did,
            base_url=files.base_url,
            country=statement.country if statement else None,
            issuer_id=files.issuer_id,
            admin=files.admin,
            anchoring=files.anchoring,
            revoking=files.revoking,
            registered_at=record.registered_at,
            keys=state.keys.get(files.issuer_id, ()),
            numbers=files.numbers,
        )

    def _add_accreditors(self, state: RegistryState) -> int:
        added = 0
        for address, slug in self._accreditors.items():
            scopes = [
                period.scope for (_, by), periods in state.accreditations.items() if by == address for period in periods
            ]
            named = [self._statements[scope].accreditor for scope in scopes if scope in self._statements]
            added += self._recovery.accreditor(slug, named[-1] if named else slug, address)
        return added

    def _add_accreditations(self, state: RegistryState, ours: Mapping[IssuerId, _KeyFiles]) -> int:
        return sum(
            self._recovery.accreditations(by, whom, periods)
            for (whom, by), periods in state.accreditations.items()
            if whom in ours and by in self._accreditors
        )

    def _slug(self, one: IssuerId) -> str:
        """The slug that the database has for the issuer: a folder may have been renamed."""
        return next(issuer.slug for issuer in Catalog(self._database).issuers() if issuer.issuer_id == one)


def settle_statuses(
    database: Database, book: EventBook, reading: Reading, *, progress: Progress = lambda *_: None
) -> int:
    """Gives the credentials here the statuses that the events tell, and keeps those of the others.

    Gives how many events there were.
    """
    state = book.state(reading)
    recovery, unowned = Recovery(database), UnownedStatuses(database)
    changes = [event for event in book.events() if isinstance(event, StatusChanged)]
    issuers = [one for one in Catalog(database).issuers() if one.issuer_id in state.issuers]
    for done, issuer in enumerate(issuers):
        progress("statuses", done, len(issuers))
        recovery.statuses(issuer.slug, [event for event in changes if event.issuer_id == issuer.issuer_id])
        unowned.keep(issuer.slug, issuer.issuer_id, state)
    return len(changes)


def _key_files(keys: KeyRing, folder: Path, origin: str) -> Iterator[_KeyFiles]:
    for path in sorted((folder / "issuers").glob("*/admin.json")):
        slug = path.parent.name
        base_url = f"{origin}/issuers/{slug}"
        did = keys.kept_did(slug) or did_from_url(base_url)
        admin = keys.account(issuer_key(slug, "admin")).address
        numbers = {}
        for key in path.parent.glob("key-*.json"):
            number = key.stem.removeprefix("key-")
            if number.isdigit():
                numbers[keys.signer(issuer_key(slug, key.stem)).public_key] = int(number)
        yield _KeyFiles(
            slug=slug,
            did=did,
            base_url=base_url,
            issuer_id=issuer_id(admin, did),
            admin=admin,
            anchoring=keys.account(issuer_key(slug, "anchoring")).address,
            revoking=keys.account(issuer_key(slug, "revoking")).address,
            numbers=numbers,
        )
