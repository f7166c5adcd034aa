"""kill -9 while a batch is issued in a data folder: the next command goes on, and there is one anchor."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.issuing.values import Batch, BatchState
from ledger.workspace import Workspace
from tests.office import JCS_ONLY, drafts

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "data"
    with Workspace.init(folder, demo=True) as workspace:
        workspace.issuers.register("usm", name="Universiti Sains Malaysia", country="MY")
    return folder


@pytest.mark.parametrize(
    ("method", "moment"), [("bid", "after"), ("send", "before"), ("send", "after"), ("receipts", "after")]
)
def test_a_killed_issuer_is_followed_by_one_that_goes_on(folder: Path, method: str, moment: str) -> None:
    with Workspace.open(folder) as workspace:
        first = 10 * len(workspace.catalog.batches()) + 1
        batch = workspace.imports.draft_batch("usm", drafts(3, first=first), label=f"killed {moment} {method}")

    command = [sys.executable, "-m", "tests.faults.dying_issuer", str(folder), method, moment]
    killed = subprocess.run(command, cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL

    with Workspace.open(folder) as workspace:
        finished = workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
        check(workspace, finished)


def check(workspace: Workspace, batch: Batch) -> None:
    transaction = batch.transaction
    assert batch.state is BatchState.FINAL
    assert batch.is_finished
    assert transaction is not None
    # One transaction for each batch so far: nothing was sent twice, and no nonce was skipped.
    assert transaction.nonce == len(workspace.catalog.batches()) - 1
    assert transaction.state == "final"
    assert {credential.state for credential in workspace.catalog.credentials(batch=batch.id)} == {"final"}
