"""Where the keys of an issuer without a registry come from, and where they may not come from."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from ledger.chain.addresses import caip10
from ledger.chain.registry import Address
from ledger.documents.codecs import encode_base64url
from ledger.documents.did import did_document, did_key
from ledger.documents.strict_json import JsonObject
from ledger.proofs.data_integrity import EDDSA_JCS
from ledger.verifying.report import Consulted, Outcome, VerificationReport
from tests.builders import a_credential, a_signer
from tests.unit.verifying.test_foreign import a_badge
from tests.world import World

ISSUER = "https://badges.example/issuers/1"
ELSEWHERE = "https://badges.example/.well-known/jwks.json"
WEB = "did:web:badges.example"
WEB_ADDRESS = "https://badges.example/.well-known/did.json"


def jwk(number: int = 5, **more: Any) -> JsonObject:
    return {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(a_signer(number).public_key), **more}


def multikey(number: int = 5) -> str:
    return did_key(a_signer(number).public_key).removeprefix("did:key:")


def controlled(issuer: str = ISSUER, number: int = 5, **changes: Any) -> JsonObject:
    method = {"id": f"{issuer}#key", "type": "Multikey", "controller": issuer, "publicKeyMultibase": multikey(number)}
    return {"id": issuer, "verificationMethod": [method | changes], "assertionMethod": [f"{issuer}#key"]}


def judged(
    world: World, issuer: str, method: str, documents: dict[str, Any], suite: str = EDDSA_JCS
) -> VerificationReport:
    given = {url: data if isinstance(data, bytes) else orjson.dumps(data) for url, data in documents.items()}
    policy = world.policy(any_issuer=True, documents=given)
    return world.verifier(policy).verify(orjson.dumps(a_badge(issuer, method, suite)))


GOOD: dict[str, tuple[str, dict[str, Any]]] = {
    "a controlled identifier document": (f"{ISSUER}#key", {ISSUER: controlled()}),
    "a key": (f"{ISSUER}#anything", {ISSUER: jwk()}),
    "a set of keys": (f"{ISSUER}#two", {ISSUER: {"keys": [jwk(6, kid="one"), jwk(5, kid="two")]}}),
    "a set of keys without names": (f"{ISSUER}#two", {ISSUER: {"keys": [jwk(6), jwk(5)]}}),
    "a set with a key of another kind": (f"{ISSUER}#k", {ISSUER: {"keys": [{"kty": "EC", "crv": "secp256k1"}, jwk()]}}),
    "a key below the issuer's address": (f"{ISSUER}/keys/1", {f"{ISSUER}/keys/1": jwk()}),
    "a method below the issuer's address": (
        f"{ISSUER}/keys/1",
        {
            f"{ISSUER}/keys/1": {
                "id": f"{ISSUER}/keys/1",
                "type": "Multikey",
                "controller": ISSUER,
                "publicKeyMultibase": multikey(),
            }
        },
    ),
    "a fragment that was given by itself": (f"{ISSUER}#key", {f"{ISSUER}#key": jwk()}),
    "a set whose keys go by addresses elsewhere": (ELSEWHERE, {ISSUER: {"keys": [jwk(6), jwk(5, kid=ELSEWHERE)]}}),
    "a key that the signature calls by an address elsewhere": (ELSEWHERE, {ISSUER: jwk()}),
}


@pytest.mark.parametrize(("method", "documents"), GOOD.values(), ids=GOOD.keys())
def test_an_issuer_may_publish_its_keys_at_its_address(world: World, method: str, documents: dict[str, Any]) -> None:
    report = judged(world, ISSUER, method, documents)
    assert report.verdict is Outcome.VALID
    assert report.check("signature").evidence["keys_from"] == "issuer_address"
    assert report.consulted == tuple(Consulted(url, "given") for url in documents)


OPEN: dict[str, tuple[str, dict[str, Any], str]] = {
    "nothing": (f"{ISSUER}#key", {}, "key_unknown"),
    "a profile without keys": (f"{ISSUER}#key", {ISSUER: {"id": ISSUER, "type": ["Profile"]}}, "key_unknown"),
    "an empty set": (f"{ISSUER}#key", {ISSUER: {"keys": []}}, "key_unknown"),
    "the document of another": (f"{ISSUER}#key", {ISSUER: controlled("https://evil.example/1")}, "document_unreadable"),
    "a key elsewhere on the same host, which may be somebody else's": (ELSEWHERE, {ELSEWHERE: jwk()}, "key_unknown"),
    "no JSON": (f"{ISSUER}#key", {ISSUER: b"<html>"}, "document_unreadable"),
    "a key with its secret": (f"{ISSUER}#key", {ISSUER: jwk(d="AAAA")}, "document_unreadable"),
    "a small-order key": (f"{ISSUER}#key", {ISSUER: jwk() | {"x": encode_base64url(bytes(32))}}, "document_unreadable"),
}


@pytest.mark.parametrize(("method", "documents", "code"), OPEN.values(), ids=OPEN.keys())
def test_what_tells_no_key_leaves_it_open(world: World, method: str, documents: dict[str, Any], code: str) -> None:
    report = judged(world, ISSUER, method, documents)
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, code)


BAD: dict[str, tuple[str, dict[str, Any]]] = {
    "a key of another issuer on the same host": (
        "https://badges.example/issuers/2#key",
        {"https://badges.example/issuers/2": jwk()},
    ),
    "an address that goes up": (f"{ISSUER}/../2/key", {f"{ISSUER}/../2/key": jwk()}),
    "an address that only begins alike": (f"{ISSUER}0#key", {f"{ISSUER}0": jwk()}),
    "a key of a DID": (f"did:key:{multikey()}#{multikey()}", {}),
}


@pytest.mark.parametrize(("method", "documents"), BAD.values(), ids=BAD.keys())
def test_keys_that_are_not_the_issuers_are_none(world: World, method: str, documents: dict[str, Any]) -> None:
    report = judged(world, ISSUER, method, documents)
    assert not report
    report = judged(world, ISSUER, method, documents | {ISSUER: jwk(6)})
    assert report.verdict is Outcome.INVALID


def test_another_key_at_the_address_does_not_fit(world: World) -> None:
    assert judged(world, ISSUER, f"{ISSUER}#key", {ISSUER: controlled(number=6)}).code == "signature_invalid"
    assert judged(world, ISSUER, f"{ISSUER}#other", {ISSUER: controlled()}).code == "method_mismatch"


def test_a_method_says_who_controls_it(world: World) -> None:
    address = f"{ISSUER}/keys/1"
    method = {
        "id": address,
        "type": "Multikey",
        "controller": "https://evil.example/",
        "publicKeyMultibase": multikey(),
    }
    report = judged(world, ISSUER, address, {address: method})
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "document_unreadable")


CHANGES: dict[str, tuple[dict[str, Any], Outcome]] = {
    "as it should be": ({}, Outcome.VALID),
    "of another controller": ({"controller": "did:web:evil.example"}, Outcome.INVALID),
    "revoked": ({"revoked": "2026-01-01T00:00:00Z"}, Outcome.INVALID),
    "over": ({"expires": "2026-01-01T00:00:00Z"}, Outcome.INVALID),
    "not over yet": ({"expires": "2099-01-01T00:00:00Z"}, Outcome.VALID),
    "of an unknown type": ({"type": "EcdsaSecp256k1VerificationKey2019"}, Outcome.INVALID),
}


@pytest.mark.parametrize(("change", "outcome"), CHANGES.values(), ids=CHANGES.keys())
def test_a_did_document_tells_which_keys_may_sign(world: World, change: dict[str, Any], outcome: Outcome) -> None:
    document = controlled(WEB, **change)
    assert judged(world, WEB, f"{WEB}#key", {WEB_ADDRESS: document}).verdict is outcome


def test_a_did_document_of_any_method_can_be_given_under_its_did(world: World) -> None:
    did = "did:ion:EiClkZMDxPKqC9c-umQfTkR8vvZ9JPhl_xLDI9Nfk38w5w"
    assert judged(world, did, f"{did}#key", {did: controlled(did)})
    assert judged(world, did, f"{did}#key", {}).code == "key_unknown"
    assert judged(world, did, f"{did}#key", {did: controlled(WEB)}).code == "document_unreadable"


def test_old_documents_on_the_ledger_stand_after_the_key_was_changed(world: World) -> None:
    """The DID document lists today's keys alone; the registry knows those of the day of the anchor."""
    old, new = a_signer(1), a_signer(7)
    (before,) = world.issue(a_credential(1))
    world.add_key(world.issuer, new)
    world.close_key(world.issuer, old, world.registry.final_block().time + 1)
    (after,) = world.issue(a_credential(2))
    place = caip10(world.registry.chain_id, Address(world.registry.registry))
    did = world.issuer.profile.did
    today = did_document(did, {2: new.public_key}, place, world.issuer.id)
    given = {f"https://{did.removeprefix('did:web:').replace(':', '/')}/did.json": orjson.dumps(today)}
    verifier = world.verifier(world.policy(documents=given))
    report = verifier.verify(orjson.dumps(before))
    assert report.verdict is Outcome.VALID
    assert report.check("issuer").evidence["did_document"] == "consulted"
    assert report.check("issuer").evidence["key_in_did_document"] == "no longer listed"
    assert verifier.verify(orjson.dumps(after))
