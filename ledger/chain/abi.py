"""The registry's calls, answers, errors and events as bytes, after the ABI in the committed artifact.

Everything here is made of 32-byte words, so it is coded by hand: a verifier starts without loading an ABI library, and
an answer about 500 credentials is decoded in a few milliseconds. Answers are read strictly: a word out of its range or
an array of another length is a node that does not tell the truth. Specification: Solidity's contract ABI.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.chain.addresses import keccak
from ledger.chain.artifact import artifact
from ledger.chain.registry import (
    AcceptAdmin,
    Accredit,
    AccreditationPeriod,
    AddKey,
    Address,
    Anchor,
    AnchorBatch,
    Authorization,
    CancelNonce,
    CloseKey,
    CredentialState,
    EndAccreditation,
    IssuerId,
    IssuerState,
    KeyPeriod,
    ProposeAdmin,
    RegisterIssuer,
    RegistryCall,
    SetOperator,
    SetStatus,
    SponsorableCall,
    SponsoredCall,
    StateQuery,
    StatusAction,
    WithdrawBatch,
)
from ledger.errors import RegistryUnreachable

_WORD = 32
_CREDENTIAL_WORDS = 11
_KEY_WORDS = 3
_PANIC = bytes.fromhex("4e487b71")


# --- calls ----------------------------------------------------------------------------------------------------------


def encode_call(call: RegistryCall) -> bytes:
    """The calldata of a call that changes the registry. Raises `ValueError` for a value out of its range."""
    match call:
        case RegisterIssuer(did):
            return _encode("registerIssuer", _uint(_WORD), _text(did))
        case ProposeAdmin(issuer, pending):
            return _encode("proposeAdmin", _bytes32(issuer), _address(pending))
        case AcceptAdmin(issuer):
            return _encode("acceptAdmin", _bytes32(issuer))
        case SetOperator(issuer, account, roles, valid_from, valid_until):
            period = _uint(valid_from, 64) + _uint(valid_until, 64)
            return _encode("setOperator", _bytes32(issuer), _address(account), _uint(roles, 8), period)
        case AddKey(issuer, key):
            return _encode("addKey", _bytes32(issuer), _bytes32(key))
        case CloseKey(issuer, key, valid_until):
            return _encode("closeKey", _bytes32(issuer), _bytes32(key), _uint(valid_until, 64))
        case Accredit(issuer, valid_until, scope):
            return _encode("accredit", _bytes32(issuer), _uint(valid_until, 64), _bytes32(scope))
        case EndAccreditation(issuer):
            return _encode("endAccreditation", _bytes32(issuer))
        case AnchorBatch() | WithdrawBatch() | SetStatus():
            return _encode(function_of(call), _bytes32(call.issuer_id), _payload(call, _WORD))
        case CancelNonce(nonce):
            return _encode("cancelNonce", _uint(nonce))
        case SponsoredCall(act, authorization):
            return _encode_sponsored(act, authorization)


def function_of(call: SponsorableCall) -> str:
    """The name of the registry's function for an act, without `For`."""
    match call:
        case AnchorBatch():
            return "anchor"
        case WithdrawBatch():
            return "withdraw"
        case SetStatus():
            return "setStatus"


def payload_hash(call: SponsorableCall) -> bytes:
    """keccak256 of the arguments of an act after the issuer id: what an operator signs of them."""
    return keccak(_payload(call, 0))


def _payload(call: SponsorableCall, before: int) -> bytes:
    """The arguments of an act after the issuer id. `before` is how many bytes of arguments precede them."""
    match call:
        case AnchorBatch(_, root, tree_size):
            return _bytes32(root) + _uint(tree_size, 32)
        case WithdrawBatch(_, root, reason):
            return _bytes32(root) + _uint(reason, 8)
        case SetStatus(_, action, reason, words):
            return _uint(action, 8) + _uint(reason, 8) + _uint(before + 3 * _WORD) + _status_words(words)


def _status_words(words: Sequence[tuple[int, int]]) -> bytes:
    return _uint(len(words)) + b"".join(_uint(word, 64) + _uint(mask) for word, mask in words)


