"""Which members of a credential its holder may keep back, and how a token is refused that lets others be kept back."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import CairnError, Conflict, InvalidProof
from ledger.proofs.anchor_proof import CRYPTOSUITE as ANCHOR_CLAIM
from ledger.proofs.sd_jwt import Disclosed, Disclosure, Path

HIDEABLE: Mapping[str, Path] = {
    "results": ("credentialSubject", "result"),
    "evidence": ("evidence",),
    "narrative": ("credentialSubject", "narrative"),
    "identifiers": ("credentialSubject", "identifier", "[]"),
}
"""What may be withheld, by the words for it. Of the identifiers those that are hashed: e-mail address and number."""

_NEVER = (
    *("issuer", "type", "achievement", "status", "period", "limits", "name", "subject", "credits", "level"),
    *("id", "context", "credentialStatus", "validFrom", "validUntil", "achievedLevel", "relatedResource", "related"),
)
"""Words with which people may ask for what is never withheld, to tell them so."""

_ALWAYS_PLAIN = frozenset(
    {
        *("vct", "vct#integrity", "aka_vcts", "cnf", "status", ANCHOR_CLAIM),
        *("iss", "nbf", "exp", "jti", "aud"),
        *("@context", "id", "type", "name", "issuer", "credentialStatus", "relatedResource", "proof"),
        *("validFrom", "validUntil", "issuanceDate", "expirationDate", "credentialSchema", "termsOfUse"),
    }
)
"""Claims of which no part may be hidden (SD-JWT VC, section 2.2.2.3, and what a verdict rests on)."""
_PLAIN_IN_SUBJECT = frozenset({"id", "type", "achievement", "creditsEarned", "source"})


def parse_hidden(words: Collection[str]) -> frozenset[str]:
    """What somebody wants to hide, by the words of `HIDEABLE`.

    Raises Conflict `disclosure_forbidden` for what is never withheld, CairnError `hide_unknown` for any other word.
    """
    for word in words:
        if word in HIDEABLE:
            continue
        if word in _NEVER:
            message = f"{word!r} is never withheld: without it nobody could judge the credential"
            raise Conflict(message, "disclosure_forbidden")
        raise CairnError("hide_unknown", f"what can be withheld is {', '.join(HIDEABLE)}")
    return frozenset(words)


def forbidden(found: Disclosed, payload: JsonObject) -> InvalidProof | None:
    """Why the token hides, or could hide, what may never be hidden."""
    if "credentialSubject" not in payload:
        return _hides_too_much("credentialSubject")
    for path in (*found.shown.values(), *found.withheld.values()):
        if path[:1] and path[0] in _ALWAYS_PLAIN:
            return _hides_too_much(path[0])
        if path[:1] == ("credentialSubject",) and len(path) > 1 and path[1] in _PLAIN_IN_SUBJECT:
            return _hides_too_much(path[1])
    return None


def _hides_too_much(name: str) -> InvalidProof:
    return InvalidProof("disclosure_forbidden", f"the token hides, or lets its holder hide, {name}")


def misnamed(
    found: Disclosed, members: Mapping[str, str], disclosures: Collection[Disclosure], hash_name: str
) -> InvalidProof | None:
    """Why the token's own list of what it hides can't be relied on: then it could hide an end or a limit.

    Each member of an object is hidden once, or stands there plainly.
    """
    seen: set[Path] = set()
    names = {disclosure.digest(hash_name): disclosure.name for disclosure in disclosures}
    for sd_digest, path in (*found.withheld.items(), *found.shown.items()):
        place = HIDEABLE.get(members.get(sd_digest, ""))
        if place is None:
            return InvalidProof("disclosure_forbidden", "the token hides something without saying what it is")
        full = path if sd_digest in found.shown or place[-1] == "[]" else (*path, place[-1])
        if full != place or (sd_digest in names and (names[sd_digest] or "[]") != place[-1]):
            return InvalidProof("disclosure_forbidden", "the token hides something else than it says")
        if full in seen or (sd_digest in found.withheld and _stands_in(found.claims, full)):
            return InvalidProof("disclosure_forbidden", "the token hides two things under one name")
        seen |= set() if full[-1] == "[]" else {full}
    return None


def _stands_in(claims: JsonObject, path: Path) -> bool:
    """Whether a member is there; of elements of an array nobody can tell."""
    node: JsonValue = claims
    for name in path:
        if not isinstance(node, dict) or name not in node:
            return False
        node = node[name]
    return path[-1] != "[]"
