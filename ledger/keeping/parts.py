"""The services of keeping, made from an open data folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.keeping.holds import Holds

if TYPE_CHECKING:
    from ledger.keeping.chain_view import ChainView
    from ledger.keeping.finality import FinalityWatch
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
