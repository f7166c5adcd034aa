"""Which heading means which column."""

from __future__ import annotations

import pytest

from ledger.issuing.headings import HEADINGS
from ledger.sheets.columns import normal, suggest

ALL = ["achievement", "learner_id", "name", "email", "result", "awarded_on"]


@pytest.mark.parametrize(
    "headings",
    [
        ALL,
        ["MODULE", "Student No.", "Full name", "E-mail adress", "Final Mark", "Award Date"],
        ["Kod Kursus", "No. Matrik", "Nama Penuh", "E-mel", "Gred", "Tarikh"],
        ["رمز المقرر", "رقم الطالب", "الاسم", "البريد الالكتروني", "الدرجة", "تاريخ المنح"],
    ],
)
def test_names_in_three_languages_are_known(headings: list[str]) -> None:
    assert suggest(headings, HEADINGS, {}) == ALL


def test_no_column_is_taken_twice_and_what_means_nothing_is_left_out() -> None:
    assert suggest(["Name", "Nama", "Shoe size", ""], HEADINGS, {}) == ["name", "", "", ""]


def test_what_somebody_decided_before_counts_for_more_than_any_likeness() -> None:
    known = {normal("Name"): "", normal("Ref."): "learner_id"}

    assert suggest(["Name", "ref", "Nama"], HEADINGS, known) == ["", "learner_id", "name"]


def test_case_accents_and_marks_do_not_tell_headings_apart() -> None:
    assert normal("  É-Mail_Address: ") == normal("e mail address")
    assert normal("الـدرجة") == normal("درجة")
