"""The pages of an accreditor: recognise, look, approve, end; what the registry wrote down; the public register."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from api.staff.values import InstitutionKind, Role, the_operator
from ledger.errors import RegistryUnreachable
from tests.office import drafts
from tests.site import ORIGIN, Campus, apart

PATH = "/staff/accreditors/mqa"
GIVEN = {"issuer": "new", "name": "Kolej Baharu", "country": "my", "recognised": "Certificates\nat level 3"}
PATIENCE = 60.0


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campus]:
    """A campus of its own, with an issuer that nobody has recognised."""
    with apart(tmp_path_factory.mktemp("accreditors")) as made:
        made.workspace.issuers.register("new", name="Kolej Baharu Sdn", country="MY")
        two_persons_needed(made, False)
        yield made


def two_persons_needed(campus: Campus, needed: bool) -> None:
    campus.site.staff.people.choose_two_persons(the_operator(InstitutionKind.ACCREDITOR, "mqa"), needed)


@pytest.fixture
def two_persons(campus: Campus) -> Iterator[None]:
    two_persons_needed(campus, True)
    yield
    two_persons_needed(campus, False)


def logged(campus: Campus) -> Counter[str]:
    """How often each act stands in the log of the accreditor's people."""
    return Counter(one.what for one in campus.site.staff.audit.entries(InstitutionKind.ACCREDITOR, "mqa", limit=1000))


def day(days: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"


def settled(browser: TestClient, issuer: str) -> str:
    """The page of an issuer once nothing is on its way."""
    deadline = time.monotonic() + PATIENCE
    while "hx-trigger" in (page := browser.get(f"{PATH}/issuers/{issuer}").text):
        assert time.monotonic() < deadline, "it never became final"
        time.sleep(0.1)
    return str(page)


def chips(page: str) -> list[str]:
    return re.findall(r'<span class="chip[^"]*">([^<]+)</span>', page)


def test_an_issuer_is_recognised_and_its_recognition_ended(campus: Campus) -> None:
    browser, before = campus.staff("mqa", Role.APPROVES), logged(campus)
    assert "Not recognised" in chips(browser.get(f"{PATH}/issuers/new").text)
    assert 'value="Kolej Baharu Sdn"' in browser.get(f"{PATH}/recognise?issuer=new").text
    given = {**GIVEN, "until": day(400)}
    preview = browser.post(f"{PATH}/recognise", data={**given, "do": "preview"})
    assert preview.status_code == 200
    for said in ("Kolej Baharu", "at level 3", "About 0", "one transaction"):
        assert said in preview.text
    assert campus.workspace.accreditor_acts.of("mqa", "new") == []

    sent = browser.post(f"{PATH}/recognise", data={**given, "do": "send"})
    assert (sent.status_code, sent.headers["location"]) == (303, f"{PATH}/issuers/new")
    page = settled(browser, "new")
    assert chips(page)[:2] == ["Recognised", "Final"]
    # Who watched the part that looks again has the whole page drawn anew: what stands above it has changed as well.
    assert browser.get(f"{PATH}/issuers/new/acts").headers["HX-Refresh"] == "true"
    assert re.search(r"0x[0-9a-f]{64}", page)
    assert "Kolej Baharu" in browser.get("/register/new").text

    preview = browser.post(f"{PATH}/issuers/new/end", data={"when": "day", "until": day(10), "reason": "It moves"})
    assert (preview.status_code, "It moves" in preview.text) == (200, True)
    shorter = {"when": "day", "until": day(10), "reason": "It moves", "do": "send"}
    assert browser.post(f"{PATH}/issuers/new/end", data=shorter).status_code == 303
    assert chips(settled(browser, "new"))[0] == "Ends soon"
    later = browser.post(f"{PATH}/issuers/new/end", data={**shorter, "until": day(20)})
    assert (later.status_code, "only move earlier" in later.text) == (422, True)

    ended = browser.post(f"{PATH}/issuers/new/end", data={"when": "now", "reason": "It closed", "do": "send"})
    assert ended.status_code == 303
    assert chips(settled(browser, "new"))[0] == "Ended"
    assert browser.get(f"{PATH}/issuers/new/end").status_code == 404
    rows = list(csv.reader(io.StringIO(browser.get(f"{PATH}/history.csv").content.decode("utf-8-sig"))))
    assert [row[4] for row in rows if row[7] == "Kolej Baharu Sdn"] == ["ended", "recognised", "ended", "recognised"]
    assert all(re.fullmatch(r"0x[0-9a-f]{64}", row[3]) for row in rows[1:])
    noted = logged(campus) - before
    assert noted["recognition_prepared"] == noted["recognition_approved"] == 3


def test_a_thing_that_is_named_twice_is_recognised_once(campus: Campus) -> None:
    given = {**GIVEN, "until": day(400), "do": "preview", "recognised": "Level five\r\nLevel five \r\nLevel six"}
    shown = campus.staff("mqa", Role.APPROVES).post(f"{PATH}/recognise", data=given)
    assert shown.status_code == 200
    assert ">Level five<br>Level six</dd>" in shown.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x\u202ey"),
        ("country", "Malaysia"),
        ("recognised", " \n "),
        ("recognised", "x" * 501),
        ("until", "soon"),
        ("until", "2001-01-01"),
        ("until", "9999-12-31"),
    ],
)
def test_a_recognition_that_is_refused_comes_back_filled_in(campus: Campus, field: str, value: str) -> None:
    browser = campus.staff("mqa", Role.APPROVES)
    given = {**GIVEN, "until": day(400), "do": "send", field: value}
    answer = browser.post(f"{PATH}/recognise", data=given)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert 'name="name" type="text" value="Kolej Baharu"' in answer.text or field == "name"
    assert not [act for act in campus.workspace.accreditor_acts.of("mqa", "new") if act.is_open]


