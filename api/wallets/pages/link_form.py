"""The form of a share link: what was ticked and typed, read by the rules of the API, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from api.clock import DAY, unix_now
from api.sharing.schemas import DEFAULT_DAYS, LinkIn, NarrowingIn, end_of
from api.web.translating import gettext, noted
from ledger.errors import Conflict

HIDEABLE: Mapping[str, str] = {
    "results": noted("Results and marks"),
    "evidence": noted("Evidence"),
    "narrative": noted("Remarks about me"),
    "identifiers": noted("My number and other identifiers"),
}
LASTING: Mapping[str, str] = {
    "7": noted("A week"),
    "30": noted("30 days"),
    "90": noted("90 days"),
    "366": noted("A year"),
}
PROBLEMS: Mapping[str, str] = {
    "credential_ids": noted("Choose at least one credential, and 500 at most."),
    "record_id": noted("Choose at least one credential, or a record."),
    "label": noted("Give the link a name of 1 to 200 characters. The viewer sees it."),
    "purpose": noted("The purpose has 200 characters at most."),
    "pin": noted("A PIN has 6 to 64 characters."),
    "days": noted("Choose how long the link works."),
    "until": noted("Give a day that is still to come and at most a year away."),
    "hide": noted("Choose from the list what to leave out."),
}
ENDS = frozenset({"expiry_past", "expiry_far"})


@dataclass(frozen=True)
class LinkForm:
    """The form as it was filled in. `errors` are sentences by field."""

    credentials: tuple[str, ...] = ()
    record: str = ""
    label: str = ""
    purpose: str = ""
    days: str = str(DEFAULT_DAYS)
    until: str = ""
    pin: str = field(default="", repr=False)
    hide: tuple[str, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A form that makes sense: what is wanted, and when it ends (Unix seconds)."""

    wanted: LinkIn
    expires_at: int


def form_of(lists: Mapping[str, Sequence[str]]) -> LinkForm:
    """What was sent, cut to what a field can hold."""

    def one(name: str, limit: int) -> str:
        return (list(lists.get(name, ())) or [""])[0].strip()[:limit]

    return LinkForm(
        credentials=tuple(dict.fromkeys(lists.get("credential", ()))),
        record=one("record", 64),
        label=one("label", 400),
        purpose=one("purpose", 400),
        days=one("days", 4) or str(DEFAULT_DAYS),
        until=one("until", 20),
        pin=one("pin", 100),
        hide=tuple(lists.get("hide", ())),
    )


def asked_of(form: LinkForm) -> Asked | dict[str, str]:
    """What the form asks for, or what is wrong with it by field."""
    if not set(form.hide) <= HIDEABLE.keys():
        return {"hide": gettext(PROBLEMS["hide"])}
    values: dict[str, Any] = {"label": form.label, "hide": list(form.hide)}
    if form.record:
        values["record_id"] = form.record
    else:
        values["credential_ids"] = list(form.credentials)
    values |= {name: given for name, given in (("purpose", form.purpose), ("pin", form.pin)) if given}
    values |= ending_of(form.days, form.until)
    try:
        wanted = LinkIn.model_validate(values)
    except ValidationError as error:
        return problems_of(error)
    try:
        return Asked(wanted, end_of(wanted, unix_now()) or unix_now() + DEFAULT_DAYS * DAY)
    except Conflict as error:
        if error.code not in ENDS:
            raise
        return {"until": gettext(PROBLEMS["until"])}


def narrowing_of(form: LinkForm, before: Sequence[str], hidden: Sequence[str]) -> NarrowingIn | dict[str, str]:
    """How a link is to show less: what was unticked, what was ticked to leave out, an earlier end."""
    if not set(form.hide) <= HIDEABLE.keys():
        return {"hide": gettext(PROBLEMS["hide"])}
    values: dict[str, Any] = {"hide": [name for name in form.hide if name not in hidden]}
    if set(form.credentials) != set(before):
        values["credential_ids"] = list(form.credentials)
    if form.until:
        values["until"] = form.until
    try:
        wanted = NarrowingIn.model_validate(values)
        end_of(wanted, unix_now())
    except ValidationError as error:
        found = problems_of(error)
        return found if set(found) - {""} else {"": gettext("Nothing was changed: say what the link is to leave out.")}
    except Conflict as error:
        if error.code not in ENDS:
            raise
        return {"until": gettext(PROBLEMS["until"])}
    return wanted


def ending_of(days: str, until: str) -> dict[str, object]:
    """A day if one was given, else a number of days; what is no number is left for the model to refuse."""
    if until:
        return {"until": until}
    return {"days": int(days) if days.isascii() and days.isdigit() else days}


def problems_of(error: ValidationError) -> dict[str, str]:
    """A sentence for each field that was refused; under "" what is wrong with the whole."""
    found = {}
    for one in error.errors():
        name = str(one["loc"][0]) if one["loc"] else ""
        if not name and isinstance(one.get("input"), dict) and "until" in one["input"]:
            name = "until"  # a day that is none of the calendar
        found[name] = gettext(PROBLEMS[name]) if name in PROBLEMS else gettext("Something here cannot be used.")
    return found
