"""An issuer whose operators hold no ether issues, revokes and withdraws: by a file that is carried, and by a relay."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
import uvicorn
from eth_account import Account as EthAccount

from api.main import create_app
from ledger.chain.accounts import dev_account
from ledger.chain.act_document import SignedAct, from_document, to_document
from ledger.chain.addresses import keccak
from ledger.chain.deployment import deploy
from ledger.chain.embedded import EmbeddedNode
from ledger.chain.ethereum import EthereumRegistry, fund
from ledger.chain.networks import ANVIL_CHAIN_ID, EMBEDDED_CHAIN_ID
from ledger.chain.reader import Finality, RpcRegistryReader
from ledger.chain.registry import (
    Address,
    AnchorBatch,
    Authorization,
    Reason,
    Role,
    SetOperator,
    SponsoredCall,
    perform,
)
from ledger.chain.rpc import HttpTransport, Transport, as_hex, quantity, request
from ledger.errors import CairnError, Conflict, RegistryUnreachable
from ledger.issuing.signer import KeyRing
from ledger.issuing.values import BatchState, CredentialStatus
from ledger.relaying.relay import Relay
from ledger.relaying.sponsors import FolderSponsor
from ledger.relaying.submission import Submission
from ledger.relaying.values import RelayedAct
from ledger.sending.journal import Journal
from ledger.storage import Database
from ledger.verifying.report import Outcome
from ledger.workspace import Workspace
from tests.chain.conftest import another_salt
from tests.office import JCS_ONLY, Office, drafts
from tests.sponsors import PatientSponsor

SPONSOR = dev_account(6)


def balance(transport: Transport, account: Address) -> int:
    return quantity(request(transport, "eth_getBalance", as_hex(account), "latest"))


def a_poor_office(folder: Path, transport: Transport, chain_id: int, finality: Finality) -> Office:
    """An office whose admin was given money once, to be registered, and whose operators never held any."""
    folder.mkdir()
    address = deploy(transport, dev_account(0), chain_id=chain_id, salt=another_salt())
    registry = EthereumRegistry(RpcRegistryReader([transport], address, chain_id, finality), transport)

    def give_the_first(accounts: Sequence[Address]) -> None:
        fund(transport, accounts[0], 10**18)

    office = Office(folder, registry, fund=give_the_first, patience=120)
    issuer = office.an_issuer()
    assert [balance(transport, a) for a in (issuer.anchoring_operator, issuer.revoking_operator)] == [0, 0]
    return office


@pytest.fixture(params=["embedded", pytest.param("anvil", marks=pytest.mark.node)])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    if request.param == "anvil":
        transport = HttpTransport(request.getfixturevalue("anvil"))
        office = a_poor_office(tmp_path / "office", transport, ANVIL_CHAIN_ID, "latest")
        yield office
        office.database.close()
        return
    with EmbeddedNode.open(tmp_path / "chain") as node:
        office = a_poor_office(tmp_path / "office", node.transport(), EMBEDDED_CHAIN_ID, "finalized")
        yield office
        office.database.close()


def carry(office: Office, folder: Path) -> int:
    """A sponsor takes every file of the folder, submits it and pays. Gives the gas of the last."""
    gas = 0
    for file in sorted(folder.iterdir()):
        gas = perform(office.registry, from_document(file.read_bytes()).act, SPONSOR, timeout=120).gas_used
        file.unlink()
    return gas


def test_without_ether_nothing_is_issued_from_ones_own_account(office: Office) -> None:
    with pytest.raises(CairnError) as caught:
        office.a_final_batch(1)
    assert caught.value.code == "funds_low"


def test_files_that_somebody_carries_take_a_batch_through_its_life(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    by_hand = office.restarted(sponsor=FolderSponsor(folder))
    batch = by_hand.pipeline.advance(by_hand.an_open_batch(3).id, suites=JCS_ONLY)
    assert batch.state is BatchState.SENT
    gas = carry(by_hand, folder)
    batch = by_hand.pipeline.advance(batch.id)
    assert batch.is_finished
    assert batch.transaction is None
    first, second, third = (credential.credential_id for credential in by_hand.credentials(batch))

    by_hand.revocation.revoke([first], Reason.COMPROMISED)
    carry(by_hand, folder)
    (revoked,) = by_hand.revocation.revoke([first], Reason.COMPROMISED)
    by_hand.revocation.suspend([second], Reason.ASSESSMENT_INVALID)
    carry(by_hand, folder)
    by_hand.revocation.reinstate([second])
    carry(by_hand, folder)
    by_hand.revocation.advance()

    assert gas < 90_000  # the first of a word of nonces; the next ones take 17,000 less
    assert revoked.is_final
    assert [by_hand.catalog.credential(name).status for name in (first, second, third)] == [
        CredentialStatus.REVOKED,
        CredentialStatus.ACTIVE,
        CredentialStatus.ACTIVE,
    ]
    by_hand.withdrawal.withdraw(batch.id, Reason.ISSUED_IN_ERROR)
    carry(by_hand, folder)
    assert by_hand.withdrawal.withdraw(batch.id, Reason.ISSUED_IN_ERROR).withdrawn_at is not None


def test_a_batch_goes_on_in_a_process_that_knows_no_sponsor(office: Office) -> None:
    sponsor = PatientSponsor(account=SPONSOR)
    sponsored = office.restarted(sponsor=sponsor)
    sponsored.find_sponsor = lambda _: sponsor
    batch = sponsored.pipeline.advance(sponsored.an_open_batch(2).id, suites=JCS_ONLY, wait=False)
    sponsor.submit(sponsored.registry)

    assert sponsored.restarted().pipeline.advance(batch.id).is_finished


# --- the relay, with real gas ---------------------------------------------------------------------------------------


class Consortium:
    """A relay with a budget for one issuer, on the chain of an office."""

    def __init__(self, office: Office, folder: Path, *, gas: int = 400_000) -> None:
        registry = office.registry
        assert isinstance(registry, EthereumRegistry)
        transport = registry._transport

        def give(accounts: Sequence[Address]) -> None:
            for account in accounts:
                fund(transport, account, 10**18)

        self.database = Database.at(folder / "consortium.db")
        self.database.migrate()
        keys = KeyRing(folder / "consortium", "a passphrase", demo=True)
        journal = Journal(self.database, registry, patience=0.0)
        self.relay = Relay(self.database, registry, journal, keys, fund=give)
        self.submission = Submission(self.database, registry, journal, self.relay.budgets, lambda: self.relay.account)
        self.relay.open()
        self.relay.budgets.set(office.catalog.issuer("usm").issuer_id, gas=gas, days=30)

    name = "https://relay.example"

    def hand_over(self, act: SignedAct) -> str:
        entry, _ = self.relay.accept(to_document(act))
        return str(entry.state)

    def settle(self, entry_id: str) -> RelayedAct:
        """Works until the act has come to its end: a node may take a moment to make a block."""
        for _ in range(400):
            if not self.submission.work():
                break
        return self.relay.entry(entry_id)


def test_a_relay_pays_and_counts_what_was_really_used(office: Office, tmp_path: Path) -> None:
    consortium = Consortium(office, tmp_path)
    sponsored = office.restarted(sponsor=consortium)
    sponsored.find_sponsor = lambda _: consortium
    worker = threading.Thread(target=lambda: [consortium.settle(e.id) for e in consortium.relay.entries()])
    batch = sponsored.pipeline.advance(sponsored.an_open_batch(2).id, suites=JCS_ONLY, wait=False)
    reserved = consortium.relay.entries()[0].gas
    worker.start()
    finished = sponsored.pipeline.advance(batch.id)
    worker.join()

    (entry,) = consortium.relay.entries()
    (budget,) = consortium.relay.budgets.all()
    assert finished.is_finished
    assert entry.state == "final"
    assert entry.transaction is not None
    assert entry.transaction.gas_used == entry.gas == budget.used
    assert entry.gas <= reserved < entry.gas * 1.2
    assert entry.transaction.block_number == finished.anchor_block
    consortium.database.close()


def test_a_budget_ends_and_what_was_signed_waits(office: Office, tmp_path: Path) -> None:
    consortium = Consortium(office, tmp_path, gas=100_000)
    sponsored = office.restarted(sponsor=consortium)
    sponsored.find_sponsor = lambda _: consortium
    first = sponsored.pipeline.advance(sponsored.an_open_batch(1).id, suites=JCS_ONLY, wait=False)
    with pytest.raises(Conflict) as caught:
        sponsored.pipeline.advance(sponsored.an_open_batch(1, code="models").id, suites=JCS_ONLY, wait=False)
    assert caught.value.code == "budget_exhausted"

    consortium.settle(consortium.relay.entries()[0].id)
    consortium.relay.budgets.set(sponsored.catalog.issuer("usm").issuer_id, gas=400_000, days=30)
    for _ in range(3):
        sponsored.pipeline.advance(2, wait=False)
        consortium.settle(consortium.relay.entries()[0].id)

    assert sponsored.pipeline.advance(first.id).is_finished
    assert sponsored.pipeline.advance(2).is_finished
    assert len(sponsored.sponsored.acts()) == 2
    consortium.database.close()


YES_MAN = bytes.fromhex("631626ba7e60e01b60005260206000f3")
"""A contract that accepts every signature (ERC-1271): PUSH4 0x1626ba7e, PUSH1 0xe0, SHL, then MSTORE and RETURN."""


def a_contract(transport: Transport, chain_id: int) -> Address:
    """Puts the contract on the chain: code that returns its code."""
    size = len(YES_MAN)
    creation = bytes.fromhex(f"60{size:02x}600c60003960{size:02x}6000f3") + YES_MAN
    owner = dev_account(7)
    nonce = quantity(request(transport, "eth_getTransactionCount", as_hex(owner.address), "pending"))
    raw = owner.sign_transaction(
        {
            "type": 2,
            "chainId": chain_id,
            "nonce": nonce,
            "value": 0,
            "data": creation,
            "gas": 200_000,
            "maxFeePerGas": 10**11,
            "maxPriorityFeePerGas": 10**9,
        }
    )
    found = None
    request(transport, "eth_sendRawTransaction", as_hex(raw))
    while found is None:
        found = request(transport, "eth_getTransactionReceipt", as_hex(keccak(raw)))
    assert isinstance(found, dict)
    return Address(bytes.fromhex(str(found["contractAddress"])[2:]))


def test_a_relay_takes_what_an_operators_contract_approves(office: Office, tmp_path: Path) -> None:
    consortium, registry = Consortium(office, tmp_path), office.registry
    assert isinstance(registry, EthereumRegistry)
    issuer = office.catalog.issuer("usm")
    wallet = a_contract(registry._transport, registry.chain_id)
    admin = office.keys.account("issuers/usm/admin")
    perform(registry, SetOperator(issuer.issuer_id, wallet, Role.ANCHOR, 0), admin, timeout=120)

    def act(operator: Address, root: int) -> SignedAct:
        given = Authorization(operator, root, registry.final_block().time + 86_400, b"any word will do")
        call = AnchorBatch(issuer.issuer_id, root.to_bytes(32, "big"), 1)
        return SignedAct(registry.chain_id, registry.registry, SponsoredCall(call, given))

    consortium.hand_over(act(wallet, 9))
    assert consortium.settle(consortium.relay.entries()[0].id).state == "final"
    assert registry.is_anchored_in_head(issuer.issuer_id, (9).to_bytes(32, "big"))
    with pytest.raises(CairnError) as caught:
        consortium.hand_over(act(issuer.anchoring_operator, 10))
    assert caught.value.code == "signature_invalid"
    consortium.database.close()


# --- two parties, a node, and HTTP between them ---------------------------------------------------------------------


@contextmanager
def serving(workspace: Workspace) -> Iterator[str]:
    """The site of a data folder on a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(workspace), log_level="critical", access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.mark.node
