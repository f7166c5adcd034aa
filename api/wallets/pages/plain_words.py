"""Levels, credits and other figures of credentials in sentences, as far as published rules say what they stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from api.web.translating import gettext, ngettext, noted
from ledger.documents.codecs import parse_date_time_stamp
from ledger.stacking.frameworks import eqf_levels, hours_of

DEGREES: Mapping[tuple[int, ...], str] = {
    (5,): noted("as in a two-year degree after school"),
    (6,): noted("as in a bachelor's degree"),
    (6, 7): noted("between a bachelor's and a master's degree"),
    (7,): noted("as in a master's degree"),
    (8,): noted("as in a doctorate"),
}
"""What stands at a level of the European framework (Council Recommendation 2017/C 189/03, Annex II); below 5 nothing
that holds everywhere."""


def level_sentences(levels: Mapping[str, int]) -> Iterator[str]:
    """Each level with what stands beside it, as “Level 7 (MQF): as in a master's degree”."""
    for framework, level in levels.items():
        known = DEGREES.get(eqf_levels(framework, level))
        named = {"level": level, "framework": framework}
        if known is None:
            yield gettext("Level %(level)s (%(framework)s).") % named
        else:
            yield gettext("Level %(level)s (%(framework)s), %(degree)s.") % (named | {"degree": gettext(known)})


def credit_sentences(stated: Mapping[str, float]) -> Iterator[str]:
    """Each number of credits with the hours that it stands for."""
    for framework, number in stated.items():
        amount = amount_of(framework, number)
        hours = hours_of(framework, number)
        if hours is None:
            yield gettext("%(amount)s.") % {"amount": amount}
        elif hours.low == hours.high:
            yield gettext("%(amount)s: about %(hours)s hours of learning.") % {
                "amount": amount,
                "hours": f"{hours.low:g}",
            }
        else:
            words = {"amount": amount, "low": f"{hours.low:g}", "high": f"{hours.high:g}"}
            yield gettext("%(amount)s: about %(low)s to %(high)s hours of learning.") % words


def amount_of(framework: str, number: float) -> str:
    """As “3 credits (ECTS)”."""
    text = ngettext("%(num)s credit (%(framework)s)", "%(num)s credits (%(framework)s)", plural_of(number))
    return text % {"num": f"{number:g}", "framework": framework}


def plural_of(number: float) -> int:
    """A number to choose a plural by: what is no whole number goes like several."""
    return int(number) if number == int(number) else 2


def total_sentence(summed: Any) -> str:
    """What everything adds up to, in one sentence."""
    totals, counted = summed["totals"], summed["counted"]
    institutions = sum(issuer["counted"] > 0 for issuer in summed["issuers"])
    if not counted:
        return gettext("Nothing here counts yet.")
    held = ngettext("%(num)s valid credential", "%(num)s valid credentials", counted) % {"num": counted}
    places = ngettext("%(num)s institution", "%(num)s institutions", institutions) % {"num": institutions}
    if not totals["counted"]:
        return gettext("You hold %(held)s from %(places)s.") % {"held": held, "places": places}
    low, high = totals["indicative"]["low"], totals["indicative"]["high"]
    span = f"{low:g}" if low == high else f"{low:g}–{high:g}"
    words = {"held": held, "places": places, "num": span, "framework": totals["unit"]}
    together = ngettext("%(num)s credit (%(framework)s)", "%(num)s credits (%(framework)s)", plural_of(high)) % words
    return gettext("You hold %(held)s from %(places)s: together about %(together)s.") % (words | {"together": together})


def day_of(moment: str | None) -> datetime | None:
    """A timestamp of an overview as a moment."""
    return parse_date_time_stamp(moment) if moment else None
