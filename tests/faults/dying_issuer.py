"""A process that issues a batch and kills itself at a call of the registry: `FOLDER METHOD before|after`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from ledger.issuing.pipeline import Pipeline
from ledger.sending.journal import Journal
from ledger.workspace import Workspace
from tests.office import JCS_ONLY


class DeadlyRegistry:
    """Passes everything on, and kills the process before or after the first call of one method."""

    def __init__(self, registry: object, method: str, moment: str) -> None:
        self._registry = registry
        self._method = method
        self._moment = moment

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._registry, name)
        if name != self._method:
            return attribute

        def die(*arguments: Any) -> None:
            if self._moment == "after":
                attribute(*arguments)
            os.kill(os.getpid(), signal.SIGKILL)

        return die


def main(folder: str, method: str, moment: str) -> None:
    with Workspace.open(Path(folder)) as workspace:
        registry: Any = DeadlyRegistry(workspace.registry, method, moment)
        journal = Journal(workspace.database, registry)
        pipeline = Pipeline(workspace.database, registry, journal, workspace.keys)
        pipeline.advance(workspace.catalog.batches()[-1].id, suites=JCS_ONLY)


if __name__ == "__main__":
    main(*sys.argv[1:])
