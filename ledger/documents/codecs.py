"""Text forms of bytes, integers, times and keys: one value, one spelling.

Python's own decoders are lenient (`bytes.fromhex` skips blanks, `b64decode` skips junk and stray low bits, `int` reads
`1_000` and Arabic digits, `fromisoformat` reads week dates), so that many texts mean one value. Here each decoder takes
exactly the text that its encoder writes, and raises MalformedDocument for any other.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from ledger.errors import MalformedDocument

_HEX = re.compile(r"0x(?:[0-9a-f]{2})*")
_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_DATE_TIME_STAMP = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_VALUES = {character: value for value, character in enumerate(_BASE58)}
_BASE58_PAIRS = [high + low for high in _BASE58 for low in _BASE58]

_FIELD_PRIME = 2**255 - 19
_CURVE_D = -121665 * pow(121666, -1, _FIELD_PRIME) % _FIELD_PRIME
_SMALL_ORDER_Y = frozenset(
    {
        0,
        1,
        _FIELD_PRIME - 1,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    }
)


def encode_hex(data: bytes) -> str:
    return "0x" + data.hex()


def decode_hex(text: str, *, size: int) -> bytes:
    """The `size` bytes that `text` spells as `0x` and lower-case digits. Code `hex_format`."""
    if len(text) != 2 + 2 * size or not _HEX.fullmatch(text):
        raise MalformedDocument("hex_format", f"expected 0x and {2 * size} lower-case hexadecimal digits")
    return bytes.fromhex(text[2:])


def encode_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode_base64url(text: str) -> bytes:
    """Bytes from base64url without padding (RFC 4648, section 5). Code `base64_format`."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        data = None
    if data is None or encode_base64url(data) != text:
        raise MalformedDocument("base64_format", "expected base64url without padding")
    return data


def encode_base58(data: bytes) -> str:
    """Bitcoin's base 58: a `1` for each leading zero byte, then the number."""
    digits = []
    number = int.from_bytes(data)
    while number:
        number, pair = divmod(number, 58 * 58)
        digits.append(_BASE58_PAIRS[pair])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(digits)).lstrip("1")


def decode_base58(text: str, *, size: int) -> bytes:
    """The `size` bytes that `text` spells in base58btc. Code `base58_format`."""
    data = decode_base58_within(text, limit=size)
    if len(data) != size:
        raise MalformedDocument("base58_format", f"expected {size} bytes in base58btc")
    return data


def decode_base58_within(text: str, *, limit: int) -> bytes:
    """The bytes that `text` spells in base58btc, at most `limit` of them. Code `base58_format`."""
    number = 0
    if len(text) > limit * 7 // 5 + 1:  # log(256) / log(58) is below 7/5
        raise MalformedDocument("base58_format", f"expected {limit} bytes in base58btc")
    try:
        for character in text:
            number = number * 58 + _BASE58_VALUES[character]
    except KeyError:
        raise MalformedDocument("base58_format", "a character does not belong to base58btc") from None
    size = len(text) - len(text.lstrip("1")) + (number.bit_length() + 7) // 8
    if size > limit:
        raise MalformedDocument("base58_format", f"expected {limit} bytes in base58btc")
    return number.to_bytes(size)


def decode_multibase(text: str, *, size: int) -> bytes:
    """The `size` bytes of a multibase value in base64url (`u…`) or base58btc (`z…`). Code `multibase_format`."""
    if text.startswith("z"):
        return decode_base58(text[1:], size=size)
    if text.startswith("u") and len(text) == 1 + -(-size * 4 // 3):
        return decode_base64url(text[1:])
    raise MalformedDocument("multibase_format", f"expected {size} bytes in multibase base58btc or base64url")


def format_timestamp(moment: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SSZ`; parts of a second are cut off. `moment` must know its time zone."""
    if moment.tzinfo is None:
        raise ValueError("a timestamp needs a time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


# The documents of a batch carry the same few times; what was refused is not remembered.
@lru_cache(maxsize=1024)
def parse_timestamp(text: str) -> datetime:
    """A moment in UTC, spelled `YYYY-MM-DDTHH:MM:SSZ`, the only form that Cairn writes. Code `time_format`."""
    if not _TIMESTAMP.fullmatch(text):
        raise MalformedDocument("time_format", "expected a time as YYYY-MM-DDTHH:MM:SSZ")
    return _moment(text[:-1])


@lru_cache(maxsize=1024)
def parse_date_time_stamp(text: str) -> datetime:
    """A moment in UTC from any `xsd:dateTimeStamp`, which is what documents of others use. Code `time_format`.

    The zone is required; digits beyond microseconds are cut off.
    """
    match = _DATE_TIME_STAMP.fullmatch(text)
    if not match:
        raise MalformedDocument("time_format", "expected a date and time with a time zone")
    seconds, fraction, sign, hours, minutes = match.groups()
    moment = _moment(seconds).replace(microsecond=int((fraction or "0")[:6].ljust(6, "0")))
    if sign is None:
        return moment
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > timedelta(hours=14) or int(minutes) > 59:
        raise MalformedDocument("time_format", "there is no such time zone")
    try:
        return moment.replace(tzinfo=timezone(offset if sign == "+" else -offset)).astimezone(UTC)
    except OverflowError:
        raise MalformedDocument("time_format", "there is no such date or time") from None


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise MalformedDocument("time_format", "there is no such date or time") from None


@lru_cache(maxsize=4096)
def check_ed25519_key(key: bytes) -> bytes:
    """Return `key`, the 32 bytes of an Ed25519 public key (RFC 8032, section 5.1.3), if it is fit for use.

    Refuses other lengths, encodings that are not the only one of their point, values that are no point of the curve
    (code `key_malformed`), and the points of order 8 or less, under which one signature fits any message (`key_weak`).
    """
    if len(key) != 32:
        raise MalformedDocument("key_malformed", "an Ed25519 public key has 32 bytes")
    y = int.from_bytes(key, "little") & (2**255 - 1)
    if y % _FIELD_PRIME in _SMALL_ORDER_Y:
        raise MalformedDocument("key_weak", "an Ed25519 public key is a point of small order")
    x_squared = (y * y - 1) * pow(_CURVE_D * y * y + 1, -1, _FIELD_PRIME) % _FIELD_PRIME
    if y >= _FIELD_PRIME or pow(x_squared, (_FIELD_PRIME - 1) // 2, _FIELD_PRIME) != 1:
        raise MalformedDocument("key_malformed", "an Ed25519 public key is not a point of the curve")
    return key
