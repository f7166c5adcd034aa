"""Every row of a file, looked at before anything is drafted."""

from __future__ import annotations

import pytest

from ledger.documents.programme import parse_programme
from ledger.issuing.examining import Examination, Examined, is_near
from tests.office import Office, programme_file

HEAD = "achievement,learner_id,name,email,result,awarded_on\n"


def examined(office: Office, *rows: str) -> Examined:
    programme = parse_programme(programme_file("intro", "needs"))
    return Examination(office.database).examine("usm", programme, (HEAD + "\n".join(rows) + "\n").encode())


def a_row(number: int, code: str = "intro", **cells: str) -> str:
    said = {"name": f"Learner {number}", "email": f"l{number}@students.example", "on": "2026-03-01"} | cells
    return f"{code},{number:04},{said['name']},{said['email']},75,{said['on']}"


@pytest.fixture
def usm(office: Office) -> Office:
    office.programmes.add("usm", programme_file("intro", "needs"))
    return office


def test_wrong_rows_do_not_hold_the_others_back(usm: Office) -> None:
    found = examined(usm, a_row(1), a_row(2, on="01/03/2026"), a_row(3, "nope", email="no"), a_row(4))

    assert found.good == {2, 5}
    assert found.rows == 4
    assert [(one.row, one.column) for one in found.problems] == [(3, "awarded_on"), (4, "achievement"), (4, "email")]


def test_every_wrong_row_is_told_of_however_many_there_are(usm: Office) -> None:
    found = examined(usm, *(a_row(number, on="soon") for number in range(1_200)))

    assert len(found.problems) == 1_200
    assert not found.good


def test_who_holds_it_already_is_named_by_the_row(usm: Office) -> None:
    usm.imports.import_rows("usm", "design", (HEAD + a_row(1) + "\n").encode())

    found = examined(usm, a_row(1), a_row(1, "needs"), a_row(2))

    assert [(one.code, one.row) for one in found.problems] == [("already_issued", 2)]
    assert found.good == {3, 4}


def test_what_looks_mistaken_is_a_warning_and_keeps_nothing_back(usm: Office) -> None:
    usm.imports.import_rows("usm", "design", (HEAD + a_row(1) + "\n").encode())
    usual = [a_row(number) for number in range(10, 16)]

    found = examined(
        usm,
        a_row(1, "needs", name="Lerner 1"),
        a_row(2, email="same@students.example"),
        a_row(3, email="same@students.example"),
        a_row(4, email="x@gmial.com"),
        a_row(5, email="y@studnets.example"),
        a_row(6, email="z@mail.com"),
        *usual,
    )

    assert not found.problems
    assert [(one.code, one.row) for one in found.warnings] == [
        ("name_differs", 2),
        ("address_shared", 4),
        ("address_mistyped", 5),
        ("address_mistyped", 6),
    ]


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("gmial.com", "gmail.com", True),
        ("gmai.com", "gmail.com", True),
        ("gmaill.com", "gmail.com", True),
        ("gmail.con", "gmail.com", True),
        ("gmail.com", "gmail.com", False),
        ("ymail.net", "gmail.com", False),
        ("a.b", "a.c", False),
    ],
)
def test_near_is_one_slip_away(one: str, other: str, near: bool) -> None:
    assert is_near(one, other) is near
