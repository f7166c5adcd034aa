"""An accreditation statement is bound by its hash: what is read is exactly what was hashed."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import date

import pytest
import rfc8785

from ledger.documents.accreditation import AccreditationStatement, parse_accreditation
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument

STATEMENT = AccreditationStatement(
    name="Universiti Sains Malaysia",
    did="did:web:cairn.example:issuers:usm",
    issuer_id=hashlib.sha256(b"usm").digest(),
    country="MY",
    recognised=("Micro-credentials at levels 6 and 7 of the Malaysian Qualifications Framework",),
    accreditor="An Accreditor",
    published=date(2026, 11, 22),
)


def changed(**members: JsonValue) -> JsonObject:
    return {**STATEMENT.to_dict(), **members}


def issuer_changed(**members: JsonValue) -> JsonObject:
    issuer = STATEMENT.to_dict()["issuer"]
    assert isinstance(issuer, dict)
    return changed(issuer={**issuer, **members})


def test_a_statement_survives_writing_and_reading() -> None:
    assert parse_accreditation(STATEMENT.to_dict()) == STATEMENT


def test_the_scope_is_the_hash_of_the_canonical_json() -> None:
    assert STATEMENT.scope() == hashlib.sha256(rfc8785.dumps(STATEMENT.to_dict())).digest()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Universiti Sains Malaysia (Penang)"),
        ("did", "did:web:cairn.example:issuers:um"),
        ("issuer_id", bytes(31) + b"\1"),
        ("country", "NZ"),
        ("recognised", ("Doctorates",)),
        ("accreditor", "Another"),
        ("published", date(2026, 11, 23)),
    ],
)
def test_every_field_is_bound_by_the_scope(field: str, value: object) -> None:
    other = dataclasses.replace(STATEMENT, **{field: value})  # type: ignore[arg-type]
    assert other.scope() != STATEMENT.scope()
    assert parse_accreditation(other.to_dict()) == other


@pytest.mark.parametrize(
    "value",
    [
        {},
        changed(type="Accreditation"),
        changed(version=2),
        changed(version=True),
        changed(accreditor=""),
        changed(accreditor="evil \u202ename"),
        changed(recognised=[]),
        changed(recognised="all"),
        changed(recognised=["a", 1]),
        changed(published="2026-02-30"),
        changed(published="20261122"),
        changed(published=None),
        changed(issuer="did:web:cairn.example"),
        changed(more="than that"),
        issuer_changed(name=None),
        issuer_changed(name=""),
        issuer_changed(id="https://cairn.example"),
        issuer_changed(issuerId="0x12"),
        issuer_changed(issuerId=STATEMENT.issuer_id.hex()),
        issuer_changed(country="my"),
        issuer_changed(country="MYS"),
        issuer_changed(more="than that"),
    ],
)
def test_anything_else_is_malformed(value: JsonObject) -> None:
    with pytest.raises(MalformedDocument) as caught:
        parse_accreditation(value)
    assert caught.value.code == "accreditation_malformed"
