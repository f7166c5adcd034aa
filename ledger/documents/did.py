"""Decentralised identifiers: did:web and its URLs, did:key and did:jwk, and DID documents.

A did:web has one spelling here: lower-case host names, no escapes but the `%3A` before a port, no default port. See the
specifications of the three methods, W3C DID Core 1.0 and W3C Controlled Identifiers 1.0 (verification methods).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ledger.documents.codecs import decode_base64url, decode_hex, encode_hex, parse_date_time_stamp
from ledger.documents.keys import (
    KeyKind,
    PublicKey,
    ed25519_key,
    encode_multikey,
    parse_base58,
    parse_jwk,
    parse_multikey,
)
from ledger.documents.strict_json import JsonObject, JsonValue, parse
from ledger.errors import MalformedDocument

CONTEXTS = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")
MAX_DID_LENGTH = 256
"""Bytes; the registry takes no longer DID."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*"
_SEGMENT = r"[A-Za-z0-9._-]+"
_DID_WEB = re.compile(rf"did:web:({_HOST})(?:%3A([1-9][0-9]{{0,4}}))?((?::{_SEGMENT})*)")
_URL = re.compile(rf"https://({_HOST})(?::([1-9][0-9]{{0,4}}))?((?:/{_SEGMENT})*)/?")
_CONTROLLER = re.compile(
    r"did:[a-z0-9]+:[A-Za-z0-9._:%-]*[A-Za-z0-9._%-]"
    rf"|https://{_HOST}(?::[1-9][0-9]{{0,4}})?(?:/[A-Za-z0-9._~!$&'()*+,;=:@/%-]*)?"
)
"""A DID, or the address of a controlled identifier document (W3C Controlled Identifiers 1.0, section 2.1.1)."""
_FRAGMENT = re.compile(r"#[A-Za-z0-9._~!$&'()*+,;=:@/?%-]+")
_CAIP10 = re.compile(r"eip155:[1-9][0-9]{0,19}:0x[0-9A-Fa-f]{40}")
_HTTPS_PORT = 443

_MAX_KEY_LENGTH = 4096
"""Characters of a did:key or did:jwk. One of an RSA key is longer than the registry takes."""

_ED25519_TYPES = frozenset({"Ed25519VerificationKey2018", "Ed25519VerificationKey2020"})
_KEY_TYPES = _ED25519_TYPES | {"Multikey", "JsonWebKey", "JsonWebKey2020"}
_SERVICE_TYPE = "CairnRegistry"


@dataclass(frozen=True)
class DidDocument:
    """What Cairn uses of a DID document.

    `methods` holds the keys for the purpose that was asked about (assertions, unless said otherwise), by the absolute
    id of their verification method. `registry` is what the document says about the issuer's place: the registry's
    CAIP-10 account and the 32-byte issuer id.
    """

    id: str
    methods: Mapping[str, PublicKey] = field(default_factory=dict)
    registry: tuple[str, bytes] | None = None

    @property
    def keys(self) -> Mapping[str, bytes]:
        """The 32 bytes of each Ed25519 key among the methods."""
        return {name: key.data for name, key in self.methods.items() if key.kind is KeyKind.ED25519}


# --- did:web ---------------------------------------------------------------------------------------------------------


def did_from_url(url: str) -> str:
    """The DID of who publishes under a URL: did:web:cairn.example:issuers:usm for https://cairn.example/issuers/usm.

    Raises MalformedDocument `did_web_malformed` for anything but https, a host name, a port and plain path segments.
    """
    match = _URL.fullmatch(url)
    if match is None:
        raise MalformedDocument("did_web_malformed", "the URL is not one that did:web can stand for")
    host, port, path = match.groups()
    did = f"did:web:{host}{f'%3A{port}' if port else ''}{path.replace('/', ':')}"
    _check_web_parts(did, host, port, path.split("/"))
    return did


def url_from_did(did: str) -> str:
    """The URL that a did:web stands for, without a slash at its end. The inverse of `did_from_url`, and as strict."""
    match = _DID_WEB.fullmatch(did)
    if match is None:
        raise MalformedDocument("did_web_malformed", "the DID is not a plainly written did:web")
    host, port, path = match.groups()
    _check_web_parts(did, host, port, path.split(":"))
    return f"https://{host}{f':{port}' if port else ''}{path.replace(':', '/')}"


def document_url(did: str) -> str:
    """Where a did:web's document lies: `/did.json` under its path, `/.well-known/did.json` if it has none."""
    url = url_from_did(did)
    has_path = url.count("/") > 2
    return f"{url}/did.json" if has_path else f"{url}/.well-known/did.json"


