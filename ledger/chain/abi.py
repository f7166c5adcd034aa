"""The registry's calls and answers as bytes, after the ABI in the committed artifact.

They are coded by hand: a verifier starts without loading an ABI library, and an answer about 500 credentials is decoded
in a few milliseconds. Answers are read strictly, as `words.py` says.
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
    Role,
    SetOperator,
    SetStatus,
    SponsorableCall,
    SponsoredCall,
    StateQuery,
    WithdrawBatch,
)
from ledger.chain.state import IssuerRecord, OperatorPeriod
from ledger.chain.words import WORD, Words, address, bytes32, tail, uint, wrong

_CREDENTIAL_WORDS = 11
_KEY_WORDS = 3


# --- calls ----------------------------------------------------------------------------------------------------------


def encode_call(call: RegistryCall) -> bytes:
    """The calldata of a call that changes the registry. Raises `ValueError` for a value out of its range."""
    match call:
        case RegisterIssuer(did):
            return _encode("registerIssuer", uint(WORD), tail(did.encode()))
        case ProposeAdmin(issuer, pending):
            return _encode("proposeAdmin", bytes32(issuer), address(pending))
        case AcceptAdmin(issuer):
            return _encode("acceptAdmin", bytes32(issuer))
        case SetOperator(issuer, account, roles, valid_from, valid_until):
            period = uint(valid_from, 64) + uint(valid_until, 64)
            return _encode("setOperator", bytes32(issuer), address(account), uint(roles, 8), period)
        case AddKey(issuer, key):
            return _encode("addKey", bytes32(issuer), bytes32(key))
        case CloseKey(issuer, key, valid_until):
            return _encode("closeKey", bytes32(issuer), bytes32(key), uint(valid_until, 64))
        case Accredit(issuer, valid_until, scope):
            return _encode("accredit", bytes32(issuer), uint(valid_until, 64), bytes32(scope))
        case EndAccreditation(issuer):
            return _encode("endAccreditation", bytes32(issuer))
        case AnchorBatch() | WithdrawBatch() | SetStatus():
            return _encode(function_of(call), bytes32(call.issuer_id), _payload(call, WORD))
        case CancelNonce(nonce):
            return _encode("cancelNonce", uint(nonce))
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
            return bytes32(root) + uint(tree_size, 32)
        case WithdrawBatch(_, root, reason):
            return bytes32(root) + uint(reason, 8)
        case SetStatus(_, action, reason, words):
            return uint(action, 8) + uint(reason, 8) + uint(before + 3 * WORD) + _status_words(words)


def _status_words(words: Sequence[tuple[int, int]]) -> bytes:
    return uint(len(words)) + b"".join(uint(word, 64) + uint(mask) for word, mask in words)


def _encode_sponsored(act: SponsorableCall, authorization: Authorization) -> bytes:
    signed = (
        address(authorization.operator)
        + uint(authorization.nonce)
        + uint(authorization.deadline, 64)
        + uint(4 * WORD)
        + tail(authorization.signature)
    )
    head = bytes32(act.issuer_id)
    if isinstance(act, SetStatus):
        # Two arguments of varying length: their places in the head are offsets, and they follow it.
        listed = _status_words(act.words)
        after = 5 * WORD
        head += uint(act.action, 8) + uint(act.reason, 8) + uint(after) + uint(after + len(listed)) + listed
    else:
        head += _payload(act, WORD) + uint(4 * WORD)
    return _encode(f"{function_of(act)}For", head, signed)


def encode_states(
    issuer_ids: Sequence[IssuerId], queries: Sequence[StateQuery], accreditors: Sequence[Address]
) -> bytes:
    """The calldata of `states`, the one question that a verification asks."""
    arrays = (
        uint(len(issuer_ids)) + b"".join(map(bytes32, issuer_ids)),
        uint(len(queries))
        + b"".join(bytes32(q.issuer_id) + bytes32(q.root) + uint(q.status_index, 64) for q in queries),
        uint(len(accreditors)) + b"".join(map(address, accreditors)),
    )
    first = 3 * WORD
    offsets = (first, first + len(arrays[0]), first + len(arrays[0]) + len(arrays[1]))
    return _encode("states", *map(uint, offsets), *arrays)


def encode_anchor_of(issuer_id: IssuerId, root: bytes) -> bytes:
    return _encode("anchorOf", bytes32(issuer_id), bytes32(root))


def encode_status_word(issuer_id: IssuerId, word: int) -> bytes:
    return _encode("statusWord", bytes32(issuer_id), uint(word, 64))


def encode_is_nonce_spent(operator: Address, nonce: int) -> bytes:
    return _encode("isNonceSpent", address(operator), uint(nonce))


def encode_issuer_of(issuer_id: IssuerId) -> bytes:
    return _encode("issuerOf", bytes32(issuer_id))


def encode_operator_of(issuer_id: IssuerId, account: Address) -> bytes:
    return _encode("operatorOf", bytes32(issuer_id), address(account))


def encode_keys_of(issuer_id: IssuerId) -> bytes:
    return _encode("keysOf", bytes32(issuer_id))


def encode_accreditation_count(accreditor: Address, issuer_id: IssuerId) -> bytes:
    return _encode("accreditationCount", address(accreditor), bytes32(issuer_id))


def encode_accreditation_by_index(accreditor: Address, issuer_id: IssuerId, index: int) -> bytes:
    return _encode("accreditationByIndex", address(accreditor), bytes32(issuer_id), uint(index))


def status_topics(issuer_id: IssuerId, status_index: int) -> list[bytes]:
    """The topics of the events that changed the word in which this status index lies."""
    return [artifact().topics["StatusChanged"], bytes32(issuer_id), uint(status_index >> 8, 64)]


def _encode(function: str, *parts: bytes) -> bytes:
    return artifact().selectors[function] + b"".join(parts)


# --- answers --------------------------------------------------------------------------------------------------------


def decode_block(data: bytes) -> tuple[int, int]:
    """Number and time of the block that an answer of `states` was read at."""
    words = Words(data)
    return words.uint(0), words.uint(1)


def decode_states(
    data: bytes, issuer_ids: Sequence[IssuerId], query_count: int
) -> tuple[int, int, dict[IssuerId, IssuerState | None], tuple[CredentialState, ...]]:
    """Number and time of the block that was read, the issuers by id, the credentials in the order of the queries."""
    words = Words(data)
    words.expect(2, 4 * WORD)
    words.expect(4, len(issuer_ids))
    first = 5
    at = first + len(issuer_ids)
    issuers: dict[IssuerId, IssuerState | None] = {}
    for position, identifier in enumerate(issuer_ids):
        words.expect(first + position, (at - first) * WORD)
        issuers[identifier], at = _issuer_state(words, identifier, at)
    words.expect(3, at * WORD)
    words.expect(at, query_count)
    credentials = tuple(
        _credential_state(words, at + 1 + position * _CREDENTIAL_WORDS) for position in range(query_count)
    )
    if len(words) != at + 1 + query_count * _CREDENTIAL_WORDS:
        raise wrong()
    return words.uint(0), words.uint(1), issuers, credentials


def _issuer_state(words: Words, identifier: IssuerId, at: int) -> tuple[IssuerState | None, int]:
    """The state that begins at `at`, and where the next one begins."""
    did_hash, registered_at = words.bytes32(at), words.uint(at + 1)
    words.expect(at + 2, 3 * WORD)
    keys, after = _keys(words, at + 3)
    if registered_at == 0:
        _require_empty(did_hash == bytes(WORD) and not keys)
        return None, after
    return IssuerState(identifier, did_hash, registered_at, keys), after


def _keys(words: Words, at: int) -> tuple[tuple[KeyPeriod, ...], int]:
    """The keys whose number stands at `at`, and where they end."""
    first = at + 1
    after = first + words.uint(at, 32) * _KEY_WORDS
    if after > len(words):
        raise wrong()
    keys = range(first, after, _KEY_WORDS)
    return tuple(KeyPeriod(words.bytes32(key), words.uint(key + 1), words.uint(key + 2)) for key in keys), after


def _credential_state(words: Words, at: int) -> CredentialState:
    period = AccreditationPeriod(words.address(at + 7), words.uint(at + 8), words.uint(at + 9), words.bytes32(at + 10))
    if not period.valid_until:
        _require_empty(period == AccreditationPeriod(Address(bytes(20)), 0, 0, bytes(WORD)))
    return CredentialState(
        _anchor(words, at), words.boolean(at + 5), words.boolean(at + 6), period if period.valid_until else None
    )


def _anchor(words: Words, at: int) -> Anchor | None:
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
        raise wrong()


def decode_anchor_of(data: bytes) -> Anchor | None:
    return _anchor(Words(data, 5), 0)


def decode_status_word(data: bytes) -> tuple[int, int]:
    """The revoked and the suspended bits."""
    words = Words(data, 2)
    return words.uint(0, 256), words.uint(1, 256)


def decode_issuer_of(data: bytes) -> IssuerRecord:
    """All zero and empty for an issuer that nobody registered."""
    words = Words(data)
    words.expect(0, WORD)
    words.expect(4, 4 * WORD)
    return IssuerRecord(words.address(1), words.uint(2), words.address(3), words.tail(5))


def decode_operator_of(data: bytes) -> OperatorPeriod:
    words = Words(data, 3)
    return OperatorPeriod(Role(words.uint(0, 2)), words.uint(1), words.uint(2))


def decode_keys_of(data: bytes) -> tuple[KeyPeriod, ...]:
    words = Words(data)
    words.expect(0, WORD)
    keys, after = _keys(words, 1)
    if after != len(words):
        raise wrong()
    return keys


def decode_accreditation_count(data: bytes) -> int:
    return Words(data, 1).uint(0)


def decode_accreditation(data: bytes, accreditor: Address) -> AccreditationPeriod:
    words = Words(data, 3)
    return AccreditationPeriod(accreditor, words.uint(0), words.uint(1), words.bytes32(2))


def decode_boolean(data: bytes) -> bool:
    return Words(data, 1).boolean(0)
