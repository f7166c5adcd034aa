"""kill -9 between any two steps of a correction: run again, there is one correction, and one revocation of the old one.

The old credential is never of no force before the new one is final.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger.chain.registry import Reason, StateQuery
from ledger.issuing.values import BatchState, CredentialStatus, StoredCredential
from ledger.workspace import Workspace
from tests.faults.dying_corrector import correct
from tests.office import JCS_ONLY, drafts, programme_file

ROOT = Path(__file__).resolve().parents[2]
HEADER = "achievement,learner_id,name,email,result,awarded_on,supersedes"
PLACES = (
    "draft.in_transaction",  # nothing stored: K2
    "draft.committed",  # stored, and nobody was told: K3
    "send.sent",  # the anchor is on its way
    "status.stored",  # final, and the revocation is asked for: K13
    "attach.storing",  # as before, in the middle of the proofs
    "plan.signed:2",  # the revocation is signed, and not stored
    "plan.stored:2",
    "send.sent:2",
    "look.receipt:2",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a final credential for each place."""
    folder = tmp_path_factory.mktemp("data") / "data"
    with Workspace.init(folder, demo=True) as workspace:
        workspace.issuers.register("usm", name="Universiti Sains Malaysia", country="MY")
        workspace.programmes.add("usm", programme_file("needs"))
        batch = workspace.imports.draft_batch("usm", drafts(len(PLACES)), label="Spring")
        workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
    return folder


def count(workspace: Workspace, query: str) -> int:
    with workspace.database.reading() as session:
        return int(session.connection().execute(text(query)).scalar_one())


def is_revoked_on_chain(workspace: Workspace, credential: StoredCredential) -> bool:
    issuer = workspace.catalog.issuer("usm")
    root = workspace.catalog.batch(credential.batch_id).root or b""
    reading = workspace.registry.read([], [StateQuery(issuer.issuer_id, root, credential.status_index)], [])
    return reading.credentials[0].revoked


@pytest.mark.parametrize("place", PLACES)
def test_a_killed_correction_is_taken_up_and_done_once(folder: Path, tmp_path: Path, place: str) -> None:
    with Workspace.open(folder) as workspace:
        old = workspace.catalog.credentials(batch=1)[PLACES.index(place)]
        before = {name: count(workspace, f"SELECT count(*) FROM {name}") for name in ("batches", "status_calls")}  # noqa: S608
    file = tmp_path / "corrections.csv"
    row = f"needs,{old.learner_id},The right name,{old.email},87.5,2026-03-02,{old.credential_id}"
    file.write_text(f"{HEADER}\n{row}\n", encoding="utf-8")

    command = [sys.executable, "-m", "tests.faults.dying_corrector", str(folder), str(file), place]
    killed = subprocess.run(command, cwd=ROOT, check=False, env={**os.environ, "CAIRN_FAILPOINT": place})
    assert killed.returncode == -signal.SIGKILL

    with Workspace.open(folder) as workspace:
        later = workspace.catalog.credential(old.credential_id).superseded_by
        is_final = later is not None and workspace.catalog.credential(later).batch_state is BatchState.FINAL
        assert is_final or not is_revoked_on_chain(workspace, old)

        batch = correct(workspace, file.read_bytes(), place)

        assert later is None or workspace.catalog.credential(later).batch_id == batch.id
        check(workspace, old, batch.id)
        for name, number in before.items():
            assert count(workspace, f"SELECT count(*) FROM {name}") == number + 1  # noqa: S608


def check(workspace: Workspace, old: StoredCredential, batch_id: int) -> None:
    (new,) = workspace.catalog.credentials(batch=batch_id)
    superseded = workspace.catalog.credential(old.credential_id)
    (change,) = workspace.catalog.status_changes(old.credential_id)
    assert (new.state, new.supersedes, superseded.superseded_by) == ("final", old.credential_id, new.credential_id)
    assert superseded.status is CredentialStatus.REVOKED
    assert (change.reason, change.is_final) == (Reason.SUPERSEDED, True)
    assert is_revoked_on_chain(workspace, old)
    assert not is_revoked_on_chain(workspace, new)
    # One transaction for each batch and each call, and no nonce twice or skipped.
    lanes = "SELECT max(nonce) + 1 - count(*) AS skipped FROM transactions GROUP BY sender"
    assert count(workspace, f"SELECT count(*) FROM ({lanes}) AS lanes WHERE skipped <> 0") == 0  # noqa: S608
    assert count(workspace, "SELECT count(*) FROM transactions WHERE state <> 'final'") == 0
