"""A process that issues a batch by a folder and kills itself at the hand-over: `DATA FOLDER before|after`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from ledger.chain.act_document import SignedAct
from ledger.issuing.couriers import EitherCourier
from ledger.issuing.pipeline import Pipeline
from ledger.issuing.sponsored import SponsoredActs
from ledger.relaying.sponsors import FolderSponsor, find_sponsor
from ledger.workspace import Workspace
from tests.office import JCS_ONLY


class DeadlySponsor(FolderSponsor):
    """Kills the process before the file is written, or after."""

    def __init__(self, folder: Path, moment: str) -> None:
        super().__init__(folder)
        self._moment = moment

    def hand_over(self, act: SignedAct) -> str:
        if self._moment == "after":
            super().hand_over(act)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def main(data: str, folder: str, moment: str) -> None:
    with Workspace.open(Path(data)) as workspace:
        sponsor = DeadlySponsor(Path(folder), moment)
        acts = SponsoredActs(workspace.database, workspace.registry, find_sponsor, sponsor=sponsor)
        courier = EitherCourier(workspace.journal, acts)
        pipeline = Pipeline(workspace.database, workspace.registry, courier, workspace.keys)
        pipeline.advance(workspace.catalog.batches()[-1].id, suites=JCS_ONLY)


if __name__ == "__main__":
    main(*sys.argv[1:])
