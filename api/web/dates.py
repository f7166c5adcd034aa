"""Days and moments in the reader's language, with the ISO form for machines and for whoever is unsure."""

from __future__ import annotations

from datetime import UTC, date, datetime

from babel.dates import format_date, format_datetime
from markupsafe import Markup

from api.web.visits import visit

FORMATS = {"en": "en_GB"}
"""Where days are not written as the language alone would have it: the day stands before the month."""


def day(value: date | datetime | int | None) -> Markup:
    """A day, or the day of a moment (UTC; Unix seconds), as a `time` element. Nothing for None."""
    found = moment_of(value)
    if found is None:
        return Markup("")
    shown = format_date(found, "long", locale=local_format())
    return Markup('<time datetime="{0}" title="{0}">{1}</time>').format(f"{found:%Y-%m-%d}", shown)


def moment(value: datetime | int | None) -> Markup:
    """A moment to the minute, in UTC, as a `time` element. Nothing for None."""
    found = moment_of(value)
    if found is None:
        return Markup("")
    shown = format_datetime(found, f"d MMMM y{comma()} HH:mm", tzinfo=UTC, locale=local_format())
    return Markup('<time datetime="{0}" title="{0}">{1} UTC</time>').format(f"{found:%Y-%m-%dT%H:%M:%SZ}", shown)


def to_the_second(value: datetime) -> str:
    """A moment to the second, in UTC, as text for titles and sentences."""
    return f"{format_datetime(value, f'd MMMM y{comma()} HH:mm:ss', tzinfo=UTC, locale=local_format())} UTC"


def comma() -> str:
    """What stands between day and time of day."""
    return "،" if visit().direction == "rtl" else ","


def local_format() -> str:
    """The locale by whose custom dates are written for this visit."""
    return FORMATS.get(visit().language, visit().language)


def moment_of(value: date | datetime | int | None) -> datetime | None:
    """A value as a moment in UTC; None also for what is no time of this calendar."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if value is None:
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        return None
