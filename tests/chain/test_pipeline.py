"""Issuing on real chains, the embedded one and anvil: from a draft to its proof, and to its revocation."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson
import pytest

from ledger.chain.accounts import dev_account
from ledger.chain.deployment import deploy
from ledger.chain.embedded import EmbeddedNode
from ledger.chain.ethereum import EthereumRegistry, fund
from ledger.chain.networks import ANVIL_CHAIN_ID, EMBEDDED_CHAIN_ID
from ledger.chain.reader import Finality, RpcRegistryReader
from ledger.chain.registry import Address, Reason, StateQuery
from ledger.chain.rpc import HttpTransport, Transport, request
from ledger.documents.canonical import digest
from ledger.issuing.values import BatchState, CredentialStatus
from ledger.proofs.anchor_proof import from_proof
from ledger.proofs.status_list import read_status
from tests.chain.conftest import another_salt
from tests.office import JCS_ONLY, Office, drafts


def an_office(folder: Path, transport: Transport, chain_id: int, finality: Finality) -> Office:
    address = deploy(transport, dev_account(0), chain_id=chain_id, salt=another_salt())
    registry = EthereumRegistry(RpcRegistryReader([transport], address, chain_id, finality), transport)

    def give(accounts: Sequence[Address]) -> None:
        for account in accounts:
            fund(transport, account, 10**18)

    office = Office(folder, registry, fund=give, patience=120)
    office.an_issuer()
    return office


@pytest.fixture(params=["embedded", pytest.param("anvil", marks=pytest.mark.node)])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    if request.param == "anvil":
        transport = HttpTransport(request.getfixturevalue("anvil"))
        office = an_office(tmp_path, transport, ANVIL_CHAIN_ID, "latest")
        yield office
        office.database.close()
        return
    with EmbeddedNode.open(tmp_path / "chain") as node:
        office = an_office(tmp_path, node.transport(), EMBEDDED_CHAIN_ID, "finalized")
        yield office
        office.database.close()


def test_a_batch_becomes_final_and_its_proofs_lead_to_what_the_contract_holds(office: Office) -> None:
    batch = office.a_final_batch(5)
    issuer = office.catalog.issuer("usm")
    documents = [orjson.loads(content) for _, content in office.catalog.batch_documents(batch.id)]
    proofs = [from_proof(document["proof"][-1]) for document in documents]
    queries = [
        StateQuery(issuer.issuer_id, proof.root_for(digest(document)), proof.status_index)
        for document, proof in zip(documents, proofs, strict=True)
    ]

    states = office.registry.read([issuer.issuer_id], queries, []).credentials

    assert batch.transaction is not None
    assert (batch.transaction.gas_used or 0) <= 60_000
    assert batch.transaction.block_number == batch.anchor_block
    assert {proof.tree_size for proof in proofs} == {5}
    assert all(state.anchor is not None and state.anchor.tree_size == 5 for state in states)


def test_a_revocation_reaches_the_contract_with_its_reason(office: Office) -> None:
    batch = office.a_final_batch(3)
    first, second, _ = office.credentials(batch)
    (change,) = office.revocation.revoke([first.credential_id, second.credential_id], Reason.COMPROMISED)
    issuer = office.catalog.issuer("usm")

    (event,) = office.registry.status_events(issuer.issuer_id, first.status_index, batch.anchor_block or 0)
    listed = orjson.loads(office.status_lists.publish("usm", 0, suites=JCS_ONLY).document)

    assert event.reason == Reason.COMPROMISED
    assert change.transaction is not None
    assert (change.transaction.gas_used or 0) <= 60_000
    assert [read_status(listed, c.status_index) for c in office.credentials(batch)] == [True, True, False]


def test_running_everything_again_changes_nothing_on_the_chain(office: Office) -> None:
    batch = office.a_final_batch(2)
    (name, _) = (credential.credential_id for credential in office.credentials(batch))
    office.revocation.revoke([name], Reason.ISSUED_IN_ERROR)
    before = office.registry.final_block()

    again = office.restarted()
    again.an_issuer()
    again.pipeline.advance(batch.id)
    again.revocation.revoke([name], Reason.ISSUED_IN_ERROR)

    assert again.registry.final_block() == before
    assert again.catalog.credential(name).status is CredentialStatus.REVOKED


def test_threads_that_issue_in_one_name_take_turns(office: Office) -> None:
    def issue(first: int) -> None:
        for number in (first, first + 1):
            batch = office.imports.draft_batch("usm", drafts(1, first=number), label=str(number))
            office.pipeline.advance(batch.id, suites=JCS_ONLY)

    threads = [threading.Thread(target=issue, args=(10 * number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    batches = office.catalog.batches("usm")
    transactions = [batch.transaction for batch in batches]
    assert len(batches) == 8
    assert all(batch.is_finished for batch in batches)
    assert sorted(transaction.nonce for transaction in transactions if transaction) == list(range(8))


@pytest.mark.node
def test_a_batch_on_anvil_is_final_only_when_the_chain_says_so(anvil: str, tmp_path: Path) -> None:
    transport = HttpTransport(anvil)
    office = an_office(tmp_path, transport, ANVIL_CHAIN_ID, "finalized")
    batch = office.pipeline.advance(office.an_open_batch(2).id, suites=JCS_ONLY, wait=False)
    assert office.pipeline.advance(batch.id, wait=False).state is BatchState.MINED

    request(transport, "anvil_mine", "0x8")

    assert office.pipeline.advance(batch.id).is_finished
    office.database.close()


@pytest.mark.node
def test_an_anchor_that_a_reorganisation_took_away_is_sent_again_with_the_same_bytes(
    anvil: str, tmp_path: Path
) -> None:
    transport = HttpTransport(anvil)
    office = an_office(tmp_path, transport, ANVIL_CHAIN_ID, "finalized")
    batch = office.pipeline.advance(office.an_open_batch(2).id, suites=JCS_ONLY, wait=False)
    assert batch.transaction is not None

    request(transport, "anvil_reorg", 1, [])
    assert office.pipeline.confirm(batch.id).state is BatchState.SENT

    office.pipeline.advance(batch.id, wait=False)
    request(transport, "anvil_mine", "0x8")
    finished = office.pipeline.advance(batch.id)
    assert finished.is_finished
    assert finished.transaction is not None
    assert finished.transaction.hash == batch.transaction.hash
    office.database.close()
