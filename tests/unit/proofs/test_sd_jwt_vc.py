"""Credentials with members kept back: what may be, what never, and what other software makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import orjson
import pytest
from openvc.proof.sd_jwt import SdJwtVcProofSuite

from ledger.documents.canonical import digest
from ledger.documents.codecs import decode_base64url, encode_base64url
from ledger.documents.credential import Evidence
from ledger.documents.did import did_key
from ledger.documents.keys import ed25519_key
from ledger.errors import CairnError, Conflict, MalformedDocument
from ledger.proofs.anchor_proof import CRYPTOSUITE as ANCHOR_CLAIM
from ledger.proofs.data_integrity import Signer
from ledger.proofs.hideable import HIDEABLE, parse_hidden
from ledger.proofs.jose import sign_token, verify_jwt
from ledger.proofs.sd_jwt import Concealer, SdJwt
from ledger.proofs.sd_jwt_vc import VCT, parse_sd_jwt_credential, sign_sd_jwt, withhold
from tests.builders import ISSUER, LEARNER, a_credential, a_signer

NOW = datetime(2026, 3, 3, tzinfo=UTC)
KEY_ID = f"{ISSUER.did}#key-1"
ANCHOR = {"type": "DataIntegrityProof", "cryptosuite": ANCHOR_CLAIM, "proofValue": "u"}


def a_document(**changes: Any) -> dict[str, Any]:
    made = a_credential(
        evidence=[Evidence(url="https://portfolio.example/1", name="Portfolio")],
        narrative="Wrote a plan.",
        learner=replace(LEARNER, did=did_key(a_signer(7).public_key)),
        **changes,
    )
    return {**made, "proof": [ANCHOR]}


def signed(document: dict[str, Any] | None = None) -> SdJwt:
    return sign_sd_jwt(document or a_document(), a_signer(), KEY_ID, issued_at=NOW)


def resigned(change: Any) -> bytes:
    """A token of the same issuer with a payload that was changed."""
    whole = signed(a_document(valid_until=date(2099, 1, 1)))
    payload = orjson.loads(decode_base64url(whole.token.split(".")[1]))
    change(payload)
    header: Any = {"alg": "EdDSA", "typ": "dc+sd-jwt", "kid": KEY_ID}
    return replace(whole, token=sign_token(header, payload, a_signer())).compact().encode()


def test_with_every_disclosure_the_credential_is_the_one_that_was_signed() -> None:
    document = a_document()
    read = parse_sd_jwt_credential(signed(document).compact().encode())
    facts = {name: value for name, value in document.items() if name != "proof"}
    assert read.token.document == facts
    assert read.withheld == ()
    assert read.anchored is not None
    assert read.anchored.digest == digest(document)
    assert set(read.anchored.members.values()) == set(HIDEABLE)
    assert read.problem is None
    verify_jwt(read.token, [ed25519_key(a_signer().public_key)])


@pytest.mark.parametrize("word", ["results", "evidence", "narrative", "identifiers"])
def test_what_is_withheld_is_gone_and_the_salt_with_it(word: str) -> None:
    document = a_document()
    part = withhold(signed(document), parse_hidden([word]))
    read = parse_sd_jwt_credential(part.compact().encode())
    assert set(read.withheld) == {word, "identifiers"}
    said: Any = read.token.document
    gone = {"results": "result", "evidence": "evidence", "narrative": "narrative"}.get(word)
    if gone:
        assert gone not in said
        assert gone not in said["credentialSubject"]
    assert [entry["identityType"] for entry in said["credentialSubject"]["identifier"]] == ["name"]
    for name in ("issuer", "credentialStatus", "validFrom", "type", "id"):
        assert said[name] == document[name]
    salts = [entry.get("salt", "") for entry in document["credentialSubject"]["identifier"]]
    assert not any(salt and salt in part.compact() for salt in salts)


def test_another_judge_accepts_whole_and_part_and_sees_the_same() -> None:
    document = a_document(valid_until=date(2099, 1, 1))
    key = {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(a_signer().public_key)}
    for token in (signed(document), withhold(signed(document), {"results", "evidence"})):
        verified = SdJwtVcProofSuite().verify(token.compact(), public_key_jwk=key, expected_vct=VCT)
        claims = dict(verified.claims)
        assert claims["iss"] == ISSUER.did
        assert claims["cnf"]["jwk"]["x"] == encode_base64url(a_signer(7).public_key)
        ours = parse_sd_jwt_credential(token.compact().encode()).token.document
        assert {name: claims[name] for name in ours} == ours


@pytest.mark.parametrize("word", ["issuer", "status", "period", "limits", "type", "achievement", "validUntil"])
def test_what_may_never_be_hidden_is_refused_by_name(word: str) -> None:
    with pytest.raises(Conflict) as refused:
        parse_hidden(["results", word])
    assert refused.value.code == "disclosure_forbidden"


def test_a_word_that_means_nothing_is_refused() -> None:
    with pytest.raises(CairnError) as refused:
        parse_hidden(["grades"])
    assert refused.value.code == "hide_unknown"


@pytest.mark.parametrize("status", ["Failed", "Provisional", "InProgress"])
def test_a_result_that_is_a_limit_is_not_withheld(status: str) -> None:
    document = a_document()
    document["credentialSubject"]["result"] = [{"type": ["Result"], "status": status}]
    with pytest.raises(Conflict) as refused:
        withhold(signed(document), {"results"})
    assert refused.value.code == "disclosure_forbidden"
    said: Any = parse_sd_jwt_credential(withhold(signed(document), {"evidence"}).compact().encode()).token.document
    assert "result" in said["credentialSubject"]


def test_without_a_salted_identifier_or_an_anchor_nothing_is_signed() -> None:
    unsalted, unanchored = a_document(), a_document()
    unsalted["credentialSubject"]["identifier"] = unsalted["credentialSubject"]["identifier"][:1]
    unanchored["proof"] = []
    for document in (unsalted, unanchored):
        with pytest.raises(Conflict) as refused:
            signed(document)
        assert refused.value.code == "not_hideable"


def hide(payload: dict[str, Any], path: list[str], word: str | None) -> None:
    """Has an issuer's token hide something more, under the name of `word` if there is one."""
    node = payload
    for name in path[:-1]:
        node = node[name]
    sd_digest = Concealer(lambda: bytes(16)).member(node, path[-1])
    if word:
        payload[ANCHOR_CLAIM]["members"][sd_digest] = word


