"""Selective disclosure for JWTs (RFC 9901): a signed token in which the digests of some members stand for them.

    <token of the issuer>~<disclosure>~…~<disclosure>~<key binding token of the holder, or nothing>

Whoever holds all disclosures chooses which to pass on; nobody can change one, or put one where it does not belong. What
is read here is read strictly: each digest once, each disclosure used once, nothing under a name that is reserved, and
bounds on everything before it is decoded. Signatures are checked elsewhere (`jose`, `sd_jwt_vc`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import orjson

from ledger.documents.codecs import decode_base64url, encode_base64url
from ledger.documents.strict_json import DOCUMENT, JsonObject, JsonValue, parse
from ledger.errors import MalformedDocument

MAX_DISCLOSURES = 256
MAX_BYTES = 4 * DOCUMENT.max_bytes // 3 + 128 * 1024

_PART = re.compile(r"[A-Za-z0-9_-]+")
HASHES: dict[str, Callable[[bytes], hashlib._Hash]] = {
    "sha-256": hashlib.sha256,
    "sha-384": hashlib.sha384,
    "sha-512": hashlib.sha512,
}
_DIGESTS, _ELEMENT, _HASH_NAME = "_sd", "...", "_sd_alg"

Path = tuple[str, ...]
"""Where something stands: the names of members from the root; an element of an array is `[]`."""

Salts = Callable[[], bytes]


@dataclass(frozen=True)
class Disclosure:
    """A hidden member, or a hidden element of an array: its `name` is None. `text` is how it is written."""

    text: str
    name: str | None
    value: JsonValue

    def digest(self, hash_name: str = "sha-256") -> str:
        """The digest that stands for it (RFC 9901, section 4.2.3)."""
        return encode_base64url(HASHES[hash_name](self.text.encode()).digest())


@dataclass(frozen=True)
class SdJwt:
    """The parts of a token with disclosures. `key_binding` is the holder's own token, if one stands at the end."""

    token: str
    disclosures: tuple[Disclosure, ...]
    key_binding: str | None = None

    def compact(self) -> str:
        return f"{self.bound()}{self.key_binding or ''}"

    def bound(self) -> str:
        """What a key binding token is about: everything before it (RFC 9901, section 4.3.1)."""
        return "~".join((self.token, *(disclosure.text for disclosure in self.disclosures), ""))

    def without(self, is_withheld: Callable[[Disclosure], bool]) -> SdJwt:
        """The same with fewer disclosures, and without the holder's token, which was about all of them."""
        kept = tuple(disclosure for disclosure in self.disclosures if not is_withheld(disclosure))
        return replace(self, disclosures=kept, key_binding=None)


@dataclass(frozen=True)
class Disclosed:
    """What a token says. `withheld` and `shown` say where each hidden member stands, by its digest."""

    claims: JsonObject
    withheld: Mapping[str, Path]
    shown: Mapping[str, Path]


# --- reading ---------------------------------------------------------------------------------------------------------


def split(data: bytes) -> SdJwt:
    """Takes a compact SD-JWT apart (RFC 9901, section 4).

    Raises MalformedDocument: `limit_body`, `sd_jwt_malformed`, `sd_jwt_disclosure` for a disclosure that is not one, or
    stands there twice; and the codes of the strict loader.
    """
    if len(data) > MAX_BYTES or data.count(b"~") > MAX_DISCLOSURES + 1:
        raise MalformedDocument("limit_body", f"the token is too large, or has more than {MAX_DISCLOSURES} disclosures")
    if not data.isascii():
        raise _malformed("the token is not in ASCII")
    token, *texts = data.decode().split("~")
    last = texts.pop() if texts else ""
    if b"~" not in data or not _is_jws(token) or "" in texts or (last and not _is_jws(last)):
        raise _malformed("the token is not a signed one, followed by its disclosures")
    if len(set(texts)) != len(texts):
        raise MalformedDocument("sd_jwt_disclosure", "a disclosure stands there twice")
    return SdJwt(token, tuple(_disclosure(text) for text in texts), last or None)


def hash_name_of(payload: JsonObject) -> str:
    """The hash that a payload names in `_sd_alg` (RFC 9901, section 4.1.1). Raises MalformedDocument `sd_jwt_hash`."""
    name = payload.get(_HASH_NAME, "sha-256")
    if not isinstance(name, str) or name not in HASHES:
        raise MalformedDocument("sd_jwt_hash", "the token names a hash that Cairn does not know")
    return name


def disclose(payload: JsonObject, disclosures: Iterable[Disclosure]) -> Disclosed:
    """Puts what is disclosed back into a payload (RFC 9901, section 7.1, step 3).

    Raises MalformedDocument `sd_jwt_hash`; `sd_jwt_digest` for a digest that stands there twice or is not one;
    `sd_jwt_disclosure` for a disclosure that belongs nowhere, or is of another kind than its place; `sd_jwt_reserved`
    for one that takes a reserved name, or the name of a member that is there; `limit_depth`.
    """
    hash_name = hash_name_of(payload)
    reader = _Reader({disclosure.digest(hash_name): disclosure for disclosure in disclosures})
    plain = {name: value for name, value in payload.items() if name != _HASH_NAME}
    claims = reader.members(plain, ())
    if unused := reader.given.keys() - reader.shown.keys():
        raise MalformedDocument("sd_jwt_disclosure", f"disclosures that belong nowhere: {len(unused)}")
    return Disclosed(claims, reader.withheld, reader.shown)


