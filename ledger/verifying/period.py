"""Check 9: is the document in force now, by its own dates?

`validFrom` may lie after the anchor, since a credential can be handed over before it begins to count. What contradicts
the ledger is an award that claims to have been made (`awardedDate`) later than the block that already held it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from ledger.documents.codecs import parse_date_time_stamp
from ledger.documents.strict_json import JsonObject
from ledger.errors import MalformedDocument
from ledger.verifying.data_model import BEGINNINGS, ENDS, is_version_1
from ledger.verifying.report import Check, Outcome, in_words

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far an issuer's clock may run ahead of the chain's."""


def check_period(
    document: JsonObject, now: datetime, anchored_at: int | None, *, may_lack_beginning: bool = False
) -> Check:
    """Check 9. `anchored_at` is block time, if known.

    Both spellings of both dates count: the latest beginning and the earliest end. `may_lack_beginning` is for kinds of
    credentials to which version 2.0 of the data model leaves it.

    Codes: `time_format`, `time_order`, `not_yet_valid`, `expired`.
    """
    try:
        begins = max((moment for name in BEGINNINGS if (moment := _moment(document, name))), default=None)
        ends = min((moment for name in ENDS if (moment := _moment(document, name))), default=None)
        awarded = _moment(document, "awardedDate")
    except MalformedDocument:
        return _invalid("time_format", "A date in the document is not written as a date and time with a time zone.")
    if begins is None and (is_version_1(document) or not may_lack_beginning):
        return _invalid("time_format", "The document does not say from when it is valid.")
    if begins is not None and ends is not None and ends < begins:
        return _invalid("time_order", "The document ends before it begins.")
    if awarded is not None and anchored_at is not None:
        anchored = datetime.fromtimestamp(min(anchored_at, 2**37), UTC)
        if awarded > anchored + CLOCK_TOLERANCE:
            return _invalid("time_order", "The document claims to have been awarded after it was put on the ledger.")
    if begins is not None and now < begins:
        return _invalid("not_yet_valid", f"The document is not valid before {in_words(begins)}.")
    if ends is not None and now > ends:
        return _invalid("expired", f"The document was valid until {in_words(ends)} and has expired.")
    lasting = f"until {in_words(ends)}" if ends else "without an end"
    since = f"valid from {in_words(begins)}" if begins else "valid"
    return Check("period", Outcome.VALID, "ok", f"The document is {since} {lasting}.")


def _moment(document: JsonObject, member: str) -> datetime | None:
    value = document.get(member)
    if member not in document:
        return None
    if not isinstance(value, str):
        raise MalformedDocument("time_format", f"{member} is not text")
    return _parse(value)


_parse = lru_cache(maxsize=256)(parse_date_time_stamp)
"""The dates of a cohort are the same."""


def _invalid(code: str, message: str) -> Check:
    return Check("period", Outcome.INVALID, code, message)
