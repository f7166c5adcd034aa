"""Credentials with members that their holder may keep back: SD-JWT VC (media type `application/dc+sd-jwt`).

The claims of the token are the members of the Open Badges credential itself, so that what is read out of it is that
credential without the members that are withheld. Which members may be withheld is fixed here; who issued, to whom, what
was achieved, its type, period, limits and status never may.

The claim `cairn-anchor-2026` leads to the ledger: the digest of the whole credential, its anchor proof, and which
digest hides which member. What it proves: the ledger holds the credential with that digest, and the issuer's key says
that these are facts of it. With the whole text of a credential but for one short grade, that grade could be guessed
from the digest. So the identifiers with their random salt are withheld with whatever else is.
"""

from __future__ import annotations

import copy
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ledger.documents.canonical import digest, digest_multibase, parse_digest_multibase
from ledger.documents.codecs import encode_base64url
from ledger.documents.did import resolve_did_key
from ledger.documents.keys import KeyKind, PublicKey, parse_jwk
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import Conflict, InvalidProof, MalformedDocument
from ledger.proofs.anchor_proof import CRYPTOSUITE as ANCHOR_CLAIM
from ledger.proofs.data_integrity import Signer
from ledger.proofs.hideable import HIDEABLE, forbidden, misnamed
from ledger.proofs.jose import JwtCredential, parse_token, registered_claims, sign_token, with_document
from ledger.proofs.key_binding import KeyBinding, read_key_binding
from ledger.proofs.sd_jwt import Concealer, Path, Salts, SdJwt, disclose, hash_name_of, split

SD_JWT_MEDIA_TYPE = "application/dc+sd-jwt"
VCT = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential"
"""The type of credential: the name that Open Badges 3.0 gives to `AchievementCredential` in its vocabulary."""

_TYPES = frozenset({"dc+sd-jwt", "vc+sd-jwt"})
_CLAIMS_OF_THE_TOKEN = ("vct", "vct#integrity", "aka_vcts", "cnf", "status", ANCHOR_CLAIM)
_COMPLETED = (None, "Completed")


@dataclass(frozen=True)
class Anchored:
    """The credential that the ledger holds, of which a token says a part. `members` says what each digest hides."""

    digest: bytes
    proof: JsonObject
    members: Mapping[str, str]


@dataclass(frozen=True)
class SdJwtCredential:
    """A token with disclosures, taken apart. Nothing is known of its signature yet.

    `withheld` names what is kept back, as far as the issuer says what that is; `unnamed` counts the rest. `problem` is
    why it can't be relied on whoever signed it.
    """

    token: JwtCredential
    withheld: tuple[str, ...]
    unnamed: int
    anchored: Anchored | None = None
    key_binding: KeyBinding | None = None
    problem: InvalidProof | None = field(default=None, compare=False)


# --- withholding -----------------------------------------------------------------------------------------------------


def withhold(credential: SdJwt, hidden: Collection[str]) -> SdJwt:
    """A token of Cairn's without some of its members, and then without its salted identifiers as well.

    `hidden` is from `parse_hidden`. Raises Conflict `disclosure_forbidden` for results that say that the course was not
    completed, and for a member that the token shows for good.
    """
    read = read_sd_jwt_credential(credential)
    if not hidden or read.anchored is None:
        return credential
    names = read.anchored.members
    for word in hidden:
        if word not in names.values() and _stands_in(read.token.document, HIDEABLE[word]):
            raise Conflict(
                f"the {word} of this credential say a limit of it, and are not withheld", "disclosure_forbidden"
            )
    wanted = {*hidden, "identifiers"}
    return credential.without(lambda disclosure: names.get(disclosure.digest()) in wanted)


def _stands_in(document: JsonObject, path: Path) -> bool:
    node: JsonValue = document
    for name in path:
        if name != "[]":
            node = node.get(name) if isinstance(node, dict) else None
    return bool(node)


# --- signing ---------------------------------------------------------------------------------------------------------


def sign_sd_jwt(
    document: JsonObject,
    signer: Signer,
    key_id: str,
    *,
    issued_at: datetime,
    salts: Salts = lambda: secrets.token_bytes(16),
) -> SdJwt:
    """An anchored credential as a token with all its disclosures, signed with EdDSA.

    `document` is the credential with its proofs. Raises Conflict `not_hideable` for one that carries no anchor proof,
    or no salted identifier: what is hidden could then be guessed from the digest.
    """
    facts = copy.deepcopy({name: value for name, value in document.items() if name != "proof"})
    concealer = Concealer(salts)
    members = dict(_conceal(facts, concealer))
    if "identifiers" not in members.values():
        raise Conflict("the credential has no salted identifier, so what is hidden could be guessed", "not_hideable")
    anchor: JsonObject = {
        "digestMultibase": digest_multibase(digest(document)),
        "proof": _anchor_proof(document),
        "members": {name: members[name] for name in sorted(members)},
    }
    payload: JsonObject = {
        "vct": VCT,
        **registered_claims(document),
        "iat": int(issued_at.timestamp()),
        **_confirmation(document),
        ANCHOR_CLAIM: anchor,
        **facts,
        "_sd_alg": "sha-256",
    }
    header: JsonObject = {"alg": "EdDSA", "typ": "dc+sd-jwt", "kid": key_id}
    return SdJwt(sign_token(header, payload, signer), tuple(concealer.disclosures))


