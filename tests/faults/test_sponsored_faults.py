"""The fault table of sponsored issuing: whatever fails at whichever step, there is one act and one anchor."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from ledger.chain.accounts import dev_account
from ledger.chain.act_document import SignedAct, from_document
from ledger.chain.registry import Reason, Registry, perform
from ledger.errors import RegistryUnreachable
from ledger.issuing.values import BatchState, CredentialStatus
from ledger.workspace import Workspace
from tests.faults.conftest import FaultyRegistry, Killed
from tests.faults.test_pipeline_faults import COUNTING, FAULT, bodies, check_truths
from tests.office import JCS_ONLY, Office, drafts
from tests.sponsors import PatientSponsor

ROOT = Path(__file__).resolve().parents[2]
REGISTRY_CALLS = ["gas_limit", "final_block", "is_nonce_spent", "is_nonce_spent_in_head", "is_anchored_in_head", "read"]
WRITES = [
    ("sponsored_acts", "INSERT"),
    ("sponsored_acts", "UPDATE"),
    ("batches", "UPDATE"),
    ("anchor_proofs", "INSERT"),
]


@dataclass
class PromptSponsor(PatientSponsor):
    """Submits at once what it is given, unless it `waits`. `dies` kills the process before or after that."""

    registry: Registry | None = None
    waits: bool = False
    dies: str = "never"

    def hand_over(self, act: SignedAct) -> str | None:
        if self.dies == "before":
            raise Killed
        assert self.registry is not None
        given = act.act.authorization
        if not self.waits and not self.registry.is_nonce_spent_in_head(given.operator, given.nonce):
            perform(self.registry, act.act, self.account)
        self.acts.append(act)
        if self.dies == "after":
            raise Killed
        return "accepted"


@pytest.fixture
def sponsor(office: Office) -> PromptSponsor:
    account = PatientSponsor().account if office.registry.registry[0] == 0xCA else dev_account(5)
    return PromptSponsor(registry=office.registry, account=account)


@pytest.fixture
def sponsored(office: Office, sponsor: PromptSponsor) -> Iterator[Office]:
    opened = office.restarted(sponsor=sponsor)
    opened.find_sponsor = lambda _: sponsor
    opened.patience = 120.0  # the sponsor submits within the hand-over, which takes its time on a real chain
    yield opened
    opened.database.close()


def again(office: Office, sponsor: PromptSponsor, registry: Registry | None = None) -> Office:
    """Another process over the same folder, with the same sponsor."""
    return office.restarted(registry or sponsor.registry, sponsor=sponsor)


@pytest.mark.parametrize("done", [False, True], ids=["not-done", "done"])
@pytest.mark.parametrize("method", REGISTRY_CALLS)
def test_a_process_that_dies_at_a_call_of_the_registry_leaves_one_act_and_one_anchor(
    sponsored: Office, sponsor: PromptSponsor, method: str, done: bool
) -> None:
    batch = sponsored.an_open_batch(3)
    drafted = bodies(sponsored, batch)
    dying = again(sponsored, sponsor, FaultyRegistry(sponsored.registry, method, done=done))
    sponsor.waits = method == "is_nonce_spent_in_head"  # the head is asked only about an act that waits
    with pytest.raises(Killed):
        dying.pipeline.advance(batch.id, suites=JCS_ONLY)
    sponsor.waits = False

    finished = again(dying, sponsor)
    finished.pipeline.advance(batch.id)

    check_truths(finished, batch, drafted, transactions=0)
    assert len(sponsor.distinct) == len(finished.sponsored.acts()) == 1


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_that_dies_at_the_hand_over_hands_the_same_act_over_again(
    sponsored: Office, sponsor: PromptSponsor, moment: str
) -> None:
    batch = sponsored.an_open_batch(3)
    drafted = bodies(sponsored, batch)
    sponsor.dies = moment
    with pytest.raises(Killed):
        sponsored.pipeline.advance(batch.id, suites=JCS_ONLY)
    sponsor.dies = "never"

    finished = again(sponsored, sponsor)
    finished.pipeline.advance(batch.id)

    check_truths(finished, batch, drafted, transactions=0)
    assert len(sponsor.distinct) == 1


@pytest.mark.parametrize("arrives", [False, True])
def test_a_hand_over_that_fails_is_tried_again_with_the_same_act(
    office: Office, sponsor: PromptSponsor, arrives: bool
) -> None:
    patient = PatientSponsor(account=sponsor.account, takes_all_the_same=arrives)
    patient.trouble = RegistryUnreachable("the relay cannot be reached", "sponsor_unreachable")
    sponsored = office.restarted(sponsor=patient)
    batch = sponsored.an_open_batch(2)
    drafted = bodies(sponsored, batch)
    with pytest.raises(RegistryUnreachable):
        sponsored.pipeline.advance(batch.id, suites=JCS_ONLY)
    assert sponsored.catalog.batch(batch.id).state is BatchState.SENT

    patient.trouble = None
    sponsored.pipeline.advance(batch.id, wait=False)
    patient.submit(sponsored.registry)
    sponsored.pipeline.advance(batch.id)

    check_truths(sponsored, batch, drafted, transactions=0)
    assert len(patient.distinct) == 1


@pytest.mark.parametrize(("table", "operation"), WRITES, ids=[f"{o.lower()}-{t}" for t, o in WRITES])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_write_that_fails_leaves_no_half_state(
    sponsored: Office, sponsor: PromptSponsor, table: str, operation: str, nth: int
) -> None:
    batch = sponsored.an_open_batch(3)
    drafted = bodies(sponsored, batch)
    with sponsored.database.writing() as session:
        session.connection().execute(text("CREATE TABLE countdown (left INTEGER)"))
        session.connection().execute(text("INSERT INTO countdown VALUES (:left)"), {"left": nth})
        for trigger in (FAULT, COUNTING):
            session.connection().execute(text(trigger.format(operation, table)))
    try:
        sponsored.pipeline.advance(batch.id, suites=JCS_ONLY)
    except IntegrityError as error:
        assert "the disk failed" in str(error)  # noqa: PT017 - not every nth write happens
    finished = again(sponsored, sponsor)
    with finished.database.writing() as session:
        session.connection().execute(text("DROP TRIGGER fault"))
        session.connection().execute(text("DROP TRIGGER counting"))

    finished.pipeline.advance(batch.id, suites=JCS_ONLY)

    check_truths(finished, batch, drafted, transactions=0)
    assert len(finished.sponsored.acts()) == 1


def test_every_step_twice_by_two_processes_makes_one_act(sponsored: Office, sponsor: PromptSponsor) -> None:
    batch = sponsored.an_open_batch(3)
    drafted = bodies(sponsored, batch)
    other = Office(sponsored.folder, sponsored.registry, sponsor=sponsor, find_sponsor=sponsored.find_sponsor)

    for step in ("seal", "plan", "send", "confirm", "attach"):
        getattr(sponsored.pipeline, step)(batch.id)
        getattr(other.pipeline, step)(batch.id)

    other.database.close()
    check_truths(sponsored, batch, drafted, transactions=0)
    assert len(sponsor.distinct) == 1


@pytest.mark.parametrize("done", [False, True], ids=["not-done", "done"])
@pytest.mark.parametrize("method", ["gas_limit", "is_nonce_spent", "status_words"])
def test_a_process_that_dies_while_revoking_by_a_sponsor_loses_no_revocation(
    sponsored: Office, sponsor: PromptSponsor, method: str, done: bool
) -> None:
    batch = sponsored.pipeline.advance(sponsored.an_open_batch(2).id, suites=JCS_ONLY)
    name = sponsored.credentials(batch)[0].credential_id
    dying = again(sponsored, sponsor, FaultyRegistry(sponsored.registry, method, done=done))
    with pytest.raises(Killed):
        dying.revocation.revoke([name], Reason.COMPROMISED)

    finished = again(dying, sponsor)
    (change,) = finished.revocation.advance()

    assert change.is_final
    assert finished.catalog.credential(name).status is CredentialStatus.REVOKED
    assert [act.purpose.partition(":")[0] for act in finished.sponsored.acts()] == ["anchor", "status"]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_kill_9_at_the_hand_over_leaves_an_act_that_the_next_command_hands_over(tmp_path: Path, moment: str) -> None:
    with Workspace.init(tmp_path / "data", demo=True) as workspace:
        workspace.issuers.register("usm", name="Universiti Sains Malaysia", country="MY")
        batch = workspace.imports.draft_batch("usm", drafts(2), label="killed")
    folder = tmp_path / "stick"

    command = [sys.executable, "-m", "tests.faults.dying_signer", str(tmp_path / "data"), str(folder), moment]
    killed = subprocess.run(command, cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL

    with Workspace.open(tmp_path / "data") as workspace:
        waiting = workspace.sponsored_desk(str(folder), days=1).pipeline.advance(batch.id, suites=JCS_ONLY)
        (file,) = folder.iterdir()
        assert waiting.act is not None
        assert file.read_bytes() == waiting.act.document
        perform(workspace.registry, from_document(file.read_bytes()).act, dev_account(5), timeout=120)
        finished = workspace.pipeline.advance(batch.id)
        assert finished.is_finished
        assert finished.transaction is None
        assert len(workspace.sponsored_acts.acts()) == 1
