"""Signed tokens inside records: each in the `data:` URL of an `EnvelopedVerifiableCredential` (VCDM 2.0, 4.13).

1EdTech's schema for CLR 2.0 wants an issuer, a date and a subject of every credential in a record. So our envelopes say
both that they are envelopes and that they are credentials, and repeat these three from the token. They are not what was
signed: whoever reads the record takes the token, and refuses an envelope that says anything else than it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.documents.credential import CREDENTIALS_CONTEXT, ENVELOPE_TYPE, JWT_URL, OPEN_BADGES_CONTEXT
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument

if TYPE_CHECKING:
    from ledger.proofs.jose import JwtCredential

_OURS = ["VerifiableCredential", ENVELOPE_TYPE]
_TYPES = (ENVELOPE_TYPE, [ENVELOPE_TYPE], _OURS, _OURS[::-1])
_MEMBERS = frozenset({"@context", "id", "type"})
_REPEATED = frozenset({"issuer", "validFrom", "credentialSubject"})


def is_envelope(entry: JsonObject) -> bool:
    """Whether an object says that it envelops a credential, well-formed or not."""
    types = entry.get("type")
    return ENVELOPE_TYPE in types if isinstance(types, list) else types == ENVELOPE_TYPE


def envelop(token: bytes) -> JsonObject:
    """The envelope of a compact JWS, as it may stand in a record. Raises MalformedDocument as the reader of tokens."""
    from ledger.proofs.jose import parse_jwt_credential

    return {
        "@context": [CREDENTIALS_CONTEXT, OPEN_BADGES_CONTEXT],
        "id": JWT_URL + token.decode("ascii", "replace"),
        "type": [*_OURS],
        **_repeated(parse_jwt_credential(token).document),
    }


def open_envelope(entry: JsonObject) -> JwtCredential:
    """The token in an envelope; nothing is known of its signature yet.

    Raises MalformedDocument: `envelope_unsupported` for another kind of token, `envelope_invalid` for an envelope that
    says what its token does not, and as the reader of tokens.
    """
    from ledger.proofs.jose import parse_jwt_credential

    address = entry.get("id")
    if entry.get("type") not in _TYPES or not isinstance(address, str) or not address.startswith("data:"):
        raise MalformedDocument("envelope_invalid", "an envelope has a context, a type, and a data: URL as its id")
    if not address.startswith(JWT_URL):
        raise MalformedDocument("envelope_unsupported", f"only envelopes of {JWT_URL}… are read")
    token = parse_jwt_credential(address.removeprefix(JWT_URL).encode())
    says = {name: value for name, value in entry.items() if name not in _MEMBERS}
    repeated = _repeated(token.document)
    if any(name not in _REPEATED or value != repeated[name] for name, value in says.items()):
        raise MalformedDocument("envelope_invalid", "the envelope says something that its token does not")
    return token


def _repeated(document: JsonObject) -> dict[str, JsonValue]:
    """What our envelopes repeat of a credential: no more than the schema asks for."""
    issuer, subject = document.get("issuer"), document.get("credentialSubject")
    one = subject[0] if isinstance(subject, list) and subject else subject
    identifier = one.get("id") if isinstance(one, dict) else None
    return {
        "issuer": issuer.get("id") if isinstance(issuer, dict) else issuer,
        "validFrom": document.get("validFrom", document.get("issuanceDate")),
        "credentialSubject": {"type": ["AchievementSubject"]} if identifier is None else {"id": identifier},
    }
