"""Registrars' CSV files: everything that is wrong is said at once, and nothing is issued before all is right."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.documents.credential import Evidence
from ledger.documents.did import did_key
from ledger.documents.programme import Programme
from ledger.errors import DraftError, Problem
from ledger.issuing.drafts import Draft, read_csv
from tests.builders import GRADES, PERCENT, STATUS, a_signer, an_achievement

TODAY = date(2026, 11, 22)
HEADER = "achievement,learner_id,name,email,result,awarded_on"
ROW = "needs,0012,Nur Aisyah binti Rahman,nur.aisyah@students.example,87.5,2026-03-02"
PROGRAMME = Programme(
    "design",
    "Design",
    (
        an_achievement("needs", result=PERCENT),
        an_achievement("graded", result=GRADES),
        an_achievement("done", result=STATUS),
        an_achievement("plain", result=None),
    ),
)


def read(*rows: str, header: str = HEADER, **options: Any) -> tuple[Draft, ...]:
    return read_csv("\r\n".join([header, *rows, ""]).encode(), PROGRAMME, today=TODAY, **options)


def problems(data: bytes | str, **options: Any) -> tuple[Problem, ...]:
    encoded = data if isinstance(data, bytes) else data.encode()
    with pytest.raises(DraftError) as caught:
        read_csv(encoded, PROGRAMME, today=TODAY, **options)
    return caught.value.problems


def places(*rows: str, header: str = HEADER) -> list[tuple[str, int | None, str | None]]:
    found = problems("\n".join([header, *rows]))
    return [(problem.code, problem.row, problem.column) for problem in found]


def a_row(**changes: str) -> str:
    values = dict(zip(HEADER.split(","), ROW.split(","), strict=True)) | changes
    return ",".join(values.values())


def test_a_row_becomes_a_draft() -> None:
    (draft,) = read(ROW)

    assert draft.row == 2
    assert draft.achievement is PROGRAMME.achievements[0]
    assert draft.learner.learner_id == "0012"
    assert draft.learner.email == "nur.aisyah@students.example"
    assert (draft.result, draft.awarded_on) == ("87.5", date(2026, 3, 2))
    assert (draft.valid_until, draft.evidence, draft.narrative) == (None, (), None)


def test_columns_may_come_in_any_order_and_optional_ones_may_be_empty() -> None:
    header = "narrative,awarded_on,result,email,name,learner_id,achievement,evidence_url,valid_until"
    first, second = read(
        '"Wrote it, in\r\ntwo parts.",2026-03-02,B,a@x.example,Аня,A-1,graded,https://p.example/a,2027-01-01',
        ",2026-03-02,C,b@x.example,陳美玲,A-2,graded,,",
        header=header,
    )

    assert first.narrative == "Wrote it, in\ntwo parts."
    assert (first.evidence, first.valid_until) == ((Evidence("https://p.example/a"),), date(2027, 1, 1))
    assert second.learner.name == "陳美玲"
    assert (second.narrative, second.evidence, second.valid_until) == (None, (), None)


def test_evidence_has_a_name_a_kind_and_a_story() -> None:
    columns = "evidence_url,evidence_name,evidence_narrative,evidence_genre"
    first, second = read(
        ROW + ",https://p.example/a,My portfolio,,Portfolio",
        a_row(learner_id="0013", email="b@x.example") + ",,,Shown to the examiners.,",
        header=f"{HEADER},{columns}",
    )

    assert first.evidence == (Evidence("https://p.example/a", "My portfolio", None, "Portfolio"),)
    assert second.evidence == (Evidence(None, None, "Shown to the examiners.", None),)
    assert ("csv_evidence", 2, "evidence_url") in places(ROW + ",,A name only,,", header=f"{HEADER},{columns}")


def test_a_byte_order_mark_spaces_around_cells_and_blank_lines_are_accepted() -> None:
    data = b"\xef\xbb\xbf" + f"{HEADER}\r\n\r\n {ROW.replace(',', ' , ')}\u00a0\r\n,,,,,\r\n\r\n".encode()

    (draft,) = read_csv(data, PROGRAMME, today=TODAY)

    assert draft.row == 3
    assert draft.learner.name == "Nur Aisyah binti Rahman"


def test_e_mail_addresses_are_put_in_lower_case() -> None:
    assert read(a_row(email="Nur.AISYAH@Students.example"))[0].learner.email == "nur.aisyah@students.example"


@pytest.mark.parametrize(
    ("header", "column"),
    [
        (HEADER.replace(",name", ""), None),
        (HEADER + ",grade", "grade"),
        (HEADER + ",name", "name"),
        (HEADER + ",", "number 7"),
        (HEADER.upper(), "ACHIEVEMENT"),
        (HEADER.replace(",", ";"), None),
    ],
)
def test_a_wrong_header_is_refused(header: str, column: str | None) -> None:
    found = problems(f"{header}\n{ROW}\n")

    assert {problem.code for problem in found} == {"csv_header"}
    assert {problem.row for problem in found} == {1}
    assert column in {problem.column for problem in found}


def test_every_fault_of_a_header_is_named() -> None:
    assert len(problems("achievement,name,name,grade,email,result\n")) == 4


def test_a_file_without_rows_is_refused() -> None:
    for data in ("", HEADER, f"{HEADER}\r\n"):
        assert {problem.code for problem in problems(data)} == {"csv_rows"}


def test_too_many_rows_are_refused() -> None:
    rows = [a_row(learner_id=str(number)) for number in range(4)]

    assert len(read(*rows, max_rows=4)) == 4
    (problem,) = problems("\n".join([HEADER, *rows]), max_rows=3)
    assert (problem.code, problem.row) == ("csv_rows", 5)


def test_cells_that_are_not_utf_8_are_named_one_by_one() -> None:
    rows = [a_row(name="José"), a_row(learner_id="2"), a_row(learner_id="3", name="Zoë")]
    data = "\n".join([HEADER, *rows]).encode("latin-1")

    found = problems(data)

    assert [(problem.code, problem.row, problem.column) for problem in found] == [
        ("csv_encoding", 2, "name"),
        ("csv_encoding", 4, "name"),
    ]


def test_an_overlong_sequence_is_not_utf_8() -> None:
    data = f"{HEADER}\n{ROW}\n".encode().replace(b"Nur", b"\xc0\xaf")

    assert problems(data)[0].code == "csv_encoding"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused_in_one_line(codec: str) -> None:
    (problem, *_) = problems(f"{HEADER}\n{ROW}\n".encode(codec))

    assert problem.code in ("csv_encoding", "csv_header")


def test_a_bad_header_in_another_encoding_can_be_printed() -> None:
    for problem in problems((HEADER + ",größe").encode("latin-1")):
        str(problem).encode()


@pytest.mark.parametrize(
    "cell", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t1", "\r1", " =1", "\u00a0=1", "＝1", "＠x"]
)
@pytest.mark.parametrize("column", ["name", "result", "narrative"])
def test_cells_like_formulas_are_refused_in_every_column(cell: str, column: str) -> None:
    quoted = '"' + cell + '"'
    row = a_row(**{column: quoted}) if column != "narrative" else f"{ROW},{quoted}"
    header = HEADER if column != "narrative" else f"{HEADER},narrative"

    assert places(row, header=header)[0] == ("csv_formula", 2, column)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ROW + ",extra", "the row has 7 cells, the header has 6"),
        ("needs,0012", "the row has 2 cells, the header has 6"),
        (a_row(name="Nur\0Aisyah"), "contains a NUL character"),
        (a_row(name='"Nur'), "can't be read from here on"),
        (a_row(name='"Nur" Aisyah'), "can't be read from here on"),
        (a_row(name="x" * 8193), "is longer than 8,192 bytes"),
        (a_row(name="é" * 4097), "is longer than 8,192 bytes"),
        (a_row(name="x" * 2**20), "can't be read from here on"),
    ],
    ids=["too many", "too few", "nul", "unclosed", "text after quote", "9 KiB", "two-byte letters", "1 MiB"],
)
def test_broken_csv_is_refused_with_its_row(row: str, message: str) -> None:
    found = problems(f"{HEADER}\n{a_row(learner_id='1')}\n{row}\n")

    assert found[0].code == "csv_syntax"
    assert found[0].row == 3
    assert message in found[0].message


@pytest.mark.parametrize(
    ("changes", "code", "column"),
    [
        ({"achievement": "diploma"}, "csv_achievement", "achievement"),
        ({"achievement": ""}, "csv_achievement", "achievement"),
        ({"learner_id": ""}, "string_empty", "learner_id"),
        ({"learner_id": "0" * 65}, "string_long", "learner_id"),
        ({"name": ""}, "string_empty", "name"),
        ({"name": "Nur\u202eAisyah"}, "string_forbidden", "name"),
        ({"name": "Jose\u0301"}, "string_not_nfc", "name"),
        ({"email": "nur"}, "email_syntax", "email"),
        ({"email": ""}, "email_syntax", "email"),
        ({"result": "101"}, "csv_result", "result"),
        ({"result": "87.555"}, "csv_result", "result"),
        ({"result": "49.99"}, "csv_result", "result"),
        ({"result": "1e2"}, "csv_result", "result"),
        ({"result": "٨٧"}, "csv_result", "result"),
        ({"result": ""}, "csv_result", "result"),
        ({"achievement": "graded", "result": "E"}, "csv_result", "result"),
        ({"achievement": "graded", "result": "D"}, "csv_result", "result"),
        ({"achievement": "done", "result": "Failed"}, "csv_result", "result"),
        ({"achievement": "plain", "result": "87"}, "csv_result", "result"),
        ({"awarded_on": "02.03.2026"}, "csv_date", "awarded_on"),
        ({"awarded_on": "2026-02-30"}, "csv_date", "awarded_on"),
        ({"awarded_on": "20260302"}, "csv_date", "awarded_on"),
        ({"awarded_on": "2026-11-23"}, "csv_date", "awarded_on"),
        ({"awarded_on": ""}, "csv_date", "awarded_on"),
    ],
)
def test_each_fault_of_a_cell_is_named(changes: dict[str, str], code: str, column: str) -> None:
    assert places(a_row(**changes)) == [(code, 2, column)]


@pytest.mark.parametrize(
    ("achievement", "result"),
    [("needs", "50"), ("needs", "100"), ("graded", "C"), ("done", "Completed"), ("plain", "")],
)
def test_results_at_the_edge_are_accepted(achievement: str, result: str) -> None:
    assert read(a_row(achievement=achievement, result=result))[0].result == (result or None)


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        ("2026-03-02,,", "csv_date", "valid_until"),
        ("soon,,", "csv_date", "valid_until"),
        (",javascript:alert(1),", "url_scheme", "evidence_url"),
        (",http://p.example/,", "url_scheme", "evidence_url"),
        (",https://p.example/<x>,", "url_syntax", "evidence_url"),
        (",,a\u200bb", "string_forbidden", "narrative"),
        (",," + "x" * 2001, "string_long", "narrative"),
    ],
)
def test_each_fault_of_an_optional_cell_is_named(cells: str, code: str, column: str) -> None:
    header = f"{HEADER},valid_until,evidence_url,narrative"

    assert places(f"{ROW},{cells}", header=header) == [(code, 2, column)]


def test_one_credential_twice_is_refused_with_the_first_row() -> None:
    found = problems(f"{HEADER}\n{ROW}\n{a_row(achievement='plain', result='')}\n{ROW}\n")

    assert [(problem.code, problem.row, problem.column) for problem in found] == [("csv_duplicate", 4, "learner_id")]
    assert "row 2" in found[0].message


def test_one_learner_with_two_names_or_addresses_is_refused() -> None:
    other = a_row(achievement="plain", result="", name="Aisyah Rahman", email="aisyah@x.example")

    assert places(ROW, other) == [("csv_learner", 3, "name"), ("csv_learner", 3, "email")]


def test_all_faults_are_reported_at_once_and_in_order() -> None:
    assert places(
        a_row(name="", awarded_on="x"), ROW.replace("0012", "1"), a_row(learner_id="2", email="x", result="999")
    ) == [
        ("string_empty", 2, "name"),
        ("csv_date", 2, "awarded_on"),
        ("email_syntax", 4, "email"),
        ("csv_result", 4, "result"),
    ]


def test_beyond_a_thousand_problems_the_rest_is_counted() -> None:
    rows = [a_row(learner_id=str(number), email="x") for number in range(1500)]

    found = problems("\n".join([HEADER, *rows]))

    assert len(found) == 1001
    assert found[-1].code == "csv_more"
    assert "500 more" in found[-1].message


@pytest.mark.parametrize("position", [0, 5_000, 9_999])
def test_one_bad_row_among_ten_thousand_is_found(position: int) -> None:
    rows = [a_row(learner_id=f"{number:05d}", name=f"陳美玲 {number}") for number in range(10_000)]
    rows[position] = a_row(learner_id="x", awarded_on="2026-13-01")
    data = "\n".join([HEADER, *rows]).encode()

    (problem,) = problems(data)

    assert (problem.code, problem.row) == ("csv_date", position + 2)


def test_a_learner_may_have_an_identifier_of_their_own() -> None:
    own = did_key(a_signer(7).public_key)
    header = HEADER + ",did"
    (named, unnamed) = read(f"{ROW},{own}", a_row(learner_id="0013", email="b@students.example") + ",", header=header)
    assert (named.learner.did, unnamed.learner.did) == (own, None)


@pytest.mark.parametrize(
    ("did", "code"),
    [
        ("did:key:z6Mk", "did_key_malformed"),
        ("did:web:127.0.0.1", "did_web_malformed"),
        ("nur.aisyah", "did_key_malformed"),
        ("https://students.example/nur", "did_key_malformed"),
    ],
)
def test_an_identifier_that_nobody_could_use_is_refused(did: str, code: str) -> None:
    assert places(f"{ROW},{did}", header=HEADER + ",did") == [(code, 2, "did")]


def test_one_learner_has_one_identifier() -> None:
    first, second = (did_key(a_signer(number).public_key) for number in (7, 8))
    rows = (f"{ROW},{first}", a_row(achievement="done", result="Completed") + f",{second}")
    assert places(*rows, header=HEADER + ",did") == [("csv_learner", 3, "did")]
