"""Blockcerts that were anchored on a chain of Ethereum's kind, checked through its nodes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from ledger.chain.accounts import dev_account
from ledger.chain.foreign_anchors import EvmInscriptions
from ledger.chain.rpc import HttpTransport, Transport, as_hex, block_ref, members, request
from ledger.documents.strict_json import JsonObject
from ledger.verifying.policy import Policy
from ledger.verifying.report import Outcome, VerificationReport
from ledger.verifying.verifier import Verifier
from tests.blockcerts import ISSUER, SEPOLIA, Batch, a_blockcert, a_profile
from tests.chain.nodes import Bent
from tests.chain.test_foreign_anchors import REVERTING, SENDER, bury, mined
from tests.world import InProcess

pytestmark = pytest.mark.node

BATCH = Batch(*(a_blockcert(name) for name in ("Ada", "Blaise", "Carl", "Dorothy", "Emmy")))
PROFILE = a_profile(as_hex(SENDER))


@pytest.fixture
def node(public_node: str) -> Iterator[HttpTransport]:
    with HttpTransport(public_node) as transport:
        yield transport


def verify(
    node: Transport, document: JsonObject, *nodes: Transport, profile: JsonObject = PROFILE, **policy: Any
) -> VerificationReport:
    """The report of the day after the newest block."""
    newest = block_ref(request(node, "eth_getBlockByNumber", "latest", False))
    now = datetime.fromtimestamp(newest.time, UTC) + timedelta(days=1)
    arguments: dict[str, Any] = {"any_issuer": True, "documents": {ISSUER: orjson.dumps(profile)}} | policy
    readers = {f"eip155:{SEPOLIA}": EvmInscriptions(nodes or [node], SEPOLIA)}
    verifier = Verifier(
        Policy((), (), **arguments), {}, clock=lambda: now, canonicalizer=InProcess(), inscriptions=readers
    )
    return verifier.verify(orjson.dumps(document))


def verdict(report: VerificationReport) -> tuple[Outcome, str]:
    return report.verdict, report.code


@pytest.mark.parametrize("suite", [True, False])
def test_every_document_of_a_genuine_batch_is_valid(node: HttpTransport, suite: bool) -> None:
    transaction = mined(node, BATCH.root)
    bury(node)
    for index in range(5):
        report = verify(node, BATCH.issued(index, transaction, suite=suite))
        assert verdict(report) == (Outcome.VALID, "valid")
        assert report.check("anchor").evidence["sender"] == as_hex(SENDER)


def test_the_document_of_another_place_in_the_batch_is_refused(node: HttpTransport) -> None:
    transaction = mined(node, BATCH.root)
    bury(node)
    moved = a_blockcert("Ada") | {"proof": BATCH.issued(1, transaction)["proof"]}
    assert verdict(verify(node, moved)) == (Outcome.INVALID, "digest_mismatch")


@pytest.mark.parametrize(
    "content",
    [bytes(32), BATCH.root[::-1], BATCH.root + b"\x00", b"\xb2\xcc\x5e\x1a" + BATCH.root, BATCH.root[:31], b""],
    ids=["another root", "reversed", "longer", "a call", "shorter", "empty"],
)
def test_a_transaction_that_holds_something_else_proves_nothing(node: HttpTransport, content: bytes) -> None:
    transaction = mined(node, content)
    bury(node)
    assert verdict(verify(node, BATCH.issued(0, transaction))) == (Outcome.INVALID, "anchor_mismatch")


def test_a_root_that_somebody_else_sent_is_not_the_issuers(node: HttpTransport) -> None:
    transaction = mined(node, BATCH.root, **{"from": as_hex(dev_account(5).address)})
    bury(node)
    assert verdict(verify(node, BATCH.issued(0, transaction))) == (Outcome.INVALID, "key_not_registered")


def test_a_transaction_that_was_undone_holds_nothing(node: HttpTransport) -> None:
    # Any calldata reverts at this address, so that the transaction is in a block with the root and without success.
    target = "0x" + "fe" * 20
    request(node, "anvil_setCode", target, REVERTING)
    transaction = mined(node, BATCH.root, to=target)
    bury(node)
    assert members(request(node, "eth_getTransactionReceipt", as_hex(transaction)))["status"] == "0x0"
    assert verdict(verify(node, BATCH.issued(0, transaction))) == (Outcome.INVALID, "anchor_reverted")


def test_a_document_is_not_valid_before_its_block_is_final(node: HttpTransport) -> None:
    transaction = mined(node, BATCH.root)
    document = BATCH.issued(0, transaction)
    assert verdict(verify(node, document)) == (Outcome.INDETERMINATE, "not_final")
    bury(node)
    assert verdict(verify(node, document)) == (Outcome.VALID, "valid")


def test_nodes_that_fail_or_differ_settle_nothing(node: HttpTransport) -> None:
    transaction = mined(node, BATCH.root)
    bury(node)
    document = BATCH.issued(0, transaction)

    def lie(_: object, answer: object) -> object:
        return {**members(answer), "input": as_hex(bytes(32))}

    down = Bent(node, "down.example", down=True)
    liar = Bent(node, "liar.example", {"eth_getTransactionByHash": lie})
    assert verdict(verify(node, document, down)) == (Outcome.INDETERMINATE, "registry_unreachable")
    assert verdict(verify(node, document, node, down)) == (Outcome.INDETERMINATE, "no_quorum")
    assert verdict(verify(node, document, node, liar)) == (Outcome.INDETERMINATE, "providers_disagree")
    assert verdict(verify(node, document, node, liar, Bent(node, "third.example"))) == (Outcome.VALID, "valid")


def test_an_account_counts_only_in_its_time(node: HttpTransport) -> None:
    transaction = mined(node, BATCH.root)
    bury(node)
    document = BATCH.issued(0, transaction)
    sent = block_ref(request(node, "eth_getBlockByNumber", "latest", False)).time
    for member, hours, code in (("created", 2, "key_not_valid_at_anchor"), ("revoked", -2, "key_not_valid_at_anchor")):
        when = (datetime.fromtimestamp(sent, UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
        key = {"id": f"ecdsa-koblitz-pubkey:{as_hex(SENDER)}", member: when}
        assert verdict(verify(node, document, profile=a_profile(publicKey=[key]))) == (Outcome.INVALID, code)
