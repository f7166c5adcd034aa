"""Who is asked before a batch is signed, and who is told of what became final."""

from __future__ import annotations

import time

from ledger.chain.code_watch import CodeWatch
from ledger.delivering.outbox import Outbox
from ledger.issuing.corrections import Corrections
from ledger.issuing.desk import Hooks
from ledger.keeping.holds import Holds
from ledger.storage import Database


def hooks_of(database: Database, code_watch: CodeWatch) -> Hooks:
    """Foreign code and holds stop the signing; outbox and corrections hear of what is final."""
    corrections, holds = Corrections(database), Holds(database)

    def may_sign() -> None:
        code_watch.check(time.monotonic())
        holds.require_none()

    return Hooks(may_sign=may_sign, correct=corrections.settle, announce=Outbox().note)
