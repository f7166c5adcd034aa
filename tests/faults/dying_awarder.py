"""A process that awards who has completed a pathway, and is told to die at a chosen place: `FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from ledger.durable.awarding import award_completed
from ledger.workspace import Workspace

if __name__ == "__main__":
    with Workspace.open(Path(sys.argv[1])) as workspace:
        award_completed(workspace)
