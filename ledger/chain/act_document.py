"""A signed act as a file or a request: strict JSON, one spelling, small enough for a message.

    {"version": 1, "registry": "eip155:1:0x…", "issuer_id": "0x…",
     "call": {"function": "anchor", "root": "0x…", "tree_size": 720},
     "operator": "0x…", "nonce": "0x…", "deadline": 1795305600, "signature": "0x…"}

The other calls are {"function": "withdraw", "root": "0x…", "reason": 1} and {"function": "setStatus", "action":
"revoke", "reason": 1, "words": [{"word": "0x…", "mask": "0x…"}]}. Bytes are lower-case hex of their full length: 32 for
ids, roots, nonces and masks, 8 for a word. Nothing in it is secret, and nothing in it is about a person.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeVar

import orjson

from ledger.chain.addresses import caip10, checksum_address, parse_address, parse_caip10
from ledger.chain.registry import (
    Address,
    AnchorBatch,
    Authorization,
    IssuerId,
    Reason,
    SetStatus,
    SponsorableCall,
    SponsoredCall,
    StatusAction,
    WithdrawBatch,
)
from ledger.chain.sponsoring import digest_of
from ledger.documents.codecs import decode_hex, encode_hex
from ledger.documents.strict_json import JsonObject, JsonValue, Limits, parse
from ledger.errors import MalformedDocument

VERSION = 1
MOST_SIGNATURE_BYTES = 2048
"""Room for a dozen owners of a multi-signature, or for a passkey."""
LAST_DEADLINE = 253_402_300_799
"""The end of the year 9999: times beyond it have no text form."""
LIMITS = Limits(max_bytes=64 * 1024, depth=4, keys=16, items=256, string=2 + 2 * MOST_SIGNATURE_BYTES)

_MEMBERS = {"version", "registry", "issuer_id", "call", "operator", "nonce", "deadline", "signature"}
_T = TypeVar("_T")


@dataclass(frozen=True)
class SignedAct:
    """An act with its authorization, and the registry that it was signed for."""

    chain_id: int
    registry: Address
    act: SponsoredCall

    @property
    def digest(self) -> bytes:
        """What the operator signed: two documents with one digest are one act."""
        return digest_of(self.act, chain_id=self.chain_id, registry=self.registry)


def to_document(signed: SignedAct) -> bytes:
    """The act as JSON."""
    call, given = signed.act.call, signed.act.authorization
    document = {
        "version": VERSION,
        "registry": caip10(signed.chain_id, signed.registry),
        "issuer_id": encode_hex(call.issuer_id),
        "call": _call_value(call),
        "operator": checksum_address(given.operator),
        "nonce": _hex(given.nonce, 32),
        "deadline": given.deadline,
        "signature": encode_hex(given.signature),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"


def from_document(content: bytes) -> SignedAct:
    """Reads what `to_document` wrote; says nothing of whether the signature is good.

    Raises MalformedDocument: the codes of `strict_json.parse` and of the codecs, `schema_act` for members that do not
    belong or are not of their kind, `schema_version`.
    """
    document = parse(content, LIMITS)
    if document.get("version") != VERSION or document["version"] is True:
        raise MalformedDocument("schema_version", f"this is not a signed act of version {VERSION}")
    _require_members(document, _MEMBERS)
    chain_id, registry = parse_caip10(_of(str, document["registry"]))
    if caip10(chain_id, registry) != document["registry"]:
        raise MalformedDocument("string_address", "the registry's address is not spelled with its checksum")
    issuer = IssuerId(decode_hex(_of(str, document["issuer_id"]), size=32))
    call = _read_call(issuer, document["call"])
    authorization = Authorization(
        _read_address(document["operator"]),
        _number(document["nonce"], 32),
        _of(int, document["deadline"], least=0, most=LAST_DEADLINE),
        _read_signature(document["signature"]),
    )
    return SignedAct(chain_id, registry, SponsoredCall(call, authorization))


def _call_value(call: SponsorableCall) -> dict[str, object]:
    match call:
        case AnchorBatch(_, root, tree_size):
            return {"function": "anchor", "root": encode_hex(root), "tree_size": tree_size}
        case WithdrawBatch(_, root, reason):
            return {"function": "withdraw", "root": encode_hex(root), "reason": int(reason)}
        case SetStatus(_, action, reason, words):
            listed = [{"word": _hex(word, 8), "mask": _hex(mask, 32)} for word, mask in words]
            name = StatusAction(action).name.lower()
            return {"function": "setStatus", "action": name, "reason": int(reason), "words": listed}


def _read_call(issuer: IssuerId, value: JsonValue) -> SponsorableCall:
    call = _of(dict, value)
    match call.get("function"):
        case "anchor":
            _require_members(call, {"function", "root", "tree_size"})
            size = _of(int, call["tree_size"], least=1, most=2**32 - 1)
            return AnchorBatch(issuer, decode_hex(_of(str, call["root"]), size=32), size)
        case "withdraw":
            _require_members(call, {"function", "root", "reason"})
            reason = Reason(_of(int, call["reason"], least=min(Reason), most=max(Reason)))
            return WithdrawBatch(issuer, decode_hex(_of(str, call["root"]), size=32), reason)
        case "setStatus":
            _require_members(call, {"function", "action", "reason", "words"})
            actions = {action.name.lower(): action for action in StatusAction}
            action = actions.get(_of(str, call["action"]))
            if action is None:
                raise _wrong("there is no such action")
            number = _of(int, call["reason"], least=0, most=max(Reason))
            return SetStatus(issuer, action, number, tuple(_read_word(word) for word in _of(list, call["words"])))
    raise _wrong("there is no such function")


def _read_word(value: JsonValue) -> tuple[int, int]:
    entry: JsonObject = _of(dict, value)
    _require_members(entry, {"word", "mask"})
    return _number(entry["word"], 8), _number(entry["mask"], 32)


def _read_address(value: JsonValue) -> Address:
    address = parse_address(_of(str, value))
    if checksum_address(address) != value:
        raise MalformedDocument("string_address", "an address is not spelled with its checksum")
    return address


def _read_signature(value: JsonValue) -> bytes:
    text = _of(str, value)
    return decode_hex(text, size=max(0, len(text) - 2) // 2)


def _hex(number: int, size: int) -> str:
    return encode_hex(number.to_bytes(size, "big"))


def _number(value: JsonValue, size: int) -> int:
    return int.from_bytes(decode_hex(_of(str, value), size=size), "big")


def _of(kind: type[_T], value: object, *, least: int | None = None, most: int | None = None) -> _T:
    if type(value) is not kind:
        raise _wrong(f"a value is not of the kind {kind.__name__}")
    if isinstance(value, int) and ((least is not None and value < least) or (most is not None and value > most)):
        raise _wrong("a number is out of its range")
    return value


def _require_members(value: JsonObject, members: Collection[str]) -> None:
    if set(value) != set(members):
        raise _wrong("its members are not those of a signed act")


def _wrong(message: str) -> MalformedDocument:
    return MalformedDocument("schema_act", f"this is not a signed act: {message}")
