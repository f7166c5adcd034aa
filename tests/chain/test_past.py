"""Readings as of a moment of the past: the same from nodes that keep old state, from others, and in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import pytest

from ledger.chain.accounts import dev_account
from ledger.chain.addresses import issuer_id
from ledger.chain.deployment import deploy
from ledger.chain.ethereum import EthereumRegistry
from ledger.chain.networks import ANVIL_CHAIN_ID, EMBEDDED_CHAIN_ID
from ledger.chain.nodes import Standing
from ledger.chain.past import PastReading
from ledger.chain.reader import RpcRegistryReader
from ledger.chain.registry import (
    Accredit,
    AddKey,
    AnchorBatch,
    CloseKey,
    EndAccreditation,
    Reason,
    RegisterIssuer,
    RegistryCall,
    Role,
    SetOperator,
    SetStatus,
    StateQuery,
    StatusAction,
    WithdrawBatch,
    perform,
)
from ledger.chain.rpc import HttpTransport, RpcError, Transport, as_hex, members, quantity, request
from ledger.errors import RegistryError
from tests.chain.conftest import Bench, Embedded, another_salt
from tests.chain.nodes import Bent, Change, says

DID = "did:web:cairn.example:issuers:usm"
ROOT, OTHER = bytes(range(32)), bytes(range(1, 33))
KEY = b"\x07" * 32
DAY = 86_400


def lived(bench: Bench) -> tuple[StateQuery, StateQuery, list[int]]:
    """A life of two batches with a day between any two acts; their queries, and the time of each act."""
    issuer = issuer_id(bench.account(0).address, DID)
    word = ((0, 0b1000),)
    acts: list[tuple[RegistryCall, int]] = [
        (RegisterIssuer(DID), 0),
        (SetOperator(issuer, bench.account(0).address, Role.ANCHOR | Role.REVOKE, 0), 0),
        (AddKey(issuer, KEY), 0),
        (Accredit(issuer, 2**64 - 1, bytes(32)), 1),
        (AnchorBatch(issuer, ROOT, 9), 0),
        (SetStatus(issuer, StatusAction.SUSPEND, 2, word), 0),
        (SetStatus(issuer, StatusAction.REINSTATE, 0, word), 0),
        (EndAccreditation(issuer), 1),
        (AnchorBatch(issuer, OTHER, 9), 0),
        (SetStatus(issuer, StatusAction.REVOKE, 4, word), 0),
        (WithdrawBatch(issuer, OTHER, Reason.ISSUED_IN_ERROR), 0),
    ]
    times = []
    for act, account in acts:
        bench.advance(DAY)
        times.append(bench.do(act, account).block.time)
    return StateQuery(issuer, ROOT, 3), StateQuery(issuer, OTHER, 4), times


def test_each_moment_has_what_stood_then(bench: Bench) -> None:
    query, other, times = lived(bench)
    accreditor = bench.account(1).address
    anchored, suspended, reinstated, ended, second, revoked, withdrawn = times[4:]

    def at(moment: int) -> PastReading:
        return bench.registry.read_on(moment, [query.issuer_id], [query, other], [accreditor])

    expected: Sequence[tuple[int, bool, tuple[bool, bool], bool, bool]] = [
        (anchored - 1, False, (False, False), False, False),
        (anchored, True, (False, False), False, False),
        (suspended - 1, True, (False, False), False, False),
        (suspended, True, (False, True), False, False),
        (reinstated, True, (False, False), False, False),
        (ended, True, (False, False), False, False),
        (second, True, (False, False), True, False),
        (revoked - 1, True, (False, False), True, False),
        (revoked, True, (True, False), True, False),
        (withdrawn - 1, True, (True, False), True, False),
        (withdrawn, True, (True, False), True, True),
    ]
    for moment, stands, bits, other_stands, is_withdrawn in expected:
        reading = at(moment)
        first, later = reading.then
        assert (first.anchor is not None, (first.revoked, first.suspended)) == (stands, bits), moment
        assert (later.anchor is not None) == other_stands
        assert bool(later.anchor and later.anchor.withdrawn_at) == is_withdrawn
        assert (first.accreditation is not None) == stands
        assert later.accreditation is None
        assert reading.block is not None
        assert reading.block.time <= moment
        newest = reading.newest.credentials
        assert newest[0].revoked
        assert newest[1].anchor is not None
        assert newest[1].anchor.withdrawn_at == withdrawn
    changes = at(suspended).changes[query.issuer_id, 3]
    assert [(one.action, one.reason, one.block.time) for one in changes] == [
        (StatusAction.REINSTATE, 0, reinstated),
        (StatusAction.REVOKE, 4, revoked),
    ]
    assert at(0).block is None
    assert at(0).then[0].anchor is None


def test_of_a_key_counts_what_is_known_now(bench: Bench) -> None:
    query, _, times = lived(bench)
    bench.advance(DAY)
    bench.do(CloseKey(query.issuer_id, KEY, times[3]))
    issuer = bench.registry.read_on(times[4], [query.issuer_id], [query], []).newest.issuers[query.issuer_id]
    assert issuer is not None
    assert [(period.key, period.valid_until) for period in issuer.keys] == [(KEY, times[3])]


# --- nodes of other kinds -------------------------------------------------------------------------------------------


def bench_of(embedded: Embedded) -> Bench:
    def advance(seconds: int) -> None:
        embedded.clock.now = max(embedded.clock.now, embedded.registry.final_block().time) + seconds

    return Bench("embedded", embedded.registry, dev_account, advance)


def pruned(embedded: Embedded, message: str = "missing trie node 4a3f (path )") -> dict[str, Change]:
    """A node that keeps no state but that of the newest block."""
    newest = as_hex(embedded.registry.final_block().hash)

    def call(parameters: object, result: object) -> object:
        assert isinstance(parameters, list)
        return result if parameters[1]["blockHash"] == newest else RpcError(-32000, message)

    return {"eth_call": call}


def read(embedded: Embedded, moment: int, query: StateQuery, *transports: Transport) -> PastReading:
    return RpcRegistryReader(transports, embedded.address, EMBEDDED_CHAIN_ID).read_on(moment, [], [query], [])


def trouble(ask: Callable[[], object]) -> str:
    with pytest.raises(RegistryError) as caught:
        ask()
    return caught.value.code


@pytest.mark.parametrize(
    "message",
    [
        "missing trie node 4a3f (path )",
        "header not found",
        "historical state is not available",
        "a paid plan only",
    ],
)
def test_a_node_without_old_state_turns_the_status_back_by_events(embedded: Embedded, message: str) -> None:
    query, _, times = lived(bench_of(embedded))
    bent = Bent(embedded.transport, changes=pruned(embedded, message))
    for moment in times[4:]:
        assert read(embedded, moment, query, bent).then == read(embedded, moment, query, embedded.transport).then


def test_random_lives_are_the_same_by_state_and_by_events(embedded: Embedded) -> None:
    bench, random = bench_of(embedded), Random(7)  # noqa: S311 - lives that can be lived again
    query, _, _ = lived(bench)
    issuer, indexes = query.issuer_id, [5, 6, 300, 301, 70_000]
    queries = [StateQuery(issuer, ROOT, index) for index in indexes]
    revoked: set[int] = set()
    suspended: set[int] = set()
    lives = []
    for _ in range(25):
        index = random.choice(indexes)
        action = random.choice([StatusAction.SUSPEND, StatusAction.REINSTATE, StatusAction.REVOKE])
        if action is StatusAction.REVOKE and (index in revoked or random.random() < 0.7):
            continue
        if action is not StatusAction.REVOKE and (action is StatusAction.SUSPEND) == (index in suspended):
            continue
        bench.advance(random.randrange(1, 1_000))
        words = ((index >> 8, 1 << (index & 255)),)
        reason = 0 if action is StatusAction.REINSTATE else 1
        time = bench.do(SetStatus(issuer, action, reason, words)).block.time
        {StatusAction.REVOKE: revoked.add, StatusAction.SUSPEND: suspended.add}.get(action, suspended.discard)(index)
        lives.append((time, [(one in revoked, one in suspended) for one in indexes]))
    assert len(lives) >= 8
    nodes = (embedded.transport, Bent(embedded.transport, changes=pruned(embedded)))
    for node in nodes:
        through = RpcRegistryReader([node], embedded.address, EMBEDDED_CHAIN_ID)
        for time, bits in lives:
            then = through.read_on(time, [], queries, []).then
            assert [(one.revoked, one.suspended) for one in then] == bits


def test_without_state_and_events_nothing_is_known_of_the_past(embedded: Embedded) -> None:
    query, _, times = lived(bench_of(embedded))
    refused = says(RpcError(-32005, "logs are not kept"))
    bent = Bent(embedded.transport, changes=pruned(embedded) | {"eth_getLogs": refused})
    assert trouble(lambda: read(embedded, times[5], query, bent)) == "history_unavailable"
    assert read(embedded, times[3], query, bent).then[0].anchor is None
    archive = Bent(embedded.transport, changes={"eth_getLogs": refused})
    reading = read(embedded, times[5], query, archive)
    assert reading.then[0].suspended
    assert reading.changes == {}


def test_nodes_of_both_kinds_agree_and_none_is_called_a_liar(embedded: Embedded) -> None:
    query, _, times = lived(bench_of(embedded))
    nodes = [Bent(embedded.transport, "pruned.example", pruned(embedded)), Bent(embedded.transport, "archive.example")]
    reader = RpcRegistryReader(nodes, embedded.address, EMBEDDED_CHAIN_ID)
    reading = reader.read_on(times[5], [], [query], [])
    assert reading.then[0].suspended
    assert reading.providers is not None
    assert set(reading.providers.agreed) == {"pruned.example", "archive.example"}
    assert {node.standing for node in reader.health()} == {Standing.OK}


def without_status(_: object, result: object) -> object:
    """A true answer about one credential in which the bits are cleared: its sixth and seventh word."""
    assert isinstance(result, str)
    at = len(result) - 64 * 6
    return result if len(result) < 64 * 11 else result[:at] + "00" * 64 + result[at + 128 :]


def late(_: object, result: object) -> object:
    block = dict(members(result))
    return block | {"timestamp": hex(quantity(block["timestamp"]) + DAY)}


def at_old_blocks(embedded: Embedded, change: Change) -> dict[str, Change]:
    newest = as_hex(embedded.registry.final_block().hash)

    def call(parameters: object, result: object) -> object:
        assert isinstance(parameters, list)
        return result if parameters[1]["blockHash"] == newest else change(parameters, result)

    return {"eth_call": call}


def test_a_node_that_lies_about_old_blocks_is_outvoted(embedded: Embedded) -> None:
    query, _, times = lived(bench_of(embedded))
    lies: list[dict[str, Change]] = [
        at_old_blocks(embedded, without_status),
        at_old_blocks(embedded, says("0x")),
        pruned(embedded) | {"eth_getLogs": says([])},
        {"eth_getBlockByNumber": late},
        {"eth_getBlockByNumber": says(None)},
    ]
    honest = [Bent(embedded.transport, f"honest-{number}.example") for number in range(2)]
    for lie in lies:
        liar = Bent(embedded.transport, "liar.example", lie)
        reading = read(embedded, times[5], query, liar, *honest)
        assert reading.then[0].suspended
        assert reading.block is not None
        assert reading.block.time == times[5]
    alone = Bent(embedded.transport, "liar.example", lies[0])
    assert trouble(lambda: read(embedded, times[5], query, alone, honest[0])) == "providers_disagree"


@pytest.mark.parametrize("is_pruned", [False, True])
def test_round_trips_do_not_grow_with_the_credentials_and_moments_are_remembered(
    embedded: Embedded, is_pruned: bool
) -> None:
    query, _, times = lived(bench_of(embedded))
    bent = Bent(embedded.transport, changes=pruned(embedded) if is_pruned else {})
    reader = RpcRegistryReader([bent], embedded.address, EMBEDDED_CHAIN_ID)
    counts = []
    for many in (1, 1, 200):
        bent.batches.clear()
        reading = reader.read_on(times[5], [], [query] * many, [])
        assert [one.suspended for one in reading.then] == [True] * many
        counts.append(len(bent.batches))
    assert counts[1] == counts[2] < counts[0] <= 14


@pytest.mark.node
def test_only_final_blocks_count(anvil: str) -> None:
    with HttpTransport(anvil) as transport:
        address = deploy(transport, dev_account(0), chain_id=ANVIL_CHAIN_ID, salt=another_salt())
        newest = RpcRegistryReader([transport], address, ANVIL_CHAIN_ID, "latest")
        final = RpcRegistryReader([transport], address, ANVIL_CHAIN_ID, "finalized")
        registry = EthereumRegistry(newest, transport)
        request(transport, "anvil_mine", hex(10), hex(2))

        def advance(seconds: int) -> None:
            request(transport, "evm_increaseTime", seconds)

        query, _, times = lived(Bench("anvil", registry, dev_account, advance))
        request(transport, "anvil_mine", hex(10), hex(2))
        assert final.read_on(times[9], [], [query], []).then[0].revoked
        advance(60)
        perform(registry, SetStatus(query.issuer_id, StatusAction.SUSPEND, 1, ((0, 1),)), dev_account(0))
        moment = newest.final_block().time
        assert newest.read_on(moment, [], [query], []).then[0].revoked
        assert trouble(lambda: final.read_on(moment, [], [query], [])) == "not_final"
        request(transport, "anvil_mine", hex(10), hex(2))
        assert final.read_on(moment, [], [query], []).then[0].revoked
