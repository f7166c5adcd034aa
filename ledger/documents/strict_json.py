"""The one door through which JSON from outside comes in.

`parse` accepts a subset of RFC 8259 in which one document has one meaning: UTF-8 without a byte order mark, no member
name twice in an object, no number that another reader would round, no lone surrogate, no U+0000, and nothing deeper,
wider or longer than `Limits` allow. Members that Cairn doesn't know are kept. A number is what it means, not how it is
spelled: `3.0` is the integer 3, as in every reader that has numbers of one kind only.

The fast path never walks the document in Python. The parser (orjson) checks the grammar; what it doesn't check is read
off the document's *skeleton*, which is what remains when the strings are cut out: brackets, commas, colons, numbers.
Only a document that may break a rule is looked at closely, to find out which rule.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn, TypeAlias, cast

import orjson

from ledger.errors import MalformedDocument

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | float | bool | None"
JsonObject: TypeAlias = "dict[str, JsonValue]"

MAX_INTEGER = 2**53 - 1
_MAX_SIGNIFICANT_DIGITS = 12
_MIN_DECIMAL = 1e-6

_LONG_MEMBERS = frozenset({"proofValue", "encodedList", "content", "image"})
"""Proofs, status lists, and what Blockcerts and badges carry to be shown."""
_LONG_STRING = 1024 * 1024
_ENVELOPE = "data:application/vc"
"""How the `id` of an enveloped credential begins: it is the credential itself (VCDM 2.0, 4.13)."""

_WHITESPACE = b" \t\r\n"
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_NUMBER = re.compile(rb"[-0-9][-+.0-9eE]*")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,15})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,11})\.[0-9]{0,17}[1-9]")
_SAFE_NAME = re.compile(r"[A-Za-z0-9_@:.#/-]{1,40}")


@dataclass(frozen=True)
class Limits:
    """How large a document may be.

    `max_bytes` bounds the input, `depth` the nesting (the root object is 1), `keys` the members of one object, `items`
    the elements of one array, `string` the UTF-8 bytes of one string or member name, `values` the members and elements
    of the whole document. What stands in members named `proofValue`, `encodedList`, `content` or `image`, and a
    credential that is the `id` of its envelope, may have strings of up to 1 MiB.
    """

    max_bytes: int
    depth: int
    keys: int
    items: int
    string: int
    values: int = 250_000


DOCUMENT = Limits(max_bytes=5 * 1024 * 1024, depth=32, keys=200, items=1000, string=8 * 1024)


def parse(data: bytes, limits: Limits = DOCUMENT) -> JsonObject:
    """Read one JSON object from `data`.

    Raises MalformedDocument with one of the codes `json_empty`, `json_encoding`, `json_syntax`, `json_string`,
    `json_number`, `json_duplicate_key`, `limit_body`, `limit_depth`, `limit_keys`, `limit_items`, `limit_string`,
    `schema_root`.
    """
    if len(data) > limits.max_bytes:
        raise MalformedDocument("limit_body", f"the document is larger than {limits.max_bytes:,} bytes")
    plain = _without_escaped_quotes(data)
    if plain.count(b'"') > 4 * limits.values:  # a member has two strings at most, and a string two quotes
        raise _too_many_values(limits)
    pieces = plain.split(b'"')
    skeleton = b"".join(pieces[::2])
    commas = skeleton.count(b",")
    if commas + skeleton.count(b"[") + skeleton.count(b"{") > limits.values:
        raise _too_many_values(limits)
    _check_depth(skeleton, limits.depth)
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        _explain_refusal(data)
    if type(value) is not dict:
        raise MalformedDocument("schema_root", "the document is not a JSON object")
    ends_in_zeros = False
    for number in set(_NUMBER.findall(skeleton)):
        if len(number) > 15 or not number.isdigit():
            _check_number(number.decode())
            ends_in_zeros |= b"." in number and number.endswith(b"0")
    if b"\\u0000" in plain:
        raise MalformedDocument("json_string", "a string contains the character U+0000")
    if len(pieces) - 1 != _without_escaped_quotes(orjson.dumps(value)).count(b'"'):
        # The parser kept one of two equal names, so writing the value again gives fewer strings than there were.
        _parse_closely(data.decode())
    if commas >= limits.items or skeleton.count(b":") > limits.keys:
        _check_widths(value, limits)
    if _may_have_long_string(plain, limits.string):
        _check_strings(value, limits.string, limits.string)
    return cast("JsonObject", _with_integers(value) if ends_in_zeros else value)


def _too_many_values(limits: Limits) -> MalformedDocument:
    return MalformedDocument("limit_items", f"the document has more than {limits.values:,} members and elements")


def _without_escaped_quotes(data: bytes) -> bytes:
    """The same text, as long as before, in which each `"` that is left begins or ends a string."""
    escapes = data.split(b"\\", 17)
    if len(escapes) <= 17 and not any(escape[:1] in (b'"', b"") for escape in escapes[1:]):
        return data  # the usual case, found out in a tenth of the time that the replacements take
    return data.replace(b"\\\\", b"__").replace(b'\\"', b"__")


def _check_depth(skeleton: bytes, limit: int) -> None:
    brackets = skeleton.translate(_BRACKETS, _NOT_BRACKETS)
    rest = brackets
    for _ in range(limit):
        inner_removed = rest.replace(b"[]", b"")
        if len(inner_removed) == len(rest):
            break
        rest = inner_removed
    if not rest:
        return
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket == 0x5B else -1
        if depth > limit:
            raise MalformedDocument("limit_depth", f"the document is nested more than {limit} levels deep")
        if depth < 0:  # the parser stops here too
            return


def _check_number(spelled: str) -> None:
    number = spelled.rstrip("0").removesuffix(".") if "." in spelled else spelled
    if _INTEGER.fullmatch(number) and number != "-0" and abs(int(number)) <= MAX_INTEGER:
        return
    if _DECIMAL.fullmatch(number):
        significant = number.lstrip("-0.").replace(".", "")
        if len(significant) <= _MAX_SIGNIFICANT_DIGITS and abs(float(number)) >= _MIN_DECIMAL:
            return
    raise MalformedDocument(
        "json_number",
        f"the number {_shown(spelled)} is not an integer within ±(2^53−1), nor a plain decimal of at most "
        f"{_MAX_SIGNIFICANT_DIGITS} digits without exponent",
    )


def _with_integers(value: JsonValue) -> JsonValue:
    """The value with integers in place of the decimals that are none, or RDF and JSON would write them otherwise."""
    if isinstance(value, dict):
        return {name: _with_integers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_integers(element) for element in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check_widths(root: JsonObject, limits: Limits) -> None:
    containers: list[dict[str, JsonValue] | list[JsonValue]] = [root]
    for container in containers:  # grows while it is read
        values: Iterable[JsonValue]
        if type(container) is dict:
            if len(container) > limits.keys:
                raise MalformedDocument("limit_keys", f"an object has more than {limits.keys} members")
            values = container.values()
        else:
            if len(container) > limits.items:
                raise MalformedDocument("limit_items", f"an array has more than {limits.items:,} elements")
            values = container
        containers.extend(value for value in values if type(value) is dict or type(value) is list)


def _may_have_long_string(plain: bytes, limit: int) -> bool:
    """Whether a stretch of `limit` bytes without a quote is possible: such a stretch covers an aligned half of it."""
    window = max(limit // 2, 1)
    return any(plain.find(b'"', start, start + window) < 0 for start in range(0, len(plain) - window + 1, window))


def _check_strings(value: JsonValue, limit: int, name_limit: int) -> None:
    if isinstance(value, str):
        _check_string(value, limit)
    elif isinstance(value, list):
        for element in value:
            _check_strings(element, limit, name_limit)
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_string(name, name_limit)
            is_long = name in _LONG_MEMBERS or (
                name == "id" and isinstance(member, str) and member.startswith(_ENVELOPE)
            )
            _check_strings(member, max(limit, _LONG_STRING) if is_long else limit, name_limit)


def _check_string(text: str, limit: int) -> None:
    if len(text) * 4 > limit and len(text.encode()) > limit:
        raise MalformedDocument("limit_string", f"a string is longer than {limit:,} bytes")


def _explain_refusal(data: bytes) -> NoReturn:
    """Say why the parser refused `data`. Its depth is checked already, so a recursive parser can read it."""
    if not data.strip(_WHITESPACE):
        raise MalformedDocument("json_empty", "there is nothing in the document")
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise MalformedDocument("json_encoding", "the document begins with a byte order mark; it must be plain UTF-8")
    if b"\x00" in data[:2]:
        raise MalformedDocument("json_encoding", "the document is not UTF-8")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise MalformedDocument("json_encoding", f"the document is not UTF-8 (byte {error.start})") from None
    _parse_closely(text)
    raise MalformedDocument("json_string", "a string contains half of a surrogate pair")


def _parse_closely(text: str) -> None:
    """Parse with a check at each member and number, to name the rule that is broken. Slower than the fast path."""

    def constant(name: str) -> NoReturn:
        raise MalformedDocument("json_number", f"{name} is not a JSON number")

    def number(spelling: str) -> int:
        _check_number(spelling)
        return 0

    def members(pairs: list[tuple[str, object]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise MalformedDocument("json_duplicate_key", f"the member name {_shown(name)} is there twice")
            seen.add(name)

    try:
        json.loads(text, object_pairs_hook=members, parse_constant=constant, parse_int=number, parse_float=number)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise MalformedDocument("json_syntax", f"the document is not JSON ({place})") from None


def _shown(text: str) -> str:
    """A piece of the input that is safe to repeat in a message, or a word in its place."""
    return text if _SAFE_NAME.fullmatch(text) else "(not shown)"
