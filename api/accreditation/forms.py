"""What accreditors fill in: a recognition, or its end. Everything that is wrong is told at once, by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import Depends

from api.wallets.access.forms import form_lists
from api.web.translating import gettext
from ledger.documents.text import text_problem

NAME_LIMIT, LINE_LIMIT, MOST_LINES, REASON_LIMIT = 150, 500, 20, 500
MOST_YEARS = 50
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


async def long_fields(given: Annotated[dict[str, list[str]], Depends(form_lists)]) -> dict[str, str]:
    """The fields of a form with longer texts, each once."""
    return {name: values[0] for name, values in given.items()}


LongFields = Annotated[dict[str, str], Depends(long_fields)]


@dataclass(frozen=True)
class Given:
    """What was filled in, as it was, and what is wrong with it: sentences by field."""

    values: Mapping[str, str]
    wrong: Mapping[str, str]

    @property
    def is_good(self) -> bool:
        return not self.wrong

    @property
    def problems(self) -> list[tuple[str, str]]:
        return list(self.wrong.items())

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def but(self, name: str, sentence: str) -> Given:
        """The same with one more thing that is wrong."""
        return Given(self.values, {**self.wrong, name: sentence})


@dataclass(frozen=True)
class Recognising:
    """A recognition that may be asked for. `until` is the first second after it (Unix seconds)."""

    name: str
    country: str
    recognised: tuple[str, ...]
    until: int


@dataclass(frozen=True)
class Ending:
    """An end that may be asked for: on a day (`until` is the first second after it), or at once."""

    until: int | None
    reason: str


def read_recognising(fields: Mapping[str, str], today: date) -> tuple[Given, Recognising | None]:
    """The form with which an issuer is recognised; None with what is wrong where something is."""
    values = {name: fields.get(name, "").strip() for name in ("name", "country", "recognised", "until")}
    values["country"] = values["country"].upper()
    # A statement names a thing once.
    lines = tuple(dict.fromkeys(line for line in (one.strip() for one in values["recognised"].splitlines()) if line))
    wrong: dict[str, str] = {}
    if text_problem(values["name"], limit=NAME_LIMIT):
        wrong["name"] = gettext("Give the name under which you recognise the institution, in at most 150 characters.")
    if not _COUNTRY.fullmatch(values["country"]):
        wrong["country"] = gettext("Give the country as two letters, such as MY.")
    if not lines:
        wrong["recognised"] = gettext("Say in plain words what you recognise, one thing on each line.")
    elif len(lines) > MOST_LINES or any(text_problem(line, limit=LINE_LIMIT) for line in lines):
        wrong["recognised"] = gettext("At most 20 lines of at most 500 characters each, without hidden characters.")
    until, problem = read_day(values["until"], today)
    if problem:
        wrong["until"] = problem
    given = Given(values, wrong)
    return given, Recognising(values["name"], values["country"], lines, until) if given.is_good else None


def read_ending(fields: Mapping[str, str], today: date) -> tuple[Given, Ending | None]:
    """The form with which a recognition is ended or shortened."""
    values = {name: fields.get(name, "").strip() for name in ("when", "until", "reason")}
    values["reason"] = values["reason"].replace("\r\n", "\n")
    wrong: dict[str, str] = {}
    until: int | None = None
    if values["when"] not in ("now", "day"):
        wrong["when"] = gettext("Choose when the recognition ends.")
    elif values["when"] == "day":
        until, problem = read_day(values["until"], today)
        if problem:
            wrong["until"] = problem
    if text_problem(values["reason"], limit=REASON_LIMIT, lines=True):
        wrong["reason"] = gettext("Give a reason in at most 500 characters. It stays in your log and is not published.")
    given = Given(values, wrong)
    return given, Ending(until, values["reason"]) if given.is_good else None


def read_day(text: str, today: date) -> tuple[int, str]:
    """The first second after a day that is given as YYYY-MM-DD; and what is wrong, if something is."""
    try:
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return 0, gettext("Give a day, such as 2031-12-31.")
    if found.date() < today:
        return 0, gettext("This day is over. Name a later one.")
    if found.year > today.year + MOST_YEARS:
        return 0, gettext("This is too far ahead. Name a day within fifty years.")
    return int((found + timedelta(days=1)).timestamp()), ""
