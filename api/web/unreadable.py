"""Why a file could not be read, in the reader's language, by its code. In English the reader's own message is said."""

from __future__ import annotations

from collections.abc import Mapping

from api.web.translating import gettext, noted
from api.web.verdicts import sentence
from api.web.visits import DEFAULT_LANGUAGE, visit

SAID: Mapping[str, str] = {
    "json": noted("It is no JSON that can be read, or not all of it."),
    "jwt": noted("It is no signed token that can be read, or not all of it."),
    "sd": noted("It is no signed token that can be read, or not all of it."),
    "limit": noted("It is larger or deeper than what is read here."),
    "image": noted("No single credential can be read from this picture."),
    "pdf": noted("No credential can be read from this PDF."),
    "pdf_unavailable": noted("PDFs cannot be read here just now. Try again later."),
    "archive": noted("This archive cannot be read, or holds no credential."),
    "archive_unsafe": noted("The archive holds too much, or takes too long to read."),
    "form_unsupported": noted("It is no kind of file that is read here."),
    "open_badges_2": noted("The picture holds a badge of an older kind, which is not read here."),
    "schema": noted("The document is not built as a credential has to be."),
    "structure": noted("The document is not built as a credential has to be."),
    "envelope": noted("A credential in it is packed in a way that cannot be read here."),
    "presentation": noted("It is no presentation that can be read."),
    "receipt": noted("It is no receipt of a check that can be read."),
    "receipt_given": noted("It is the receipt of a check, and no credential."),
    "receipt_newer": noted("The receipt is of a newer kind, which is not read here."),
}
"""By the code, or by the word that codes of one kind begin with."""


def sentence_of_unreadable(code: str, message: str) -> str:
    """Why something could not be read: in another language the code's sentence, and the message where it has none."""
    if visit().language == DEFAULT_LANGUAGE:
        return sentence(message)
    return gettext(SAID.get(code) or SAID.get(code.partition("_")[0], "")) or sentence(gettext(message))