@pytest.mark.parametrize(
    ("path", "word"),
    [
        (["validUntil"], None),
        (["validUntil"], "evidence"),
        (["credentialStatus"], "results"),
        (["issuer"], None),
        (["credentialSubject", "achievement"], "results"),
        (["credentialSubject", "achievement", "name"], "results"),
        (["credentialSubject", "creditsEarned"], "results"),
    ],
)
def test_a_token_that_hides_more_than_it_may_is_refused_whoever_signed_it(path: list[str], word: str | None) -> None:
    problem = parse_sd_jwt_credential(resigned(lambda payload: hide(payload, path, word))).problem
    assert problem is not None
    assert problem.code == "disclosure_forbidden"


def test_nor_may_it_hide_the_subject_as_a_whole() -> None:
    with pytest.raises(MalformedDocument) as refused:
        parse_sd_jwt_credential(resigned(lambda payload: hide(payload, ["credentialSubject"], "evidence")))
    assert refused.value.code == "sd_jwt_disclosure"


def test_a_disclosed_member_that_may_not_be_hidden_is_refused_too() -> None:
    concealer = Concealer(lambda: bytes(16))

    def change(payload: dict[str, Any]) -> None:
        concealer.member(payload, "credentialStatus")

    token = resigned(change) + concealer.disclosures[0].text.encode() + b"~"
    problem = parse_sd_jwt_credential(token).problem
    assert problem is not None
    assert problem.code == "disclosure_forbidden"


def test_claims_of_another_kind_are_not_called_a_forgery() -> None:
    payload: Any = {"vct": "https://example.com/identity", "iss": "https://issuer.example", "given_name": "Ana"}
    header: Any = {"alg": "EdDSA", "typ": "dc+sd-jwt"}
    with pytest.raises(MalformedDocument) as refused:
        parse_sd_jwt_credential((sign_token(header, payload, a_signer()) + "~").encode())
    assert refused.value.code == "sd_jwt_other_model"


def bound(part: SdJwt, holder: Signer, **changes: Any) -> bytes:
    """The part with the holder's own token behind it."""
    about = encode_base64url(sha256(part.bound().encode()).digest())
    payload: Any = {
        "iat": 1_772_500_000,
        "aud": "https://employer.example",
        "nonce": "n-1",
        "sd_hash": about,
        **changes,
    }
    header: Any = {"alg": "EdDSA", "typ": "kb+jwt"}
    return replace(part, key_binding=sign_token(header, payload, holder)).compact().encode()


def test_the_holder_can_bind_a_part_to_whom_it_is_for() -> None:
    part = withhold(signed(), {"results"})
    read = parse_sd_jwt_credential(bound(part, a_signer(7)))
    assert read.key_binding is not None
    assert (read.key_binding.audience, read.key_binding.nonce) == ("https://employer.example", "n-1")
    assert read.key_binding.problem is None
    for other in (bound(part, a_signer(8)), bound(part, a_signer(7), sd_hash="AAAA")):
        binding = parse_sd_jwt_credential(other).key_binding
        assert binding is not None
        assert binding.problem is not None
        assert binding.problem.code == "key_binding_invalid"
    with pytest.raises(MalformedDocument) as refused:
        parse_sd_jwt_credential(bound(part, a_signer(7), nonce=None))
    assert refused.value.code == "key_binding_malformed"
