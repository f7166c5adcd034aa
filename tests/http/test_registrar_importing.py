"""From a file to a draft on the pages of registrars: who may, what is refused and how, and that twice is once."""

from __future__ import annotations

import csv
import io
import re
import time
import zipfile

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from api.registrar.import_templates import COLUMNS, xlsx_template
from api.registrar.sheets import DAYS, ImportSheets
from api.staff.values import InstitutionKind, Role
from ledger.documents.programme import parse_programme
from ledger.issuing.values import BatchState
from ledger.sheets.reading import read_sheet
from tests.office import programme_file
from tests.site import Campus

HTML = {"Accept": "text/html"}
NEW = "/staff/issuers/usm/batches/new"
HEAD = "achievement,learner_id,name,email,result,awarded_on"
_numbers = iter(range(10_000, 99_999))


def rows(count: int = 1, **cells: str) -> str:
    """As many rows of new learners, with these cells in all of them."""
    lines = []
    for number in (next(_numbers) for _ in range(count)):
        said = {"achievement": "intro", "email": f"n{number}@students.example", "result": "75", "on": "2026-03-01"}
        said |= cells
        lines.append(f"{said['achievement']},{number},Learner {number},{said['email']},{said['result']},{said['on']}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def registrar(campus: Campus) -> TestClient:
    client = campus.staff("usm", Role.PREPARES)
    client.headers.update(HTML)
    return client


def bring(client: TestClient, content: str | bytes, *, programme: str = "design", name: str = "l.csv") -> Response:
    data = content.encode() if isinstance(content, str) else content
    sent = {"programme": programme, "label": "Test"}
    response: Response = client.post(NEW, data=sent, files={"file": (name, data)})
    return response


def brought(client: TestClient, content: str | bytes) -> str:
    """The path of a file that was taken."""
    response = bring(client, content)
    assert response.status_code == 303, response.text
    return str(response.headers["location"])


def drafted(client: TestClient, path: str, **fields: str) -> Response:
    response: Response = client.post(f"{path}/draft", data={"label": "Test", **fields})
    return response


def test_pages_are_for_people_of_the_institution_alone(campus: Campus, registrar: TestClient) -> None:
    path = brought(registrar, f"{HEAD}\n{rows()}")

    nobody = campus.client.get(path, headers=HTML, follow_redirects=False)
    assert (nobody.status_code, nobody.headers["location"]) == (303, "/staff/sign-in")
    other = campus.staff("um", Role.ADMIN)
    assert other.get(path, headers=HTML).status_code == 404
    assert other.get(path.replace("usm", "um"), headers=HTML).status_code == 404
    assert registrar.get(path).status_code == 200


def test_what_another_site_sends_is_not_done(campus: Campus, registrar: TestClient) -> None:
    before = len(campus.site.registrar.sheets.open("usm"))
    response = registrar.post(
        NEW,
        data={"programme": "design"},
        files={"file": ("l.csv", f"{HEAD}\n{rows()}".encode())},
        headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    )

    assert response.status_code in {303, 401}
    assert len(campus.site.registrar.sheets.open("usm")) == before


@pytest.mark.parametrize(
    ("content", "programme", "said"),
    [
        ("", "design", "Choose a file, or paste rows with their headings."),
        (f"{HEAD}\n{rows()}", "nonsense", "Choose the programme."),
        (f"{HEAD}\n", "design", "The table has headings and no rows."),
        (b"PK\x03\x04 nothing", "design", "The workbook is damaged"),
        (b"\x00" * 6_000_000, "design", ""),
    ],
)
def test_a_file_that_is_refused_comes_back_with_what_to_do(
    registrar: TestClient, content: str | bytes, programme: str, said: str
) -> None:
    response = bring(registrar, content, programme=programme)

    assert response.status_code in {413, 422}
    assert said in response.text
    if response.status_code == 422:
        assert 'value="Test"' in response.text


def test_templates_fit_the_programme_and_their_example_is_nobody(campus: Campus, registrar: TestClient) -> None:
    given = registrar.get(f"{NEW}/template.csv", params={"programme": "design"})
    assert given.headers["content-disposition"] == 'attachment; filename="learners-design.csv"'
    assert given.content.startswith(b"\xef\xbb\xbf")
    workbook = registrar.get(f"{NEW}/template.xlsx", params={"programme": "design"})
    sheet = read_sheet(workbook.content)
    assert sheet.headings == COLUMNS
    assert len(sheet.rows) == 1
    assert "Notes!" in unzipped(workbook.content)

    assert "no row but the example" in bring(registrar, given.content).text
    path = brought(registrar, given.content + rows().rstrip().encode() + b",,,,,,,\r\n")
    assert "The one row is right" in registrar.get(path).text
    assert registrar.get(f"{NEW}/template.csv", params={"programme": "none"}).status_code == 404


def unzipped(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return "".join(packed.read(name).decode() for name in packed.namelist() if name.endswith(".xml"))


def test_a_template_offers_what_may_be_chosen() -> None:
    made = unzipped(xlsx_template(parse_programme(programme_file("intro", "needs"))))

    assert "<dataValidation" in made
    assert "comment" in made


def test_columns_of_other_names_are_asked_for_once(registrar: TestClient) -> None:
    headings = "Unit of mine,Who,Full name,Mail,Mark,When,Shoe size"
    path = brought(registrar, f"{headings}\n{rows().rstrip()},42\n")
    page = registrar.get(path).text
    assert "What is in which column?" in page
    chosen = re.findall(r'<option value="([a-z_]*)" selected>', page)
    assert chosen[2:5] == ["name", "email", "result"]

    wrong = registrar.post(f"{path}/columns", data={"column-0": "name", "column-2": "name"})
    assert wrong.status_code == 422
    assert "Two columns are taken for “Name”." in wrong.text
    assert "No column is taken for “E-mail”." in wrong.text

    names = ("achievement", "learner_id", "name", "email", "result", "awarded_on", "")
    right = registrar.post(f"{path}/columns", data={f"column-{n}": name for n, name in enumerate(names)})
    assert right.headers["location"] == path
    assert drafted(registrar, path).status_code == 303

    # The next file of the same headings is not asked about.
    again = brought(registrar, f"{headings}\n{rows().rstrip()},43\n")
    assert "The one row is right" in registrar.get(again).text


def test_what_stands_in_no_column_may_be_the_same_in_every_row(registrar: TestClient) -> None:
    number = next(_numbers)
    path = brought(registrar, f"learner_id,name,email,result\n{number},Ana,ana{number}@students.example,75\n")
    fields = {f"column-{n}": name for n, name in enumerate(("learner_id", "name", "email", "result"))}
    registrar.post(f"{path}/columns", data=fields | {"same-achievement": "intro", "same-awarded_on": "2026-03-01"})

    assert "The one row is right" in registrar.get(path).text


def test_wrong_cells_are_mended_in_place_and_everything_is_checked_again(registrar: TestClient) -> None:
    path = brought(registrar, f"{HEAD}\n{rows()}{rows(on='1.3.2026')}{rows(email='nobody')}{rows(result='aa')}")
    page = registrar.get(path).text
    assert re.findall(r'name="(c-[^"]+)"', page) == ["c-3-awarded_on", "c-4-email", "c-5-result"]
    assert "3 rows have to be put right" in page
    assert "Write a number from" in page
    refused = drafted(registrar, path)
    assert refused.status_code == 422
    assert "say that only the others are to be issued" in refused.text

    mended = {"c-3-awarded_on": "2026-03-01", "c-4-email": "somebody@students.example", "drop": "5"}
    assert registrar.post(f"{path}/cells", data=mended).status_code == 303
    assert "All 3 rows are right" in registrar.get(path).text


def test_the_same_file_with_the_problems_can_be_taken_away(registrar: TestClient) -> None:
    path = brought(registrar, f"{HEAD}\n{rows()}{rows(on='=1+1')}")

    given = registrar.get(f"{path}/problems.csv").content.decode("utf-8-sig")
    [head, good, bad] = list(csv.reader(io.StringIO(given)))
    assert head == [*HEAD.split(","), "problem"]
    assert good[-1] == ""
    assert "begins like a formula" in bad[-1]
    assert bad[5] == "'=1+1"  # nothing that a spreadsheet would run
    assert read_sheet(registrar.get(f"{path}/problems.xlsx").content).headings[-1] == "problem"


def test_the_right_rows_alone_are_a_choice_and_the_others_stay(campus: Campus, registrar: TestClient) -> None:
    path = brought(registrar, f"{HEAD}\n{rows(2)}{rows(on='soon')}")
    first = drafted(registrar, path, only="valid")
    second = drafted(registrar, path, only="valid")

    assert first.headers["location"] == second.headers["location"]
    batch_id = int(first.headers["location"].split("/")[-2])
    batch = campus.workspace.catalog.batch(batch_id)
    assert (batch.size, batch.state, batch.label) == (2, BatchState.OPEN, "Test")
    assert registrar.get(path).headers["location"].endswith(f"/batches/{batch_id}")
    rest = [one.rows for one in campus.site.registrar.sheets.open("usm") if len(one.rows) == 1]
    assert any("soon" in row for [row] in rest)


def test_a_code_page_is_told_and_may_be_changed(registrar: TestClient) -> None:
    number = next(_numbers)
    text = f"{HEAD}\nintro,{number},Łukasz,l{number}@students.example,75,2026-03-01\n"
    path = brought(registrar, text.encode("cp1250"))
    assert "This file is not in UTF-8." in registrar.get(f"{path}?show=all").text
    assert "Łukasz" not in registrar.get(f"{path}?show=all").text

    assert registrar.post(f"{path}/encoding", data={"code_page": "cp1250"}).status_code == 303
    assert "Łukasz" in registrar.get(f"{path}?show=all").text


def test_a_file_can_be_deleted_and_is_gone_after_some_days(campus: Campus, registrar: TestClient) -> None:
    path = brought(registrar, f"{HEAD}\n{rows()}")
    assert registrar.post(f"{path}/discard").status_code == 303
    assert registrar.get(path).status_code == 404

    old = brought(registrar, f"{HEAD}\n{rows()}")
    later = int(time.time()) + DAYS * 86_400 + 60
    sheets = ImportSheets(
        campus.workspace.database, campus.workspace.imports, campus.site.registrar.approvals, clock=lambda: later
    )
    member = campus.site.staff.people.of(InstitutionKind.ISSUER, "usm")[0]
    programme = campus.workspace.programmes.parsed("usm", "design")
    sheets.add(member, programme, f"{HEAD}\n{rows()}".encode(), file_name="", label="Later")
    assert registrar.get(old).status_code == 404


def test_names_are_text_and_nothing_else(registrar: TestClient) -> None:
    number, name = next(_numbers), "<img src=x onerror=alert(1)>"
    path = brought(registrar, f'{HEAD}\nintro,{number},"{name}",bad,"{name}",{name}\n')
    page = registrar.get(path).text

    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_dates_that_are_written_otherwise_are_read_as_somebody_says_that_they_are_meant(
    campus: Campus, registrar: TestClient
) -> None:
    written = ("17/01/2026", "3.4.2026", "٠٥/٠٢/٢٠٢٦", "31/02/2026", "01-31-2026", "2026/1/7", "2026-01-09", "soon")
    path = brought(registrar, f"{HEAD}\n{''.join(rows(on=text) for text in written)}")
    shown = registrar.get(path).text
    button = r'name="first" value="([a-z]+)"><span>[^<]*<bdi>([^<]*)</bdi> = <time datetime="([0-9-]+)"'
    offered = re.findall(button, shown)
    assert offered == [
        ("day", "17/01/2026", "2026-01-17"),
        ("month", "3.4.2026", "2026-03-04"),
        ("year", "2026/1/7", "2026-01-07"),
    ]

    def dates() -> list[str]:
        sheet = campus.site.registrar.sheets.sheet("usm", path.rpartition("/")[2])
        return [sheet.value(row, "awarded_on") for row in sheet.rows]

    assert registrar.post(f"{path}/dates", data={"first": "nonsense"}).status_code == 303
    assert dates() == list(written)
    assert registrar.post(f"{path}/dates", data={"first": "day"}).status_code == 303
    read = ["2026-01-17", "2026-04-03", "2026-02-05", *written[3:]]
    assert dates() == read
    for first in ("month", "year", "day"):
        registrar.post(f"{path}/dates", data={"first": first})
    assert dates() == [*read[:3], "31/02/2026", "2026-01-31", "2026-01-07", "2026-01-09", "soon"]
    assert "How are the dates" not in registrar.get(path).text
