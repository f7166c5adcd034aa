"""Pages on which registrars write what they award and take back what they gave: roles, refusals that stay filled in."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace

import orjson
import pytest
from fastapi.testclient import TestClient

from api.staff.values import Role
from ledger.issuing.values import Awarding
from tests.office import JCS_ONLY
from tests.site import Campus, apart

BASE = "/staff/issuers/usm"
PAGES = ("achievements", "pathways", "awards", "status", "keys", "statistics")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campus]:
    """A campus that these tests change as they like."""
    with apart(tmp_path_factory.mktemp("control")) as campus:
        yield campus


@pytest.fixture
def preparer(own: Campus) -> TestClient:
    return own.staff("usm", Role.PREPARES)


@pytest.fixture
def approver(own: Campus) -> TestClient:
    return own.staff("usm", Role.APPROVES)


@pytest.fixture
def admin(own: Campus) -> TestClient:
    return own.staff("usm")


def errors(text: str) -> list[str]:
    return re.findall(r'class="error"[^>]*>([^<]*)', text)


def fields(text: str) -> dict[str, str]:
    """The hidden fields of a page's last form."""
    return dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', text))


def noted(client: TestClient) -> list[str]:
    """What the log of the institution's staff holds, first act first, in the words in which it is kept."""
    return [line["what"] for line in client.get(f"{BASE}/audit.json").json()]


def until(client: TestClient, path: str, word: str) -> str:
    deadline = time.monotonic() + 60
    text: str = client.get(path).text
    while word not in text:
        assert time.monotonic() < deadline, text
        time.sleep(0.1)
        text = client.get(path).text
    return text


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_for_people_of_the_institution_alone(own: Campus, preparer: TestClient, page: str) -> None:
    assert preparer.get(f"{BASE}/{page}").status_code == 200
    assert own.staff("um", Role.ADMIN, email="other@um.example").get(f"{BASE}/{page}").status_code == 404
    stranger = TestClient(own.app, base_url="http://127.0.0.1:8000", follow_redirects=False)
    assert stranger.get(f"{BASE}/{page}").status_code in {303, 401}


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("keys", {"act": "open_key"}),
        ("keys/api-keys", {"label": "x"}),
        ("keys/api-keys/close", {"key": "x"}),
        ("awards", {"candidate": "1", "do": "approve"}),
    ],
)
def test_acts_are_for_those_who_may(preparer: TestClient, path: str, data: dict[str, str]) -> None:
    assert preparer.post(f"{BASE}/{path}", data=data).status_code == 403


@pytest.mark.parametrize("page", ["achievements", "pathways", "awards", "status", "keys"])
def test_another_site_can_do_nothing(own: Campus, page: str) -> None:
    client = own.staff("usm")
    client.headers["Sec-Fetch-Site"] = "cross-site"
    client.headers["Origin"] = "https://evil.example"
    assert client.post(f"{BASE}/{page}", data={"title": "x"}).status_code in {401, 303}


def test_a_change_of_status_is_refused_filled_in(approver: TestClient) -> None:
    posted = {"action": "revoke", "named": "nobody-known", "note": "my note", "reason": ""}
    refused = approver.post(f"{BASE}/status", data=posted)
    assert refused.status_code == 422
    assert "nobody-known" in refused.text
    assert "my note" in refused.text
    assert len(errors(refused.text)) == 2
    assert (
        approver.post(f"{BASE}/status", data={"action": "withdraw", "batch": "9999", "reason": "1"}).status_code == 422
    )


def test_two_persons_suspend_and_reinstate(
    own: Campus, preparer: TestClient, approver: TestClient, admin: TestClient
) -> None:
    other = own.staff("usm", Role.APPROVES, email="second@usm.example")
    made = approver.post(f"{BASE}/status", data={"action": "suspend", "named": "0001", "reason": "2"})
    path = made.headers["location"]
    page = approver.get(path).text
    assert "2 credentials change" in page
    assert "Suspend</button>" not in page
    assert approver.post(path, data={"do": "decide", "sure": "yes"}).status_code == 422
    assert approver.post(path, data={"do": "propose"}).status_code == 303
    assert preparer.post(path, data={"do": "decide", "sure": "yes"}).status_code == 422
    assert other.post(path, data={"do": "decide"}).status_code == 422
    assert other.post(path, data={"do": "decide", "sure": "yes"}).status_code == 303
    until(other, path, "The registry holds it for good")
    assert {one.status.value for one in own.credentials("learner1@students.example")} == {"suspended"}
    assert "suspend_approved" in noted(admin)

    back = other.post(f"{BASE}/status", data={"action": "reinstate", "named": "0001\n0002"}).headers["location"]
    assert "Not suspended" in other.get(back).text
    assert other.post(back, data={"do": "propose"}).status_code == 303
    assert approver.post(back, data={"do": "refuse", "why": ""}).status_code == 422
    assert approver.post(back, data={"do": "decide", "sure": "yes"}).status_code == 303
    until(approver, back, "The registry holds it for good")
    assert {one.status.value for one in own.credentials("learner1@students.example")} == {"active"}


