"""A quorum of scripted nodes: no minority changes an answer, nobody waits for the slow, and all of it is noted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.chain.nodes import Standing
from ledger.chain.panel import BlockMissing, Panel
from ledger.chain.providers import NoAgreement
from ledger.chain.registry import BlockRef
from ledger.chain.rpc import Call, Transport
from ledger.errors import RegistryError, RegistryUnreachable, WrongChain

Answer = str
Act = Callable[[], Answer]
NAMES = ("a.example", "b.example", "c.example")
HEAD = 5_000
Value = TypeVar("Value")


@dataclass
class Named:
    name: str

    def request_batch(self, calls: Sequence[Call]) -> list[object]:
        raise AssertionError("these nodes are asked by their scripts alone")


def block(number: int, fork: int = 0) -> BlockRef:
    return BlockRef(number, bytes([fork]) * 24 + number.to_bytes(8, "big"), 1_000 + number)


def truth(at: BlockRef) -> Answer:
    return f"the truth at {at.number}"


@dataclass(frozen=True)
class Script:
    """What a node calls final, and what it answers at a block; either may be an error."""

    final: BlockRef | RegistryError
    answer: Callable[[BlockRef], Answer | RegistryError]


def honest(final: int = HEAD) -> Script:
    def answer(at: BlockRef) -> Answer | RegistryError:
        is_known = at == block(at.number) and at.number <= final
        return truth(at) if is_known else BlockMissing("header not found", "rpc_refused")

    return Script(block(final), answer)


def says(answer: Answer | RegistryError, final: BlockRef | RegistryError | None = None) -> Script:
    return Script(block(HEAD) if final is None else final, lambda _: answer)


def panel(quorum: int | None = None, count: int = 3) -> Panel:
    return Panel([Named(name) for name in NAMES[:count]], quorum)


def put(to: Panel, *scripts: Script, thorough: bool = True) -> tuple[BlockRef, Answer]:
    """Puts one question to nodes with these scripts, and waits for all of them."""
    by_name = dict(zip(NAMES, scripts, strict=False))

    def final_of(transport: Transport) -> BlockRef:
        return _or_raise(by_name[transport.name].final)

    def ask(transport: Transport, at: BlockRef) -> Answer:
        return _or_raise(by_name[transport.name].answer(at))

    at, agreed = to.agree_at(final_of, ask, patience=60.0, thorough=thorough)
    return at, agreed.answer


def _or_raise(value: Value | RegistryError) -> Value:
    if isinstance(value, RegistryError):
        raise value
    return value


def standings(of: Panel) -> list[Standing]:
    return [node.health().standing for node in of.nodes]


# --- no minority ----------------------------------------------------------------------------------------------------

TROUBLES = st.sampled_from(
    [
        RegistryUnreachable("down"),
        RegistryUnreachable("nonsense", "rpc_malformed"),
        BlockMissing("no such block", "rpc_refused"),
        WrongChain("it serves chain 1"),
    ]
)
BLOCKS = st.builds(block, st.integers(HEAD - 2_000, HEAD + 2_000) | st.just(HEAD), st.integers(0, 2))
ANSWERS = st.text(max_size=3) | st.builds(truth, BLOCKS)
LIARS = st.builds(
    lambda final, said: Script(final, lambda at: said.get(at.number, next(iter(said.values())))),
    BLOCKS | TROUBLES,
    st.dictionaries(st.integers(HEAD - 3, HEAD + 1), ANSWERS | TROUBLES, min_size=1),
)
THREE = panel()


@settings(deadline=None)
@given(
    liar=LIARS, place=st.integers(0, 2), lags=st.lists(st.integers(0, 3), min_size=2, max_size=2), slow=st.booleans()
)
def test_one_liar_of_three_changes_no_answer(liar: Script, place: int, lags: list[int], slow: bool) -> None:
    scripts = [honest(HEAD - lag) for lag in lags]
    scripts.insert(place, liar)
    at, answer = put(THREE, *scripts, thorough=slow)
    assert (at, answer) == (block(at.number), truth(at))
    assert HEAD - 6 <= at.number <= HEAD


@settings(deadline=None)
@given(liar=LIARS, place=st.integers(0, 1))
def test_one_liar_beside_one_honest_node_gives_the_truth_or_nothing(liar: Script, place: int) -> None:
    scripts = [honest(), RegistryUnreachable("down")]
    rest = [honest(), says(scripts[1])]  # type: ignore[arg-type]
    rest.insert(place, liar)
    try:
        at, answer = put(THREE, *rest)
    except (RegistryUnreachable, WrongChain):
        return
    assert (at, answer) == (block(at.number), truth(at))


# --- who was which --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (honest(), Standing.OK),
        (honest(HEAD - 2), Standing.OK),
        (says("a lie"), Standing.LYING),
        (says(WrongChain("there is no contract")), Standing.LYING),
        (Script(block(HEAD, fork=1), truth), Standing.LYING),
        (Script(block(HEAD), lambda _: BlockMissing("header not found", "rpc_refused")), Standing.STALE),
        (honest(HEAD - 1_000), Standing.STALE),
        (says(RegistryUnreachable("no JSON", "rpc_malformed")), Standing.DEAD),
        (says("", RegistryUnreachable("refused")), Standing.DEAD),
        (says("", WrongChain("it serves chain 1")), Standing.WRONG_CHAIN),
    ],
)
def test_a_node_gets_the_word_that_it_earned(script: Script, expected: Standing) -> None:
    three = panel()
    for node in three.nodes:
        node._latencies.append(0.01)  # as if each had been asked over a wire
    at, answer = put(three, honest(), script, honest())
    assert (at, answer) == (block(at.number), truth(at))
    assert standings(three) == [Standing.OK, expected, Standing.OK]


def test_a_stale_node_with_a_current_number_is_outvoted_and_named() -> None:
    three = panel()
    stale = Script(block(HEAD, fork=7), lambda at: BlockMissing("unknown block", "rpc_refused"))
    assert put(three, stale, honest(), honest())[1] == truth(block(HEAD))
    assert standings(three)[0] is Standing.STALE


def test_the_newest_block_of_a_quorum_is_read_though_one_node_is_far_behind_and_quick() -> None:
    waits = threading.Event()

    def late(at: BlockRef) -> Answer:
        return truth(at)

    slow = Script(block(HEAD), late)
    by_name = {NAMES[0]: honest(), NAMES[1]: honest(HEAD - 1_000), NAMES[2]: slow}

    def final_of(transport: Transport) -> BlockRef:
        if transport.name == NAMES[2]:
            waits.wait(0.3)
        return _or_raise(by_name[transport.name].final)

    three = panel()
    at, agreed = three.agree_at(final_of, lambda one, at: _or_raise(by_name[one.name].answer(at)), patience=60.0)
    assert at == block(HEAD)
    assert agreed.providers.agreed == (NAMES[0], NAMES[2])


# --- nobody waits ---------------------------------------------------------------------------------------------------


@pytest.fixture
def hanging() -> threading.Event:
    return threading.Event()


@pytest.mark.parametrize("where", ["survey", "vote"])
def test_an_answer_stands_though_one_node_hangs_and_what_it_says_at_last_is_noted(
    hanging: threading.Event, where: str
) -> None:
    three = panel()

    def final_of(transport: Transport) -> BlockRef:
        if where == "survey" and transport.name == NAMES[0]:
            hanging.wait(240)
        return block(HEAD)

    def ask(transport: Transport, at: BlockRef) -> Answer:
        if transport.name != NAMES[0]:
            return truth(at)
        hanging.wait(240)
        return "a lie"

    _, agreed = three.agree_at(final_of, ask, patience=60.0)
    assert not hanging.is_set()
    assert agreed.answer == truth(block(HEAD))
    assert agreed.providers.agreed == NAMES[1:]
    assert [(one.node, one.code) for one in agreed.providers.troubles] == [(NAMES[0], "too_late")]
    hanging.set()
    _until(lambda: three.nodes[0].health().outvoted == 1)


def _until(done: Callable[[], bool]) -> None:
    for _ in range(6_000):
        if done():
            return
        threading.Event().wait(0.01)
    pytest.fail("it never came")


def test_threads_of_a_hanging_node_are_few_and_end(hanging: threading.Event) -> None:
    three = panel()

    def final_of(transport: Transport) -> BlockRef:
        if transport.name == NAMES[0]:
            hanging.wait(240)
        return block(HEAD)

    def threads() -> int:
        return sum(thread.name.startswith("node ") for thread in threading.enumerate())

    before = threads()
    for _ in range(100):
        three.agree_at(final_of, lambda _, at: truth(at), patience=60.0)
    assert threads() - before <= 24
    trouble = three.nodes[0].health().trouble
    assert trouble is not None
    assert "leaves too many questions unanswered" in trouble.message
    hanging.set()
    _until(lambda: threads() <= before)


def test_two_hanging_nodes_of_three_are_no_quorum_once_patience_ends(hanging: threading.Event) -> None:
    three = panel()

    def final_of(transport: Transport) -> BlockRef:
        if transport.name != NAMES[0]:
            hanging.wait(240)
        return block(HEAD)

    with pytest.raises(NoAgreement) as caught:
        three.agree_at(final_of, lambda _, at: truth(at), patience=0.1)
    assert caught.value.code == "no_quorum"
    assert {one.node for one in caught.value.providers.troubles} == set(NAMES[1:])
    hanging.set()


def test_a_resting_node_is_left_alone_unless_it_is_needed() -> None:
    three, asked = panel(), []
    three.nodes[0]._rests_until = float("inf")

    def final_of(transport: Transport) -> BlockRef:
        asked.append(transport.name)
        if transport.name == NAMES[1] and len(asked) > 2:
            raise RegistryUnreachable("down")
        return block(HEAD)

    for _ in range(2):
        _, agreed = three.agree_at(final_of, lambda _, at: truth(at), patience=60.0)
    assert NAMES[0] not in asked[:2]
    assert NAMES[0] in asked[2:]
    assert agreed.providers.agreed == (NAMES[0], NAMES[2])


# --- counting -------------------------------------------------------------------------------------------------------


def test_the_trouble_with_each_node_is_told() -> None:
    with pytest.raises(NoAgreement) as caught:
        put(panel(), honest(), says("", RegistryUnreachable("down")), says("", WrongChain("it serves chain 1")))
    providers = caught.value.providers
    assert (providers.asked, providers.quorum, providers.agreed) == (3, 2, ())
    assert [(one.node, one.code) for one in providers.troubles] == [
        (NAMES[1], "registry_unreachable"),
        (NAMES[2], "wrong_chain"),
    ]


def test_fewer_than_usual_suffice_where_somebody_asks_for_fewer() -> None:
    asked = Panel(panel().nodes, 1, usual=2)
    dead = says("", RegistryUnreachable("down"))
    _, agreed = asked.agree_at(
        lambda one: _or_raise((honest() if one.name == NAMES[2] else dead).final), lambda _, at: truth(at)
    )
    assert agreed.providers.is_reduced
    assert agreed.providers.agreed == (NAMES[2],)


def test_a_question_that_is_bound_to_no_block_needs_a_quorum_too() -> None:
    three = panel()
    agreed = three.agree(lambda one: "x" if one.name == NAMES[0] else "code", on="the code", patience=60.0)
    assert agreed.answer == "code"
    _until(lambda: standings(three)[0] is Standing.LYING)
    assert three.nodes[0].health().outvoted_on == "the code"
    with pytest.raises(NoAgreement) as caught:
        three.agree(lambda one: one.name, on="its name", patience=60.0)
    assert caught.value.code == "providers_disagree"
