"""The statement that an accreditor publishes when it recognises an issuer.

SHA-256 of its canonical JSON is the `scope` of the accreditation in the registry. So the registry holds 32 bytes, the
statement can lie anywhere, and nobody but the accreditor could have written it. The issuer's name in it is the one that
pages may show as recognised; what a credential says about its issuer's name is only a claim.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date

from ledger.documents.canonical import canonicalize
from ledger.documents.codecs import decode_hex, encode_hex
from ledger.documents.fields import Fields
from ledger.documents.strict_json import JsonObject
from ledger.errors import MalformedDocument, Problem

_TYPE = "AccreditationStatement"
_VERSION = 1
_RECOGNISED_LIMIT = 500
_COUNTRY = re.compile(r"[A-Z]{2}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class AccreditationStatement:
    """Who is recognised, by whom, and for what.

    `name`, `did`, `issuer_id` (32 bytes) and `country` (ISO 3166-1 alpha-2) are the issuer's. `accreditor` is the name
    of who recognises it, `recognised` says in plain words what, `published` when this was stated. In which time the
    recognition is in force stands in the registry alone.
    """

    name: str
    did: str
    issuer_id: bytes
    country: str
    recognised: tuple[str, ...]
    accreditor: str
    published: date

    def to_dict(self) -> JsonObject:
        return {
            "type": _TYPE,
            "version": _VERSION,
            "accreditor": self.accreditor,
            "issuer": {
                "id": self.did,
                "issuerId": encode_hex(self.issuer_id),
                "name": self.name,
                "country": self.country,
            },
            "recognised": list(self.recognised),
            "published": self.published.isoformat(),
        }

    def scope(self) -> bytes:
        """The 32 bytes that stand in the registry."""
        return hashlib.sha256(canonicalize(self.to_dict())).digest()


def parse_accreditation(value: JsonObject) -> AccreditationStatement:
    """Reads a statement, and only what `to_dict` writes, so that its scope is the hash of what was read.

    Raises MalformedDocument `accreditation_malformed`, with the first thing that is wrong.
    """
    problems: list[Problem] = []
    fields = Fields(value, "", problems)
    fields.choice("type", (_TYPE,))
    fields.integer("version", low=_VERSION, high=_VERSION)
    accreditor = fields.text("accreditor")
    issuer = fields.member("issuer")
    did, issuer_id = issuer.text("id", limit=256), issuer.text("issuerId")
    name, country = issuer.text("name"), issuer.text("country")
    recognised = fields.texts("recognised", limit=_RECOGNISED_LIMIT, at_least=1)
    published = fields.text("published")
    issuer.close()
    fields.close()
    if problems:
        raise MalformedDocument("accreditation_malformed", f"the accreditation statement is not valid: {problems[0]}")
    if not did.startswith("did:") or not _COUNTRY.fullmatch(country):
        raise MalformedDocument("accreditation_malformed", "the issuer in the accreditation has no DID or no country")
    return AccreditationStatement(
        name=name,
        did=did,
        issuer_id=_issuer_id(issuer_id),
        country=country,
        recognised=recognised,
        accreditor=accreditor,
        published=_date(published),
    )


def _issuer_id(text: str) -> bytes:
    try:
        return decode_hex(text, size=32)
    except MalformedDocument as error:
        raise MalformedDocument("accreditation_malformed", f"the issuer id in the accreditation: {error}") from error


def _date(text: str) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # a day that no month has; said below
    raise MalformedDocument("accreditation_malformed", "the date of the accreditation is not one, as YYYY-MM-DD")
