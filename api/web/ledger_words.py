"""What the ledger says in English words of its own, in the reader's language: closed lists, credits, needs.

The ledger speaks English, since programs and papers read it too. Its fixed words stand in the catalogues by
`ledger_texts`; sentences with names and numbers in them are known here by their form. What has another form stays as
it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from api.web.translating import gettext, ngettext, noted
from api.web.visits import DEFAULT_LANGUAGE, visit
from ledger.documents import code_lists as lists
from ledger.documents.result import RESULT_TYPES
from ledger.documents.summary import Fact
from ledger.rendering.wording import DESCRIBED, ENGLISH
from ledger.stacking.frameworks import INDICATIVE
from ledger.stacking.profiles.linting import PROFILES
from ledger.stacking.totals import NO_LEVEL

_LISTS = (
    lists.PARTICIPATION,
    lists.ASSESSMENT,
    lists.SUPERVISION,
    lists.COMPLEXITY,
    lists.TASK_LEVEL,
    lists.CREDIT_BEARING,
    lists.QUALITY_ASSURANCE,
)
NAMES: Mapping[str, frozenset[str]] = {one.target_type: frozenset(one.names.values()) for one in _LISTS}
"""The words of each closed list, by its kind."""
_ON_PAPER = ("awarded", "valid_until", "credits", "level", "result", "narrative", "awarding_body", "rests_on")
_NUMBER = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,2})?", re.ASCII)
_HOURS = re.compile(r"1 ([A-Za-z-]{1,10}) credit = ([0-9–]{1,9}) hours")
_PREFIXES = ("Micro", "Co")
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TITLE, _TITLES = "“[^“”]*”", "“[^“”]*”(?:, “[^“”]*”)*"
_AMOUNT = r"(?P<amount>[0-9.]+) more (?P<framework>\S+) credits?"
NEEDS = tuple(
    (re.compile(form), text)
    for form, text in (
        (f"A credential for (?P<title>{_TITLE})\\.", noted("A credential for %(title)s.")),
        (
            f"A credential for (?P<title>{_TITLE}), which has to come before others\\.",
            noted("A credential for %(title)s, which has to come before others."),
        ),
        (
            f"(?P<title>{_TITLE}) as the last step, once the rest is held\\.",
            noted("%(title)s as the last step, once the rest is held."),
        ),
        (f"{_AMOUNT}\\.", noted("%(amount)s more credits (%(framework)s).")),
        (
            f"{_AMOUNT} out of: (?P<titles>{_TITLES})\\.",
            noted("%(amount)s more credits (%(framework)s) out of: %(titles)s."),
        ),
        (
            f"{_AMOUNT} at (?P<level>[A-Z-]+ [0-9]+) or above\\.",
            noted("%(amount)s more credits (%(framework)s) at %(level)s or above."),
        ),
        (
            f"{_AMOUNT} at (?P<level>[A-Z-]+ [0-9]+) or above out of: (?P<titles>{_TITLES})\\.",
            noted("%(amount)s more credits (%(framework)s) at %(level)s or above, out of: %(titles)s."),
        ),
        (f"One of: (?P<titles>{_TITLES})\\.", noted("One of: %(titles)s.")),
        (f"One more of: (?P<titles>{_TITLES})\\.", noted("One more of: %(titles)s.")),
        (f"Two of: (?P<titles>{_TITLES})\\.", noted("Two of: %(titles)s.")),
        (f"Two more of: (?P<titles>{_TITLES})\\.", noted("Two more of: %(titles)s.")),
        (f"(?P<title>{_TITLE}) has to be held before it", noted("%(title)s has to be held before it")),
    )
)
"""What a pathway still asks for, or why something does not count, by its form."""
FIXED = (
    INDICATIVE,
    "It states neither credits nor hours that can be compared.",
    "The credentials that it rests on are counted in its place.",
    "It counts as part of an award.",
    "It is there more than once, and counts once.",
    "another credential for the same achievement counts already",
    "credit-bearing",
    "non-credit",
    "not stated",
    NO_LEVEL,
    "Cairn's embedded chain",
    "a local development chain",
    "Learning record",
    "Operator of the machine",
    "a list that somebody checks",
)


def ledger_texts() -> Iterator[str]:
    """The fixed words of the ledger that pages say."""
    yield from FIXED
    for one in _LISTS:
        yield from one.names.values()
    yield from (rule.demand for rules in PROFILES.values() for rule in rules)
    yield from DESCRIBED.values()
    yield from (ENGLISH[name] for name in _ON_PAPER)
    yield from (in_words(name) for name in (*sorted(lists.ACHIEVEMENT_TYPES), *RESULT_TYPES))


def in_words(name: str) -> str:
    """A name of Open Badges 3.0 as words: `BachelorDegree` is Bachelor degree."""
    first, *others = _CAPITAL.split(name)
    return ("-" if first in _PREFIXES else " ").join([first, *(word.lower() for word in others)])


def property_name(fact: Fact) -> str:
    """The value of a described property, where its words are a closed list's or a number with its framework."""
    if visit().language == DEFAULT_LANGUAGE:
        return fact.name
    if fact.name in NAMES.get(fact.kind, ()):
        return gettext(fact.name)
    number = fact.code if fact.code and _NUMBER.fullmatch(fact.code) else None
    words = {"num": number, "level": number, "framework": fact.framework}
    if number and fact.kind == "level" and fact.framework in lists.LEVEL_FRAMEWORKS:
        return gettext("Level %(level)s (%(framework)s)") % words
    if number and fact.kind == "credits" and fact.framework in lists.CREDIT_FRAMEWORKS:
        several = 2 if "." in number else int(number)
        return ngettext("%(num)s credit (%(framework)s)", "%(num)s credits (%(framework)s)", several) % words
    return fact.name


def said_of_credits(text: str) -> str:
    """A rule of credits, a label of a total, or why something adds nothing."""
    found = _HOURS.fullmatch(text)
    if found is None:
        return gettext(text)
    return gettext("1 credit (%(framework)s) = %(hours)s hours") % {"framework": found[1], "hours": found[2]}


def need_said(text: str) -> str:
    """What a pathway still asks for, or why something does not count."""
    for form, words in NEEDS:
        if found := form.fullmatch(text):
            return gettext(words) % found.groupdict()
    return gettext(text)