def test_two_persons(campus: Campus, two_persons: None) -> None:
    first, second = campus.staff("mqa", Role.APPROVES), campus.staff("mqa", Role.APPROVES, email="two@mqa.example")
    junior = campus.staff("mqa", Role.PREPARES)
    given = {"issuer": "um", "name": "Universiti Malaya", "country": "MY", "recognised": "All", "until": day(90)}
    assert first.post(f"{PATH}/recognise", data={**given, "do": "send"}).status_code == 303
    [act] = [one for one in campus.workspace.accreditor_acts.of("mqa", "um") if one.is_open]
    assert "Another person has to approve" in first.get(f"{PATH}/issuers/um").text
    again = first.post(f"{PATH}/recognise", data={**given, "do": "send"})
    assert (again.status_code, "on its way already" in again.text) == (422, True)
    assert first.post(f"{PATH}/acts/{act.id}/approve").status_code == 409
    assert junior.post(f"{PATH}/acts/{act.id}/approve").status_code == 403
    assert second.post(f"{PATH}/acts/{act.id}/approve").status_code == 303
    assert second.post(f"{PATH}/acts/{act.id}/approve").status_code == 409
    settled(first, "um")
    assert campus.workspace.accreditor_acts.get("mqa", act.id).state == "final"
    taken = {"when": "now", "reason": "A mistake", "do": "send"}
    assert junior.post(f"{PATH}/issuers/um/end", data=taken).status_code == 303
    [act] = [one for one in campus.workspace.accreditor_acts.of("mqa", "um") if one.is_open]
    assert junior.post(f"{PATH}/acts/{act.id}/take-back").status_code == 303
    assert "Taken back" in chips(junior.get(f"{PATH}/issuers/um").text)