def test_a_file_names_credentials_and_what_cannot_be_is_told_line_by_line(own: Campus, approver: TestClient) -> None:
    one = own.credentials()[4]
    table = f"credential_id,other\n{one.credential_id},x\nurn:uuid:00000000-0000-4000-8000-000000000000,y\n"
    made = approver.post(
        f"{BASE}/status", data={"action": "revoke", "reason": "1"}, files={"file": ("a.csv", table.encode())}
    )
    page = approver.get(made.headers["location"]).text
    assert "No credential of yours: 1" in page
    assert "Will be revoked: 1" in page
    assert approver.post(made.headers["location"], data={"do": "drop"}).status_code == 303
    assert approver.get(made.headers["location"]).status_code == 404
    refused = approver.post(
        f"{BASE}/status", data={"action": "revoke", "reason": "1"}, files={"file": ("a.csv", b"what\nx\n")}
    )
    assert refused.status_code == 422


def test_what_is_still_missing_is_told_by_the_names_of_the_fields(preparer: TestClient) -> None:
    path = preparer.post(f"{BASE}/achievements", data={"title": "New"}).headers["location"]
    said = preparer.get(path).text
    for name in ("Code of the new programme", "Participation", "What the learner can do afterwards", "Level"):
        assert f"“{name}” is still missing." in said
    assert "an object" not in said
    pathway = preparer.post(f"{BASE}/pathways", data={"title": "New"}).headers["location"]
    assert "“Rule” is still missing." in preparer.get(pathway).text


def test_a_file_names_learners_by_the_headings_that_learners_files_have(own: Campus, approver: TestClient) -> None:
    learner = own.credentials()[4].learner_id
    table = f"Matrikelnummer;Kursus;Catatan\n{learner};intro;x\n".encode("utf-16")
    asked = {"action": "revoke", "reason": "1"}
    files = {"file": ("a.csv", table)}
    refused = approver.post(f"{BASE}/status", data=asked, files=files)
    assert refused.status_code == 422
    assert "learner_id and achievement" in refused.text

    brought = (
        "achievement,Matrikelnummer,name,email,result,awarded_on\nintro,M-1,Ali,ali@students.example,75,2026-03-01\n"
    )
    sent = {"programme": "design", "label": "Remembered"}
    path = approver.post(f"{BASE}/batches/new", data=sent, files={"file": ("l.csv", brought)}).headers["location"]
    columns = dict(zip(range(6), ("achievement", "learner_id", "name", "email", "result", "awarded_on"), strict=True))
    approver.post(f"{path}/columns", data={f"column-{place}": column for place, column in columns.items()})
    assert approver.post(f"{path}/draft").status_code == 303

    made = approver.post(f"{BASE}/status", data=asked, files=files).headers["location"]
    assert "will be revoked: 1" in approver.get(made).text.lower()
    assert approver.post(made, data={"do": "drop"}).status_code == 303