def _check_web_parts(did: str, host: str, port: str | None, segments: Iterable[str]) -> None:
    if len(did) > MAX_DID_LENGTH:
        raise MalformedDocument("did_web_malformed", f"the DID is longer than {MAX_DID_LENGTH} bytes")
    # The last label of a public host name is never a number: this refuses IP addresses in every spelling.
    if len(host) > 253 or host.rpartition(".")[2][0].isdigit():
        raise MalformedDocument("did_web_malformed", "a did:web names a host, not an IP address")
    if port is not None and (int(port) > 65535 or int(port) == _HTTPS_PORT):
        raise MalformedDocument("did_web_malformed", "the port of the did:web is out of range, or the default one")
    if any(segment in (".", "..") for segment in segments):
        raise MalformedDocument("did_web_malformed", "the path of the did:web goes up or stands still")


# --- did:key and did:jwk ---------------------------------------------------------------------------------------------


def did_key(public_key: bytes) -> str:
    """The did:key of an Ed25519 public key. Raises MalformedDocument `did_key_weak` or `did_key_malformed`."""
    return f"did:key:{_multikey(public_key)}"


def resolve_did_key(did: str) -> DidDocument:
    """The document of a did:key or did:jwk, which holds that one key.

    Raises MalformedDocument: `did_key_malformed` for what is badly written, `did_key_weak` for a key under which
    signatures prove nothing, `did_key_unsupported` for a kind of key that Cairn does not know.
    """
    method, _, text = did.removeprefix("did:").partition(":")
    if not did.startswith("did:") or method not in ("key", "jwk") or len(did) > _MAX_KEY_LENGTH:
        raise MalformedDocument("did_key_malformed", "the DID is not a did:key or did:jwk")
    try:
        if method == "key":
            return DidDocument(did, {f"{did}#{text}": parse_multikey(text)})
        return DidDocument(did, {f"{did}#0": parse_jwk(parse(decode_base64url(text)))})
    except MalformedDocument as error:
        raise _did_key_error(error) from error


def _multikey(public_key: bytes) -> str:
    try:
        return encode_multikey(ed25519_key(public_key))
    except MalformedDocument as error:
        raise _did_key_error(error) from error


def _did_key_error(error: MalformedDocument) -> MalformedDocument:
    code = error.code if error.code in ("key_weak", "key_unsupported") else "key_malformed"
    return MalformedDocument(f"did_{code}", str(error))


# --- documents -------------------------------------------------------------------------------------------------------


def did_document(did: str, keys: Mapping[int, bytes], registry_caip10: str, issuer_id: bytes) -> JsonObject:
    """The document to publish for an issuer: its keys by number as `#key-1`, `#key-2`, …, and its registry.

    `registry_caip10` names the registry's account (`eip155:<chain id>:0x<address>`), `issuer_id` is the 32-byte id of
    the issuer there. The keys are named by number, not by value, so that every verifier has to resolve the DID.
    """
    methods: list[JsonValue] = [
        {"id": f"{did}#key-{number}", "type": "Multikey", "controller": did, "publicKeyMultibase": _multikey(key)}
        for number, key in keys.items()
    ]
    service: JsonValue = {
        "id": f"{did}#cairn-registry",
        "type": _SERVICE_TYPE,
        "serviceEndpoint": {"registry": registry_caip10, "issuerId": encode_hex(issuer_id)},
    }
    return {
        "@context": list(CONTEXTS),
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [f"{did}#key-{number}" for number in keys],
        "service": [service],
    }


def parse_did_document(
    document: JsonObject, now: datetime | None = None, *, purpose: str = "assertionMethod"
) -> DidDocument:
    """Reads a DID document of our own or of others: strict about what Cairn uses, blind to the rest.

    Its id may also be an https address, under which Open Badges allows an issuer to publish its keys.
    `purpose` is what the keys are wanted for: `assertionMethod`, or `authentication` of a holder. Keys of other kinds
    or for other purposes, keys marked as revoked and keys that have expired at `now` (the present, if not given) are
    left out. Raises MalformedDocument: `did_document_malformed`, `did_key_malformed`, `did_key_weak`,
    `did_method_duplicate`, `did_registry_malformed`.
    """
    did = document.get("id")
    if not isinstance(did, str) or len(did) > MAX_DID_LENGTH or not _CONTROLLER.fullmatch(did):
        raise MalformedDocument(
            "did_document_malformed", "the DID document has no DID, nor an https address, as its id"
        )
    wanted, embedded = set(), []
    for value in _list(document, purpose):
        if not isinstance(value, str):
            embedded.append(_object(value, f"an entry of {purpose}"))
        wanted.add(_absolute(did, value if isinstance(value, str) else _string(embedded[-1], "id")))
    listed = [_object(value, "a verification method") for value in _list(document, "verificationMethod")]
    methods: dict[str, PublicKey] = {}
    for method in [*listed, *embedded]:
        method_id = _absolute(did, _string(method, "id"))
        key = _key(did, method, now) if method_id in wanted else None
        if key is not None and methods.setdefault(method_id, key) != key:
            raise MalformedDocument("did_method_duplicate", "the DID document names two keys by one id")
    return DidDocument(did, methods, _registry(did, document))


