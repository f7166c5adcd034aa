"""What is rebuilt from events is what the registry stores; whatever a node leaves out or invents is noticed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from ledger.chain.accounts import dev_account
from ledger.chain.addresses import issuer_id
from ledger.chain.artifact import artifact
from ledger.chain.audit import Audit, audit
from ledger.chain.deployment import deploy
from ledger.chain.embedded import EmbeddedNode
from ledger.chain.events import (
    Anchored,
    NonceSpent,
    OperatorSet,
    RegistryEvent,
    StatusChanged,
)
from ledger.chain.history import read_events
from ledger.chain.networks import EMBEDDED_CHAIN_ID
from ledger.chain.quotes import Payload
from ledger.chain.rebuild import fold
from ledger.chain.registry import (
    FOREVER,
    AcceptAdmin,
    Accredit,
    AccreditationPeriod,
    AddKey,
    Address,
    AnchorBatch,
    CancelNonce,
    CloseKey,
    EndAccreditation,
    KeyPeriod,
    ProposeAdmin,
    Reason,
    RegisterIssuer,
    RegistryCall,
    Role,
    SetOperator,
    SetStatus,
    StatusAction,
    WithdrawBatch,
    perform,
)
from ledger.chain.rpc import RpcError, as_hex, quantity
from ledger.chain.state import IssuerRecord, OperatorPeriod, RegistryState
from ledger.chain.transactions import quote, send_and_wait, sign
from ledger.chain.words import tail, uint
from ledger.errors import RegistryError, RegistryUnreachable, WrongChain
from tests.chain.conftest import Clock, Embedded
from tests.chain.nodes import Bent, Change, says

DID = "did:web:cairn.example"
ROOT, OTHER, KEY = (bytes([n]) * 32 for n in (1, 2, 3))
ADMIN, NEXT, ACCREDITOR = (dev_account(number) for number in range(3))
ISSUER = issuer_id(ADMIN.address, DID)
NOBODY = Address(bytes(20))


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A registry in which everything has happened once. Nothing here changes it."""
    folder, clock = tmp_path_factory.mktemp("lived") / "chain", Clock()
    with EmbeddedNode.open(folder, clock=clock) as node:
        address = deploy(node.transport(), dev_account(0), chain_id=EMBEDDED_CHAIN_ID)
        chain = Embedded(folder, node, address, clock)
        live(chain)
        yield chain


def live(chain: Embedded) -> None:
    steps: list[tuple[RegistryCall, Any]] = [
        (RegisterIssuer(DID), ADMIN),
        (SetOperator(ISSUER, ADMIN.address, Role.ANCHOR | Role.REVOKE, 0), ADMIN),
        (SetOperator(ISSUER, NEXT.address, Role.ANCHOR, 0), ADMIN),
        (SetOperator(ISSUER, NEXT.address, Role(0), 0), ADMIN),
        (AddKey(ISSUER, KEY), ADMIN),
        (AddKey(ISSUER, OTHER), ADMIN),
        (CloseKey(ISSUER, KEY, 2 * 10**9), ADMIN),
        (Accredit(ISSUER, FOREVER), ACCREDITOR),
        (Accredit(ISSUER, FOREVER, KEY), ACCREDITOR),
        (EndAccreditation(ISSUER), ACCREDITOR),
        (AnchorBatch(ISSUER, ROOT, 720), ADMIN),
        (AnchorBatch(ISSUER, OTHER, 1), ADMIN),
        (WithdrawBatch(ISSUER, OTHER, Reason.SUPERSEDED), ADMIN),
        (SetStatus(ISSUER, StatusAction.SUSPEND, 2, ((0, 0b11), (2**64 - 1, 1))), ADMIN),
        (SetStatus(ISSUER, StatusAction.REINSTATE, 0, ((0, 0b1),)), ADMIN),
        (SetStatus(ISSUER, StatusAction.REVOKE, 1, ((0, 0b110),)), ADMIN),
        (CancelNonce(2**256 - 1), NEXT),
        (ProposeAdmin(ISSUER, NEXT.address), ADMIN),
        (AcceptAdmin(ISSUER), NEXT),
        (ProposeAdmin(ISSUER, ACCREDITOR.address), NEXT),
    ]
    for call, account in steps:
        perform(chain.registry, call, account)


def events_of(chain: Embedded, first: int = 0) -> list[RegistryEvent]:
    last = chain.registry.final_block().number
    return [event for _, part in read_events(chain.transport, chain.address, first=first, last=last) for event in part]


def audited(chain: Embedded, **changes: Change) -> Audit:
    return audit(chain.reader(Bent(chain.transport, changes=changes)))


# --- rebuilding -----------------------------------------------------------------------------------------------------