def test_a_university_issues_and_revokes_while_a_ministry_pays(anvil: str, tmp_path: Path) -> None:
    address = deploy(HttpTransport(anvil), dev_account(0), chain_id=ANVIL_CHAIN_ID, salt=another_salt())
    settings = {"rpc_urls": [anvil], "registry": address, "finality": "latest", "demo": True}
    with (
        Workspace.init(tmp_path / "ministry", **settings) as ministry,  # type: ignore[arg-type]
        Workspace.init(tmp_path / "university", **settings) as university,  # type: ignore[arg-type]
        serving(ministry) as url,
    ):
        university.accreditors.register("mqa", name="Agency", country="MY")
        issuer = university.issuers.register("usm", name="Universiti Sains Malaysia", country="MY")
        university.accreditors.accredit("mqa", "usm")
        operators = (issuer.anchoring_operator, issuer.revoking_operator)
        with HttpTransport(anvil) as node:
            for operator in operators:
                request(node, "anvil_setBalance", as_hex(operator), "0x0")
        desk = university.sponsored_desk(url, days=1)
        batch = university.imports.draft_batch("usm", drafts(2), label="Spring")
        with pytest.raises(Conflict, match="relays nothing"):
            desk.pipeline.advance(batch.id, suites=JCS_ONLY)

        ministry.relay.open()
        with pytest.raises(Conflict, match="pays nothing for this issuer"):
            desk.pipeline.advance(batch.id, suites=JCS_ONLY)
        ministry.relay.budgets.set(issuer.issuer_id, gas=300_000, days=30)
        finished = desk.pipeline.advance(batch.id, suites=JCS_ONLY)
        name, other = (c.credential_id for c in university.catalog.credentials(batch=batch.id))
        (revoked,) = desk.revocation.revoke([name], Reason.COMPROMISED)
        reports = [university.verifier().verify(university.catalog.document(one)) for one in (name, other)]

        assert finished.is_finished
        assert revoked.is_final
        assert [report.verdict for report in reports] == [Outcome.INVALID, Outcome.VALID]
        assert [university.balance(operator) for operator in operators] == [0, 0]
        # The university asks the chain itself, and may see the end before the relay does.
        deadline = time.monotonic() + 120
        while not all(entry.state == "final" for entry in ministry.relay.entries()):
            assert time.monotonic() < deadline, "the relay did not see the end of an act"
            time.sleep(0.05)
        assert len(ministry.relay.entries()) == 2
        assert 0 < ministry.relay.budgets.all()[0].used < 200_000
    with Workspace.open(tmp_path / "university") as university:
        third = university.imports.draft_batch("usm", drafts(1, first=9), label="Autumn")
        alone = university.sponsored_desk(url, days=1)
        with pytest.raises(RegistryUnreachable, match="act is kept") as caught:
            alone.pipeline.advance(third.id, suites=JCS_ONLY)
    assert caught.value.code == "sponsor_unreachable"


def test_a_signed_act_is_what_ethers_own_tools_recover(office: Office) -> None:
    """The signature in the file is one that any library for EIP-712 takes."""
    sponsor = PatientSponsor(account=SPONSOR)
    sponsored = office.restarted(sponsor=sponsor)
    batch = sponsored.pipeline.advance(sponsored.an_open_batch(1).id, suites=JCS_ONLY, wait=False)
    (act,) = sponsor.distinct
    document = orjson.loads(to_document(act))

    recovered = EthAccount._recover_hash(act.digest, signature=act.act.authorization.signature)

    assert recovered == document["operator"]
    assert document["call"] == {"function": "anchor", "root": as_hex(batch.root or b""), "tree_size": 1}
