"""Every event of the contract is read as the ABI says, and nothing else passes for one."""

from __future__ import annotations

import contextlib
import json
from dataclasses import fields
from typing import Any

import pytest
from eth_abi.abi import encode as abi_encode
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.chain.events import EVENTS, Event, StatusChanged, decode_event
from ledger.chain.registry import BlockRef, Role, StatusAction
from ledger.errors import RegistryUnreachable
from scripts.build_artifacts import ARTIFACT

BLOCK = BlockRef(7, b"\x07" * 32, 1_795_305_600)
INPUTS: dict[str, list[dict[str, Any]]] = {
    entry["name"]: entry["inputs"]
    for entry in json.loads(ARTIFACT.read_text(encoding="utf-8"))["abi"]
    if entry["type"] == "event"
}


def value_of(part: dict[str, Any]) -> st.SearchStrategy[Any]:
    if part["name"] in ("roles", "action"):
        return st.sampled_from([Role(number) for number in range(4)] if part["name"] == "roles" else list(StatusAction))
    kind = part["type"]
    if kind == "string":
        return st.binary(max_size=300)
    if kind in ("bytes32", "address"):
        size = 32 if kind == "bytes32" else 20
        return st.binary(min_size=size, max_size=size)
    return st.integers(0, 2 ** int(kind.removeprefix("uint")) - 1)


def as_log(name: str, values: list[Any]) -> tuple[list[bytes], bytes]:
    """Topics and data of the event, by eth-abi."""
    parts = list(zip(INPUTS[name], values, strict=True))
    kinds = [part["type"] for part in INPUTS[name]]
    topics = [keccak(text=f"{name}({','.join(kinds)})")]
    topics += [abi_encode([part["type"]], [value]) for part, value in parts if part["indexed"]]
    # A string is given as bytes, which have the same encoding: nothing on chain checks that it is text.
    plain = [(part["type"].replace("string", "bytes"), value) for part, value in parts if not part["indexed"]]
    return topics, abi_encode([kind for kind, _ in plain], [value for _, value in plain])


def test_every_event_of_the_contract_is_known_with_its_fields_in_order() -> None:
    assert EVENTS.keys() == INPUTS.keys()
    for name, made in EVENTS.items():
        assert isinstance(made, type)
        assert issubclass(made, Event)
        named = [field.name.replace("_", "") for field in fields(made)]
        assert named == ["block", "logindex", *(part["name"].lower() for part in INPUTS[name])]


@pytest.mark.parametrize("name", sorted(INPUTS))
@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_an_event_is_read_as_the_abi_says(name: str, data: st.DataObject) -> None:
    values = [data.draw(value_of(part)) for part in INPUTS[name]]
    event = decode_event(*as_log(name, values), BLOCK, 3)
    assert type(event).__name__ == name
    assert (event.block, event.log_index) == (BLOCK, 3)
    found = [getattr(event, field.name) for field in fields(event)][2:]
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


@pytest.mark.parametrize("name", sorted(INPUTS))
@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_an_event_that_is_cut_or_changed_is_refused_or_reads_otherwise(name: str, data: st.DataObject) -> None:
    topics, body = as_log(name, [data.draw(value_of(part)) for part in INPUTS[name]])
    event = decode_event(topics, body, BLOCK, 0)
    for wrong_topics, wrong_body in (
        (topics[:-1], body),
        ([*topics, bytes(32)], body),
        ([bytes(32), *topics[1:]], body),
        ([], body),
        (topics, body + bytes(32)),
        (topics, body + b"\0"),
        (topics, body[:-32] if body else bytes(1)),
    ):
        with pytest.raises(RegistryUnreachable):
            decode_event(wrong_topics, wrong_body, BLOCK, 0)
    whole = b"".join(topics[1:]) + body
    at, by = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(1, 255))
    changed = whole[:at] + bytes([whole[at] ^ by]) + whole[at + 1 :]
    words = [changed[start : start + 32] for start in range(0, 32 * (len(topics) - 1), 32)]
    with contextlib.suppress(RegistryUnreachable):
        assert decode_event([topics[0], *words], changed[len(words) * 32 :], BLOCK, 0) != event


def test_a_choice_that_the_contract_lacks_is_refused() -> None:
    for name, field, wrong in (("StatusChanged", "action", 3), ("OperatorSet", "roles", 4)):
        values: list[Any] = [
            wrong if part["name"] == field else {"bytes32": bytes(32), "address": bytes(20)}.get(part["type"], 1)
            for part in INPUTS[name]
        ]
        with pytest.raises(RegistryUnreachable):
            decode_event(*as_log(name, values), BLOCK, 0)


@given(topics=st.lists(st.binary(min_size=32, max_size=32), max_size=4), data=st.binary(max_size=200))
@settings(deadline=None, max_examples=300)
def test_noise_is_refused(topics: list[bytes], data: bytes) -> None:
    known = as_log("NonceSpent", [bytes(20), 1])[0][0]
    for first in ([], [known]):
        try:
            decode_event([*first, *topics], data, BLOCK, 0)
        except RegistryUnreachable:
            continue


def test_a_did_that_is_no_text_is_read_all_the_same() -> None:
    event = decode_event(*as_log("IssuerRegistered", [bytes(32), bytes(20), b"\xff\xfe"]), BLOCK, 0)
    assert getattr(event, "did", None) == b"\xff\xfe"


def test_events_are_values() -> None:
    values = [bytes(32), 5, StatusAction.SUSPEND, 2, 3, bytes(20)]
    first, second = (decode_event(*as_log("StatusChanged", values), BLOCK, 0) for _ in range(2))
    assert isinstance(first, StatusChanged)
    assert first == second
    assert hash(first) == hash(second)
