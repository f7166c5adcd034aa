"""Reads the members of a JSON object that people write, and notes every problem instead of stopping at the first.

A definition file (a programme, a pathway) is closed: a member that is not asked for is an error, since a misspelt name
would otherwise be lost in silence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.documents.text import NAME_LIMIT, text_problem, url_problem
from ledger.errors import Problem

CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
"""Codes of achievements, programmes and pathways. They stand in addresses, so they are plain."""
CODE_LIMIT = 64
LANGUAGE = re.compile(r"[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


class Fields:
    """The members of one object at `path`. Reading a member that is missing or wrong adds to `problems`.

    What a method returns after a problem is only a placeholder: callers look at `problems` before they use anything.
    Call `close` when every member has been read.
    """

    def __init__(self, value: JsonValue, path: str, problems: list[Problem]) -> None:
        self.path = path
        self._problems = problems
        self._read: set[str] = set()
        self._is_object = isinstance(value, dict)
        self._members: JsonObject = value if isinstance(value, dict) else {}
        if not self._is_object:
            self._problems.append(Problem("field_type", "must be an object", column=path or None))

    def problem(self, name: str, code: str, message: str) -> None:
        """Note that the member `name` has a problem."""
        self._problems.append(Problem(code, message, column=self._place(name)))

    def has(self, name: str) -> bool:
        return name in self._members

    def text(self, name: str, *, limit: int = NAME_LIMIT, words: int | None = None, lines: bool = False) -> str:
        """A text; `words` is the largest number of words."""
        value = self._take(name)
        if not isinstance(value, str):
            self._wrong_type(name, "a text")
            return ""
        if (found := text_problem(value, limit=limit, lines=lines)) is not None:
            self.problem(name, found.code, found.message)
        elif words is not None and (count := len(value.split())) > words:
            self.problem(name, "field_words", f"has {count} words; at most {words} are allowed")
        return value

    def optional_text(self, name: str, *, limit: int = NAME_LIMIT) -> str | None:
        return self.text(name, limit=limit) if self.has(name) else None

    def code(self, name: str) -> str:
        """A code: lower-case letters, digits and single hyphens."""
        value = self.text(name, limit=CODE_LIMIT)
        if value and not CODE.fullmatch(value):
            self.problem(name, "field_code", "must consist of lower-case letters, digits and single hyphens")
        return value

    def url(self, name: str) -> str:
        value = self._take(name)
        if not isinstance(value, str):
            self._wrong_type(name, "a text")
            return ""
        if (found := url_problem(value)) is not None:
            self.problem(name, found.code, found.message)
        return value

    def optional_url(self, name: str) -> str | None:
        return self.url(name) if self.has(name) else None

    def country(self, name: str) -> str | None:
        """A country's code of two capitals (ISO 3166-1 alpha-2), if it is there."""
        value = self.optional_text(name, limit=2)
        if value is not None and not _COUNTRY.fullmatch(value):
            self.problem(name, "field_value", "is not a country code of two capitals (ISO 3166-1)")
        return value

    def language(self, name: str) -> str:
        """A BCP 47 tag in the form that the Open Badges schema allows."""
        value = self.text(name, limit=12)
        if value and not LANGUAGE.fullmatch(value):
            self.problem(name, "field_value", "is not a language tag such as en, ms or zh-Hant")
        return value

    def names(self) -> tuple[str, ...]:
        """The names of the members, for objects that are maps."""
        return tuple(self._members)

    def choice(self, name: str, choices: Collection[str]) -> str:
        """One of a closed list."""
        value = self._take(name)
        if not isinstance(value, str):
            self._wrong_type(name, "a text")
            return ""
        if value not in choices:
            self.problem(name, "field_choice", f"must be one of: {', '.join(sorted(choices))}")
        return value

    def flag(self, name: str) -> bool:
        value = self._take(name)
        if not isinstance(value, bool):
            self._wrong_type(name, "true or false")
        return value is True

    def integer(self, name: str, *, low: int, high: int) -> int:
        value = self._take(name)
        if isinstance(value, bool) or not isinstance(value, int):
            self._wrong_type(name, "a whole number")
            return low
        if not low <= value <= high:
            self.problem(name, "field_range", f"must be between {low} and {high}")
        return value

    def number(self, name: str, *, low: float, high: float) -> int | float:
        value = self._take(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._wrong_type(name, "a number")
            return low
        if not low <= value <= high:
            self.problem(name, "field_range", f"must be between {low} and {high}")
        return value

    def texts(self, name: str, *, limit: int = NAME_LIMIT, at_least: int = 0) -> tuple[str, ...]:
        """A list of different texts; missing means empty where `at_least` is 0."""
        values = self.values(name, at_least=at_least)
        for index, value in enumerate(values):
            place = f"{name}[{index}]"
            if not isinstance(value, str):
                self.problem(place, "field_type", "must be a text")
            elif (found := text_problem(value, limit=limit)) is not None:
                self.problem(place, found.code, found.message)
            elif value in values[:index]:
                self.problem(place, "field_duplicate", f"“{value}” stands twice")
        return tuple(value for value in values if isinstance(value, str))

    def values(self, name: str, *, at_least: int) -> list[JsonValue]:
        """A list of anything; missing means empty where `at_least` is 0."""
        if not self.has(name) and not at_least:
            self._read.add(name)
            return []
        value = self._take(name)
        if not isinstance(value, list):
            self._wrong_type(name, "a list")
            return []
        if len(value) < at_least:
            self.problem(name, "field_missing", f"must have at least {at_least}")
        return value

    def objects(self, name: str, *, at_least: int = 0) -> Iterator[Fields]:
        """The objects of a list, each to be read and closed in turn."""
        for index, value in enumerate(self.values(name, at_least=at_least)):
            yield self.entry(f"{name}[{index}]", value)

    def entry(self, place: str, value: JsonValue) -> Fields:
        """The object `value`, which stands at `place` in this one."""
        return Fields(value, self._place(place), self._problems)

    def member(self, name: str) -> Fields:
        """An object that is a member of this one. Nothing more is said of one that is missing."""
        value = self._take(name)
        if self.has(name):
            return Fields(value, self._place(name), self._problems)
        self._wrong_type(name, "an object")
        return Fields({}, self._place(name), [])

    def close(self) -> None:
        """Note every member that nothing has asked for."""
        for name in self._members:
            if name not in self._read:
                self.problem(name, "field_unknown", "is not a member of this format")

    def _take(self, name: str) -> JsonValue:
        self._read.add(name)
        return self._members.get(name)

    def _wrong_type(self, name: str, wanted: str) -> None:
        if not self._is_object:
            return  # said already
        if self.has(name):
            self.problem(name, "field_type", f"must be {wanted}")
        else:
            self.problem(name, "field_missing", f"is missing ({wanted})")

    def _place(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name
