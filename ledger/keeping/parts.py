"""The services of keeping, made from an open data folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.keeping.holds import Holds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ledger.keeping.archive import Imported
    from ledger.keeping.chain_view import ChainView
    from ledger.keeping.finality import FinalityWatch
    from ledger.keeping.rebuild import Rebuilding
    from ledger.keeping.reconcile import Reconciler, Reconciliation
    from ledger.workspace import Workspace

START_SECONDS = 10.0
"""How long a start may look at the chain for."""


def holds_of(workspace: Workspace) -> Holds:
    return Holds(workspace.database)


def chain_view(workspace: Workspace) -> ChainView:
    """The chain, to read: also where what stands at the registry's address is not the registry."""
    from ledger.keeping.chain_view import ChainView

    return ChainView(workspace.reader)


def reconciler(workspace: Workspace) -> Reconciler:
    from ledger.keeping.reconcile import Reconciler

    return Reconciler(workspace.database, chain_view(workspace), confirm=max(0.2, workspace.poll))


def finality_watch(workspace: Workspace) -> FinalityWatch:
    """Looks whether what was final still is; a worker calls `look` about once a minute."""
    from ledger.keeping.finality import FinalityWatch

    return FinalityWatch(workspace.database, chain_view(workspace))


def reconcile_at_start(workspace: Workspace, *, within: float = START_SECONDS) -> Reconciliation:
    """Compares database and chain, as far as it comes in so many seconds; what differs puts a hold on issuing.

    Reading and verifying need not wait for it. Raises RegistryError if the chain cannot be read: nothing is known then.
    """
    return reconciler(workspace).run(within=within)


def make_database(workspace: Workspace) -> None:
    """Makes the database of a folder that has none; leaves one that is there as it is."""
    from ledger.storage import Database

    url = workspace.configuration.database_url
    database = Database(url) if url is not None else Database.at(workspace.path / "ledger.db")
    try:
        database.migrate()
    finally:
        database.close()


def rebuilding(workspace: Workspace) -> Rebuilding:
    """Rebuilds the folder's database, which is there."""
    from ledger.keeping.rebuild import Rebuilding

    return Rebuilding(
        workspace.database,
        chain_view(workspace),
        workspace.keys,
        workspace.path / "keys",
        workspace.statements(),
        origin=workspace.configuration.origin,
    )


def import_archive(
    workspace: Workspace, place: Path, *, progress: Callable[[str, int, int], None] = lambda *_: None
) -> Imported:
    """Takes documents back, and gives them the statuses that the chain tells. Raises as `archive.import_archive`."""
    from ledger.keeping.archive import import_archive as take_in
    from ledger.keeping.event_book import EventBook
    from ledger.keeping.rebuild import settle_statuses

    found = take_in(workspace.database, place, progress=progress)
    issuers = [issuer.issuer_id for issuer in workspace.catalog.issuers() if issuer.registered_at is not None]
    book = EventBook(workspace.database, chain_view(workspace))
    reading = book.catch_up(issuers, registered=issuers, progress=progress)
    settle_statuses(workspace.database, book, reading, progress=progress)
    return found


def check(workspace: Workspace, *, progress: Callable[[str, int, int], None] = lambda *_: None) -> tuple[str, ...]:
    """What is wrong with the folder's databases. Asks no chain, and changes nothing.

    Raises WorkspaceError `database_missing` where there is none.
    """
    from ledger.chain.registry import Address
    from ledger.keeping.backup import CHAIN, require_database
    from ledger.keeping.integrity import file_problems, problems_of
    from ledger.storage import Database

    configuration = workspace.configuration
    url, file, chain = configuration.database_url, workspace.path / "ledger.db", workspace.path / CHAIN
    if url is None:
        require_database(file)
    # Not by way of `workspace.database`, which brings an older one up to date.
    database = Database(url) if url is not None else Database.at(file)
    registry = configuration.registry or Address(b"")
    try:
        found = problems_of(database, chain_id=configuration.chain_id, registry=registry, progress=progress)
    finally:
        database.close()
    return found + (tuple(file_problems(chain)) if configuration.is_embedded and chain.is_file() else ())


def require_keys(workspace: Workspace) -> None:
    """Raises KeystoreError if a key that issuing needs is missing, open to others, or does not open. Quick."""
    from ledger.keeping.key_files import require_keys as require

    require(workspace.keys, workspace.path / "keys", workspace.catalog.issuers())