def _conceal(facts: JsonObject, concealer: Concealer) -> list[tuple[str, str]]:
    """Hides what may be hidden, in place: each digest with the word for its member."""
    found: list[tuple[str, str]] = []
    if "evidence" in facts:
        found.append((concealer.member(facts, "evidence"), "evidence"))
    subject = facts.get("credentialSubject")
    if not isinstance(subject, dict):
        return found
    if "result" in subject and _is_completed(subject["result"]):
        found.append((concealer.member(subject, "result"), "results"))
    if "narrative" in subject:
        found.append((concealer.member(subject, "narrative"), "narrative"))
    identifiers = subject.get("identifier")
    if isinstance(identifiers, list):
        for place, entry in enumerate(identifiers):
            if isinstance(entry, dict) and entry.get("hashed") is True and isinstance(entry.get("salt"), str):
                found.append((concealer.element(identifiers, place), "identifiers"))
    return found


def _is_completed(results: JsonValue) -> bool:
    """Whether no result says that the course was failed, left or not finished: that is a limit of the credential."""
    entries = results if isinstance(results, list) else [results]
    return all(isinstance(entry, dict) and entry.get("status") in _COMPLETED for entry in entries)


def _anchor_proof(document: JsonObject) -> JsonObject:
    proofs = document.get("proof")
    for proof in proofs if isinstance(proofs, list) else [proofs]:
        if isinstance(proof, dict) and proof.get("cryptosuite") == ANCHOR_CLAIM:
            return proof
    raise Conflict("the credential is not on the ledger yet", "not_hideable")


def _confirmation(document: JsonObject) -> JsonObject:
    """The claim `cnf` (RFC 7800) where the learner's identifier is a key: who presents the token can prove it."""
    subject = document.get("credentialSubject")
    identifier = subject.get("id") if isinstance(subject, dict) else None
    if not isinstance(identifier, str) or not identifier.startswith("did:key:"):
        return {}
    (key,) = resolve_did_key(identifier).methods.values()
    if key.kind is not KeyKind.ED25519:
        return {}
    return {"cnf": {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(key.data)}}}


# --- reading ---------------------------------------------------------------------------------------------------------


def parse_sd_jwt_credential(data: bytes) -> SdJwtCredential:
    """Reads a token with disclosures and the credential in it.

    Raises MalformedDocument as `split`, `disclose`, `parse_token`, `with_document` and `read_key_binding`;
    `sd_jwt_other_model` for claims that are no credential of W3C's data model, such as those of identity cards.
    """
    return read_sd_jwt_credential(split(data))


def read_sd_jwt_credential(credential: SdJwt) -> SdJwtCredential:
    """As `parse_sd_jwt_credential`, of a token that was taken apart."""
    token, payload, kind = parse_token(credential.token.encode(), _TYPES)
    if not kind:
        raise MalformedDocument("jwt_type", "the token does not say that it has disclosures")
    found = disclose(payload, credential.disclosures)
    if "@context" not in found.claims or "credentialSubject" not in found.claims:
        message = "the token holds claims of another kind than an Open Badge; Cairn does not read those"
        raise MalformedDocument("sd_jwt_other_model", message)
    claims = {name: value for name, value in found.claims.items() if name not in _CLAIMS_OF_THE_TOKEN}
    anchored, problem = _anchored(payload), forbidden(found, payload)
    if anchored is not None:
        problem = problem or misnamed(found, anchored.members, credential.disclosures, hash_name_of(payload))
    names = anchored.members if anchored else {}
    holder = _holder(payload)
    return SdJwtCredential(
        token=with_document(token, claims, is_w3c=True),
        withheld=tuple(sorted({names[name] for name in found.withheld if name in names})),
        unnamed=sum(name not in names for name in found.withheld),
        anchored=anchored,
        key_binding=read_key_binding(credential, hash_name_of(payload), holder) if credential.key_binding else None,
        problem=problem,
    )


def _anchored(payload: JsonObject) -> Anchored | None:
    """The claim that leads to the ledger. Raises MalformedDocument `sd_jwt_anchor`."""
    claim = payload.get(ANCHOR_CLAIM)
    if claim is None:
        return None
    text, proof, members = (
        (claim.get("digestMultibase"), claim.get("proof"), claim.get("members"))
        if isinstance(claim, dict)
        else [None] * 3
    )
    if not isinstance(text, str) or not isinstance(proof, dict) or not isinstance(members, dict):
        raise MalformedDocument("sd_jwt_anchor", "the claim that leads to the ledger is not built as it should be")
    named = {name: word for name, word in members.items() if isinstance(word, str)}
    return Anchored(parse_digest_multibase(text), proof, named)


def _holder(payload: JsonObject) -> PublicKey | None:
    """The key in the claim `cnf`. Raises MalformedDocument as `parse_jwk`."""
    confirmation = payload.get("cnf")
    jwk = confirmation.get("jwk") if isinstance(confirmation, dict) else None
    return parse_jwk(jwk) if isinstance(jwk, dict) else None