def test_the_events_tell_everything(lived: Embedded) -> None:
    events = events_of(lived)
    times = {type(event).__name__: event.block.time for event in events}
    state = fold(RegistryState(), events, 99)
    (record,) = state.issuers.values()
    assert state.next_block == 99
    assert record == IssuerRecord(NEXT.address, times["IssuerRegistered"], ACCREDITOR.address, DID.encode())
    assert state.operators[ISSUER, ADMIN.address] == OperatorPeriod(Role.ANCHOR | Role.REVOKE, 0, FOREVER)
    assert state.operators[ISSUER, NEXT.address] == OperatorPeriod(Role(0), 0, 0)
    first, second = state.keys[ISSUER]
    assert (first.key, first.valid_until) == (KEY, 2 * 10**9)
    assert second == KeyPeriod(OTHER, times["KeyAdded"], FOREVER)
    older, newer = state.accreditations[ISSUER, ACCREDITOR.address]
    assert older.valid_until == newer.valid_from == times["Accredited"]
    end = times["AccreditationEnded"]
    assert newer == AccreditationPeriod(ACCREDITOR.address, times["Accredited"], end, KEY)
    assert state.anchors[ISSUER, OTHER].withdrawn_at == times["Withdrawn"]
    assert (state.anchors[ISSUER, ROOT].tree_size, state.anchors[ISSUER, ROOT].withdrawn_at) == (720, 0)
    assert state.status == {(ISSUER, 0): (0b110, 0b10), (ISSUER, 2**64 - 1): (0, 1)}
    assert state.spent_nonces == {(NEXT.address, 2**256 - 1)}


def test_what_is_rebuilt_is_what_is_stored(lived: Embedded) -> None:
    found = audit(lived.reader())
    assert found.differences == ()
    assert found.block == lived.registry.final_block()
    assert found.events == len(events_of(lived))
    assert dict(found.counts) == {
        "issuers": 1,
        "operators": 2,
        "keys": 2,
        "accreditations": 2,
        "batches": 2,
        "withdrawn": 1,
        "status_words": 2,
        "spent_nonces": 1,
    }
    assert found.sources == ("embedded",)


def test_rebuilding_goes_on_from_where_it_stopped(lived: Embedded) -> None:
    last = lived.registry.final_block().number
    events = events_of(lived)
    whole = fold(RegistryState(), events, last + 1)
    for stop in range(last + 2):
        part = fold(RegistryState(), [event for event in events if event.block.number < stop], stop)
        before = part.counts()
        assert fold(part, events_of(lived, stop), last + 1) == whole
        assert part.counts() == before


def test_events_come_in_parts_where_a_node_gives_few(lived: Embedded) -> None:
    def narrow(limit: int) -> Change:
        def change(parameters: Any, result: object) -> object:
            wide = quantity(parameters[0]["toBlock"]) - quantity(parameters[0]["fromBlock"]) >= limit
            return RpcError(-32005, "block range is too wide") if wide else result

        return change

    whole = audit(lived.reader())
    for limit in (1, 2, 5):
        steps: list[tuple[str, int, int]] = []
        bent = Bent(lived.transport, changes={"eth_getLogs": narrow(limit)})
        assert audit(lived.reader(bent), progress=lambda *step, told=steps: told.append(step)) == replace(
            whole, sources=("bent.example",)
        )
        asked = sum(batch == ["eth_getLogs"] for batch in bent.batches)
        assert asked <= whole.block.number / limit * 2 + 10
        read = [done for step, done, _ in steps if step == "events"]
        assert read == sorted(read)
        assert read[-1] == whole.block.number + 1


def test_a_large_sparse_range_is_read_in_few_requests(lived: Embedded) -> None:
    bent = Bent(lived.transport)
    far = 20_000_000
    parts = list(read_events(bent, lived.address, first=0, last=far))
    assert parts[-1][0] == far
    assert sum(len(events) for _, events in parts) == len(events_of(lived))
    assert sum(batch == ["eth_getLogs"] for batch in bent.batches) <= 12


def test_a_node_that_gives_no_events_says_so(lived: Embedded) -> None:
    with pytest.raises(RegistryUnreachable) as caught:
        audited(lived, eth_getLogs=says(RpcError(-32601, "not here")))
    assert caught.value.code == "logs_refused"


# --- what a node hides or invents -----------------------------------------------------------------------------------


def without(position: int) -> Change:
    def change(_: object, logs: Any) -> object:
        return logs[:position] + logs[position + 1 :]

    return change


def is_noticed(chain: Embedded, change: Change) -> bool:
    try:
        return bool(audited(chain, eth_getLogs=change).differences)
    except RegistryUnreachable as error:
        return error.code == "events_contradict"


def test_an_event_that_is_left_out_is_noticed_unless_nothing_else_speaks_of_it(lived: Embedded) -> None:
    events = events_of(lived)
    unnoticed = [event for position, event in enumerate(events) if not is_noticed(lived, without(position))]
    superseded, untouched, only, nonce = unnoticed
    assert isinstance(superseded, OperatorSet)
    assert (superseded.account, superseded.roles) == (NEXT.address, Role.ANCHOR)
    assert isinstance(untouched, Anchored)
    assert untouched.root == ROOT
    assert isinstance(only, StatusChanged)
    assert only.word == 2**64 - 1
    assert isinstance(nonce, NonceSpent)


