"""Decentralised identifiers: did:web and its URLs, did:key, Ed25519 keys as Multikey, and DID documents.

One identifier has one spelling here: lower-case host names, no escapes but the `%3A` before a port, no default port.
See the did:web and did:key method specifications, W3C DID Core 1.0 and W3C Controlled Identifiers 1.0 (Multikey).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ledger.documents.codecs import check_ed25519_key, decode_base58, decode_hex, encode_base58, encode_hex
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument

CONTEXTS = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")
MAX_DID_LENGTH = 256
"""Bytes; the registry takes no longer DID."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*"
_SEGMENT = r"[A-Za-z0-9._-]+"
_DID_WEB = re.compile(rf"did:web:({_HOST})(?:%3A([1-9][0-9]{{0,4}}))?((?::{_SEGMENT})*)")
_URL = re.compile(rf"https://({_HOST})(?::([1-9][0-9]{{0,4}}))?((?:/{_SEGMENT})*)/?")
_DID = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._:%-]*[A-Za-z0-9._%-]")
_FRAGMENT = re.compile(r"#[A-Za-z0-9._~!$&'()*+,;=:@/?%-]+")
_CAIP10 = re.compile(r"eip155:[1-9][0-9]{0,19}:0x[0-9A-Fa-f]{40}")
_HTTPS_PORT = 443

_ED25519_HEADER = b"\xed\x01"
_ED25519_START = "z6Mk"

_KEY_TYPES = ("Multikey", "Ed25519VerificationKey2020")
_SERVICE_TYPE = "CairnRegistry"


@dataclass(frozen=True)
class DidDocument:
    """What Cairn uses of a DID document.

    `keys` holds the Ed25519 keys that may sign assertions, by the absolute id of their verification method. `registry`
    is what the document says about the issuer's place: the registry's CAIP-10 account and the 32-byte issuer id.
    """

    id: str
    keys: Mapping[str, bytes]
    registry: tuple[str, bytes] | None = None


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


# --- did:key and Multikey --------------------------------------------------------------------------------------------


def encode_multikey(public_key: bytes) -> str:
    """`z6Mk…`: an Ed25519 public key with its multicodec header, in base58btc. Raises as `decode_multikey`."""
    _check_key(public_key)
    return "z" + encode_base58(_ED25519_HEADER + public_key)


def decode_multikey(text: str) -> bytes:
    """The 32 bytes of an Ed25519 Multikey.

    Raises MalformedDocument: `did_key_weak` for a point of small order, under which one signature fits any message,
    `did_key_malformed` for a key of another kind, badly written, or not a point in its one encoding.
    """
    try:
        data = decode_base58(text.removeprefix("z"), size=34) if text.startswith(_ED25519_START) else b""
    except MalformedDocument as error:
        raise MalformedDocument("did_key_malformed", f"the key is badly written: {error}") from error
    if not data.startswith(_ED25519_HEADER):
        raise MalformedDocument("did_key_malformed", "the key is not an Ed25519 Multikey")
    return _check_key(data[2:])


def did_key(public_key: bytes) -> str:
    """The did:key of an Ed25519 public key. Raises as `decode_multikey`."""
    return f"did:key:{encode_multikey(public_key)}"


def resolve_did_key(did: str) -> DidDocument:
    """The document of an Ed25519 did:key, which holds that one key. Raises as `decode_multikey`."""
    if not did.startswith("did:key:"):
        raise MalformedDocument("did_key_malformed", "the DID is not a did:key")
    multikey = did.removeprefix("did:key:")
    return DidDocument(id=did, keys={f"{did}#{multikey}": decode_multikey(multikey)})


def _check_key(public_key: bytes) -> bytes:
    try:
        return check_ed25519_key(public_key)
    except MalformedDocument as error:
        raise MalformedDocument(f"did_{error.code}", str(error)) from error


# --- documents -------------------------------------------------------------------------------------------------------


def did_document(did: str, keys: Iterable[bytes], registry_caip10: str, issuer_id: bytes) -> JsonObject:
    """The document to publish for an issuer: its keys as `#key-1`, `#key-2`, … in the order given, and its registry.

    `registry_caip10` names the registry's account (`eip155:<chain id>:0x<address>`), `issuer_id` is the 32-byte id of
    the issuer there. The keys are named by number, not by value, so that every verifier has to resolve the DID.
    """
    methods: list[JsonValue] = [
        {"id": f"{did}#key-{number}", "type": "Multikey", "controller": did, "publicKeyMultibase": encode_multikey(key)}
        for number, key in enumerate(keys, start=1)
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
        "assertionMethod": [f"{did}#key-{number}" for number in range(1, len(methods) + 1)],
        "service": [service],
    }


def parse_did_document(document: JsonObject) -> DidDocument:
    """Reads a DID document of our own or of others: strict about what Cairn uses, blind to the rest.

    Keys of other algorithms, keys that are not for assertions and keys marked as revoked are left out. Raises
    MalformedDocument: `did_document_malformed`, `did_key_malformed`, `did_key_weak`, `did_method_duplicate`,
    `did_registry_malformed`.
    """
    did = document.get("id")
    if not isinstance(did, str) or len(did) > MAX_DID_LENGTH or not _DID.fullmatch(did):
        raise MalformedDocument("did_document_malformed", "the DID document has no DID as its id")
    listed, embedded = [], []
    for value in _list(document, "assertionMethod"):
        if isinstance(value, str):
            listed.append(_absolute(did, value))
        else:
            embedded.append(_object(value, "an assertion method"))
    methods = [_object(value, "a verification method") for value in _list(document, "verificationMethod")]
    keys: dict[str, bytes] = {}
    for method_id, key in _keys(did, [*methods, *embedded]):
        if keys.setdefault(method_id, key) != key:
            raise MalformedDocument("did_method_duplicate", "the DID document names two keys by one id")
    for_assertions = {*listed, *(_absolute(did, _string(method, "id")) for method in embedded)}
    return DidDocument(
        id=did,
        keys={method_id: key for method_id, key in keys.items() if method_id in for_assertions},
        registry=_registry(did, document),
    )


def _keys(did: str, methods: Iterable[JsonObject]) -> Iterator[tuple[str, bytes]]:
    for method in methods:
        method_id = _absolute(did, _string(method, "id"))
        if method.get("type") not in _KEY_TYPES or "revoked" in method or method.get("controller") != did:
            continue
        multikey = _string(method, "publicKeyMultibase")
        if multikey.startswith(_ED25519_START):
            yield method_id, decode_multikey(multikey)


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
