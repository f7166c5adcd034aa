"""A process that corrects a credential from draft to revocation, as often as it is run: `FOLDER FILE REQUEST`."""

from __future__ import annotations

import sys
from pathlib import Path

from ledger.issuing.corrections import Corrections
from ledger.issuing.values import Batch, RequestKey
from ledger.workspace import Workspace
from tests.office import JCS_ONLY


def correct(workspace: Workspace, content: bytes, request: str) -> Batch:
    """Drafts the corrections of a file, issues them, and has what they supersede revoked."""
    corrections = Corrections(workspace.database)
    batch, _ = corrections.draft("usm", content, request=RequestKey("usm", request, bytes(32)))
    batch = workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
    workspace.revocation.advance()
    return batch


if __name__ == "__main__":
    folder, file, name = sys.argv[1:]
    with Workspace.open(Path(folder)) as opened:
        correct(opened, Path(file).read_bytes(), name)