def _key(did: str, method: JsonObject, now: datetime | None) -> PublicKey | None:
    """The key of a verification method, if it is this DID's, of a kind that we know, and still in use."""
    kind = method.get("type")
    if not isinstance(kind, str) or kind not in _KEY_TYPES or method.get("controller") != did:
        return None
    if "revoked" in method or _has_expired(method, now):
        return None
    forms = [name for name in _READERS if name in method]
    if len(forms) != 1:
        raise MalformedDocument("did_document_malformed", "a verification method gives no key, or gives it twice")
    try:
        key = _READERS[forms[0]](method)
    except MalformedDocument as error:
        if error.code in ("key_unsupported", "key_use"):
            return None
        if error.code == "did_document_malformed":
            raise
        raise _did_key_error(error) from error
    if kind in _ED25519_TYPES and key.kind is not KeyKind.ED25519:
        raise MalformedDocument("did_key_malformed", "a verification method holds a key of another kind")
    return key


# Each type has one of these by its specification; documents of others have them mixed up.
_READERS: Mapping[str, Callable[[JsonObject], PublicKey]] = {
    "publicKeyMultibase": lambda method: parse_multikey(_string(method, "publicKeyMultibase")),
    "publicKeyBase58": lambda method: parse_base58(_string(method, "publicKeyBase58")),
    "publicKeyJwk": lambda method: parse_jwk(_object(method.get("publicKeyJwk"), "a publicKeyJwk")),
}


def _has_expired(method: JsonObject, now: datetime | None) -> bool:
    if "expires" not in method:
        return False
    try:
        return parse_date_time_stamp(_string(method, "expires")) <= (now or datetime.now(UTC))
    except MalformedDocument as error:
        raise MalformedDocument("did_document_malformed", f"the end of a verification method: {error}") from error


def _registry(did: str, document: JsonObject) -> tuple[str, bytes] | None:
    services = [_object(value, "a service") for value in _list(document, "service")]
    ours = [service for service in services if service.get("type") == _SERVICE_TYPE]
    if not ours:
        return None
    endpoint = ours[0].get("serviceEndpoint")
    if (
        len(ours) > 1
        or _absolute(did, _string(ours[0], "id")) != f"{did}#cairn-registry"
        or not isinstance(endpoint, dict)
    ):
        raise MalformedDocument("did_registry_malformed", "the DID document does not name one registry plainly")
    registry, issuer_id = _string(endpoint, "registry"), _string(endpoint, "issuerId")
    if not _CAIP10.fullmatch(registry):
        raise MalformedDocument("did_registry_malformed", "the registry in the DID document is not a CAIP-10 account")
    try:
        return registry, decode_hex(issuer_id, size=32)
    except MalformedDocument as error:
        raise MalformedDocument("did_registry_malformed", f"the issuer id in the DID document: {error}") from error


def _absolute(did: str, reference: str) -> str:
    """A DID URL with a fragment, made absolute. One of another DID stays as it is and never matches ours."""
    absolute = did + reference if reference.startswith("#") else reference
    if absolute.startswith(f"{did}#") and not _FRAGMENT.fullmatch(absolute[len(did) :]):
        raise MalformedDocument("did_document_malformed", "an id in the DID document is badly written")
    return absolute


def _list(document: JsonObject, member: str) -> list[JsonValue]:
    value = document.get(member, [])
    if not isinstance(value, list):
        raise MalformedDocument("did_document_malformed", f"{member} in the DID document is not a list")
    return value


def _object(value: JsonValue, what: str) -> JsonObject:
    if not isinstance(value, dict):
        raise MalformedDocument("did_document_malformed", f"{what} in the DID document is not an object")
    return value


def _string(value: JsonObject, member: str) -> str:
    text = value.get(member)
    if not isinstance(text, str):
        raise MalformedDocument("did_document_malformed", f"{member} is missing in the DID document, or not a string")
    return text
