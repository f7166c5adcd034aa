"""Check 8 off the ledger: several entries and purposes, lists as JSON and as tokens, and what is no list at all."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from ledger.documents.contexts import CREDENTIALS_V1, CREDENTIALS_V2
from ledger.documents.did import did_key
from ledger.documents.strict_json import JsonObject
from ledger.proofs.data_integrity import EDDSA_JCS, sign
from ledger.proofs.jose import sign_jwt
from ledger.proofs.status_list import encode_bits
from ledger.verifying.report import Outcome, VerificationReport
from tests.builders import a_signer
from tests.unit.verifying.test_foreign import a_badge
from tests.world import SIGNED_AT, World

DID = did_key(a_signer(5).public_key)
METHOD = f"{DID}#{DID.removeprefix('did:key:')}"
LIST = "https://badges.example/status/1"


def entry(purpose: str = "revocation", index: Any = "7", url: Any = LIST, **changes: Any) -> JsonObject:
    return {
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": index,
        "statusListCredential": url,
    } | changes


def a_list(*set_entries: int, purpose: Any = "revocation", url: str = LIST, **changes: Any) -> JsonObject:
    return {
        "@context": [CREDENTIALS_V2],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": DID,
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encode_bits(set_entries),
        },
    } | changes


def a_list_of_2021(*set_entries: int) -> JsonObject:
    document: dict[str, Any] = a_list(*set_entries, issuanceDate="2026-01-01T00:00:00Z")
    subject = document["credentialSubject"]
    return document | {
        "@context": [CREDENTIALS_V1, "https://w3id.org/vc/status-list/2021/v1"],
        "type": ["VerifiableCredential", "StatusList2021Credential"],
        "credentialSubject": subject | {"type": "StatusList2021", "encodedList": subject["encodedList"][1:]},
    }


def signed(document: JsonObject) -> bytes:
    proof = sign(document, cryptosuite=EDDSA_JCS, signer=a_signer(5), verification_method=METHOD, created=SIGNED_AT)
    return orjson.dumps({**document, "proof": proof})


def judged(world: World, status: Any, *lists: bytes, urls: tuple[str, ...] = (LIST,)) -> VerificationReport:
    badge = orjson.dumps(a_badge(DID, METHOD, EDDSA_JCS, credentialStatus=status))
    policy = world.policy(any_issuer=True, documents=dict(zip(urls, lists, strict=False)))
    return world.verifier(policy).verify(badge)


def outcome(report: VerificationReport) -> tuple[Outcome, str]:
    check = report.check("status")
    if check.outcome is not Outcome.VALID:
        assert report.verdict is check.outcome
    return check.outcome, check.code


SET = signed(a_list(7))
CLEAR = signed(a_list(8))
OK = (Outcome.VALID, "ok")
UNKNOWN = (Outcome.INDETERMINATE, "status_unknown")
UNUSABLE = (Outcome.INDETERMINATE, "status_unusable")


def test_a_list_without_dates_is_in_force(world: World) -> None:
    assert outcome(judged(world, entry(), CLEAR)) == OK
    assert outcome(judged(world, entry(), SET)) == (Outcome.INVALID, "revoked")


def test_lists_of_2021_are_read(world: World) -> None:
    older = {"type": "StatusList2021Entry"}
    assert outcome(judged(world, entry(**older), signed(a_list_of_2021(8)))) == OK
    assert outcome(judged(world, entry(**older), signed(a_list_of_2021(7)))) == (Outcome.INVALID, "revoked")
    assert outcome(judged(world, entry(), signed(a_list_of_2021(8)))) == UNUSABLE
    assert outcome(judged(world, entry(**older), CLEAR)) == UNUSABLE


def test_a_list_may_be_a_token(world: World) -> None:
    key = METHOD
    good, bad = (sign_jwt(a_list(n), a_signer(5), key).encode() for n in (8, 7))
    assert outcome(judged(world, entry(), good)) == OK
    assert outcome(judged(world, entry(), bad)) == (Outcome.INVALID, "revoked")
    assert outcome(judged(world, entry(), good[:-2] + b"AA")) == UNUSABLE
    assert outcome(judged(world, entry(), sign_jwt(a_list(8), a_signer(6), key).encode())) == UNUSABLE
    unsigned = b"eyJhbGciOiJub25lIn0." + good.split(b".")[1] + b"."
    assert outcome(judged(world, entry(), unsigned)) == UNUSABLE


SUSPENSIONS = "https://badges.example/status/2"


@pytest.mark.parametrize(
    ("revoked", "suspended", "expected"),
    [
        (8, 8, OK),
        (7, 8, (Outcome.INVALID, "revoked")),
        (8, 7, (Outcome.INVALID, "suspended")),
        (7, 7, (Outcome.INVALID, "revoked")),
        (8, None, UNKNOWN),
        (7, None, (Outcome.INVALID, "revoked")),
        (None, 7, (Outcome.INVALID, "suspended")),
        (None, 8, UNKNOWN),
    ],
)
def test_every_entry_is_looked_at(
    world: World, revoked: int | None, suspended: int | None, expected: tuple[Outcome, str]
) -> None:
    documents = {}
    if revoked is not None:
        documents[LIST] = signed(a_list(revoked))
    if suspended is not None:
        documents[SUSPENSIONS] = signed(a_list(suspended, purpose="suspension", url=SUSPENSIONS))
    status = [entry(), entry("suspension", url=SUSPENSIONS)]
    badge = a_badge(DID, METHOD, EDDSA_JCS, credentialStatus=status)
    # The published schema takes one entry only, so the document is of a kind that has none.
    report = judged_plain(world, badge, documents)
    check = report.check("status")
    assert (check.outcome, check.code) == expected
    assert (report.verdict is Outcome.VALID) == (expected == OK)


def judged_plain(world: World, badge: JsonObject, documents: dict[str, bytes]) -> VerificationReport:
    document = {name: badge[name] for name in ("id", "issuer", "validFrom", "credentialSubject", "credentialStatus")}
    document |= {"@context": [CREDENTIALS_V2], "type": ["VerifiableCredential", "LibraryCard"]}
    policy = world.policy(any_issuer=True, documents=documents)
    return world.verifier(policy).verify(signed(document))


@pytest.mark.parametrize(
    ("purpose", "set_entry", "expected"),
    [
        ("refresh", 7, OK),
        ("message", 7, OK),
        ("withdrawal", 8, OK),
        ("withdrawal", 7, (Outcome.INDETERMINATE, "status_purpose_unknown")),
        ("suspension", 7, (Outcome.INVALID, "suspended")),
    ],
)
def test_a_purpose_says_what_a_bit_means(
    world: World, purpose: str, set_entry: int, expected: tuple[Outcome, str]
) -> None:
    assert outcome(judged(world, entry(purpose), signed(a_list(set_entry, purpose=purpose)))) == expected


def test_a_list_may_serve_several_purposes(world: World) -> None:
    both = signed(a_list(7, purpose=["revocation", "suspension"]))
    assert outcome(judged(world, entry("suspension"), both)) == (Outcome.INVALID, "suspended")
    assert outcome(judged(world, entry("message"), both)) == UNUSABLE


FAULTS: dict[str, tuple[JsonObject, bytes, str]] = {
    "another purpose": (entry("suspension"), CLEAR, "status_list_purpose"),
    "no purpose": (entry() | {"statusPurpose": None}, CLEAR, "status_entry_malformed"),
    "two bits for each, unexplained": (entry(statusSize=2), CLEAR, "status_entry_malformed"),
    "beyond the list": (entry(index="131072"), CLEAR, "status_index_range"),
    "below it": (entry(index=-1), CLEAR, "status_entry_malformed"),
    "no number": (entry(index="seven"), CLEAR, "status_entry_malformed"),
    "a truth value": (entry(index=True), CLEAR, "status_entry_malformed"),
    "another address": (entry(), signed(a_list(8, url=SUSPENSIONS)), "other_address"),
    "no address": (entry(), signed({k: v for k, v in a_list(8).items() if k != "id"}), "other_address"),
    "another type": (entry(), signed(a_list(8, type=["VerifiableCredential"])), "status_list_type"),
    "over": (entry(), signed(a_list(8, validUntil="2026-01-01T00:00:00Z")), "expired"),
    "not begun": (entry(), signed(a_list(8, validFrom="2099-01-01T00:00:00Z")), "not_yet_valid"),
    "of another": (entry(), signed(a_list(8, issuer="did:web:other.example")), "other_issuer"),
    "no JSON": (entry(), b"<html>", "unreadable"),
    "not a credential": (entry(), b"{}", "structure_invalid"),
    "nobody's": (entry(), orjson.dumps(a_list(8)), "signature_missing"),
    "changed": (entry(), CLEAR.replace(b'"revocation"', b'"revocation","x":1', 1), "signature_invalid"),
}


@pytest.mark.parametrize(("status", "data", "fault"), FAULTS.values(), ids=FAULTS.keys())
def test_a_list_that_can_not_be_relied_on_leaves_it_open(
    world: World, status: JsonObject, data: bytes, fault: str
) -> None:
    report = judged(world, status, data)
    assert outcome(report) == UNUSABLE
    lists: Any = report.check("status").evidence["lists"]
    assert lists[0]["fault"] == fault


@pytest.mark.parametrize(
    "status",
    [
        {"id": "https://badges.example/revoked", "type": "1EdTechRevocationList"},
        entry(type="CredentialStatusList2017"),
        entry(type=["BitstringStatusListEntry"]),
    ],
)
def test_what_is_no_entry_of_a_list_leaves_it_open(world: World, status: JsonObject) -> None:
    badge = a_badge(DID, METHOD, EDDSA_JCS, credentialStatus=status)
    check = judged_plain(world, badge, {LIST: CLEAR}).check("status")
    assert (check.outcome, check.code) == UNKNOWN


@pytest.mark.parametrize("status", ["text", 7, [7], [[]], [entry()] * 9])
def test_what_is_badly_written_leaves_it_open(world: World, status: Any) -> None:
    badge = a_badge(DID, METHOD, EDDSA_JCS, credentialStatus=status)
    check = judged_plain(world, badge, {LIST: CLEAR}).check("status")
    assert check.outcome is Outcome.INDETERMINATE


def test_no_entry_is_no_list(world: World) -> None:
    badge = a_badge(DID, METHOD, EDDSA_JCS, credentialStatus=[])
    report = judged_plain(world, badge, {})
    assert (report.verdict, report.check("status").code) == (Outcome.VALID, "not_needed")
