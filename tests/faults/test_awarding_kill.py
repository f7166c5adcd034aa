"""kill -9 between any two steps of an automatic award: looked at again, each learner is awarded, and once."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from ledger.durable.awarding import award_completed
from ledger.durable.orders import OrderKind, Orders
from ledger.issuing.awarding.candidates import CandidateState
from ledger.issuing.drafts import Draft
from ledger.issuing.values import Awarding, CredentialKind
from ledger.workspace import Workspace
from tests.builders import an_achievement
from tests.office import JCS_ONLY, learner, pathway_file, programme_file

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("needs", "models")
PLACES = (
    "award.noted",  # proposed, and the batches not marked as looked at
    "draft.in_transaction",  # the award and the note that it was made are in one transaction
    "award.drafted",  # drafted, and nobody has ordered its issue
    "award.ordering",
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which two learners have completed a pathway that awards by itself."""
    folder = tmp_path_factory.mktemp("awarding") / "data"
    with Workspace.init(folder, demo=True) as workspace:
        workspace.issuers.register("usm", name="Universiti Sains Malaysia", country="MY")
        workspace.programmes.add("usm", programme_file(*MODULES, award="design"))
        pathway, _ = workspace.pathways.publish("usm", pathway_file(*MODULES, award="design"))
        drafts = [
            Draft(row, an_achievement(code), learner(number), "87.5", date(2026, 3, day))
            for row, (number, day, code) in enumerate(
                (number, day, code) for number in (1, 2) for day, code in enumerate(MODULES, start=1)
            )
        ]
        batch = workspace.imports.draft_batch("usm", drafts, label="Spring")
        workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
        workspace.pathways.set_awarding(pathway.pathway_id, Awarding.AUTO)
    return folder


@pytest.mark.parametrize("place", PLACES)
def test_an_award_that_was_cut_short_is_made_once(prepared: Path, tmp_path: Path, place: str) -> None:
    folder = Path(shutil.copytree(prepared, tmp_path / "data"))
    command = [sys.executable, "-m", "tests.faults.dying_awarder", str(folder)]
    killed = subprocess.run(command, cwd=ROOT, check=False, env={**os.environ, "CAIRN_FAILPOINT": place})
    assert killed.returncode == -signal.SIGKILL

    with Workspace.open(folder) as workspace:
        for _ in range(2):
            award_completed(workspace)

        awards = workspace.catalog.credentials(issuer="usm", kind=CredentialKind.AWARD)
        assert [one.learner_id for one in awards] == ["0001", "0002"]
        (batch,) = {one.batch_id for one in awards}
        assert {(one.state, one.batch) for one in workspace.candidates.all()} == {(CandidateState.DRAFTED, batch)}
        assert [(one.kind, one.subject) for one in Orders(workspace.database).open()] == [(OrderKind.ISSUE, batch)]
