"""Why the registry refused a call: its custom errors, read into values by name and said in a sentence.

Whatever a node gives as the reason is read into a `TransactionReverted`, and reading never raises: what is no error of
the registry has the name `unknown`, or `Panic` or `Error` where Solidity itself speaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from ledger.chain.addresses import checksum_address
from ledger.chain.artifact import Signature, artifact
from ledger.chain.registry import FOREVER, Address, Role
from ledger.chain.words import WORD, Words
from ledger.errors import RegistryUnreachable, TransactionReverted

UNKNOWN = "unknown"
_PANIC = bytes.fromhex("4e487b71")
_ERROR = bytes.fromhex("08c379a0")
_SHOWN_WORDS = 200
_TIMES = {"valid_from", "valid_until", "current", "proposed", "deadline"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_YEAR = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())

SENTENCES: Mapping[str, str] = {
    "AlreadyAnchored": "issuer {issuer_id} has anchored the batch with root {root} before",
    "AlreadyWithdrawn": "the batch with root {root} of issuer {issuer_id} was withdrawn before",
    "DeadlinePassed": "the signed act could be submitted until {deadline}, and that time is over",
    "DidLengthInvalid": "a DID has between 1 and 256 bytes, and this one has {length}",
    "IssuerAlreadyRegistered": "this account has registered this DID before: it is issuer {issuer_id}",
    "IssuerUnknown": "nobody has registered an issuer with the id {issuer_id}",
    "KeyAlreadyAdded": "issuer {issuer_id} has listed the key {key} before, and no key is listed twice",
    "KeyEndInvalid": "the end of key {key} of issuer {issuer_id} cannot move from {current} to {proposed}: it moves "
    "only to an earlier moment, and not before the key's start",
    "KeyInvalid": "{key} is no key",
    "KeyLimitReached": "issuer {issuer_id} has listed {limit} keys, and may list no more",
    "KeyUnknown": "issuer {issuer_id} never listed the key {key}",
    "NonceAlreadySpent": "account {operator} has used or cancelled the nonce {nonce}: nothing signed with it counts",
    "NotAccredited": "account {accreditor} does not recognise issuer {issuer_id} now",
    "NotAdmin": "account {caller} is not the admin of issuer {issuer_id}",
    "NotAnchored": "issuer {issuer_id} never anchored a batch with root {root}",
    "NotOperator": "account {caller} may not {role} for issuer {issuer_id} now: the issuer's admin never allowed it, "
    "or not for this time",
    "NotPendingAdmin": "account {caller} was not proposed as the next admin of issuer {issuer_id}",
    "NothingToChange": "entry {position} of the call, status word {word}, would change nothing",
    "PeriodInvalid": "a period from {valid_from} to {valid_until} ends before it begins, or is over already",
    "ReasonInvalid": "the reason {reason} does not go with this act: reinstating has the reason 0, every other 1 to 5",
    "RolesInvalid": "there are no roles {roles}: 1 is to anchor, 2 to revoke, 3 to do both, 0 neither",
    "RootInvalid": "{root} is no root of a batch",
    "SignatureInvalid": "account {operator} did not sign this act, for this chain and this registry (digest {digest})",
    "TreeSizeInvalid": "a batch of {tree_size} credentials cannot be anchored",
    "WordCountInvalid": "a call changes between 1 and 256 status words, and this one names {count}",
}
"""What each error of the contract means, with its values in place."""


def refusal(error: str, arguments: tuple[object, ...] = ()) -> TransactionReverted:
    """The refusal with this name and these values in order. Raises `ValueError` for a name that the contract lacks."""
    if error == UNKNOWN:
        return TransactionReverted(UNKNOWN, message="the registry refused the call, and the reason cannot be found")
    signature = next((known for known in artifact().errors.values() if known.name == error), None)
    if signature is None:
        raise ValueError(f"the registry has no error {error}")
    return _of(signature, arguments)


def read_refusal(data: bytes) -> TransactionReverted:
    """The refusal that a reverted call gave as its reason. Never raises."""
    selector, body = data[:4], data[4:]
    try:
        if selector == _PANIC:
            return _panic(Words(body, 1).uint(0, 256))
        if selector == _ERROR:
            return _words(body)
        signature = artifact().errors[selector]
        words = Words(body, len(signature.parameters))
        return _of(signature, tuple(words.value(at, one.kind) for at, one in enumerate(signature.parameters)))
    except (KeyError, RegistryUnreachable):
        return _unreadable(selector)


def _of(signature: Signature, arguments: tuple[object, ...]) -> TransactionReverted:
    values = dict(zip((one.name for one in signature.parameters), arguments, strict=True))
    shown = {one.name: _shown(one.name, one.kind, values[one.name]) for one in signature.parameters}
    return TransactionReverted(signature.name, arguments, values, SENTENCES[signature.name].format(**shown))


def _panic(code: int) -> TransactionReverted:
    message = f"the registry failed with Panic 0x{code:02x}: that is a fault of the call or of the contract"
    return TransactionReverted("Panic", (code,), {"code": code}, message)


def _words(body: bytes) -> TransactionReverted:
    """`Error(string)`: the registry never says it, another contract at its address may."""
    words = Words(body)
    words.expect(0, WORD)
    text = words.tail(1).decode(errors="replace")[:_SHOWN_WORDS]
    reason = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    message = f"the contract refused the call with the words {reason!r}"
    return TransactionReverted("Error", (reason,), {"reason": reason}, message)


def _unreadable(selector: bytes) -> TransactionReverted:
    why = f"for a reason that this version does not know (0x{selector.hex()})" if selector else "without a reason"
    return TransactionReverted(UNKNOWN, message=f"the registry refused the call {why}")


def _shown(name: str, kind: str, value: object) -> str:
    if kind == "address" and isinstance(value, bytes):
        return checksum_address(Address(value))
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if name == "role":
        return next((str(role.name).lower() for role in Role if role == value), str(value))
    return _moment(value) if name in _TIMES and isinstance(value, int) else str(value)


def _moment(seconds: int) -> str:
    if seconds == FOREVER:
        return "the end of time"
    if seconds > _LAST_YEAR:
        return f"second {seconds} after 1970"
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S UTC")