def test_what_no_event_names_is_not_looked_for(lived: Embedded) -> None:
    position = next(at for at, event in enumerate(events_of(lived)) if isinstance(event, NonceSpent))
    assert audited(lived, eth_getLogs=without(position)).differences == ()
    honest = [Bent(lived.transport, f"honest-{number}.example") for number in range(2)]
    liar = Bent(lived.transport, "liar.example", {"eth_getLogs": without(position)})
    found = audit(lived.reader(liar, *honest))
    assert dict(found.counts)["spent_nonces"] == 1
    assert "liar.example" not in found.sources


@pytest.mark.parametrize("node", range(2))
def test_two_nodes_that_tell_different_stories_agree_on_nothing(lived: Embedded, node: int) -> None:
    nodes = [Bent(lived.transport, f"{number}.example") for number in range(2)]
    nodes[node].changes = {"eth_getLogs": without(5)}
    with pytest.raises(RegistryUnreachable):
        audit(lived.reader(*nodes))


def storage_with(view: str, at: int) -> Change:
    """Storage in which one word of a view's answer is another."""
    selector = as_hex(artifact().selectors[view])

    def change(parameters: Any, answer: object) -> object:
        assert isinstance(answer, str)
        if not parameters[0]["data"].startswith(selector):
            return answer
        start = 2 + 64 * at
        return answer[: start + 63] + ("0" if answer[start + 63] != "0" else "1") + answer[start + 64 :]

    return change


@pytest.mark.parametrize(
    ("view", "at", "subject"),
    [
        ("issuerOf", 1, "issuer 0x"),
        ("issuerOf", 2, "issuer 0x"),
        ("issuerOf", 3, "issuer 0x"),
        ("keysOf", 4, "keys of issuer 0x"),
        ("operatorOf", 1, "operator 0x"),
        ("accreditationCount", 0, "number of accreditations of issuer 0x"),
        ("accreditationByIndex", 0, "accreditation 0 of issuer 0x"),
        ("anchorOf", 2, "batch 0x"),
        ("statusWord", 0, "status word 0 of issuer 0x"),
        ("isNonceSpent", 0, "whether account 0x"),
    ],
)
def test_every_difference_is_listed_with_both_sides(lived: Embedded, view: str, at: int, subject: str) -> None:
    found = audited(lived, eth_call=storage_with(view, at)).differences
    assert found
    assert found[0].subject.startswith(subject)
    assert found[0].from_events != found[0].in_storage
    assert str(found[0]).count("0x") >= 1
    assert "\n" not in str(found[0])


def test_a_record_that_is_gone_from_storage_is_a_difference(lived: Embedded) -> None:
    def empty(parameters: Any, answer: object) -> object:
        return "0x" + "00" * 160 if len(str(answer)) == 2 + 2 * 160 else answer

    found = audited(lived, eth_call=empty).differences
    assert [one.in_storage for one in found if one.subject.startswith("batch")] == ["nothing", "nothing"]


def test_other_code_is_not_audited(lived: Embedded) -> None:
    with pytest.raises(WrongChain):
        audited(lived, eth_getCode=lambda _, code: str(code)[:-2] + "00")


def test_an_audit_begins_where_the_registry_does(lived: Embedded) -> None:
    first = events_of(lived)[0].block.number
    for late, code in ((first + 1, "from_block_late"), (10**6, "block_not_final")):
        with pytest.raises(RegistryError) as caught:
            audit(lived.reader(), late)
        assert caught.value.code == code
    forgetful = Bent(lived.transport, changes={"eth_getCode": forgets_old_blocks})
    assert audit(lived.reader(forgetful), first).differences == ()
    with pytest.raises(RegistryUnreachable) as contradicted:
        audit(lived.reader(forgetful), first + 1)
    assert contradicted.value.code == "events_contradict"


def forgets_old_blocks(parameters: Any, code: object) -> object:
    return code if isinstance(parameters[1], Mapping) else RpcError(-32000, "missing trie node")


def test_a_did_that_is_no_text_spoils_no_audit(embedded: Embedded) -> None:
    did = b"\xff\x00\x1b"
    payload = artifact().selectors["registerIssuer"] + uint(32) + tail(did)
    quoted = quote(embedded.transport, EMBEDDED_CHAIN_ID, Payload(embedded.address, payload), ADMIN.address)
    assert send_and_wait(embedded.transport, sign(quoted, ADMIN), 30).succeeded
    found = audit(embedded.reader())
    assert (dict(found.counts)["issuers"], found.differences) == (1, ())
    renamed = audited(embedded, eth_call=storage_with("issuerOf", 3)).differences
    assert "did 0xff001b" in str(renamed[0])
