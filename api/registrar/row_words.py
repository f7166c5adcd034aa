"""What is wrong with a cell of a registrar's file, and what to do about it, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from api.web.translating import gettext, noted
from ledger.documents.programme import Programme
from ledger.documents.result import NUMERIC, RUBRIC
from ledger.errors import Problem

COLUMN_NAMES = {
    "achievement": noted("Achievement"),
    "learner_id": noted("Learner number"),
    "name": noted("Name"),
    "email": noted("E-mail"),
    "result": noted("Result"),
    "awarded_on": noted("Awarded on"),
    "valid_until": noted("Valid until"),
    "evidence_url": noted("Evidence: link"),
    "evidence_name": noted("Evidence: title"),
    "evidence_narrative": noted("Evidence: what it shows"),
    "evidence_genre": noted("Evidence: kind"),
    "narrative": noted("About this learner's work"),
    "did": noted("Learner's own identifier (DID)"),
}
"""What the columns of a learners' file are called."""

_WRONG = {
    "csv_achievement": (
        noted("This is no achievement of the programme."),
        noted("Write its code or its title as in the template."),
    ),
    "csv_date": (
        noted("This date cannot be used."),
        noted(
            "Write it as year-month-day, for example 2026-03-14. An award is never in the future, and ends after it."
        ),
    ),
    "csv_result": (noted("This result cannot stand here."), ""),
    "csv_duplicate": (
        noted("This learner has the same achievement in an earlier row."),
        noted("Leave one of the two rows out."),
    ),
    "csv_learner": (
        noted("This differs from an earlier row of the same learner."),
        noted("Write the name and the address of a learner the same way in every row."),
    ),
    "csv_evidence": (
        noted("Evidence needs a link, or a text that says what it shows."),
        noted("Fill one of the two in, or empty all columns of the evidence."),
    ),
    "csv_formula": (
        noted("This begins like a formula of a spreadsheet."),
        noted("Remove the sign at its beginning."),
    ),
    "csv_syntax": (noted("This row cannot be read."), noted("Leave it out, or mend it in your file.")),
    "already_issued": (
        noted("This learner holds the achievement already."),
        noted("Leave the row out. To change what was issued, correct the credential instead."),
    ),
    "string_empty": (noted("This is empty."), noted("Fill it in.")),
    "string_long": (noted("This is too long."), noted("Shorten it.")),
    "string_not_nfc": (
        noted("Letters and accents are stored apart here."),
        noted("Type the text once more, rather than paste it."),
    ),
    "string_forbidden": (
        noted("This has characters that cannot be seen."),
        noted("Type the text once more, rather than paste it."),
    ),
}
_GROUPS = {
    "email_": (noted("This is no e-mail address."), noted("It looks like name@university.example.")),
    "url_": (noted("This is no link that can be used."), noted("It begins with https:// and names a public site.")),
    "did_": (noted("This is no identifier that can be used."), noted("Leave it empty if you are not sure.")),
}
_WARNINGS = {
    "name_differs": (
        noted("The name differs from the last time."),
        noted("Check the spelling. It is issued as it stands here."),
    ),
    "address_shared": (
        noted("Another learner has the same address."),
        noted("Check that these are two people."),
    ),
    "address_mistyped": (noted("The address looks mistyped."), noted("Check how it ends.")),
}
_TELLING = frozenset(
    {"csv_learner", "csv_duplicate", "csv_formula", "name_differs", "address_shared", "address_mistyped"}
)
"""Codes whose own words name a value or a row that helps."""


@dataclass(frozen=True)
class Said:
    """What is wrong, what to do about it, and the words of the check itself, which are English."""

    text: str
    advice: str
    detail: str
    is_warning: bool = False


def said(problem: Problem, programme: Programme, achievement: str = "") -> Said:
    """A problem of a row in words."""
    text, advice = _words(problem.code)
    if problem.code == "csv_result":
        return Said(gettext(text), result_rule(programme, achievement), "")
    if not text:
        return Said(_sentence(problem.message), "", "")
    return Said(gettext(text), gettext(advice), problem.message if problem.code in _TELLING else "")


def said_of_warning(problem: Problem) -> Said:
    """A warning in words."""
    text, advice = _WARNINGS[problem.code]
    return Said(gettext(text), gettext(advice), problem.message, is_warning=True)


def result_rule(programme: Programme, achievement: str) -> str:
    """What may stand as the result of an achievement; of none in particular where it is not known."""
    found = next((one for one in programme.achievements if achievement in (one.code, one.title)), None)
    if found is None:
        return gettext("First put the achievement of this row right.")
    rule = found.result
    if rule is None:
        return gettext("Leave it empty: this achievement has no result.")
    if rule.result_type in NUMERIC:
        least = rule.required or rule.minimum
        return gettext("Write a number from %(least)s to %(most)s.") % {"least": least, "most": rule.maximum}
    if rule.result_type == RUBRIC:
        names = [level.code for level in rule.levels]
    elif rule.result_type == "Status":
        names = ["Completed"]
    else:
        names = list(rule.allowed)
    if rule.required in names:
        names = names[: names.index(rule.required) + 1]
    return gettext("Write one of: %(names)s.") % {"names": ", ".join(names)}


def _words(code: str) -> tuple[str, str]:
    if code in _WRONG:
        return _WRONG[code]
    return next((words for start, words in _GROUPS.items() if code.startswith(start)), ("", ""))


def _sentence(message: str) -> str:
    return message[:1].upper() + message[1:].rstrip(".") + "."
