"""The fault harness on the real program: a few rows, and planted faults are found. `--full` tries every row, apart."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.faulting import anvil
from scripts.faulting.claims import change
from scripts.faulting.rows import Row
from scripts.faulting.template import DRAFTED, SETTLED, Template, make_template
from scripts.faulting.trial import Templates, Trial, run_trial
from scripts.faulting.truths import check_truths
from scripts.faulting.world import World

ROOT = Path(__file__).resolve().parents[2]
QUICK = ["K8", "R2/after", "H4"]
NOTHING = Row("K0", "nothing", "nothing", "nothing", lambda _world: None)

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    if not anvil.PROGRAM.exists():
        reason = "anvil is not installed (npm ci in contracts/)"
        pytest.fail(reason) if os.environ.get("CAIRN_FULL") == "1" else pytest.skip(reason)
    return make_template(tmp_path_factory.mktemp("faults") / "template")


@pytest.mark.parametrize("row", QUICK)
def test_a_fault_leaves_the_six_truths_standing(template: Template, tmp_path: Path, row: str) -> None:
    outcome = run_trial(Trial(row, 0), Templates(template, None), tmp_path)
    assert outcome.failure is None
    assert outcome.findings.sentences == []


@pytest.fixture
def world(template: Template, tmp_path: Path) -> Iterator[World]:
    """A world in which nothing went wrong."""
    world = World(template, NOTHING.stage, tmp_path, 0)
    world.open(0)
    yield world
    world.close()


def test_a_lost_credential_is_found(world: World) -> None:
    name = world.settled()[0]
    world.change_database(f"DELETE FROM credentials WHERE credential_id = '{name}'")  # noqa: S608 - our own words
    assert f"credential {name} was acknowledged and is gone" in check_truths(world).lost


def test_an_event_too_many_is_found(world: World) -> None:
    from ledger.chain import abi
    from ledger.chain.registry import AnchorBatch, IssuerId

    issuer = world.claims().batches[SETTLED].issuer
    call = abi.encode_call(AnchorBatch(IssuerId(issuer), b"\7" * 32, 3))
    world.chain.send_as(world.operator(), world.template.registry, "0x" + call.hex())
    assert len(check_truths(world).doubled) == 1


def test_a_false_final_is_found(world: World) -> None:
    number = max(DRAFTED)
    change(world.database, [f"UPDATE batches SET state = 'final', root = zeroblob(32) WHERE id = {number}"])  # noqa: S608
    assert any(f"batch {number} is called final" in said for said in check_truths(world).false_final)


def test_a_revocation_that_is_on_no_block_is_found(world: World) -> None:
    name = world.settled()[0]
    world.promises.revocations.add(name)
    world.change_database(f"UPDATE credentials SET status = 'revoked' WHERE credential_id = '{name}'")  # noqa: S608
    findings = check_truths(world)
    assert any(name in said for said in findings.lost)
    assert any(name in said for said in findings.false_final)
