"""Bytes to and from the registry, held against eth-abi and the committed artifact."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.chain import abi
from ledger.chain.registry import (
    FOREVER,
    AcceptAdmin,
    Accredit,
    AccreditationPeriod,
    AddKey,
    Address,
    Anchor,
    AnchorBatch,
    Authorization,
    CancelNonce,
    CloseKey,
    CredentialState,
    EndAccreditation,
    IssuerId,
    IssuerState,
    KeyPeriod,
    ProposeAdmin,
    Reason,
    RegisterIssuer,
    RegistryCall,
    Role,
    SetOperator,
    SetStatus,
    SponsoredCall,
    StateQuery,
    StatusAction,
    WithdrawBatch,
)
from ledger.chain.state import IssuerRecord, OperatorPeriod
from ledger.errors import RegistryUnreachable

ISSUER = IssuerId(bytes([1]) * 32)
OTHER = IssuerId(bytes([2]) * 32)
ROOT = bytes([3]) * 32
ACCOUNT = Address(bytes([4]) * 20)
GIVEN = Authorization(ACCOUNT, 2**256 - 1, FOREVER, bytes(range(65)))
SIGNED = (GIVEN.operator, GIVEN.nonce, GIVEN.deadline, GIVEN.signature)

ARTIFACT = json.loads(
    (Path(__file__).parents[3] / "ledger" / "chain" / "artifacts" / "CredentialRegistry.json").read_text()
)


def type_name(parameter: dict[str, Any]) -> str:
    if not parameter["type"].startswith("tuple"):
        return str(parameter["type"])
    return f"({','.join(map(type_name, parameter['components']))}){parameter['type'][5:]}"


def types_of(name: str, side: str = "inputs") -> list[str]:
    return next([type_name(part) for part in entry[side]] for entry in ARTIFACT["abi"] if entry.get("name") == name)


def calldata(name: str, *values: object) -> bytes:
    types = types_of(name)
    return bytes(keccak(text=f"{name}({','.join(types)})")[:4] + abi_encode(types, values))


@pytest.mark.parametrize(
    ("call", "name", "values"),
    [
        (RegisterIssuer("did:web:é.example"), "registerIssuer", ["did:web:é.example"]),
        (RegisterIssuer("x" * 64), "registerIssuer", ["x" * 64]),
        (RegisterIssuer(""), "registerIssuer", [""]),
        (ProposeAdmin(ISSUER, ACCOUNT), "proposeAdmin", [ISSUER, ACCOUNT]),
        (AcceptAdmin(ISSUER), "acceptAdmin", [ISSUER]),
        (SetOperator(ISSUER, ACCOUNT, Role.ANCHOR | Role.REVOKE, 5), "setOperator", [ISSUER, ACCOUNT, 3, 5, FOREVER]),
        (AddKey(ISSUER, ROOT), "addKey", [ISSUER, ROOT]),
        (CloseKey(ISSUER, ROOT, 7), "closeKey", [ISSUER, ROOT, 7]),
        (Accredit(ISSUER, FOREVER, ROOT), "accredit", [ISSUER, FOREVER, ROOT]),
        (EndAccreditation(ISSUER), "endAccreditation", [ISSUER]),
        (AnchorBatch(ISSUER, ROOT, 2**32 - 1), "anchor", [ISSUER, ROOT, 2**32 - 1]),
        (WithdrawBatch(ISSUER, ROOT, Reason.SUPERSEDED), "withdraw", [ISSUER, ROOT, 5]),
        (
            SetStatus(ISSUER, StatusAction.SUSPEND, 2, ((0, 1), (2**64 - 1, 2**256 - 1))),
            "setStatus",
            [ISSUER, 1, 2, [(0, 1), (2**64 - 1, 2**256 - 1)]],
        ),
        (SetStatus(ISSUER, StatusAction.REVOKE, 1, ()), "setStatus", [ISSUER, 0, 1, []]),
        (CancelNonce(2**256 - 1), "cancelNonce", [2**256 - 1]),
        (SponsoredCall(AnchorBatch(ISSUER, ROOT, 9), GIVEN), "anchorFor", [ISSUER, ROOT, 9, SIGNED]),
        (SponsoredCall(WithdrawBatch(ISSUER, ROOT, Reason(4)), GIVEN), "withdrawFor", [ISSUER, ROOT, 4, SIGNED]),
        (
            SponsoredCall(SetStatus(ISSUER, StatusAction.REVOKE, 1, ((3, 4), (5, 6))), GIVEN),
            "setStatusFor",
            [ISSUER, 0, 1, [(3, 4), (5, 6)], SIGNED],
        ),
    ],
)
def test_every_call_is_encoded_as_the_abi_says(call: RegistryCall, name: str, values: list[object]) -> None:
    assert abi.encode_call(call) == calldata(name, *values)


@given(
    issuers=st.lists(st.binary(min_size=32, max_size=32), max_size=4),
    queries=st.lists(st.tuples(st.binary(min_size=32, max_size=32), st.integers(0, 2**64 - 1)), max_size=5),
    accreditors=st.lists(st.binary(min_size=20, max_size=20), max_size=4),
)
@settings(deadline=None)
def test_the_question_is_encoded_as_the_abi_says(
    issuers: list[bytes], queries: list[tuple[bytes, int]], accreditors: list[bytes]
) -> None:
    ours = abi.encode_states(
        [IssuerId(issuer) for issuer in issuers],
        [StateQuery(ISSUER, root, index) for root, index in queries],
        [Address(accreditor) for accreditor in accreditors],
    )
    assert ours == calldata("states", issuers, [(ISSUER, root, index) for root, index in queries], accreditors)


def test_small_questions_are_encoded_as_the_abi_says() -> None:
    assert abi.encode_anchor_of(ISSUER, ROOT) == calldata("anchorOf", ISSUER, ROOT)
    assert abi.encode_status_word(ISSUER, 2**64 - 1) == calldata("statusWord", ISSUER, 2**64 - 1)
    assert abi.encode_is_nonce_spent(ACCOUNT, 2**256 - 1) == calldata("isNonceSpent", ACCOUNT, 2**256 - 1)
    assert abi.encode_issuer_of(ISSUER) == calldata("issuerOf", ISSUER)
    assert abi.encode_operator_of(ISSUER, ACCOUNT) == calldata("operatorOf", ISSUER, ACCOUNT)
    assert abi.encode_keys_of(ISSUER) == calldata("keysOf", ISSUER)
    assert abi.encode_accreditation_count(ACCOUNT, ISSUER) == calldata("accreditationCount", ACCOUNT, ISSUER)
    by_index = abi.encode_accreditation_by_index(ACCOUNT, ISSUER, 5)
    assert by_index == calldata("accreditationByIndex", ACCOUNT, ISSUER, 5)
    topics = abi.status_topics(ISSUER, 513)
    assert topics == [keccak(text=f"StatusChanged({','.join(types_of('StatusChanged'))})"), ISSUER, bytes(31) + b"\x02"]


@pytest.mark.parametrize(
    "call",
    [
        AnchorBatch(ISSUER, ROOT, 2**32),
        AnchorBatch(ISSUER, ROOT, -1),
        AnchorBatch(ISSUER, ROOT[1:], 1),
        Accredit(ISSUER, 2**64),
        ProposeAdmin(ISSUER, Address(bytes(21))),
        SetStatus(ISSUER, StatusAction.REVOKE, 1, ((0, 2**256),)),
    ],
)
def test_a_value_that_does_not_fit_is_never_cut(call: RegistryCall) -> None:
    with pytest.raises(ValueError, match=r"fit|expected"):
        abi.encode_call(call)


# --- answers --------------------------------------------------------------------------------------------------------

KEYS = [(bytes([5]) * 32, 10, 20), (bytes([6]) * 32, 11, FOREVER)]
ANSWER = abi_encode(
    types_of("states", "outputs"),
    [
        77,
        1_800_000_000,
        [(bytes([9]) * 32, 123, KEYS), (bytes(32), 0, [])],
        [
            ((50, 40, 30, 20, 5), True, False, ACCOUNT, (1, 2, ROOT)),
            ((0, 0, 0, 0, 0), False, True, bytes(20), (0, 0, bytes(32))),
        ],
    ],
)


def test_an_answer_is_decoded_as_the_abi_says() -> None:
    number, time, issuers, credentials = abi.decode_states(ANSWER, [ISSUER, OTHER], 2)
    assert (number, time) == abi.decode_block(ANSWER) == (77, 1_800_000_000)
    keys = tuple(KeyPeriod(*key) for key in KEYS)
    assert issuers == {ISSUER: IssuerState(ISSUER, bytes([9]) * 32, 123, keys), OTHER: None}
    assert credentials == (
        CredentialState(
            Anchor(50, 40, 30, 20, 5),
            revoked=True,
            suspended=False,
            accreditation=AccreditationPeriod(ACCOUNT, 1, 2, ROOT),
        ),
        CredentialState(None, revoked=False, suspended=True, accreditation=None),
    )


def test_small_answers_are_decoded_as_the_abi_says() -> None:
    assert abi.decode_anchor_of(abi_encode(types_of("anchorOf", "outputs"), [(1, 2, 3, 4, 5)])) == Anchor(1, 2, 3, 4, 5)
    assert abi.decode_anchor_of(bytes(160)) is None
    assert abi.decode_status_word(abi_encode(["uint256", "uint256"], [2**255, 1])) == (2**255, 1)
    assert abi.decode_boolean(abi_encode(["bool"], [True]))
    assert abi.decode_accreditation_count(abi_encode(["uint256"], [7])) == 7
    operator = abi_encode(types_of("operatorOf", "outputs"), [(3, 5, FOREVER)])
    assert abi.decode_operator_of(operator) == OperatorPeriod(Role.ANCHOR | Role.REVOKE, 5, FOREVER)
    period = abi_encode(types_of("accreditationByIndex", "outputs"), [(1, 2, ROOT)])
    assert abi.decode_accreditation(period, ACCOUNT) == AccreditationPeriod(ACCOUNT, 1, 2, ROOT)


@given(did=st.binary(max_size=300))
@settings(deadline=None)
def test_the_record_of_an_issuer_is_decoded_as_the_abi_says(did: bytes) -> None:
    # As bytes where the ABI says string: they have the same encoding, and nothing says that a DID is text.
    answer = abi_encode(["(address,uint64,address,bytes)"], [(ACCOUNT, 7, bytes(20), did)])
    assert abi.decode_issuer_of(answer) == IssuerRecord(ACCOUNT, 7, Address(bytes(20)), did)
    for wrong in (answer[:-32], answer + bytes(32), answer[:31] + b"\x40" + answer[32:]):
        with pytest.raises(RegistryUnreachable):
            abi.decode_issuer_of(wrong)
    if len(did) % 32:
        with pytest.raises(RegistryUnreachable):
            abi.decode_issuer_of(answer[:-1] + b"\1")


@given(keys=st.lists(st.tuples(st.binary(min_size=32, max_size=32), st.integers(0, FOREVER), st.integers(0, FOREVER))))
@settings(deadline=None)
def test_keys_are_decoded_as_the_abi_says(keys: list[tuple[bytes, int, int]]) -> None:
    answer = abi_encode(types_of("keysOf", "outputs"), [keys])
    assert abi.decode_keys_of(answer) == tuple(KeyPeriod(*key) for key in keys)
    for wrong in (answer[:-32], answer + bytes(32)):
        with pytest.raises(RegistryUnreachable):
            abi.decode_keys_of(wrong)


@pytest.mark.parametrize("length", range(0, len(ANSWER), 32))
def test_a_cut_answer_is_refused(length: int) -> None:
    with pytest.raises(RegistryUnreachable):
        abi.decode_states(ANSWER[:length], [ISSUER, OTHER], 2)


def test_an_answer_to_another_question_is_refused() -> None:
    for issuers, count in (([ISSUER], 2), ([ISSUER, OTHER], 1), ([ISSUER, OTHER], 3), ([], 0)):
        with pytest.raises(RegistryUnreachable):
            abi.decode_states(ANSWER, issuers, count)


@given(at=st.integers(0, len(ANSWER) - 1), value=st.integers(0, 255))
@settings(deadline=None, max_examples=600)
def test_a_changed_answer_is_refused_or_reads_as_the_abi_says(at: int, value: int) -> None:
    changed = ANSWER[:at] + bytes([value]) + ANSWER[at + 1 :]
    try:
        number, time, issuers, credentials = abi.decode_states(changed, [ISSUER, OTHER], 2)
    except RegistryUnreachable:
        return
    theirs = abi_decode(types_of("states", "outputs"), changed)
    assert abi_encode(types_of("states", "outputs"), theirs) == changed
    assert (number, time) == theirs[:2]
    for found, (did_hash, registered_at, keys) in zip(issuers.values(), theirs[2], strict=True):
        assert (found is None) == (registered_at == 0)
        if found:
            assert (found.did_hash, found.registered_at) == (did_hash, registered_at)
            assert [(key.key, key.valid_from, key.valid_until) for key in found.keys] == list(keys)
    for state, (anchor, revoked, suspended, _, period) in zip(credentials, theirs[3], strict=True):
        assert (state.revoked, state.suspended) == (revoked, suspended)
        assert (state.anchor is None) == (anchor[0] == 0)
        assert (state.accreditation is None) == (period[1] == 0)


@given(data=st.binary(max_size=700))
@settings(deadline=None)
def test_noise_is_refused(data: bytes) -> None:
    for decode in (
        abi.decode_block,
        abi.decode_anchor_of,
        abi.decode_status_word,
        abi.decode_issuer_of,
        abi.decode_operator_of,
        abi.decode_keys_of,
        abi.decode_accreditation_count,
        abi.decode_boolean,
    ):
        try:
            decode(data)
        except RegistryUnreachable:
            continue