def test_an_achievement_is_written_checked_and_published_as_a_new_version(
    own: Campus, preparer: TestClient, approver: TestClient, admin: TestClient
) -> None:
    before, versions = own.document(), len(own.workspace.programmes.versions("usm", "design"))
    path = preparer.post(f"{BASE}/achievements", data={"do": "change", "which": "design/intro"}).headers["location"]
    text = preparer.get(path).text
    typed = {"revision": "1", "title": "Introduction", "outcomes.0": "Plan", "profiles.0": "eu", "do": "publish"}
    refused = preparer.post(path, data=typed)
    assert refused.status_code == 422
    assert 'value="Introduction"' in refused.text
    assert 'value="Intro"' in text
    refused = approver.post(path, data=typed | {"revision": "2"})
    assert refused.status_code == 422
    assert "Description" in refused.text
    stale = approver.post(path, data=typed | {"revision": "1", "title": "Stale"})
    assert stale.status_code == 422
    assert "changed this draft meanwhile" in stale.text
    assert 'value="Stale"' in stale.text
    look = approver.post(f"{path}/look", data=typed)
    assert look.status_code == 200
    assert "of 18 met" in look.text

    whole = {
        "description": "How to begin.", "language": "en", "achievement_type": "MicroCredential", "workload_hours": "30",
        "levels.EQF": "6", "credits.ECTS": "1", "task_level": "bachelor", "complexity": "recall", "criteria": "A task.",
        "participation": "online", "assessment.1": "quiz", "supervision": "unsupervised",
        "quality_assurance.0.type": "internal", "quality_assurance.0.body": "Senate", "programme_title": "Design",
        "quality_assurance.0.url": "https://www.usm.example/senate", "result.type": "Percent", "result.required": "50",
        "translations.0.language": "ms", "translations.0.title": "Pengenalan",
    }  # fmt: skip
    published = approver.post(path, data=typed | whole | {"revision": "3", "profiles.0": ""})
    assert published.status_code == 303, errors(published.text)
    stored = orjson.loads(own.workspace.catalog.programme("usm", "design").content)
    assert stored["achievements"][0]["title"] == "Introduction"
    assert stored["achievements"][0]["titles"] == {"ms": "Pengenalan"}
    assert len(own.workspace.programmes.versions("usm", "design")) == versions + 1
    assert own.document() == before
    assert "achievement_published" in noted(admin)
    first = approver.get(f"{BASE}/achievements/design/versions/1.json")
    assert orjson.loads(first.content)["achievements"][0]["title"] == "Intro"


def test_a_programme_file_goes_out_and_comes_in_again(
    own: Campus, approver: TestClient, preparer: TestClient, admin: TestClient
) -> None:
    content = approver.get(f"{BASE}/achievements/design/programme.json").content
    changed = orjson.loads(content)
    changed["title"] = "Design anew"
    taken = approver.post(
        f"{BASE}/achievements", data={"do": "import"}, files={"file": ("p.json", orjson.dumps(changed))}
    )
    assert taken.status_code == 303
    assert own.workspace.catalog.programme("usm", "design").name == "Design anew"
    assert "programme_imported" in noted(admin)
    del changed["achievements"][0]
    for client, file in (
        (approver, orjson.dumps(changed)),
        (approver, b"not json"),
        (approver, b"{}"),
        (preparer, content),
    ):
        refused = client.post(f"{BASE}/achievements", data={"do": "import"}, files={"file": ("p.json", file)})
        assert refused.status_code == 422
        assert errors(refused.text)
    assert own.workspace.catalog.programme("usm", "design").name == "Design anew"


def test_a_pathway_goes_in_circles_then_is_tried_published_and_compared(
    own: Campus, preparer: TestClient, approver: TestClient, admin: TestClient
) -> None:
    path = preparer.post(f"{BASE}/pathways", data={"title": "Two"}).headers["location"]
    typed = {
        "title": "Two", "code": "two", "award": "design", "components.0.code": "intro", "components.1.code": "needs",
        "components.0.after.0": "needs", "components.1.after.0": "intro", "rule.kind": "someOf",
        "rule.at_least": "1", "rule.items.0.name": "intro", "rule.items.1.name": "needs",
    }  # fmt: skip
    refused = approver.post(path, data=typed | {"revision": "1", "do": "publish"})
    assert refused.status_code == 422
    assert "without an end" in refused.text
    assert 'value="Two"' in refused.text
    del typed["components.0.after.0"]
    added = preparer.post(path, data=typed | {"revision": "2", "do": "nest rule.items"})
    assert added.headers["location"].endswith("#rule.items.2")
    assert "rule.items.2.rule.kind" in preparer.get(path).text
    tried = preparer.post(path, data=typed | {"revision": "3", "do": "try"})
    run = preparer.get(tried.headers["location"]).text
    assert "Would be awarded" in run
    assert "Learner 2" in run
    kept = preparer.post(path, data=typed | {"revision": "4", "do": "publish"})
    assert kept.status_code == 422
    assert approver.post(path, data=typed | {"revision": "5", "do": "publish"}).headers["location"] == (
        f"{BASE}/pathways/two/1"
    )

    again = approver.post(f"{BASE}/pathways/two/1", data={"do": "edit"}).headers["location"]
    revision = re.findall(r'name="revision" value="(\d+)"', approver.get(again).text)[0]
    more = typed | {"rule.at_least": "2", "revision": revision, "do": "publish"}
    assert approver.post(again, data=more).headers["location"] == f"{BASE}/pathways/two/2"
    compared = approver.get(f"{BASE}/pathways/two/2/compare?with=1").text
    assert re.findall(r"<(?:ins|del)[^>]*>([^<]*)", compared) == ["at least 1 of these", "at least 2 of these"]
    assert approver.get(f"{BASE}/pathways/two/2/definition.json").json()["rule"]["atLeast"] == 2
    assert preparer.post(f"{BASE}/pathways/two/2", data={"do": "awarding", "awarding": "auto"}).status_code == 422
    assert approver.post(f"{BASE}/pathways/two/2", data={"do": "awarding", "awarding": "maybe"}).status_code == 422
    assert approver.post(f"{BASE}/pathways/two/2", data={"do": "awarding", "awarding": "queue"}).status_code == 303
    assert own.workspace.pathways.find("two", "usm").awarding is Awarding.QUEUE
    assert {"pathway_published", "awarding_set"} <= set(noted(admin))