class _Reader:
    """One walk through a payload."""

    def __init__(self, given: Mapping[str, Disclosure]) -> None:
        self.given = given
        self.withheld: dict[str, Path] = {}
        self.shown: dict[str, Path] = {}

    def members(self, node: JsonObject, path: Path) -> JsonObject:
        if _ELEMENT in node or _HASH_NAME in node:
            raise MalformedDocument("sd_jwt_reserved", "a reserved name stands where it has no meaning")
        found = {name: self.value(value, (*path, name)) for name, value in node.items() if name != _DIGESTS}
        for digest in _digests(node):
            disclosure = self._take(digest, path)
            if disclosure is None:
                continue
            if disclosure.name is None:
                raise MalformedDocument("sd_jwt_disclosure", "an element of an array is disclosed as a member")
            if disclosure.name in found:
                raise MalformedDocument("sd_jwt_reserved", "a disclosure takes the name of a member that is there")
            self.shown[digest] = (*path, disclosure.name)
            found[disclosure.name] = self.value(disclosure.value, (*path, disclosure.name))
        return found

    def value(self, value: JsonValue, path: Path) -> JsonValue:
        if len(path) > DOCUMENT.depth:
            raise MalformedDocument("limit_depth", "the disclosures nest too deeply")
        if isinstance(value, dict):
            return self.members(value, path)
        if isinstance(value, list):
            return list(self._elements(value, (*path, "[]")))
        return value

    def _elements(self, values: list[JsonValue], path: Path) -> Iterator[JsonValue]:
        for value in values:
            if not isinstance(value, dict) or value.keys() != {_ELEMENT}:
                yield self.value(value, path)
                continue
            digest = value[_ELEMENT]
            if not isinstance(digest, str):
                raise MalformedDocument("sd_jwt_digest", "what stands for a hidden element is no digest")
            disclosure = self._take(digest, path)
            if disclosure is not None and disclosure.name is not None:
                raise MalformedDocument("sd_jwt_disclosure", "a member is disclosed as an element of an array")
            if disclosure is not None:
                yield self.value(disclosure.value, path)

    def _take(self, digest: str, path: Path) -> Disclosure | None:
        """The disclosure with this digest, which stands at this place and at no other."""
        if digest in self.shown or digest in self.withheld:
            raise MalformedDocument("sd_jwt_digest", "a digest stands there twice")
        disclosure = self.given.get(digest)
        (self.withheld if disclosure is None else self.shown)[digest] = path
        return disclosure


def _digests(node: JsonObject) -> list[str]:
    value = node.get(_DIGESTS, [])
    if not isinstance(value, list):
        raise MalformedDocument("sd_jwt_digest", "what should be a list of digests is none")
    digests = [digest for digest in value if isinstance(digest, str)]
    if len(digests) != len(value):
        raise MalformedDocument("sd_jwt_digest", "what stands for a hidden member is no digest")
    return digests


def _disclosure(text: str) -> Disclosure:
    """A disclosure from its encoding (RFC 9901, sections 4.2.1 and 4.2.2): base64url of an array of two or three."""
    try:
        content = decode_base64url(text)
    except MalformedDocument:
        raise MalformedDocument("sd_jwt_disclosure", "a disclosure is not plain base64url") from None
    wrapped = parse(b'{"disclosure":' + content + b"}")
    parts = wrapped.get("disclosure")
    if wrapped.keys() != {"disclosure"} or not isinstance(parts, list) or len(parts) not in (2, 3):
        raise MalformedDocument("sd_jwt_disclosure", "a disclosure is not an array of two or three")
    salt, name = parts[0], parts[1] if len(parts) == 3 else None
    if not isinstance(salt, str) or (len(parts) == 3 and not isinstance(name, str)):
        raise MalformedDocument("sd_jwt_disclosure", "the salt or the name in a disclosure is not text")
    if name in (_DIGESTS, _ELEMENT, _HASH_NAME):
        raise MalformedDocument("sd_jwt_reserved", "a disclosure takes a reserved name")
    return Disclosure(text, name if isinstance(name, str) else None, parts[-1])


def _is_jws(text: str) -> bool:
    parts = text.split(".")
    return len(parts) == 3 and all(_PART.fullmatch(part) for part in parts)


def _malformed(message: str) -> MalformedDocument:
    return MalformedDocument("sd_jwt_malformed", message)


# --- making ----------------------------------------------------------------------------------------------------------


class Concealer:
    """Puts digests in the place of members, and keeps the disclosures. `salts` gives 16 random bytes each time."""

    def __init__(self, salts: Salts) -> None:
        self._salts = salts
        self.disclosures: list[Disclosure] = []

    def member(self, node: JsonObject, name: str) -> str:
        """Hides a member of an object, in place. Gives its digest, which takes its place among the others, sorted."""
        digest = self._keep(name, node.pop(name))
        node[_DIGESTS] = [*sorted([*_digests(node), digest])]
        return digest

    def element(self, values: list[JsonValue], place: int) -> str:
        """Hides an element of an array, in place. Gives its digest."""
        digest = self._keep(None, values[place])
        values[place] = {_ELEMENT: digest}
        return digest

    def _keep(self, name: str | None, value: JsonValue) -> str:
        salt = encode_base64url(self._salts())
        parts: list[JsonValue] = [salt, value] if name is None else [salt, name, value]
        disclosure = Disclosure(encode_base64url(orjson.dumps(parts)), name, value)
        self.disclosures.append(disclosure)
        return disclosure.digest()
