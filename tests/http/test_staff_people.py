"""The people of an institution: invited, given another role, removed; its log, filtered and taken away; who may see."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.staff.values import InstitutionKind, Member, Role
from tests.mailbox import Mailbox
from tests.site import ORIGIN, Campus, apart

ISSUER = InstitutionKind.ISSUER
PEOPLE = "/staff/issuers/usm/people"


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campus]:
    """A campus of its own: here people come, go and are given other roles."""
    with apart(tmp_path_factory.mktemp("people")) as made:
        yield made


def member(campus: Campus, email: str, slug: str = "usm") -> Member:
    person = campus.site.staff.people.find(email)
    assert person is not None
    found = campus.site.staff.people.member(person.id, ISSUER, slug)
    assert found is not None
    return found


def test_an_invited_person_gets_a_letter_and_comes_in_with_their_role(campus: Campus) -> None:
    box, admin = Mailbox(campus, "new@usm.example"), campus.staff("usm")
    given = {"email": "New@usm.example ", "name": "Nur Aisyah", "role": "approves"}
    assert admin.post(PEOPLE, data=given).status_code == 303
    letter = box.next()
    assert "Universiti Sains Malaysia" in letter.get_content()
    link = letter.get_content().split(ORIGIN)[1].split()[0]
    browser = TestClient(campus.app, base_url=ORIGIN, follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"})
    assert browser.post(link).status_code == 303
    assert browser.get("/staff").headers["location"] == "/staff/issuers/usm"
    assert member(campus, "new@usm.example").roles == {Role.APPROVES}


@pytest.mark.parametrize(
    "given",
    [
        {"email": "no address", "name": "Somebody", "role": "prepares"},
        {"email": "ok@usm.example", "name": "", "role": "prepares"},
        {"email": "ok@usm.example", "name": "Some\u202ebody", "role": "prepares"},
        {"email": "ok@usm.example", "name": "Somebody", "role": "emperor"},
    ],
    ids=["address", "no name", "hidden character", "role"],
)
def test_an_invitation_that_is_refused_comes_back_filled_in(campus: Campus, given: dict[str, str]) -> None:
    admin = campus.staff("usm")
    answer = admin.post(PEOPLE, data=given)
    assert answer.status_code == 422
    assert f'value="{given["email"]}"' in answer.text
    assert "Something has to be put right first" in answer.text
    assert campus.site.staff.people.find("ok@usm.example") is None


def test_nobody_is_left_without_an_admin(campus: Campus) -> None:
    admin = campus.staff("um", email="only@um.example")
    for found in campus.site.staff.people.of(ISSUER, "um"):
        if found.email != "only@um.example":
            campus.site.staff.people.remove(member(campus, "only@um.example", "um"), found.person_id)
    myself = member(campus, "only@um.example", "um").person_id
    path = f"/staff/issuers/um/people/{myself}"
    assert admin.post(path, data={"role": "prepares"}).status_code == 422
    assert admin.post(f"{path}/remove").status_code == 422
    campus.staff_token("um", email="second@um.example")
    assert admin.post(f"{path}/remove").headers["location"] == "/staff"
    assert campus.site.staff.people.find("only@um.example") is None
    assert admin.get("/staff/issuers/um/people").status_code == 303  # signed out: they work nowhere any more


def test_a_role_that_is_taken_away_counts_at_once(campus: Campus) -> None:
    admin, other = campus.staff("usm"), campus.staff("usm", email="shrinking@usm.example")
    person = member(campus, "shrinking@usm.example").person_id
    assert other.get(f"{PEOPLE}/{person}").status_code == 200
    assert admin.post(f"{PEOPLE}/{person}", data={"role": "prepares"}).status_code == 303
    assert other.get(f"{PEOPLE}/{person}").status_code == 403


def test_two_persons_are_needed_where_two_may_approve_unless_it_is_chosen(campus: Campus) -> None:
    admin, people = campus.staff("um", email="boss@um.example"), campus.site.staff.people
    for extra in ("a", "b"):
        campus.staff_token("um", Role.APPROVES, email=f"{extra}@um.example")
    assert people.two_persons(ISSUER, "um").needed
    admin.post("/staff/issuers/um/people/two-persons", data={"needed": "no"})
    assert not people.two_persons(ISSUER, "um").needed
    admin.post("/staff/issuers/um/people/two-persons", data={"needed": "yes"})
    assert people.two_persons(ISSUER, "um").needed


PAGES = (("GET", ""), ("GET", "/people"), ("GET", "/audit"), ("GET", "/audit.csv"), ("GET", "/audit.json"))
ADMINS = (("POST", "/people"), ("POST", "/people/two-persons"), ("GET", "/people/0"), ("POST", "/people/0/remove"))


@pytest.mark.parametrize("path", ["/staff/issuers/usm", "/staff/accreditors/mqa"])
def test_who_may_see_what(campus: Campus, path: str) -> None:
    slug = path.rsplit("/", 1)[1]
    nobody = TestClient(campus.app, base_url=ORIGIN, follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"})
    elsewhere = campus.staff("um", email="elsewhere@um.example")
    for method, page in (*PAGES[1:], *ADMINS):
        assert nobody.request(method, path + page).headers.get("location") == "/staff/sign-in", page
        assert elsewhere.request(method, path + page).status_code == 404, page
    for role in Role:
        browser = campus.staff(slug, role)
        for method, page in PAGES[1:]:
            assert browser.request(method, path + page).status_code == 200, (role, page)
        for method, page in ADMINS:
            status = browser.request(method, path + page).status_code
            assert (status == 403) is (role is not Role.ADMIN), (role, page, status)
    assert campus.staff(slug).get(path.replace("s/", "z/") + "/people").status_code == 404


def test_the_log_is_filtered_and_taken_away_whole(campus: Campus) -> None:
    browser, audit = campus.staff("usm", email="reader@usm.example"), campus.site.staff.audit
    reader = member(campus, "reader@usm.example")
    audit.note(reader, "batch_approved", "batch 7", "=HYPERLINK(1)")
    page = browser.get("/staff/issuers/usm/audit", params={"person": reader.person_id, "what": "batch_approved"})
    assert page.status_code == 200
    assert ("batch 7" in page.text, "Approved a batch" in page.text, "1 line" in page.text) == (True, True, True)
    assert "batch 7" not in browser.get("/staff/issuers/usm/audit", params={"until": "2020-01-01"}).text
    assert browser.get("/staff/issuers/usm/audit", params={"from": "yesterday"}).status_code == 422
    assert browser.get("/staff/issuers/usm/audit", params={"page": "999999999999"}).status_code == 200

    rows = list(csv.reader(io.StringIO(browser.get("/staff/issuers/usm/audit.csv").content.decode("utf-8-sig"))))
    assert rows[0][:5] == ["number", "time", "person", "who", "what"]
    assert [row[6] for row in rows if row[5] == "batch 7"] == ["'=HYPERLINK(1)"]
    lines = json.loads(browser.get("/staff/issuers/usm/audit.json").content)
    assert [line["number"] for line in lines] == list(range(1, len(lines) + 1))
    assert all(left["hash"] == right["previous"] for left, right in itertools.pairwise(lines))
    assert lines[-1]["what"] == "exported"


def test_the_database_itself_keeps_the_log(campus: Campus) -> None:
    campus.staff_token("usm")
    for statement in ("UPDATE staff_audit SET who = 'nobody'", "DELETE FROM staff_audit"):
        with pytest.raises(DBAPIError, match="new lines only"), campus.workspace.database.writing() as session:
            session.connection().execute(text(statement))