def _encode_sponsored(act: SponsorableCall, authorization: Authorization) -> bytes:
    signature = authorization.signature
    signed = (
        _address(authorization.operator)
        + _uint(authorization.nonce)
        + _uint(authorization.deadline, 64)
        + _uint(4 * _WORD)
        + _uint(len(signature))
        + signature
        + bytes(-len(signature) % _WORD)
    )
    head = _bytes32(act.issuer_id)
    if isinstance(act, SetStatus):
        # Two arguments of varying length: their places in the head are offsets, and they follow it.
        listed = _status_words(act.words)
        after = 5 * _WORD
        head += _uint(act.action, 8) + _uint(act.reason, 8) + _uint(after) + _uint(after + len(listed)) + listed
    else:
        head += _payload(act, _WORD) + _uint(4 * _WORD)
    return _encode(f"{function_of(act)}For", head, signed)


def encode_states(
    issuer_ids: Sequence[IssuerId], queries: Sequence[StateQuery], accreditors: Sequence[Address]
) -> bytes:
    """The calldata of `states`, the one question that a verification asks."""
    arrays = (
        _uint(len(issuer_ids)) + b"".join(map(_bytes32, issuer_ids)),
        _uint(len(queries))
        + b"".join(_bytes32(q.issuer_id) + _bytes32(q.root) + _uint(q.status_index, 64) for q in queries),
        _uint(len(accreditors)) + b"".join(map(_address, accreditors)),
    )
    first = 3 * _WORD
    offsets = (first, first + len(arrays[0]), first + len(arrays[0]) + len(arrays[1]))
    return _encode("states", *map(_uint, offsets), *arrays)


def encode_anchor_of(issuer_id: IssuerId, root: bytes) -> bytes:
    return _encode("anchorOf", _bytes32(issuer_id), _bytes32(root))


def encode_status_word(issuer_id: IssuerId, word: int) -> bytes:
    return _encode("statusWord", _bytes32(issuer_id), _uint(word, 64))


def encode_is_nonce_spent(operator: Address, nonce: int) -> bytes:
    return _encode("isNonceSpent", _address(operator), _uint(nonce))


def status_topics(issuer_id: IssuerId, status_index: int) -> list[bytes]:
    """The topics of the events that changed the word in which this status index lies."""
    return [artifact().topics["StatusChanged"], _bytes32(issuer_id), _uint(status_index >> 8, 64)]


def _encode(function: str, *parts: bytes) -> bytes:
    return artifact().selectors[function] + b"".join(parts)


def _uint(value: int, bits: int = 256) -> bytes:
    if not 0 <= value < 1 << bits:
        raise ValueError(f"{value} does not fit {bits} bits")
    return int(value).to_bytes(_WORD, "big")


def _bytes32(value: bytes) -> bytes:
    if len(value) != _WORD:
        raise ValueError(f"expected 32 bytes, not {len(value)}")
    return value


def _address(value: Address) -> bytes:
    if len(value) != 20:
        raise ValueError(f"expected 20 bytes, not {len(value)}")
    return bytes(12) + value


def _text(value: str) -> bytes:
    encoded = value.encode()
    return _uint(len(encoded)) + encoded + bytes(-len(encoded) % _WORD)


# --- answers --------------------------------------------------------------------------------------------------------


