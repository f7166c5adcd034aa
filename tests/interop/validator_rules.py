"""What 1EdTech's public validator asks beyond its JSON Schemas, as far as it can be asked offline.

Our own reading of its rules (Open Badges 3.0 and CLR 2.0, "Verification and Validation"; the validator's probes): the
validator itself is Java and fetches. One sentence for each rule that a document breaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
RECORDS = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
POSITIONS = {
    "AchievementCredential": [CREDENTIALS, BADGES],
    "OpenBadgeCredential": [CREDENTIALS, BADGES],
    "EndorsementCredential": [CREDENTIALS, BADGES],
    "ClrCredential": [CREDENTIALS, RECORDS, BADGES],
}
SUBJECTS = {
    "AchievementCredential": "AchievementSubject",
    "OpenBadgeCredential": "AchievementSubject",
    "EndorsementCredential": "EndorsementSubject",
    "ClrCredential": "ClrSubject",
}
SUITES = ("eddsa-rdfc-2022", "ecdsa-sd-2023")
MEMBER_TYPES = {
    "result": "Result",
    "resultDescription": "ResultDescription",
    "identifier": "IdentityObject",
    "evidence": "Evidence",
    "otherIdentifier": "IdentifierEntry",
    "alignment": "Alignment",
    "association": "Association",
}
AMBIGUOUS = ("endorsementJwt", "jti")
"""Terms that two copies of one context define differently."""

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_MULTIBASE_KEY = re.compile(r"z[1-9A-HJ-NP-Za-km-z]{40,}")


def broken_rules(document: dict[str, Any]) -> list[str]:
    """The rules that a credential, endorsement or record breaks, those of the credentials in it included."""
    return list(_broken(document))


def _broken(document: dict[str, Any]) -> Iterator[str]:
    kind = next((name for name in POSITIONS if name in _list(document.get("type"))), None)
    if kind is None or "VerifiableCredential" not in document["type"]:
        yield "type: of no kind that the validator knows"
        return
    contexts = document.get("@context")
    if not isinstance(contexts, list) or contexts[: len(POSITIONS[kind])] != POSITIONS[kind]:
        yield "@context: not the kind's contexts in their places"
    yield from _broken_by_people(document, SUBJECTS[kind])
    yield from _broken_by_lifetime(document)
    yield from _broken_by_types(document)
    yield from _broken_by_proof(document)
    yield from (f"{name}: two copies of the context differ on it" for name in AMBIGUOUS if name in document)
    for member in _list(document["credentialSubject"].get("verifiableCredential")):
        yield from (f"{member.get('id')}: {rule}" for rule in _broken(member))


def _broken_by_people(document: dict[str, Any], subject_type: str) -> Iterator[str]:
    issuer, subject = document.get("issuer"), document["credentialSubject"]
    if not isinstance(issuer, dict) or "Profile" not in _list(issuer.get("type")):
        yield "issuer: not an object of the type Profile"
    if subject_type not in _list(subject.get("type")):
        yield f"credentialSubject: not of the type {subject_type}"
    if "id" not in subject and "identifier" not in subject:
        yield "credentialSubject: neither id nor identifier"


def _broken_by_lifetime(document: dict[str, Any]) -> Iterator[str]:
    for name in ("validFrom", "validUntil", "awardedDate"):
        if name in document and not _DATE_TIME.fullmatch(str(document[name])):
            yield f"{name}: not a date and time with its zone"
    if not isinstance(document.get("credentialStatus", {}), dict):
        yield "credentialStatus: not one object"


def _broken_by_types(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _broken_by_types(one, name)
    elif isinstance(value, dict):
        wanted = MEMBER_TYPES.get(name)
        if wanted and wanted not in _list(value.get("type")):
            yield f"{name}: not of the type {wanted}"
        for member, inner in value.items():
            if member != "verifiableCredential":
                yield from _broken_by_types(inner, member)


def _broken_by_proof(document: dict[str, Any]) -> Iterator[str]:
    """It takes the first proof that it knows, and the key from the fragment wherever that could be one."""
    proofs = _list(document.get("proof"))
    if any(proof.get("type") != "DataIntegrityProof" for proof in proofs):
        yield "proof: a type that its context does not define"
    known = [
        proof
        for proof in proofs
        if proof.get("proofPurpose") == "assertionMethod" and proof.get("cryptosuite") in SUITES
    ]
    if not known:
        yield "proof: none of a suite that the validator knows"
        return
    did, _, fragment = str(known[0].get("verificationMethod")).partition("#")
    issuer = document.get("issuer")
    if isinstance(issuer, dict) and did != issuer.get("id"):
        yield "proof: its key is not the issuer's"
    if did.startswith("did:web:") and _MULTIBASE_KEY.fullmatch(fragment):
        yield "proof: the fragment is a key, so that the issuer's DID would not be asked"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
