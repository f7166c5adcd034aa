"""Who is asked before something is signed, who is told of what became final, and what a worker does in rounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.durable.rounds import Round
    from ledger.issuing.desk import Hooks
    from ledger.workspace import Workspace


def hooks_of(workspace: Workspace) -> Hooks:
    """Holds stop the signing; outbox and corrections hear of what is final."""
    from ledger.delivering.outbox import Outbox
    from ledger.issuing.corrections import Corrections
    from ledger.issuing.desk import Hooks
    from ledger.keeping.parts import holds_of

    corrections = Corrections(workspace.database)
    return Hooks(may_sign=holds_of(workspace).require_none, correct=corrections.settle, announce=Outbox().note)


def rounds_of(workspace: Workspace, worker: str, is_stopping: Callable[[], bool]) -> list[Round]:
    """What is done again and again while a worker of this folder lives."""
    from ledger.delivering.post_office import PostOffice
    from ledger.durable.rounds import Round

    post_office = PostOffice(workspace.database, workspace.keys, workspace.configuration.link_base)
    delivery = post_office.delivery(worker=worker, is_stopping=is_stopping)
    return [Round("deliver", delivery.work, idle=2.0)]
