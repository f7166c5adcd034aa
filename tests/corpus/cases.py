"""Hostile and damaged documents, each with the verdict and the code that every way of checking must give.

`cases(world)` issues what it needs in that world and yields them: the library, the command and the service run the same
list. The numbers are those of the project's list of bad input; a letter tells variants apart. Exit codes: 0 valid,
1 invalid, 2 not readable, 3 could not find out.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import cbor2
import orjson

from ledger.chain.registry import Address, Reason, StatusAction
from ledger.documents.codecs import decode_base58, decode_base64url, encode_base58, encode_base64url
from ledger.documents.did import did_key
from ledger.documents.strict_json import JsonObject
from ledger.proofs.data_integrity import EDDSA_JCS, EDDSA_RDFC, sign
from tests.builders import ISSUER, a_credential, a_record, a_signer, an_achievement
from tests.world import MODULES, SIGNED_AT, Registered, World, anchor_of, proofs_of

ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
CREDENTIALS = "https://www.w3.org/ns/credentials/v2"


@dataclass(frozen=True)
class Case:
    """One file of the corpus."""

    name: str
    data: bytes
    exit_code: int
    code: str


def cases(world: World) -> Iterator[Case]:
    """Every case, from documents issued in this world. Changes the world: revokes, withdraws, suspends."""
    good, other = world.issue(a_credential(1001), a_credential(1002))
    yield from bytes_that_are_no_document(good)
    yield from documents_that_mean_two_things(good)
    yield from changed_documents(good, other)
    yield from damaged_signatures(good)
    yield from tokens(good)
    yield from damaged_anchor_proofs(good, other)
    yield from times(world)
    yield from issuers_and_chains(world, good)
    yield from statuses(world)
    yield from records(world)
    yield poison_graph()


# --- not readable: exit 2 ---


def bytes_that_are_no_document(good: JsonObject) -> Iterator[Case]:
    data = orjson.dumps(good)

    def case(name: str, content: bytes, code: str) -> Case:
        return Case(name, content, 2, code)

    def with_member(member: bytes) -> bytes:
        return data[:-1] + b"," + member + b"}"

    yield case("C1 empty", b"", "json_empty")
    yield case("C2 not-json", b"hello", "json_syntax")
    yield case("C3 truncated", data[: len(data) // 2], "json_syntax")
    yield case("C4 trailing-garbage", data + b"}", "json_syntax")
    yield case("C5 two-documents", data + b"\n" + data, "json_syntax")
    yield case("C6 bom", b"\xef\xbb\xbf" + data, "json_encoding")
    yield case("C7 utf16", data.decode().encode("utf-16"), "json_encoding")
    yield case("C8 overlong-utf8", with_member(b'"note":"\xc0\xaf"'), "json_encoding")
    yield case("C9 lone-surrogate", with_member(b'"note":"\\ud800"'), "json_string")
    yield case("C10 nul-char", with_member(b'"note":"A\\u0000B"'), "json_string")
    yield case("C11 dup-key-same", with_member(b'"a":1,"a":1'), "json_duplicate_key")
    yield case("C12 dup-key-diff", with_member(b'"name":"Master of Everything"'), "json_duplicate_key")
    yield case("C13 dup-key-escaped", with_member(b'"n\\u0061me":"x"'), "json_duplicate_key")
    yield case("C14 dup-key-nested", data.replace(b'"created"', b'"type":"x","created"', 1), "json_duplicate_key")
    yield case("C16 nan", with_member(b'"score":NaN'), "json_number")
    yield case("C17 infinity-exp", with_member(b'"score":1e400'), "json_number")
    yield case("C18 float-exp", with_member(b'"credits":7.5e0'), "json_number")
    yield case("C19 int-2^53", with_member(b'"n":9007199254740993'), "json_number")
    yield case("C20 int-5000-digits", with_member(b'"n":' + b"9" * 5000), "json_number")
    yield case("C21 minus-zero", with_member(b'"n":-0'), "json_number")
    yield case("C22 deep-33", with_member(b'"n":' + b"[" * 33 + b"]" * 33), "limit_depth")
    yield case("C23 deep-100000", b"[" * 100_000, "limit_depth")
    wide = b",".join(b'"k%d":1' % number for number in range(201))
    yield case("C24 wide", b"{" + wide + b"}", "limit_keys")
    yield case("C25 long-string", with_member(b'"note":"' + b"x" * 9_000 + b'"'), "limit_string")
    yield case("C26 big-body", b'{"a":"' + b"x" * (5 * 1024 * 1024) + b'"}', "limit_body")
    for root in (b"[]", b"null", b'"x"', b"1"):
        yield case(f"C30 root-{root.decode()}", root, "schema_root")
    yield case("C55 crit-unknown", a_token(b'{"alg":"EdDSA","crit":["x"],"x":1}', data), "jwt_critical")
    yield case("C55a jwt-two-parts", b"eyJhbGciOiJub25lIn0.e30", "json_syntax")
    yield case("C55b jwt-dup-key", a_token(b'{"alg":"EdDSA","alg":"none"}', data), "json_duplicate_key")


def a_token(header: bytes, payload: bytes, signature: bytes = b"x") -> bytes:
    """The compact form of a JWS."""
    return ".".join(encode_base64url(part) for part in (header, payload, signature)).encode()


# --- tokens around a good document, signed in ways that prove nothing: exit 1 ---


def tokens(good: JsonObject) -> Iterator[Case]:
    data = orjson.dumps(good)
    forbidden = {
        "C51 alg-none": b'{"alg":"none"}',
        "C51a alg-NoNe": b'{"alg":"NoNe"}',
        "C52 alg-hs256": b'{"alg":"HS256"}',
    }
    for name, header in forbidden.items():
        yield Case(name, a_token(header, data), 1, "algorithm_forbidden")
    yield Case("C53 alg-mismatch", a_token(b'{"alg":"ES256"}', data, b"x" * 64), 1, "signature_invalid")
    for name, key in (("C54c jwt-kid-path", "../../etc/passwd"), ("C54a jwt-kid-other", "https://evil.example/key")):
        header = orjson.dumps({"alg": "EdDSA", "kid": key})
        code = "signature_invalid" if name == "C54c jwt-kid-path" else "method_mismatch"
        yield Case(name, a_token(header, data, b"x" * 64), 1, code)
    yield Case("C54b jwt-unsigned", a_token(b'{"alg":"EdDSA"}', data, b""), 1, "signature_invalid")


# --- one document, two meanings: exit 1 ---


def documents_that_mean_two_things(good: JsonObject) -> Iterator[Case]:
    def case(name: str, context: list[Any]) -> Case:
        return Case(name, orjson.dumps(good | {"@context": context}), 1, "context_untrusted")

    swapped = {"validFrom": "https://schema.org/validUntil", "validUntil": "https://schema.org/validFrom"}
    yield case("C31 context-swapped", [CREDENTIALS, OPEN_BADGES, swapped])
    yield case("C32 context-extra-url", [CREDENTIALS, OPEN_BADGES, "https://evil.example/context.json"])
    yield case("C33 context-order", [OPEN_BADGES, CREDENTIALS])
    yield case("C34 context-remote-internal", [CREDENTIALS, OPEN_BADGES, "http://169.254.169.254/"])
    yield case("C35 context-vocab-null", [CREDENTIALS, OPEN_BADGES, {"@vocab": None}])
    renamed = good | {"https://www.w3.org/2018/credentials#validUntil": "2030-01-01T00:00:00Z"}
    yield Case("C35a member-as-iri", orjson.dumps(renamed), 1, "member_untrusted")
    yield Case("C35b no-credential", b'{"hello":"world"}', 1, "structure_invalid")


# --- changed after it was issued: exit 1; the same document in other words: exit 0 ---


def changed_documents(good: JsonObject, other: JsonObject) -> Iterator[Case]:
    def case(name: str, change: Callable[[Any], object]) -> Case:
        document = copy.deepcopy(good)
        change(document)
        return Case(name, orjson.dumps(document), 1, "digest_mismatch")

    yield case("C15 proto-key", lambda document: document.update({"__proto__": {"admin": True}}))
    yield case("C36 undefined-term", lambda document: document.update(distinction="summa cum laude"))
    yield case("C38 one-char-changed", lambda document: document["credentialSubject"]["result"][0].update(value="97.5"))
    yield case(
        "C39 other-learner",
        lambda document: document["credentialSubject"]["identifier"][0].update(identityHash="Nur Aisyah binti Rahmat"),
    )
    yield case("C43 nfd-name", lambda document: document.update(name="Ne\u0301eds Assessment"))
    yield case("C45 bidi-override", lambda document: document.update(name="Needs \u202e Assessment"))
    yield case("C46 zero-width", lambda document: document["issuer"].update(name="Universiti\u200b Sains Malaysia"))
    yield case("C49 xss-title", lambda document: document.update(name="<script>alert(1)</script>"))
    swapped = {**good, "proof": other["proof"]}
    yield Case("C78 proof-of-other-credential", orjson.dumps(swapped), 1, "digest_mismatch")
    yield Case("C41 whitespace-only-change", orjson.dumps(good, option=orjson.OPT_INDENT_2), 0, "valid")
    yield Case("C42 key-order-change", orjson.dumps(reversed_members(good)), 0, "valid")


def reversed_members(value: Any) -> Any:
    """The same JSON value with the members of every object in the opposite order."""
    if isinstance(value, dict):
        return {name: reversed_members(value[name]) for name in reversed(value)}
    return [reversed_members(entry) for entry in value] if isinstance(value, list) else value


# --- damaged proofs: exit 1 ---


def damaged_signatures(good: JsonObject) -> Iterator[Case]:
    signature, anchor = proofs_of(good)
    raw = decode_base58(str(signature["proofValue"])[1:], size=64)

    def case(name: str, value: str, code: str) -> Case:
        return Case(name, orjson.dumps({**good, "proof": [{**signature, "proofValue": value}, anchor]}), 1, code)

    twin = raw[:32] + (int.from_bytes(raw[32:], "little") + ED25519_ORDER).to_bytes(32, "little")
    # A bad signature over bytes that are anchored: the document itself was not changed, so the signature decides.
    yield case("C56 sig-twin", "z" + encode_base58(twin), "signature_invalid")
    yield case("C57a sig-63", "z" + encode_base58(raw[:-1]), "proof_malformed")
    yield case("C57b sig-65", "z" + encode_base58(raw + b"\x01"), "proof_malformed")
    yield case("C57c sig-zero", "z" + "1" * 64, "signature_invalid")
    yield case("C62a base58-as-base64", "u" + encode_base64url(raw), "proof_malformed")
    other_method = {**signature, "verificationMethod": "../../etc/passwd"}
    yield Case("C54 kid-path", orjson.dumps({**good, "proof": [other_method, anchor]}), 1, "method_mismatch")
    yield Case("C57d unsigned", orjson.dumps({**good, "proof": anchor}), 1, "signature_missing")
    yield Case("C58 sig-small-order-key", orjson.dumps(small_order_key()), 1, "key_weak")


def small_order_key() -> JsonObject:
    """A badge under a key for which one signature fits every message."""
    did = "did:key:z6MkeTG3bFFSLYVU7VqhgZxqr6YzpaGrQtFMh1uvqGy1vDnP"  # 32 bytes of zero: a point of order 4
    document: dict[str, Any] = a_credential(1900)
    document["issuer"] = {**document["issuer"], "id": did}
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": EDDSA_JCS,
        "verificationMethod": f"{did}#{did.removeprefix('did:key:')}",
        "proofPurpose": "assertionMethod",
        "@context": document["@context"],
        "proofValue": "z" + "1" * 64,
    }
    return document | {"proof": proof}


def damaged_anchor_proofs(good: JsonObject, other: JsonObject) -> Iterator[Case]:
    signature, anchor = proofs_of(good)
    value = str(anchor["proofValue"])
    items = cbor2.loads(decode_base64url(value[1:]))

    def case(name: str, code: str, **members: Any) -> Case:
        return Case(name, orjson.dumps({**good, "proof": [signature, {**anchor, **members}]}), 1, code)

    def recoded(name: str, code: str, position: int, item: object) -> Case:
        changed = [*items[:position], item, *items[position + 1 :]]
        return case(name, code, proofValue="u" + encode_base64url(cbor2.dumps(changed, canonical=True)))

    path = anchor_of(good).path
    flipped = bytes([path[0][0] ^ 1]) + path[0][1:]
    yield case("C62b b64-padded", "proof_malformed", proofValue=value + "=")
    yield case("C62c b64-standard-alphabet", "proof_malformed", proofValue="u" + "+/" * 20)
    yield case("C62d b64-junk", "proof_malformed", proofValue=value[:9] + " " + value[9:])
    yield recoded("C44a version-0", "proof_version", 0, 0)
    yield recoded("C44b version-99", "proof_version", 0, 99)
    yield recoded("C73a path-too-long", "proof_length", 7, path[0] * 2)
    yield recoded("C73b path-empty", "proof_length", 7, b"")
    yield recoded("C73c path-41", "limit_proof", 7, path[0] * 41)
    yield recoded("C74a index-off", "root_not_anchored", 5, 1)
    yield recoded("C74b index-beyond", "proof_index", 5, 2)
    yield recoded("C74c index-negative", "proof_index", 5, -1)
    yield recoded("C74d size-0", "proof_index", 4, 0)
    yield recoded("C74e size-2^63", "proof_malformed", 4, 2**63)
    yield recoded("C75 bit-flip", "root_not_anchored", 7, flipped)
    yield recoded("C76a node-31", "proof_malformed", 7, path[0][:31])
    yield recoded("C76b node-33", "proof_length", 7, path[0] + b"\x00")
    yield recoded("C81 issuer-zero", "proof_malformed", 3, bytes(32))
    yield case("C77a extra-member", "proof_malformed", left="x")
    yield case("C77b extra-item", "proof_malformed", proofValue="u" + encode_base64url(cbor2.dumps([*items, 1, 2])))
    yield case(
        "C77c not-canonical", "proof_malformed", proofValue="u" + encode_base64url(b"\x98\x08" + cbor2.dumps(items)[1:])
    )
    yield case("C65a created-changed", "time_mismatch", created="2020-01-01T00:00:00Z")
    yield case("C78a anchor-of-other", "root_not_anchored", **proofs_of(other)[-1])
    twice = {**good, "proof": [signature, anchor, anchor]}
    yield Case("C78b two-anchors", orjson.dumps(twice), 1, "proof_ambiguous")
    yield Case("C78c no-anchor", orjson.dumps({**good, "proof": signature}), 3, "key_unknown")


# --- times, issuers, chains, status ---


def times(world: World) -> Iterator[Case]:
    changes: list[tuple[str, dict[str, Any], str]] = [
        ("C64a valid-from-future", {"validFrom": "2199-01-01T00:00:00Z"}, "not_yet_valid"),
        ("C64b expired", {"validUntil": "2026-03-03T00:00:00Z"}, "expired"),
        ("C64c until-before-from", {"validUntil": "2020-01-01T00:00:00Z"}, "time_order"),
        ("C65 awarded-after-anchor", {"awardedDate": "2199-01-01T00:00:00Z"}, "time_order"),
        ("C63a no-such-day", {"validFrom": "2024-02-30T00:00:00Z"}, "schema_invalid"),
        ("C63b week-date", {"validFrom": "2024-W01-1"}, "schema_invalid"),
        ("C63c no-zone", {"validFrom": "2024-01-01T00:00:00"}, "schema_invalid"),
        ("C63d year-99999", {"validFrom": "99999-01-01T00:00:00Z"}, "schema_invalid"),
    ]
    issued = world.issue(*(a_credential(1100 + number) | change for number, (_, change, _) in enumerate(changes)))
    for document, (name, _, code) in zip(issued, changes, strict=True):
        yield Case(name, orjson.dumps(document), 1, code)


def issuers_and_chains(world: World, good: JsonObject) -> Iterator[Case]:
    signature, anchor = proofs_of(good)

    def elsewhere(name: str, code: str, **changes: Any) -> Case:
        moved = replace(anchor_of(good), **changes).to_proof(datetime(2026, 1, 1, tzinfo=UTC), "did:x#1")
        proof = {**anchor, "proofValue": moved["proofValue"]}
        return Case(name, orjson.dumps({**good, "proof": [signature, proof]}), 1, code)

    yield elsewhere("C85a wrong-chain", "chain_not_trusted", chain_id=world.registry.chain_id + 1)
    yield elsewhere("C85b wrong-registry", "registry_not_trusted", registry=Address(b"\x01" * 20))
    yield elsewhere("C80a issuer-of-other", "root_not_anchored", issuer_id=world.publisher.id)
    never = {**world.sign(a_credential(1200)), "proof": [*proofs_of(world.sign(a_credential(1200))), anchor]}
    yield Case("C79 root-not-anchored", orjson.dumps(never), 1, "root_not_anchored")

    impostor = world.register(replace(ISSUER, did="did:web:usm.evil.example"), a_signer(77), account="impostor")
    name = replace(impostor.profile, name="Univеrsiti Sains Malaysia")
    (fake,) = world.issue(a_credential(1201, issuer=name), issuer=impostor)
    yield Case("C47 homoglyph-issuer", orjson.dumps(fake), 1, "issuer_not_accredited")
    borrower = Registered(world.issuer.profile, world.issuer.account, [a_signer(77)])
    stolen = world.sign(a_credential(1202), issuer=borrower)
    (by_impostor,) = world.anchor(stolen, issuer=impostor, method=borrower.method)
    yield Case("C80 root-anchored-by-other-issuer", orjson.dumps(by_impostor), 1, "did_mismatch")

    keyless = world.register(replace(ISSUER, did="did:web:retired.example"), a_signer(78), account="retired")
    world.accredit(keyless)
    (before,) = world.issue(a_credential(1203, issuer=keyless.profile), issuer=keyless)
    anchored_at = int(datetime.fromisoformat(str(proofs_of(before)[-1]["created"])).timestamp())
    world.close_key(keyless, keyless.signers[0], anchored_at)
    yield Case("C84 key-closed-at-anchor", orjson.dumps(before), 1, "key_not_valid_at_anchor")


def statuses(world: World) -> Iterator[Case]:
    revoked, suspended, kept = world.issue(a_credential(1301), a_credential(1302), a_credential(1303))
    (withdrawn,) = world.issue(a_credential(1304))
    world.set_status(1301, StatusAction.REVOKE, Reason.COMPROMISED)
    world.set_status(1302, StatusAction.SUSPEND, Reason.ASSESSMENT_INVALID)
    world.withdraw(withdrawn, Reason.ISSUED_IN_ERROR)
    yield Case("C83a revoked", orjson.dumps(revoked), 1, "revoked")
    yield Case("C83b suspended", orjson.dumps(suspended), 1, "suspended")
    yield Case("C83c batch-withdrawn", orjson.dumps(withdrawn), 1, "batch_withdrawn")
    yield Case("C83d not-revoked", orjson.dumps(kept), 0, "valid")


# --- records and awards ---


def records(world: World) -> Iterator[Case]:
    modules = world.issue(
        *(a_credential(number, achievement=an_achievement(code)) for number, code in enumerate(MODULES, 1401))
    )
    award = world.award(modules, number=1410)
    good, bad, mixed, double = (
        a_record(*modules, award, number=1420),
        a_record(*modules, modules[0] | {"id": "urn:uuid:1", "name": "x"}, number=1421),
        a_record(*world.issue(subject_of(1, 1430), subject_of(2, 1431)), number=1422),
        a_record(*modules, number=1423),
    )
    held: Any = double["credentialSubject"]
    held["verifiableCredential"].append(modules[0])
    issued = world.issue(good, bad, mixed, double, issuer=world.publisher)
    yield Case("C87a award-alone", orjson.dumps(award), 0, "valid")
    yield Case("C87b record", orjson.dumps(issued[0]), 0, "valid")
    yield Case("C87c one-bad-in-record", orjson.dumps(issued[1]), 1, "component_invalid")
    yield Case("C88 bundle-mixed-subjects", orjson.dumps(issued[2]), 1, "subject_mismatch")
    yield Case("C88a same-credential-twice", orjson.dumps(issued[3]), 1, "duplicate_credential")
    crowd: Any = copy.deepcopy(issued[0])
    crowd["credentialSubject"]["verifiableCredential"] = [{"type": []}] * 501
    yield Case("C87d bundle-501", orjson.dumps(crowd), 2, "limit_bundle")


def subject_of(person: int, number: int) -> JsonObject:
    document: dict[str, Any] = a_credential(number)
    subject = {"id": did_key(a_signer(80 + person).public_key), **document["credentialSubject"]}
    return document | {"credentialSubject": subject}


def poison_graph(size: int = 10) -> Case:
    """A schema-valid badge with a clique of blank nodes (rdf-canon's test074), whose signature takes for ever."""
    did = did_key(a_signer(5).public_key)
    document: dict[str, Any] = {name: value for name, value in a_credential(1500).items() if name != "credentialStatus"}
    document["issuer"] = {**document["issuer"], "id": did}
    method = f"{did}#{did.removeprefix('did:key:')}"
    proof = sign(document, cryptosuite=EDDSA_RDFC, signer=a_signer(5), verification_method=method, created=SIGNED_AT)
    names = [f"_:n{number}" for number in range(size)]
    document["credentialSubject"]["achievement"]["related"] = [
        {
            "id": name,
            "type": ["Related", "Achievement"],
            "related": [{"id": other, "type": ["Related"]} for other in names if other != name],
        }
        for name in names
    ]
    return Case("C37 poison-graph", orjson.dumps(document | {"proof": proof}), 3, "canonicalization_budget")
