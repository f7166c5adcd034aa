"""Chains that take back what they had called final: a deep reorganisation, and a test network that was wiped."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.chain.networks import ANVIL_CHAIN_ID
from ledger.chain.rpc import HttpTransport, quantity, request
from ledger.errors import Conflict
from ledger.issuing.values import Batch, BatchState
from ledger.keeping.holds import DRIFT, FINALITY_VIOLATION
from ledger.keeping.parts import finality_watch, holds_of, reconciler
from ledger.verifying.report import Check, Outcome, VerificationReport
from ledger.workspace import Workspace
from tests.chain.conftest import running_anvil
from tests.office import JCS_ONLY, drafts

pytestmark = pytest.mark.node


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[str]:
    """An anvil of one's own: what is done to it would ruin it for others."""
    (tmp_path / "anvil").mkdir()
    with running_anvil(tmp_path / "anvil", ANVIL_CHAIN_ID) as url:
        yield url


def mine(url: str, blocks: int) -> None:
    with HttpTransport(url) as transport:
        request(transport, "anvil_mine", hex(blocks))


def reorganise(url: str, depth: int) -> None:
    """Replaces the newest blocks by empty ones."""
    with HttpTransport(url) as transport:
        request(transport, "anvil_reorg", depth, [])


def head(url: str) -> int:
    with HttpTransport(url) as transport:
        return quantity(request(transport, "eth_blockNumber"))


def a_ledger(url: str, folder: Path) -> Workspace:
    workspace = Workspace.init(folder, rpc_urls=[url], demo=True)
    workspace.accreditors.register("mqa", name="Malaysian Qualifications Agency", country="MY")
    workspace.issuers.register("usm", name="Universiti Sains Malaysia", country="MY")
    workspace.accreditors.accredit("mqa", "usm")
    return workspace


def issue(workspace: Workspace, url: str, first: int) -> Batch:
    batch = workspace.imports.draft_batch("usm", drafts(2, first=first), label="x")
    workspace.pipeline.advance(batch.id, suites=JCS_ONLY, wait=False)
    mine(url, 8)
    finished = workspace.pipeline.advance(batch.id)
    assert finished.state is BatchState.FINAL
    return finished


def a_document(workspace: Workspace, batch: Batch) -> bytes:
    return workspace.catalog.document(workspace.catalog.credentials(batch=batch.id)[0].credential_id)


def reports(workspace: Workspace, documents: list[bytes]) -> list[VerificationReport]:
    found = workspace.verifier().verify_many(documents)
    return [one for one in found if isinstance(one, VerificationReport)]


def check(report: VerificationReport, name: str) -> Check:
    return next(one for one in report.checks if one.id == name)


def test_a_final_block_that_is_gone_stops_issuing_and_nothing_can_be_said_of_its_batches(
    chain: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with a_ledger(chain, tmp_path / "data") as workspace:
        safe = issue(workspace, chain, 1)
        mine(chain, 20)
        lost = issue(workspace, chain, 101)
        watch = finality_watch(workspace)
        assert watch.look().violated == ()
        documents = [a_document(workspace, batch) for batch in (safe, lost)]
        assert [report.verdict for report in reports(workspace, documents)] == [Outcome.VALID] * 2

        reorganise(chain, 15)
        with caplog.at_level(logging.CRITICAL):
            found = watch.look()

        assert found.violated == (lost.id,)
        assert f"FINALITY_VIOLATION hold=1 batches={lost.id}" in caplog.text
        (hold,) = holds_of(workspace).open()
        assert hold.code == FINALITY_VIOLATION
        with pytest.raises(Conflict, match=f"batch {lost.id}"):
            holds_of(workspace).require_none()
        kept, doubted = reports(workspace, documents)
        assert kept.verdict is Outcome.VALID
        assert doubted.verdict is Outcome.INDETERMINATE
        assert check(doubted, "anchor").code == "finality_violation"
        assert watch.look().violated == ()

        mine(chain, 4)
        listed = [one.subject for one in reconciler(workspace).run().differences]
        assert f"batch {lost.id} of usm" in listed
        assert f"batch {safe.id} of usm" not in listed
        holds_of(workspace).accept(hold.id, by="Aminah")
        kept, gone = reports(workspace, documents)
        assert kept.verdict is Outcome.VALID
        assert check(gone, "inclusion").code == "root_not_anchored"


def test_a_final_block_that_went_before_anybody_looked_is_missed_too(chain: str, tmp_path: Path) -> None:
    with a_ledger(chain, tmp_path / "data") as workspace:
        mine(chain, 20)
        lost = issue(workspace, chain, 1)
        document = a_document(workspace, lost)
        reorganise(chain, 12)
        mine(chain, 4)

        assert finality_watch(workspace).look().violated == (lost.id,)
        assert [hold.code for hold in holds_of(workspace).open()] == [FINALITY_VIOLATION]
        (doubted,) = reports(workspace, [document])
        assert doubted.verdict is Outcome.INDETERMINATE
        assert check(doubted, "anchor").code == "finality_violation"


def test_a_chain_that_was_wiped_lacks_every_batch_and_gets_none_back_by_itself(tmp_path: Path) -> None:
    (tmp_path / "anvil").mkdir()
    with running_anvil(tmp_path / "anvil", ANVIL_CHAIN_ID) as url:
        with a_ledger(url, tmp_path / "data") as workspace:
            batches = [issue(workspace, url, first) for first in (1, 101, 201)]
        port = url.rpartition(":")[2]
    with (
        running_anvil(tmp_path / "anvil", ANVIL_CHAIN_ID, port=port) as url,
        Workspace.open(tmp_path / "data") as workspace,
    ):
        listed = [one.subject for one in reconciler(workspace).run().differences]

        assert {f"batch {batch.id} of usm" for batch in batches} <= set(listed)
        assert "issuer usm" in listed
        assert [hold.code for hold in holds_of(workspace).open()] == [DRIFT]
        assert head(url) == 0


def test_a_wiped_chain_with_a_new_registry_lacks_every_batch_too(tmp_path: Path) -> None:
    (tmp_path / "anvil").mkdir()
    with running_anvil(tmp_path / "anvil", ANVIL_CHAIN_ID) as url:
        with a_ledger(url, tmp_path / "data") as workspace:
            batches = [issue(workspace, url, first) for first in (1, 101, 201)]
            reconciler(workspace).run()
            finality_watch(workspace).look()
        port = url.rpartition(":")[2]
    with running_anvil(tmp_path / "anvil", ANVIL_CHAIN_ID, port=port) as url:
        with Workspace.init(tmp_path / "other", rpc_urls=[url], demo=True):
            mine(url, 4)
        with Workspace.open(tmp_path / "data") as workspace:
            before = head(url)
            result = reconciler(workspace).run()
            listed = [one.subject for one in result.differences]

            assert [name for name in listed if name.startswith("batch")] == [f"batch {b.id} of usm" for b in batches]
            assert finality_watch(workspace).look().violated == tuple(batch.id for batch in batches)
            assert {hold.code for hold in holds_of(workspace).open()} == {DRIFT, FINALITY_VIOLATION}
            assert head(url) == before
