"""Who is asked before a batch is signed, and who is told of what became final."""

from __future__ import annotations

import time
from functools import partial

from ledger.chain.code_watch import CodeWatch
from ledger.delivering.outbox import Outbox
from ledger.issuing.corrections import Corrections
from ledger.issuing.desk import Hooks
from ledger.issuing.status_requests import Placing
from ledger.keeping.holds import Holds
from ledger.storage import Database


def hooks_of(database: Database, code_watch: CodeWatch, placing: Placing) -> Hooks:
    """Foreign code and holds stop the signing; outbox and corrections hear of what is final.

    `placing` orders the calls that corrections ask for.
    """
    corrections, holds = Corrections(database), Holds(database)

    def may_sign() -> None:
        code_watch.check(time.monotonic())
        holds.require_none()

    return Hooks(may_sign=may_sign, correct=partial(corrections.settle, placing=placing), announce=Outbox().note)