class _Words:
    """The words of an answer, read with their ranges. Raises `RegistryUnreachable` (`rpc_malformed`)."""

    def __init__(self, data: bytes, count: int | None = None) -> None:
        """`count` is the number of words, where it is known."""
        if len(data) % _WORD or count not in (None, len(data) // _WORD):
            raise _wrong()
        self._data = data

    def __len__(self) -> int:
        return len(self._data) // _WORD

    def bytes32(self, at: int) -> bytes:
        word = self._data[at * _WORD : (at + 1) * _WORD]
        if len(word) != _WORD:
            raise _wrong()
        return word

    def uint(self, at: int, bits: int = 64) -> int:
        value = int.from_bytes(self.bytes32(at), "big")
        if value >> bits:
            raise _wrong()
        return value

    def boolean(self, at: int) -> bool:
        return bool(self.uint(at, 1))

    def address(self, at: int) -> Address:
        return Address(self.uint(at, 160).to_bytes(20, "big"))

    def expect(self, at: int, value: int) -> None:
        """For offsets and lengths, which have one right value: an answer has one encoding."""
        if self.uint(at, 256) != value:
            raise _wrong()


def _wrong() -> RegistryUnreachable:
    return RegistryUnreachable("a node's answer is not what the registry would say", "rpc_malformed")


def decode_block(data: bytes) -> tuple[int, int]:
    """Number and time of the block that an answer of `states` was read at."""
    words = _Words(data)
    return words.uint(0), words.uint(1)


def decode_states(
    data: bytes, issuer_ids: Sequence[IssuerId], query_count: int
) -> tuple[int, int, dict[IssuerId, IssuerState | None], tuple[CredentialState, ...]]:
    """Number and time of the block that was read, the issuers by id, the credentials in the order of the queries."""
    words = _Words(data)
    words.expect(2, 4 * _WORD)
    words.expect(4, len(issuer_ids))
    first = 5
    at = first + len(issuer_ids)
    issuers: dict[IssuerId, IssuerState | None] = {}
    for position, identifier in enumerate(issuer_ids):
        words.expect(first + position, (at - first) * _WORD)
        issuers[identifier], at = _issuer_state(words, identifier, at)
    words.expect(3, at * _WORD)
    words.expect(at, query_count)
    credentials = tuple(
        _credential_state(words, at + 1 + position * _CREDENTIAL_WORDS) for position in range(query_count)
    )
    if len(words) != at + 1 + query_count * _CREDENTIAL_WORDS:
        raise _wrong()
    return words.uint(0), words.uint(1), issuers, credentials


def _issuer_state(words: _Words, identifier: IssuerId, at: int) -> tuple[IssuerState | None, int]:
    """The state that begins at `at`, and where the next one begins."""
    did_hash, registered_at = words.bytes32(at), words.uint(at + 1)
    words.expect(at + 2, 3 * _WORD)
    first = at + 4
    after = first + words.uint(at + 3, 32) * _KEY_WORDS
    if after > len(words):
        raise _wrong()
    keys = tuple(
        KeyPeriod(words.bytes32(key), words.uint(key + 1), words.uint(key + 2))
        for key in range(first, after, _KEY_WORDS)
    )
    if registered_at == 0:
        _require_empty(did_hash == bytes(_WORD) and not keys)
        return None, after
    return IssuerState(identifier, did_hash, registered_at, keys), after


def _credential_state(words: _Words, at: int) -> CredentialState:
    period = AccreditationPeriod(words.address(at + 7), words.uint(at + 8), words.uint(at + 9), words.bytes32(at + 10))
    if not period.valid_until:
        _require_empty(period == AccreditationPeriod(Address(bytes(20)), 0, 0, bytes(_WORD)))
    return CredentialState(
        _anchor(words, at), words.boolean(at + 5), words.boolean(at + 6), period if period.valid_until else None
    )


def _anchor(words: _Words, at: int) -> Anchor | None:
    anchor = Anchor(
        words.uint(at), words.uint(at + 1), words.uint(at + 2, 32), words.uint(at + 3), words.uint(at + 4, 8)
    )
    if not anchor.anchored_at:
        _require_empty(anchor == Anchor(0, 0, 0, 0, 0))
        return None
    return anchor


def _require_empty(is_empty: bool) -> None:
    """For a record whose first field says that it is not there: the rest of it must be empty too."""
    if not is_empty:
        raise _wrong()


def decode_anchor_of(data: bytes) -> Anchor | None:
    return _anchor(_Words(data, 5), 0)


def decode_status_word(data: bytes) -> tuple[int, int]:
    """The revoked and the suspended bits."""
    words = _Words(data, 2)
    return words.uint(0, 256), words.uint(1, 256)


def decode_boolean(data: bytes) -> bool:
    return _Words(data, 1).boolean(0)


def decode_status_changed(data: bytes) -> tuple[StatusAction, int, int]:
    """Action, reason and changed bits of a `StatusChanged` event, from its data."""
    words = _Words(data, 4)
    action = words.uint(0, 8)
    if action not in set(StatusAction):
        raise _wrong()
    return StatusAction(action), words.uint(1, 8), words.uint(2, 256)


def decode_error(data: bytes) -> tuple[str, tuple[object, ...]]:
    """Name and values of a custom error; `Panic` with its code; ("unknown", ()) for anything else."""
    if data[:4] == _PANIC and len(data) == 4 + _WORD:
        return "Panic", (int.from_bytes(data[4:], "big"),)
    name, types = artifact().errors.get(data[:4], ("unknown", ()))
    words = _Words(data[4:]) if len(data) == 4 + _WORD * len(types) else None
    if words is None:
        return "unknown", ()
    return name, tuple(_value(words, at, kind) for at, kind in enumerate(types))


def _value(words: _Words, at: int, kind: str) -> object:
    if kind == "bytes32":
        return words.bytes32(at)
    if kind == "address":
        return words.address(at)
    return words.uint(at, int(kind.removeprefix("uint")))