def test_files_say_what_the_pages_say(campus: Campus) -> None:
    browser = campus.staff("mqa", Role.PREPARES)
    entries = json.loads(browser.get(f"{PATH}/export.json").content)
    assert {"usm", "um", "new"} <= {entry["issuer"] for entry in entries}
    [usm] = [entry for entry in entries if entry["issuer"] == "usm"]
    assert (usm["state"], usm["accreditor"]) == ("recognised", "Malaysian Qualifications Agency")
    book = load_workbook(io.BytesIO(browser.get(f"{PATH}/export.xlsx").content))
    assert [cell.value for cell in book.active[1]][:3] == ["issuer", "name", "did"]
    assert book.active.max_row == len(entries) + 1
    history = json.loads(browser.get(f"{PATH}/history.json").content)
    assert {one["accreditor_account"] for one in history} == {usm["accreditor_account"]}
    assert browser.get(f"{PATH}/export.exe").status_code == 422


def test_small_numbers_are_kept_back(campus: Campus) -> None:
    page = campus.staff("mqa", Role.PREPARES).get(f"{PATH}/statistics").text
    assert re.search(r'Universiti Sains Malaysia.*?class="number"[^>]*>6<', page, re.DOTALL)
    assert re.search(r'Universiti Malaya.*?class="number"[^>]*>0<', page, re.DOTALL)
    batch = campus.workspace.imports.draft_batch("um", drafts(3, code="needs"), label="Few")
    campus.workspace.pipeline.advance(batch.id)
    page = campus.staff("mqa", Role.PREPARES).get(f"{PATH}/statistics").text
    assert re.search(r'Universiti Malaya.*?class="number"[^>]*>fewer than 5<', page, re.DOTALL)


def test_where_the_registry_cannot_be_read_nothing_old_is_shown(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, events = campus.staff("mqa", Role.APPROVES), campus.site.registry_events

    def away(*_: object, **__: object) -> None:
        raise RegistryUnreachable("nobody answers")

    monkeypatch.setattr(events, "_final", away)
    for page, status in (("/history", 503), ("/statistics", 200), ("/issuers/usm", 200)):
        answer = browser.get(PATH + page)
        assert (answer.status_code, "could not be read now" in answer.text) == (status, True), page
    assert browser.get(f"{PATH}/history.csv").status_code == 503
    assert browser.get(PATH).status_code == 200


def test_the_register_is_open_to_everyone(campus: Campus) -> None:
    nobody = TestClient(campus.app, base_url=ORIGIN, follow_redirects=False)
    page = nobody.get("/register")
    assert (page.status_code, "Universiti Sains Malaysia" in page.text) == (200, True)
    shown = nobody.get("/register/usm").text
    issuer = campus.workspace.catalog.issuer("usm")
    for said in (issuer.did, issuer.issuer_id.hex(), issuer.keys[0].public_key.hex(), "accreditationAt(", "eip155:"):
        assert said in shown
    assert nobody.get("/register/nobody").status_code == 404
    assert nobody.get("/register/records").status_code == 404


GETS = ("", "/recognise", "/issuers/usm", "/issuers/usm/acts", "/issuers/usm/end", "/history", "/statistics")
FILES = ("/export.csv", "/export.xlsx", "/export.json", "/history.csv", "/history.xlsx", "/history.json")


def test_who_may_see_what(campus: Campus) -> None:
    nobody = TestClient(campus.app, base_url=ORIGIN, follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"})
    registrar = campus.staff("usm")
    posts = ("/recognise", "/issuers/usm/end", "/acts/1/approve", "/acts/1/take-back")
    for method, pages in (("GET", (*GETS, *FILES)), ("POST", posts)):
        for page in pages:
            assert nobody.request(method, PATH + page).headers.get("location") == "/staff/sign-in", page
            assert registrar.request(method, PATH + page).status_code == 404, page
    for role in Role:
        browser = campus.staff("mqa", role)
        assert {page: browser.get(PATH + page).status_code for page in (*GETS, *FILES)} == dict.fromkeys(
            (*GETS, *FILES), 200
        )
        assert (browser.post(f"{PATH}/acts/1/approve").status_code == 403) is (role is Role.PREPARES)
        cross = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
        assert browser.post(f"{PATH}/recognise", data=GIVEN, headers=cross).status_code == 401
