"""Readings through nodes that lie, lag, fail or serve something else: never a wrong answer, never a guess."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ledger.chain.accounts import dev_account
from ledger.chain.addresses import issuer_id
from ledger.chain.deployment import deploy
from ledger.chain.ethereum import EthereumRegistry
from ledger.chain.networks import ANVIL_CHAIN_ID, EMBEDDED_CHAIN_ID
from ledger.chain.reader import Finality, RpcRegistryReader, caip10, parse_caip10
from ledger.chain.registry import (
    Address,
    AnchorBatch,
    IssuerId,
    RegisterIssuer,
    Role,
    SetOperator,
    SetStatus,
    StateQuery,
    StatusAction,
    perform,
)
from ledger.chain.rpc import HttpTransport, RpcError, Transport, as_hex, members, quantity, request
from ledger.errors import RegistryError, RegistryUnreachable, WrongChain
from tests.chain.conftest import Embedded, another_salt
from tests.chain.nodes import Bent, Change, says

DID = "did:web:cairn.example:issuers:usm"
ROOT = bytes(range(32))
ADMIN = dev_account(0)
ISSUER = issuer_id(ADMIN.address, DID)
QUERY = StateQuery(ISSUER, ROOT, 3)
ZERO_WORD = "00" * 32


def set_up(registry: EthereumRegistry) -> None:
    """An issuer with one batch, in which index 3 is revoked."""
    for call in (
        RegisterIssuer(DID),
        SetOperator(ISSUER, ADMIN.address, Role.ANCHOR | Role.REVOKE, 0),
        AnchorBatch(ISSUER, ROOT, 9),
        SetStatus(ISSUER, StatusAction.REVOKE, 1, ((0, 0b1000),)),
    ):
        perform(registry, call, ADMIN)


@pytest.fixture
def chain(embedded: Embedded) -> Embedded:
    set_up(embedded.registry)
    return embedded


def reader(
    chain: Embedded, *transports: Transport, finality: Finality = "finalized", quorum: int | None = None
) -> RpcRegistryReader:
    return RpcRegistryReader(transports, chain.address, EMBEDDED_CHAIN_ID, finality, quorum)


def trouble(ask: Callable[[], object]) -> RegistryError:
    with pytest.raises(RegistryError) as caught:
        ask()
    return caught.value


def read(through: RpcRegistryReader) -> bool:
    """Whether the one credential is revoked."""
    return through.read([ISSUER], [QUERY], []).credentials[0].revoked


def unrevoked(_: object, result: object) -> object:
    """A true answer in which the revoked bit is cleared: the sixth word of the one credential."""
    assert isinstance(result, str)
    at = 2 + 64 * (len(result) // 64 - 6)
    assert result[at : at + 64].endswith("1")
    return result[:at] + ZERO_WORD + result[at + 64 :]


def block_with(**changes: str) -> Change:
    return lambda _, block: dict(members(block)) | changes


# --- one node -------------------------------------------------------------------------------------------------------


def test_a_reading_takes_two_round_trips_for_any_number_of_credentials(chain: Embedded) -> None:
    transport = Bent(chain.transport)
    reading = reader(chain, transport).read([ISSUER], [QUERY] * 1_200, [])
    assert [found.revoked for found in reading.credentials] == [True] * 1_200
    assert transport.batches == [["eth_chainId", "eth_getBlockByNumber"], ["eth_call", "eth_call"]]
    assert reading.issuers[ISSUER] is not None


def test_many_status_words_are_read_at_one_block(chain: Embedded) -> None:
    transport = Bent(chain.transport)
    block, words = reader(chain, transport).status_words(ISSUER, range(150))
    assert words == {0: (0b1000, 0)} | dict.fromkeys(range(1, 150), (0, 0))
    assert block == chain.registry.final_block()
    assert len(transport.batches) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"eth_call": says("0x1234")},
        {"eth_call": says("0x" + ZERO_WORD * 4)},
        {"eth_call": says(None)},
        {"eth_call": says(["0x"])},
        {"eth_call": lambda _, result: result[:-2]},
        {"eth_call": lambda _, result: result[:-64]},
        {"eth_call": lambda _, result: result[:-1] + "g"},
        {"eth_call": says(RpcError(-32000, "missing trie node"))},
        {"eth_chainId": says(None)},
        {"eth_chainId": says("1")},
        {"eth_chainId": says(RpcError(-32601, "no such method"))},
        {"eth_getBlockByNumber": says("0x1")},
        {"eth_getBlockByNumber": block_with(hash="0x12")},
        {"eth_getBlockByNumber": block_with(hash="0x" + "77" * 32)},
        {"eth_getBlockByNumber": block_with(number="0x1")},
        {"eth_getBlockByNumber": block_with(timestamp="0x1")},
    ],
)
def test_nonsense_is_never_an_answer(chain: Embedded, changes: Mapping[str, Change]) -> None:
    for ask in (
        lambda: read(reader(chain, Bent(chain.transport, changes=changes))),
        lambda: reader(chain, Bent(chain.transport, changes=changes)).status_words(ISSUER, [0]),
    ):
        assert isinstance(trouble(ask), RegistryUnreachable)


def test_another_chain_is_named(chain: Embedded) -> None:
    bent = Bent(chain.transport, changes={"eth_chainId": says("0x1")})
    for ask in (
        lambda: read(reader(chain, bent)),
        lambda: reader(chain, bent).is_anchored_in_head(ISSUER, ROOT),
        lambda: reader(chain, bent).final_block(),
        lambda: EthereumRegistry(chain.reader(), bent).sign(AnchorBatch(ISSUER, ROOT, 1), ADMIN),
        lambda: EthereumRegistry(chain.reader(), bent).verify_code(),
    ):
        error = trouble(ask)
        assert isinstance(error, WrongChain)
        assert "serves chain 1" in str(error)


def test_an_address_without_the_registry_is_a_wrong_chain(chain: Embedded) -> None:
    through = RpcRegistryReader([chain.transport], Address(bytes([8]) * 20), EMBEDDED_CHAIN_ID)
    for ask in (lambda: read(through), lambda: through.is_anchored_in_head(ISSUER, ROOT)):
        assert isinstance(trouble(ask), WrongChain)


def test_the_code_is_compared_with_the_artifact(chain: Embedded) -> None:
    chain.registry.verify_code()
    elsewhere = EthereumRegistry(
        RpcRegistryReader([chain.transport], ADMIN.address, EMBEDDED_CHAIN_ID), chain.transport
    )
    assert isinstance(trouble(elsewhere.verify_code), WrongChain)
    changed = Bent(chain.transport, changes={"eth_getCode": lambda _, code: str(code)[:-2] + "00"})
    assert isinstance(trouble(EthereumRegistry(chain.reader(), changed).verify_code), WrongChain)


@pytest.mark.parametrize("answer", [None, RpcError(-39001, "unknown block")])
def test_a_chain_without_a_final_block_gives_no_reading(chain: Embedded, answer: object) -> None:
    bent = Bent(chain.transport, changes={"eth_getBlockByNumber": says(answer)})
    assert trouble(lambda: read(reader(chain, bent))).code == "no_final_block"


def test_confirmations_count_blocks_below_the_newest(chain: Embedded) -> None:
    head = chain.registry.final_block().number
    assert read(reader(chain, chain.transport, finality=0))
    before = reader(chain, chain.transport, finality=1)
    assert not read(before)
    assert before.final_block().number == head - 1
    assert before.is_anchored_in_head(ISSUER, ROOT)
    unanchored = reader(chain, chain.transport, finality=2).read([], [QUERY], [])
    assert unanchored.credentials[0].anchor is None
    assert trouble(lambda: read(reader(chain, chain.transport, finality=99))).code == "registry_not_final"


# --- several nodes --------------------------------------------------------------------------------------------------


def three(chain: Embedded, *bent: Bent) -> RpcRegistryReader:
    """A reader of three nodes, of which these come first and the rest are honest."""
    honest = [Bent(chain.transport, f"honest-{number}.example") for number in range(3 - len(bent))]
    return reader(chain, *bent, *honest)


@pytest.mark.parametrize(
    "changes",
    [
        {"eth_call": unrevoked},
        {"eth_call": says("0x")},
        {"eth_call": says("0x12")},
        {"eth_chainId": says("0x1")},
        {"eth_getBlockByNumber": says(None)},
        {"eth_getBlockByNumber": block_with(hash="0x" + "77" * 32)},
        {"eth_getBlockByNumber": block_with(timestamp="0x1")},
        {"eth_getBlockByNumber": block_with(number="0xffff", hash="0x" + "77" * 32)},
        {"eth_getBlockByNumber": block_with(number="0x0")},
    ],
)
def test_one_liar_of_three_is_outvoted(chain: Embedded, changes: Mapping[str, Change]) -> None:
    reading = three(chain, Bent(chain.transport, "liar.example", changes)).read([ISSUER], [QUERY], [])
    assert reading.credentials[0].revoked
    assert reading.block == chain.registry.final_block()
    assert len(reading.sources) >= 2
    if "eth_call" in changes:
        assert reading.sources == ("honest-0.example", "honest-1.example")


def test_one_node_of_three_may_be_down(chain: Embedded) -> None:
    through = three(chain, Bent(chain.transport, "dead.example", down=True))
    assert read(through)
    assert through.status_words(ISSUER, [0])[1] == {0: (0b1000, 0)}
    assert len(through.status_events(ISSUER, 3, 0)) == 1
    assert through.is_anchored_in_head(ISSUER, ROOT)
    assert through.final_block() == chain.registry.final_block()


def test_two_nodes_of_three_down_is_no_quorum(chain: Embedded) -> None:
    dead = [Bent(chain.transport, f"dead-{number}.example", down=True) for number in range(2)]
    through = three(chain, *dead)
    asks: list[Callable[[], object]] = [
        lambda: read(through),
        lambda: through.is_anchored_in_head(ISSUER, ROOT),
        lambda: through.status_events(ISSUER, 3, 0),
        through.final_block,
    ]
    for ask in asks:
        error = trouble(ask)
        assert isinstance(error, RegistryUnreachable)
        assert error.code == "no_quorum"
        assert "dead-0.example" in str(error)
    assert read(reader(chain, *dead, chain.transport, quorum=1))


def test_two_nodes_that_differ_are_no_quorum(chain: Embedded) -> None:
    liar = Bent(chain.transport, "liar.example", {"eth_call": unrevoked})
    assert trouble(lambda: read(reader(chain, chain.transport, liar))).code == "providers_disagree"


def test_a_node_that_lags_does_not_hold_the_others_back(chain: Embedded) -> None:
    old = request(chain.transport, "eth_getBlockByNumber", "0x1", False)
    lagging = Bent(chain.transport, "lagging.example", {"eth_getBlockByNumber": says(old)})
    reading = three(chain, lagging).read([], [QUERY], [])
    assert reading.credentials[0].revoked
    assert "lagging.example" not in reading.sources
    assert not read(reader(chain, lagging, chain.transport))


@pytest.mark.node
def test_a_node_a_thousand_blocks_behind_that_names_the_current_number_is_outvoted_and_named(anvil: str) -> None:
    with HttpTransport(anvil, timeout=60) as transport:
        address = deploy(transport, dev_account(0), chain_id=ANVIL_CHAIN_ID, salt=another_salt())
        before = request(transport, "eth_getBlockByNumber", "latest", False)
        set_up(EthereumRegistry(RpcRegistryReader([transport], address, ANVIL_CHAIN_ID, "latest"), transport))
        request(transport, "anvil_mine", hex(1_000))
        stale = Bent(
            transport,
            "stale.example",
            {
                "eth_getBlockByNumber": lambda _, block: {**members(before), "number": members(block)["number"]},
                "eth_call": lambda parameters, _: _call_at(transport, parameters, members(before)["hash"]),
            },
        )
        honest = [Bent(transport, f"honest-{number}.example") for number in range(2)]
        through = RpcRegistryReader([stale, *honest], address, ANVIL_CHAIN_ID, "finalized")
        assert read(through)
        _, nodes = through.inspect([ISSUER], [QUERY])
        assert [str(node.standing) for node in nodes] == ["stale", "ok", "ok"]
        assert not read(RpcRegistryReader([Bent(transport)], address, ANVIL_CHAIN_ID, 1_002))


def _call_at(transport: Transport, parameters: object, block_hash: object) -> object:
    """What the registry said at another block."""
    call: Any = parameters
    return request(transport, "eth_call", call[0], {"blockHash": block_hash})


def test_three_nodes_on_another_chain_are_a_wrong_chain(chain: Embedded) -> None:
    bent = [Bent(chain.transport, f"{number}.example", {"eth_chainId": says("0x1")}) for number in range(3)]
    assert isinstance(trouble(lambda: read(reader(chain, *bent))), WrongChain)


@pytest.mark.parametrize("quorum", [0, 4])
def test_a_quorum_that_cannot_be_is_refused(chain: Embedded, quorum: int) -> None:
    with pytest.raises(ValueError, match="quorum"):
        reader(chain, *[chain.transport] * 3, quorum=quorum)


# --- history --------------------------------------------------------------------------------------------------------


def narrow(limit: int) -> Change:
    """As providers that give the logs of a few blocks at a time."""

    def change(parameters: object, result: object) -> object:
        query: Any = parameters
        wide = quantity(query[0]["toBlock"]) - quantity(query[0]["fromBlock"]) >= limit
        return RpcError(-32005, "block range is too wide") if wide else result

    return change


def test_a_range_that_is_too_wide_is_asked_for_in_parts(chain: Embedded) -> None:
    perform(chain.registry, SetStatus(ISSUER, StatusAction.SUSPEND, 2, ((0, 0b1000),)), ADMIN)
    whole = chain.reader().status_events(ISSUER, 3, 0)
    assert [event.action for event in whole] == [StatusAction.REVOKE, StatusAction.SUSPEND]
    for limit in (1, 2, 3):
        bent = Bent(chain.transport, changes={"eth_getLogs": narrow(limit)})
        assert reader(chain, bent).status_events(ISSUER, 3, 0) == whole
        assert len(bent.batches) < 20


def test_a_node_that_gives_no_logs_says_so(chain: Embedded) -> None:
    bent = Bent(chain.transport, changes={"eth_getLogs": says(RpcError(-32601, "not here"))})
    assert trouble(lambda: reader(chain, bent).status_events(ISSUER, 3, 0)).code == "logs_refused"
    assert len(bent.batches) < 10


def altered(**changes: object) -> Change:
    return lambda _, logs: [dict(members(log)) | changes for log in logs] if isinstance(logs, list) else logs


@pytest.mark.parametrize(
    "change",
    [
        says(None),
        says([None]),
        altered(address="0x" + "11" * 20),
        altered(topics=[]),
        altered(topics=["0x" + "11" * 32] * 3),
        altered(data="0x"),
        altered(data="0x" + "09".rjust(64, "0") + ZERO_WORD * 3),
        altered(blockNumber="0xffff"),
        altered(blockHash="0x" + "77" * 32),
        altered(removed=True),
        altered(logIndex=None),
    ],
)
def test_events_that_were_not_asked_for_are_refused(chain: Embedded, change: Change) -> None:
    bent = Bent(chain.transport, changes={"eth_getLogs": change})
    assert isinstance(trouble(lambda: reader(chain, bent).status_events(ISSUER, 3, 0)), RegistryUnreachable)


def test_hidden_events_are_noticed_by_a_quorum(chain: Embedded) -> None:
    liar = Bent(chain.transport, "liar.example", {"eth_getLogs": says([])})
    assert len(three(chain, liar).status_events(ISSUER, 3, 0)) == 1
    assert (
        trouble(lambda: reader(chain, liar, chain.transport).status_events(ISSUER, 3, 0)).code == "providers_disagree"
    )


# --- not final yet --------------------------------------------------------------------------------------------------


@pytest.mark.node
def test_an_anchor_counts_once_its_block_is_final(anvil: str) -> None:
    with HttpTransport(anvil) as transport:

        def mine(blocks: int) -> None:
            request(transport, "anvil_mine", hex(blocks))

        address = deploy(transport, dev_account(0), chain_id=ANVIL_CHAIN_ID, salt=another_salt())
        rules: tuple[Finality, ...] = ("latest", "safe", "finalized", 3)
        readers = {rule: RpcRegistryReader([transport], address, ANVIL_CHAIN_ID, rule) for rule in rules}
        assert trouble(lambda: read(readers["finalized"])).code == "registry_not_final"
        mine(10)
        set_up(EthereumRegistry(readers["finalized"], transport))
        mine(10)
        issuer = IssuerId(ISSUER)
        perform(EthereumRegistry(readers["latest"], transport), AnchorBatch(issuer, b"\x01" * 32, 1), ADMIN)

        def anchored() -> dict[Finality, bool]:
            query = StateQuery(issuer, b"\x01" * 32, 0)
            return {
                rule: through.read([], [query], []).credentials[0].anchor is not None
                for rule, through in readers.items()
            }

        assert readers["finalized"].is_anchored_in_head(issuer, b"\x01" * 32)
        assert anchored() == {"latest": True, "safe": False, "finalized": False, 3: False}
        blocks = [readers[rule].final_block().number for rule in rules[:3]]
        assert blocks == sorted(blocks, reverse=True)
        mine(2)
        assert anchored() == {"latest": True, "safe": True, "finalized": False, 3: False}
        mine(2)
        assert anchored() == {"latest": True, "safe": True, "finalized": True, 3: True}


def test_names_are_read_and_written(chain: Embedded) -> None:
    name = caip10(EMBEDDED_CHAIN_ID, chain.address)
    assert parse_caip10(name) == (EMBEDDED_CHAIN_ID, chain.address)
    assert name.lower() == f"eip155:289397109358:{as_hex(chain.address)}"
