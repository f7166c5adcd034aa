"""Numbers in forms, which hold texts only."""

from __future__ import annotations

import re
from typing import Any

from ledger.documents.strict_json import JsonValue

# Before three digits a comma may divide thousands.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,6}|,[0-9]{1,2})?", re.ASCII)


def number(text: str) -> JsonValue:
    """The number that was typed, or else the text, which whoever reads it refuses."""
    found = text.strip()
    if not _NUMBER.fullmatch(found):
        return found
    plain = found.replace(",", ".")
    return float(plain) if "." in plain else int(plain)


def shown(value: Any) -> str:
    """A number as somebody would type it."""
    if value is None:
        return ""
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
