"""What a credential looks like before it is read: a text in JSON, or a token.

A token is a JWS in its compact form (RFC 7515, section 3.1), or one with disclosures behind it (RFC 9901, section 4).
"""

from __future__ import annotations

import re
import unicodedata

MAX_CONTENT = 5 * 1024 * 1024
"""Bytes of one credential, however it came."""
MAX_TOGETHER = 20 * 1024 * 1024
"""Bytes of everything that one file gives."""
MAX_CREDENTIALS = 500
"""Credentials in one file."""
MAX_SHOWN_NAME = 120
RECEIPT = b'"VerificationReceipt"'
"""Stands in every receipt of a check, which may be attached to a PDF as credentials are."""

_COMPACT_JWS = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_SD_JWT = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+~[A-Za-z0-9_.~-]*")
WHITESPACE = b" \t\r\n"


def compact_jws(data: bytes) -> bytes | None:
    """The JWS, without the white space around it, if that is what the bytes look like."""
    text = data.strip(WHITESPACE)
    return text if _COMPACT_JWS.fullmatch(text) else None


def sd_jwt(data: bytes) -> bytes | None:
    """The token with disclosures, without the white space around it, if that is what the bytes look like."""
    text = data.strip(WHITESPACE)
    return text if _SD_JWT.fullmatch(text) else None


def is_token(data: bytes) -> bool:
    """Whether the bytes look like a token of either kind."""
    return compact_jws(data) is not None or sd_jwt(data) is not None


def is_json_object(data: bytes) -> bool:
    """Whether the bytes begin like a JSON object; the strict loader has the last word."""
    return data.lstrip(WHITESPACE)[:1] == b"{"


def shown_name(name: str) -> str:
    """A file's name that somebody chose, to be shown and never to be opened: no way up or out, nothing invisible."""
    plain = "".join("?" if unicodedata.category(letter)[0] == "C" else letter for letter in name)
    parts = [part.strip() for part in plain.replace("\\", "/").split("/")]
    shown = "/".join(part for part in parts if part.strip(".") and not part.endswith(":"))
    return shown if len(shown) <= MAX_SHOWN_NAME else f"…{shown[1 - MAX_SHOWN_NAME :]}"
