"""The keys of an issuer whom no registry knows: from its DID, or from a document that it publishes.

A did:key or did:jwk holds its key. A DID document lists the keys that may sign assertions. An issuer that goes by an
https address publishes at that address a controlled identifier document, a JSON Web Key, or a set of them (Open Badges
3.0, section 8.2); a single key may also lie at an address below it. Who publishes elsewhere on the same host may be
somebody else.

A key is never taken from the proof or from the header of a token.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ledger.documents.did import parse_did_document, resolve_did_key
from ledger.documents.keys import PublicKey, parse_jwk, parse_multikey
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import InvalidProof, MalformedDocument
from ledger.verifying.readings import Unknown
from ledger.verifying.report import Consulted
from ledger.verifying.resources import Resources

KEY_UNKNOWN = Unknown("key_unknown", "The issuer's key is not known here, so its signature can't be checked.")
_OF_ANOTHER = Unknown("document_unreadable", "The document that was given for the issuer's keys is that of another.")
_UNREADABLE = Unknown("document_unreadable", "The document that was given for the issuer's keys is not readable.")


@dataclass(frozen=True)
class KeySource:
    """The keys that may have signed: `keys` whatever the proof calls them, `by_method` only under their own names.

    `name` says where they come from: `registry`, `did`, `did_document`, `issuer_address`.
    """

    name: str
    keys: tuple[PublicKey, ...] = ()
    by_method: Mapping[str, PublicKey] = field(default_factory=dict)
    consulted: tuple[Consulted, ...] = ()

    def keys_for(self, method: str | None) -> tuple[PublicKey, ...]:
        """The keys to try for a proof that names this method, or, as a token may, none."""
        if method is None:
            return tuple(dict.fromkeys((*self.keys, *self.by_method.values())))
        return (self.by_method[method],) if method in self.by_method else self.keys


def did_key_source(did: str) -> KeySource | Unknown | InvalidProof:
    """The key in a did:key or did:jwk, or why it can't be one: `key_weak`, `key_malformed`."""
    try:
        return KeySource("did", by_method=resolve_did_key(did).methods)
    except MalformedDocument as error:
        if error.code.endswith("unsupported"):
            return Unknown("key_unsupported", "The issuer's key is of a kind that Cairn does not check.")
        code = "key_weak" if error.code.endswith("weak") else "key_malformed"
        return InvalidProof(code, "the key in the issuer's identifier is not one that can be relied on")


def holds_its_key(did: str) -> bool:
    return did.startswith(("did:key:", "did:jwk:"))


def published_keys(issuer: str, named: Iterable[str], resources: Resources) -> KeySource | Unknown | InvalidProof:
    """The keys of an issuer without a registry. `named` are the methods that the proofs name.

    Unknown: `key_unknown`, `key_unsupported`, `document_unreadable`, and the codes of fetching.
    """
    if holds_its_key(issuer):
        return did_key_source(issuer)
    if issuer.startswith("https://"):
        return _at_address(issuer, named, resources)
    found = resources.did_document(issuer)
    if not isinstance(found, tuple):
        return found or KEY_UNKNOWN
    document, resource = found
    if document.id != issuer:
        return _OF_ANOTHER
    return KeySource("did_document", by_method=document.methods, consulted=(resource.consulted,))


def _at_address(issuer: str, named: Iterable[str], resources: Resources) -> KeySource | Unknown:
    """The keys at an issuer's https address and, of those that the proofs name, at addresses that are its own."""
    keys: list[PublicKey] = []
    by_method: dict[str, PublicKey] = {}
    consulted: list[Consulted] = []
    trouble: Unknown | None = None
    own = [name for name in dict.fromkeys(named) if _is_below(name, issuer)]
    for address in dict.fromkeys((issuer, *own)):
        if address in by_method:
            continue
        found = resources.json_at(address)
        if isinstance(found, Unknown):
            trouble = found
        elif found is not None:
            document, resource = found
            try:
                some, others = _keys_in(document, issuer, address)
            except MalformedDocument:
                trouble = _UNREADABLE
                continue
            keys += some
            by_method |= others
            consulted.append(resource.consulted)
    if not keys and not by_method:
        return trouble or KEY_UNKNOWN
    return KeySource("issuer_address", tuple(keys), by_method, tuple(consulted))


def _is_below(address: str, issuer: str) -> bool:
    """Whether an address is the issuer's own: a fragment of its address, or a path below it."""
    return address.startswith((f"{issuer}#", f"{issuer.rstrip('/')}/")) and ".." not in address


def _keys_in(document: JsonObject, issuer: str, address: str) -> tuple[list[PublicKey], dict[str, PublicKey]]:
    """The keys of a published document: whatever they are called, and by the names of their methods."""
    if "keys" in document:
        return _key_set(document["keys"], issuer)
    if "kty" in document:
        return ([parse_jwk(document)], {}) if address == issuer else ([], {address: parse_jwk(document)})
    if document.get("id") == address != issuer:
        if document.get("controller") != issuer:
            raise MalformedDocument("did_document_malformed", "the key is that of another controller")
        return [], {address: _key_of_method(document)}
    if "verificationMethod" in document or "assertionMethod" in document:
        listed = parse_did_document(document)
        if listed.id != issuer:
            raise MalformedDocument("did_document_malformed", "the document is that of another issuer")
        return [], dict(listed.methods)
    return [], {}


def _key_set(entries: JsonValue, issuer: str) -> tuple[list[PublicKey], dict[str, PublicKey]]:
    """The keys of a JSON Web Key Set (RFC 7517, section 5); those of kinds that we don't know are passed over."""
    keys: list[PublicKey] = []
    by_method: dict[str, PublicKey] = {}
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict):
            raise MalformedDocument("key_malformed", "a key set holds something that is no key")
        try:
            key = parse_jwk(entry)
        except MalformedDocument as error:
            if error.code in ("key_unsupported", "key_use"):
                continue
            raise
        name = entry.get("kid")
        keys.append(key)
        if isinstance(name, str):
            by_method[name if name.startswith("https://") else f"{issuer}#{name.removeprefix('#')}"] = key
    return keys, by_method


def _key_of_method(method: JsonObject) -> PublicKey:
    jwk, multikey = method.get("publicKeyJwk"), method.get("publicKeyMultibase")
    if isinstance(jwk, dict) and multikey is None:
        return parse_jwk(jwk)
    if isinstance(multikey, str) and jwk is None:
        return parse_multikey(multikey)
    raise MalformedDocument("key_malformed", "the published key is not written as one key")
