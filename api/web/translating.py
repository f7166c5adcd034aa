"""The words of the pages in the reader's language. English is the text in the code; `locales/` holds the others.

In templates: `_("…")`, `ngettext`, `{% trans %}`; a percent sign in such a text is doubled. In Python: `gettext` where
it is said, and `noted` around a constant that is translated where it is shown.
"""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from api.web.visits import DEFAULT_LANGUAGE, visit

LOCALES = Path(__file__).parent / "locales"


@cache
def translations(language: str) -> NullTranslations:
    """What is known in a language. What is not translated stays English."""
    path = LOCALES / f"{language}.po"
    if language == DEFAULT_LANGUAGE or not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)


def gettext(text: str) -> str:
    """A text in the language of the visit. Nothing stays nothing: catalogues keep their header under it."""
    return translations(visit().language).gettext(text) if text else ""


def ngettext(one: str, many: str, number: int) -> str:
    """A text that depends on a number, in the language of the visit."""
    return translations(visit().language).ngettext(one, many, number)


def noted(text: str) -> str:
    """Marks a constant for translation, and leaves it as it is."""
    return text