def test_whoever_completed_a_pathway_is_awarded_or_refused_with_a_reason(
    own: Campus, approver: TestClient, admin: TestClient
) -> None:
    stored = own.workspace.pathways.find("design/1", "usm")
    own.workspace.pathways.set_awarding(stored.pathway_id, Awarding.QUEUE)
    own.workspace.on_completion.look()
    waiting = sorted(set(re.findall(r'name="candidate" value="(\d+)"', approver.get(f"{BASE}/awards").text)), key=int)
    refused = approver.post(f"{BASE}/awards", data={"candidate": waiting[0], "do": "refuse", "reason": " "})
    assert refused.status_code == 422
    assert (
        approver.post(
            f"{BASE}/awards", data={"candidate": waiting[0], "do": "refuse", "reason": "The fee is not paid."}
        ).status_code
        == 303
    )
    assert "The fee is not paid." in approver.get(f"{BASE}/awards").text
    awarded = approver.post(f"{BASE}/awards", data={"candidate": waiting[1], "do": "approve"})
    assert "/batches/" in awarded.headers["location"]
    words = noted(admin)
    assert words.index("award_refused") < words.index("award_approved")
    assert approver.post(f"{BASE}/awards", data={"candidate": "999999", "do": "approve"}).status_code == 404


def test_a_name_is_corrected_by_a_new_credential(own: Campus, approver: TestClient) -> None:
    credential = own.credentials()[2]
    path = f"{BASE}/credentials/{credential.credential_id}/correct"
    given = dict(re.findall(r'name="([a-z_]+)" type="[a-z]+" value="([^"]*)"', approver.get(path).text))
    assert approver.post(path, data=given).status_code == 422
    wrong = approver.post(path, data=given | {"result": "900"})
    assert wrong.status_code == 422
    assert 'value="900"' in wrong.text
    shown = approver.post(path, data=given | {"name": "Aina binti Ali"})
    assert re.findall(r"<(?:ins|del)>([^<]*)", shown.text) == [credential.learner_name, "Aina binti Ali"]
    assert own.workspace.catalog.credential(credential.credential_id).superseded_by is None
    drafted = approver.post(path, data=given | {"name": "Aina binti Ali", "do": "draft"})
    assert "/batches/" in drafted.headers["location"]
    number = int(drafted.headers["location"].rpartition("/")[2])
    made = own.workspace.catalog.credentials(batch=number)[0]
    assert (made.learner_name, made.supersedes) == ("Aina binti Ali", credential.credential_id)
    assert own.site.registrar.approvals.of(own.workspace.catalog.batch(number)).prepared_name == "Approves of usm"
    document = orjson.loads(own.workspace.catalog.document(made.credential_id))
    assert document["credentialSubject"]["achievement"]["name"] == "Intro"


def test_keys_are_priced_before_anything_is_sent_and_watched_until_final(own: Campus, admin: TestClient) -> None:
    page = admin.post(f"{BASE}/keys", data={"act": "open_key"})
    assert page.status_code == 200
    assert "gas" in page.text
    assert len(own.workspace.catalog.issuer("usm").keys) == 1
    act = admin.post(f"{BASE}/keys", data=fields(page.text) | {"sure": "yes"})
    until(admin, act.headers["location"], "Final")
    assert own.workspace.catalog.issuer("usm").current_key.number == 2
    assert "open_key_asked" in noted(admin)

    start = own.workspace.catalog.issuer("usm").keys[0].opened_at or 0
    since = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(start))
    leaked = {"act": "close_key", "number": "1", "how": "compromised", "since": since}
    shown = admin.post(f"{BASE}/keys", data=leaked)
    assert re.search(r"(\d+) credentials become invalid", shown.text)
    for wrong in (
        leaked | {"since": ""},
        leaked | {"number": "9"},
        {"act": "set_operator", "account": "nobody"},
        {"act": "nothing"},
        {"act": "propose_admin", "admin_account": "0x1"},
    ):
        assert admin.post(f"{BASE}/keys", data=wrong).status_code == 422
    refused = admin.post(f"{BASE}/keys", data={"act": "set_operator", "account": "nobody"})
    assert 'value="nobody"' in refused.text


