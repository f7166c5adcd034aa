"""Signed acts as JSON: what is written is read again, in one spelling, and anything else is refused by a code."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.chain.act_document import LAST_DEADLINE, SignedAct, from_document, to_document
from ledger.chain.registry import (
    Address,
    AnchorBatch,
    Authorization,
    IssuerId,
    Reason,
    SetStatus,
    SponsoredCall,
    StatusAction,
    WithdrawBatch,
)
from ledger.errors import MalformedDocument
from tests.unit.chain.test_sponsoring import ISSUER, REGISTRY, ROOT, calls

STRANGE: list[Any] = [None, True, 1.5, -1, [], {}, "0x", "", "0X00", "é", LAST_DEADLINE + 1, {"a": {"b": {}}}]
GIVEN = Authorization(Address(bytes(range(160, 180))), 2**255 + 5, 1_795_305_600, bytes(range(65)))
ANCHOR = SignedAct(1, REGISTRY, SponsoredCall(AnchorBatch(ISSUER, ROOT, 720), GIVEN))
STATUS = SignedAct(
    1, REGISTRY, SponsoredCall(SetStatus(ISSUER, StatusAction.SUSPEND, 2, ((0, 1), (2**64 - 1, 2**256 - 1))), GIVEN)
)
WITHDRAWAL = SignedAct(1, REGISTRY, SponsoredCall(WithdrawBatch(ISSUER, ROOT, Reason.COMPROMISED), GIVEN))


def changed(signed: SignedAct, change: Callable[[Any], object]) -> bytes:
    document = json.loads(to_document(signed))
    change(document)
    return json.dumps(document).encode()


def refusal(content: bytes) -> str:
    with pytest.raises(MalformedDocument) as caught:
        from_document(content)
    assert "\n" not in str(caught.value)
    return caught.value.code


@given(
    call=calls.filter(lambda call: not isinstance(call, AnchorBatch) or call.tree_size > 0),
    operator=st.binary(min_size=20, max_size=20),
    nonce=st.integers(0, 2**256 - 1),
    deadline=st.integers(0, LAST_DEADLINE),
    signature=st.binary(max_size=200),
    chain_id=st.integers(1, 10**18),
)
@settings(deadline=None)
def test_what_is_written_is_read_again(call: Any, chain_id: int, signature: bytes, **given_: Any) -> None:
    signed = SignedAct(chain_id, REGISTRY, SponsoredCall(call, Authorization(signature=signature, **given_)))
    assert from_document(to_document(signed)) == signed


def test_the_largest_act_fits() -> None:
    words = tuple((2**64 - 1 - word, 2**256 - 1) for word in range(256))
    given = Authorization(GIVEN.operator, GIVEN.nonce, LAST_DEADLINE, bytes(2048))
    largest = SignedAct(10**18, REGISTRY, SponsoredCall(SetStatus(ISSUER, StatusAction.REINSTATE, 0, words), given))
    assert from_document(to_document(largest)) == largest


def test_two_signatures_over_one_act_are_one_act() -> None:
    other = Authorization(GIVEN.operator, GIVEN.nonce, GIVEN.deadline, b"")
    assert SignedAct(1, REGISTRY, SponsoredCall(ANCHOR.act.call, other)).digest == ANCHOR.digest
    assert SignedAct(2, REGISTRY, ANCHOR.act).digest != ANCHOR.digest


@pytest.mark.parametrize("member", list(json.loads(to_document(ANCHOR))))
def test_no_member_may_be_missing_or_strange(member: str) -> None:
    assert refusal(changed(ANCHOR, lambda document: document.pop(member))).startswith("schema_")
    for strange in STRANGE:
        if (member, strange) == ("signature", "0x"):  # a contract's signature may be empty
            continue
        content = json.dumps(json.loads(to_document(ANCHOR)) | {member: strange}).encode()
        assert refusal(content).startswith(("schema_", "hex_", "string_")), (member, strange)


@pytest.mark.parametrize(
    ("signed", "member", "value"),
    [
        (ANCHOR, "tree_size", 0),
        (ANCHOR, "tree_size", 2**32),
        (ANCHOR, "tree_size", True),
        (ANCHOR, "root", "0x" + "ab" * 31),
        (ANCHOR, "root", "0x" + "AB" * 32),
        (ANCHOR, "function", "withdraw"),
        (ANCHOR, "function", "cancelNonce"),
        (ANCHOR, "extra", 1),
        (WITHDRAWAL, "reason", 0),
        (WITHDRAWAL, "reason", 6),
        (STATUS, "reason", 6),
        (STATUS, "reason", -1),
        (STATUS, "action", 1),
        (STATUS, "action", "forgive"),
        (STATUS, "words", {}),
        (STATUS, "words", [[0, 1]]),
        (STATUS, "words", [{"word": "0x" + "00" * 8}]),
        (STATUS, "words", [{"word": "0x00", "mask": "0x" + "00" * 32}]),
        (STATUS, "words", [{"word": 0, "mask": 1}]),
    ],
)
def test_a_call_is_one_of_three_with_values_in_their_ranges(signed: SignedAct, member: str, value: object) -> None:
    content = changed(signed, lambda document: document["call"].update({member: value}))
    assert refusal(content).startswith(("schema_act", "hex_format"))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: d.update(operator=d["operator"].lower()), "string_address"),
        (lambda d: d.update(registry=d["registry"].lower()), "string_address"),
        (lambda d: d.update(registry="eip155:0x00"), "string_caip10"),
        (lambda d: d.update(version=2), "schema_version"),
        (lambda d: d.update(signature="0x" + "00" * 2049), "limit_string"),
        (lambda d: d.update(more=1), "schema_act"),
    ],
)
def test_one_act_has_one_spelling(change: Callable[[Any], object], code: str) -> None:
    assert refusal(changed(ANCHOR, change)) == code


def test_hostile_json_is_refused_before_it_is_looked_at() -> None:
    good = to_document(STATUS).decode()
    assert refusal(b"") == "json_empty"
    assert refusal(b"\xff\xfe{}") == "json_encoding"
    assert refusal(b"[]") == "schema_root"
    assert refusal(b"[" * 100_000) == "limit_body"
    assert refusal(b"[" * 1_000) == "limit_depth"
    assert refusal(good.replace('"deadline"', '"version": 1, "deadline"').encode()) == "json_duplicate_key"
    assert refusal(good.replace("1795305600", "1.7953056e9").encode()) == "json_number"
    assert refusal(good.replace("1795305600", "NaN").encode()) == "json_number"
    assert refusal(good.encode() + b" " * 70_000) == "limit_body"
    words = [{"word": "0x" + "00" * 8, "mask": "0x" + "00" * 32}] * 257
    assert refusal(changed(STATUS, lambda document: document["call"].update(words=words))) == "limit_items"


def test_an_issuer_id_is_carried_to_the_call() -> None:
    other = IssuerId(bytes([8]) * 32)
    content = changed(ANCHOR, lambda document: document.update(issuer_id="0x" + other.hex()))
    assert from_document(content).act.call.issuer_id == other
