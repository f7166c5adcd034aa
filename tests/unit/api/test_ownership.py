"""Whose a credential is, by what it says and what a wallet has proved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.wallets.ownership import Proved, Whose, whose_all
from ledger.documents.credential import hashed_identity, named_identity
from ledger.documents.strict_json import JsonObject
from tests.builders import LEARNER, a_credential

OWN = "did:key:z6MkOwn"
PROVED = Proved(frozenset({LEARNER.email}), frozenset({OWN}))
NOTHING = Proved(frozenset(), frozenset({OWN}))
STRANGER = replace(LEARNER, name="Ada Lovelace", email="ada@elsewhere.example")


def a_subject(**members: Any) -> JsonObject:
    document: Any = a_credential()
    document["credentialSubject"] |= members
    return document  # type: ignore[no-any-return]


def open_address(address: str) -> JsonObject:
    return {"type": "IdentityObject", "identityType": "emailAddress", "hashed": False, "identityHash": address}


BARE = [named_identity(LEARNER.name)]


@pytest.mark.parametrize(
    ("document", "proved", "mark"),
    [
        (a_credential(), PROVED, "shown"),
        (a_credential(), NOTHING, "not_shown"),
        (a_credential(learner=STRANGER), NOTHING, "not_shown"),
        (a_credential(learner=replace(LEARNER, email="older@home.example")), PROVED, "not_shown"),
        (a_subject(id=OWN, identifier=BARE), NOTHING, "shown"),
        (a_subject(id=f"mailto:{LEARNER.email.upper()}", identifier=BARE), PROVED, "shown"),
        (a_subject(id="did:key:z6MkOther", identifier=BARE), NOTHING, "other"),
        (a_subject(id="did:key:z6MkOther"), PROVED, "shown"),
        (a_subject(id="mailto:ada@elsewhere.example", identifier=BARE), PROVED, "other"),
        (a_subject(id="mailto:ada@elsewhere.example", identifier=BARE), NOTHING, "not_shown"),
        (a_subject(identifier=[open_address(LEARNER.email)]), PROVED, "shown"),
        (a_subject(identifier=[open_address("ada@elsewhere.example")]), PROVED, "other"),
        (a_subject(identifier=BARE), PROVED, "not_shown"),
        (a_subject(identifier=None), PROVED, "not_shown"),
        ({"credentialSubject": [{"id": OWN}]}, NOTHING, "shown"),
        ({"credentialSubject": "x"}, PROVED, "not_shown"),
    ],
)
def test_a_credential_alone(document: JsonObject, proved: Proved, mark: Whose) -> None:
    assert whose_all([document], proved, [False]) == [mark]


def test_another_name_with_another_hashed_address_is_another_persons_beside_what_is_shown() -> None:
    married = replace(LEARNER, name="Nur Aisyah binti Ismail", email=LEARNER.email)
    documents = [
        a_credential(1),
        a_credential(2, learner=STRANGER),
        a_credential(3, learner=replace(STRANGER, name="N. A. Rahman")),
        a_credential(4, learner=married),
        a_credential(5, learner=replace(married, email="new@home.example")),
    ]
    marks = whose_all(documents, PROVED, [False] * 5)
    assert marks == ["shown", "other", "not_shown", "shown", "not_shown"]


def test_what_was_handed_over_is_shown() -> None:
    assert whose_all([a_credential(learner=STRANGER)], NOTHING, [True]) == ["shown"]


def test_a_hash_of_another_salt_does_not_fit() -> None:
    entry = hashed_identity("emailAddress", LEARNER.email, b"0" * 16) | {"salt": "00"}
    assert whose_all([a_subject(identifier=[entry])], PROVED, [False]) == ["not_shown"]