def test_a_key_that_cannot_be_retired_says_which_batch_waits(own: Campus, admin: TestClient) -> None:
    batch = own.workspace.imports.draft_batch("usm", own.new_drafts("intro"), label="Waits for long")
    signed = own.workspace.pipeline.seal(batch.id, suites=JCS_ONLY)
    number = own.workspace.catalog.issuer("usm").current_key.number

    refused = admin.post(f"{BASE}/keys", data={"act": "close_key", "number": str(number), "how": "retired"})

    assert refused.status_code == 422
    assert f"Batch {signed.id}, which this key signed, is not final yet." in refused.text
    own.workspace.pipeline.advance(batch.id, suites=JCS_ONLY)


def test_a_machines_key_is_shown_once_and_ended(own: Campus, admin: TestClient) -> None:
    assert admin.post(f"{BASE}/keys/api-keys", data={"label": ""}).status_code == 422
    made = admin.post(f"{BASE}/keys/api-keys", data={"label": "Student system"})
    key = re.findall(r"cairn_key_[A-Za-z0-9_-]+", made.text)[0]
    assert made.headers["cache-control"] == "no-store"
    assert key not in admin.get(f"{BASE}/keys").text
    assert own.client.get("/v1/issuers/usm/batches", headers={"X-API-Key": key}).status_code == 200
    assert admin.post(f"{BASE}/keys/api-keys/close", data={"key": key.split("_")[2]}).status_code == 303
    assert own.client.get("/v1/issuers/usm/batches", headers={"X-API-Key": key}).status_code == 401
    words = noted(admin)
    assert words.index("api_key_made") < words.index("api_key_closed")


def test_statistics_have_a_table_under_each_chart_and_hide_small_numbers(own: Campus, approver: TestClient) -> None:
    page = approver.get(f"{BASE}/statistics").text
    assert page.count("<table>") == page.count('class="chart"') == 3
    own.a_full_wallet()
    assert "too few to hide anybody among" in approver.get(f"{BASE}/statistics").text
    assert approver.get(f"{BASE}/statistics/statistics.csv").text.startswith("\ufefftable,row,value")


def test_forms_of_any_size_and_shape_are_refused_in_words(own: Campus, approver: TestClient) -> None:
    path = approver.post(f"{BASE}/pathways", data={"title": "Odd"}).headers["location"]
    deep = "rule." + "items.0.rule." * 40 + "kind"
    assert approver.post(path, data={deep: "allOf", "revision": "1", "do": "keep"}).status_code == 303
    assert approver.post(path, data={"revision": "x" * 50, "do": "keep"}).status_code == 422
    assert approver.post(path, content=b"\xff\xfe", headers={"Content-Type": "text/plain"}).status_code == 415
    large = approver.post(path, data={"title": "x" * 600_000, "revision": "2"})
    assert large.status_code == 413
    assert approver.get(path.replace("/usm/", "/um/")).status_code == 404
    assert approver.get(f"{BASE}/pathways/drafts/99999").status_code == 404
    for wrong in (b"[]", b"{}", b'{"components": [1]}', b"\x00"):
        assert approver.post(f"{BASE}/pathways", files={"file": ("p.json", wrong)}).status_code == 422


def test_the_first_page_says_which_account_acts_no_longer_and_which_cannot_pay(
    own: Campus, admin: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    administration, registry = own.workspace.administration, own.workspace.registry
    assert "The account that anchors" not in admin.get(BASE).text
    anchoring, revoking = administration.operators("usm")
    now = int(time.time())
    ended = [replace(anchoring, valid_until=now + 86_400), replace(revoking, valid_until=now - 1)]
    monkeypatch.setattr(administration, "operators", lambda _slug: tuple(ended))
    monkeypatch.setattr(registry, "balance", lambda _account: 1)

    shown = admin.get(BASE).text

    assert "The account that anchors batches may do so for few more days." in shown
    assert "The account that revokes and suspends may do so no longer." in shown
    assert "too little for the next batch" in shown
