"""Reads a receipt of anyone's, strictly: what it says may be shown only once its signature has been found good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

from ledger.documents.codecs import parse_timestamp
from ledger.documents.strict_json import JsonObject, JsonValue, parse
from ledger.errors import MalformedDocument
from ledger.receipts.writing import TYPE, UNREADABLE, VERSION
from ledger.wrapping.content import RECEIPT

MAX_DEPTH = 8
_VERDICTS = frozenset({"valid", "invalid", "indeterminate"})
_OUTCOMES = _VERDICTS | {"skipped"}


@dataclass(frozen=True)
class StatedCheck:
    """One check, as a receipt tells of it."""

    id: str
    outcome: str
    code: str
    message: str


@dataclass(frozen=True)
class StatedBlock:
    """The block as of which an answer held."""

    number: int
    hash: str
    time: str


@dataclass(frozen=True)
class StatedChain:
    """Which ledger answered."""

    chain_id: int
    registry: str | None
    network: str
    network_name: str
    block: StatedBlock | None
    anchored_at: str | None


@dataclass(frozen=True)
class Stated:
    """What a receipt says of one document. A `verdict` of `unreadable` has a code and a message, and no more."""

    verdict: str
    code: str
    message: str
    name: str | None = None
    digest: str | None = None
    id: str | None = None
    kind: str | None = None
    title: str | None = None
    learner: str | None = None
    did: str | None = None
    accredited_name: str | None = None
    claimed_name: str | None = None
    checks: tuple[StatedCheck, ...] = ()
    chain: StatedChain | None = None
    as_of: str | None = None
    since: tuple[str, ...] = ()
    components: tuple[Stated, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """A receipt that is well formed. Nothing is known of its signature yet. `body` is the whole, as it was received."""

    id: str
    publisher_did: str
    publisher_name: str
    site: str
    software: str
    checked_at: datetime
    any_issuer: bool
    documents: tuple[Stated, ...]
    body: JsonObject = field(repr=False, compare=False)


def looks_like_a_receipt(content: bytes) -> bool:
    """Whether it is worth to read bytes as a receipt. A credential could say the word too."""
    return RECEIPT in content and content.lstrip()[:1] == b"{"


def receipt_in(content: bytes) -> Receipt | None:
    """The receipt that a text is; None for anything else. Raises MalformedDocument `receipt_malformed`, and as the
    strict loader."""
    if not looks_like_a_receipt(content):
        return None
    document = parse(content)
    return read_receipt(document) if document.get("type") == TYPE else None


def read_receipt(document: JsonObject) -> Receipt:
    """Raises MalformedDocument `receipt_malformed`, or `receipt_newer` for one of a later version."""
    if document.get("version") != VERSION:
        raise MalformedDocument("receipt_newer", "the receipt is of a version that is not read here")
    issuer, policy, documents = document.get("issuer"), document.get("policy"), document.get("documents")
    if not isinstance(issuer, dict) or not isinstance(policy, dict) or not isinstance(documents, list) or not documents:
        _refuse("issuer, policy or documents")
    return Receipt(
        id=_text(document, "id"),
        publisher_did=_text(issuer, "id"),
        publisher_name=_text(issuer, "name"),
        site=_text(document, "site"),
        software=_text(document, "software"),
        checked_at=_moment(document),
        any_issuer=policy.get("any_issuer") is not False,
        documents=tuple(_stated(one, MAX_DEPTH) for one in documents),
        body=document,
    )


def every_document(receipt: Receipt) -> Iterator[Stated]:
    """What the receipt says of each document, of those inside others too."""
    waiting = list(receipt.documents)
    while waiting:
        one = waiting.pop(0)
        yield one
        waiting.extend(one.components)


def _stated(entry: JsonValue, depth: int) -> Stated:
    if not isinstance(entry, dict) or depth == 0:
        _refuse("documents")
    name = _optional(entry, "name")
    if "error" in entry:
        error = _object(entry, "error")
        return Stated(UNREADABLE, _text(error, "code"), _text(error, "message"), name)
    issuer, verdict, inside = _object(entry, "issuer"), _text(entry, "verdict"), entry.get("components", [])
    since = entry.get("since", [])
    if verdict not in _VERDICTS or not isinstance(inside, list) or not isinstance(since, list):
        _refuse("a verdict")
    return Stated(
        verdict=verdict,
        code=_text(entry, "code"),
        message=_text(entry, "message"),
        name=name,
        digest=_optional(entry, "digest"),
        id=_optional(entry, "id"),
        kind=_optional(entry, "kind"),
        title=_optional(entry, "title"),
        learner=_optional(entry, "learner"),
        did=_optional(issuer, "did"),
        accredited_name=_optional(issuer, "accredited_name"),
        claimed_name=_optional(issuer, "claimed_name"),
        checks=tuple(_checks(entry)),
        chain=_chain(entry),
        as_of=_optional(entry, "as_of"),
        since=tuple(_text(one, "message") if isinstance(one, dict) else _refuse("since") for one in since),
        components=tuple(_stated(one, depth - 1) for one in inside),
    )


def _checks(entry: JsonObject) -> Iterator[StatedCheck]:
    checks = entry.get("checks")
    for check in checks if isinstance(checks, list) else _refuse("checks"):
        if not isinstance(check, dict) or check.get("outcome") not in _OUTCOMES:
            _refuse("checks")
        yield StatedCheck(*(_text(check, name) for name in ("id", "outcome", "code", "message")))


def _chain(entry: JsonObject) -> StatedChain | None:
    if entry.get("chain") is None:
        return None
    chain = _object(entry, "chain")
    block = None
    if chain.get("block") is not None:
        found = _object(chain, "block")
        block = StatedBlock(_number(found, "number"), _text(found, "hash"), _text(found, "time"))
    return StatedChain(
        _number(chain, "chain_id"),
        _optional(chain, "registry"),
        _text(chain, "network"),
        _text(chain, "network_name"),
        block,
        _optional(chain, "anchored_at"),
    )


def _moment(document: JsonObject) -> datetime:
    try:
        return parse_timestamp(_text(document, "checked_at"))
    except MalformedDocument:
        _refuse("checked_at")


def _object(entry: JsonObject, member: str) -> JsonObject:
    value = entry.get(member)
    return value if isinstance(value, dict) else _refuse(member)


def _text(entry: JsonObject, member: str) -> str:
    value = entry.get(member)
    return value if isinstance(value, str) else _refuse(member)


def _optional(entry: JsonObject, member: str) -> str | None:
    return None if entry.get(member) is None else _text(entry, member)


def _number(entry: JsonObject, member: str) -> int:
    value = entry.get(member)
    return value if isinstance(value, int) and not isinstance(value, bool) else _refuse(member)


def _refuse(member: str) -> NoReturn:
    raise MalformedDocument("receipt_malformed", f"the receipt is not built as one: {member}")
