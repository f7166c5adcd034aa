"""What a page says of a refusal: what happened, and what to do now, by its status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.problems import SENTENCES
from api.web.translating import gettext, noted
from api.web.visits import DEFAULT_LANGUAGE, visit


@dataclass(frozen=True)
class RefusalWords:
    """The words of one refusal in the reader's language. `original` is the English detail, where that says more."""

    title: str
    said: str
    advice: str
    original: str = ""


_WORDS: Mapping[int, tuple[str, str, str]] = {
    400: (
        noted("That could not be read"),
        noted("The request is not readable."),
        noted("Go back, and try once more. If you followed a link, check that it was copied whole."),
    ),
    401: (
        noted("You have to sign in first"),
        noted("This page opens only for whom it is meant."),
        noted("Sign in, or ask whoever sent you here for a new link. Links that open a wallet work once."),
    ),
    403: (
        noted("Not open to you now"),
        noted("You are signed in, but not allowed to do this."),
        noted("Ask an administrator of your institution to give you the right, or sign in as somebody else."),
    ),
    404: (
        noted("There is nothing here"),
        noted("This address leads nowhere, or to something that is not open to you, or not any more."),
        noted("Check that the link was copied whole. If somebody shared it with you, ask them whether they ended it."),
    ),
    405: (
        noted("That is not possible here"),
        noted("This address takes what a form sends, and cannot be opened by itself."),
        noted("Go back to the page with the form, and send it again."),
    ),
    408: (
        noted("That took too long"),
        noted("What you sent did not arrive in time."),
        noted("Check your connection, and send it again."),
    ),
    409: (
        noted("That does not fit what is stored"),
        noted("Something has changed since you opened the page, or was done already."),
        noted("Open the page again, look at how things stand now, and decide anew."),
    ),
    413: (
        noted("Too large"),
        noted("What you sent is larger than this page takes."),
        noted("Send less at once: one file instead of many, or the original file instead of a scan of it."),
    ),
    415: (
        noted("Another type of content is needed"),
        noted("This page does not take that type of file or form."),
        noted("Use the form on the page, and a file of one of the types that it names."),
    ),
    422: (
        noted("That could not be used"),
        noted("What you sent is readable, but not what this page takes."),
        noted("Go back, look at what the form asks for, and send it again."),
    ),
    429: (
        noted("Too many requests"),
        noted("More was asked from your address than this site answers at once."),
        noted("Wait a minute, then open the page again. Nothing that you did is lost."),
    ),
    500: (
        noted("Something went wrong here"),
        noted("That is our mistake, not yours, and says nothing about any credential."),
        noted("Try again. If it happens once more, tell the operator of this site the number below."),
    ),
    503: (
        noted("Not right now"),
        noted("This cannot be done right now. That says nothing about any credential."),
        noted("Wait a minute, then open the page again."),
    ),
}
_OTHER = (
    noted("That did not work"),
    noted("This was refused."),
    noted("Go back, and try once more."),
)
_SAYS_NOTHING_MORE = frozenset(detail for _, detail in SENTENCES.values())
"""Details that the web edge gives where nobody said more."""


def refusal_words(status: int, detail: str) -> RefusalWords:
    """The words for a status. Readers of English get the detail itself; for others it stands below, as the original.

    A detail that says no more than the status is left out.
    """
    title, general, advice = (gettext(text) for text in _WORDS.get(status, _OTHER))
    if not detail or detail in _SAYS_NOTHING_MORE:
        return RefusalWords(title, general, advice)
    own = detail[:1].upper() + detail[1:].rstrip(".") + "."
    if visit().language == DEFAULT_LANGUAGE:
        return RefusalWords(title, own, advice)
    if (translated := gettext(own)) != own:
        return RefusalWords(title, translated, advice)
    return RefusalWords(title, general, advice, own)
