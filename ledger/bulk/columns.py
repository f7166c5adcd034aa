"""Which column of a list holds what is to be checked: its content tells, and its name where that leaves a doubt."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ledger.bulk.given import given_in
from ledger.bulk.sheet import Rows
from ledger.errors import MalformedDocument

_WORDS = """
link links url urls uri credential credentials certificate diploma badge record id ids uuid urn verify verification
share token document attestation href address
lien liens identifiant certificat diplome attestations enlace enlaces credencial credenciales certificado identificador
ligacao nachweis nachweise zeugnis kennung zertifikat collegamento certificato koppeling bewijs odkaz osvedceni
pautan kelayakan sijil kredensial rekod pengenalan tautan sertifikat baglanti belge sertifika
ссылка удостоверение сертификат رابط الرابط روابط شهادة الشهادة معرف المعرف اعتماد لينك لنک پیوند
链接 鏈接 連結 证书 證書 网址 リンク 証明書 링크 인증서 लिंक प्रमाणपत्र
"""
HEADER_WORDS = frozenset(_WORDS.split())
"""What the heading of a column with links or ids may say, in lower case and without accents."""
_MOST = 0.5
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Layout:
    """How a table is to be read. `column` is None where it is not clear which one holds what is to be checked."""

    names: tuple[str, ...]
    has_header: bool
    column: int | None

    def rows(self, rows: Rows) -> Rows:
        """The rows below the header."""
        return rows[1:] if self.has_header else rows


def layout_of(rows: Rows) -> Layout:
    """How this table is to be read."""
    has_header = not any(given_in(cell).can_be_checked for cell in rows[0]) and len(rows) > 1
    below = rows[1:] if has_header else rows
    shares = [_share(column, below) for column in range(len(rows[0]))]
    names = rows[0] if has_header else tuple("" for _ in rows[0])
    named = {place for place, name in enumerate(names) if is_header_word(name)}
    likely = {place for place, share in enumerate(shares) if share >= _MOST}
    some = {place for place, share in enumerate(shares) if share > 0}
    for candidates in (likely, likely & named, some if not likely else set(), some & named if not likely else set()):
        if len(candidates) == 1:
            return Layout(names, has_header, candidates.pop())
    return Layout(names, has_header, None)


def chosen(rows: Rows, column: str) -> Layout:
    """The layout with a column that somebody named: by its header, or by its number from 1.

    Raises MalformedDocument `column_unknown`.
    """
    found = layout_of(rows)
    wanted = column.strip()
    places = [place for place, name in enumerate(found.names) if name.strip().casefold() == wanted.casefold()]
    if found.has_header and wanted and len(places) == 1:
        return Layout(found.names, True, places[0])
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:6]) <= len(rows[0]):
        return Layout(found.names, found.has_header, int(wanted) - 1)
    raise MalformedDocument("column_unknown", "the list has no such column, or two of that name; use its number")


def unclear() -> MalformedDocument:
    return MalformedDocument("column_unclear", "it is not clear which column holds the links or ids; name it")


def is_header_word(name: str) -> bool:
    """Whether a column's name says that links or ids stand below it."""
    plain = "".join(
        letter for letter in unicodedata.normalize("NFD", name.casefold()) if not unicodedata.combining(letter)
    )
    words = set(_WORD.findall(plain)) | set(_WORD.findall(name.casefold()))
    return bool(words & HEADER_WORDS)


def _share(column: int, rows: Rows) -> float:
    cells = [row[column] for row in rows if row[column].strip()]
    return sum(given_in(cell).can_be_checked for cell in cells) / len(cells) if cells else 0.0
