"""Why a row could not be checked, in the reader's language, by its code. In English the row's own reason is said."""

from __future__ import annotations

from api.web.check_sentences import sentence_of_code
from api.web.translating import gettext, noted
from api.web.unreadable import sentence_of_unreadable
from api.web.visits import DEFAULT_LANGUAGE, visit
from ledger.bulk.results import Result
from ledger.verifying.report import Outcome

WHY_NOT = {
    "row_empty": noted("This row has no link and no id."),
    "not_a_link": noted("This is no link, and no id of a credential."),
    "link_gone": noted("Nothing is shared at this link, or not any more. Ask the holder for a new one."),
    "link_pin": noted("This link asks for a PIN. Ask the holder for the PIN, and open the link by itself."),
    "link_elsewhere": noted("This link leads to another site, which is not asked from here. Check it there."),
    "id_unknown": noted("This site holds no credential with this id. Ask the holder for a link or the file."),
    "file_unreadable": noted("This file of the archive is empty, damaged or locked."),
    "list_stopped": noted("The check of the list was stopped before this row."),
    "list_time": noted("The list took too long, and this row was not reached. Check it by itself."),
    "list_large": noted("Too many documents stand behind the rows of this list. Divide it."),
}
VERDICTS = {
    Outcome.VALID.value: noted("Valid"),
    Outcome.INVALID.value: noted("Not valid"),
    Outcome.INDETERMINATE.value: noted("Could not check"),
}


def reason_of(result: Result) -> str:
    """Why a row came to its verdict."""
    if visit().language == DEFAULT_LANGUAGE:
        return result.reason
    if result.code in WHY_NOT:
        return gettext(WHY_NOT[result.code])
    return sentence_of_code(result.code) or sentence_of_unreadable(result.code, result.reason)


def word_of(verdict: str) -> str:
    """A verdict in words."""
    return gettext(VERDICTS[verdict])
