"""Whole lists over HTTP: tables, archives and files in, a row each out; again later; nobody else's to see."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import text

from tests.site import ORIGIN, Campus, apart, limited

CSV, ZIP = "text/csv", "application/zip"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Row = dict[str, Any]


def give(campus: Campus, content: bytes, sent_as: str = CSV, **params: str) -> str:
    answer = campus.client.post("/v1/bulk", content=content, headers={"Content-Type": sent_as}, params=params)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


def finished(campus: Campus, token: str) -> Row:
    deadline = time.monotonic() + 60
    while True:
        found: Row = campus.client.get(f"/v1/bulk/{token}").json()
        if found["runs"][-1]["state"] not in ("queued", "running"):
            return found
        assert time.monotonic() < deadline, "the list is not done"
        time.sleep(0.05)


def rows(campus: Campus, token: str, **params: str) -> list[Row]:
    finished(campus, token)
    answer = campus.client.get(f"/v1/bulk/{token}/rows", params={"limit": "500", **params})
    assert answer.status_code == 200, answer.text
    found: list[Row] = answer.json()["rows"]
    return found


def reported(campus: Campus, token: str) -> list[Row]:
    content = campus.client.get(f"/v1/bulk/{token}/report.csv").content
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def archive(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name.replace("_", "."), content)
    return made.getvalue()


@pytest.fixture(scope="module")
def links(campus: Campus) -> dict[str, str]:
    owner = campus.a_full_wallet()
    gone = owner.a_link()
    campus.client.delete(f"{owner.path}/links/{gone['id']}", headers=owner.headers)
    return {
        "live": owner.a_link()["url"],
        "pin": owner.a_link(pin="482913")["url"],
        "gone": gone["url"],
        "never": f"{ORIGIN}/s/{'A' * 43}",
        "page": f"{ORIGIN}/check",
    }


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Campus]:
    with apart(tmp_path) as campus:
        yield campus


def test_every_kind_of_row_comes_to_what_it_is(campus: Campus, links: dict[str, str]) -> None:
    urn = campus.credentials()[0].credential_id
    given = [
        links["live"], links["pin"], links["gone"], links["never"], links["page"], "https://elsewhere.example/s/x",
        urn, "urn:uuid:00000000-0000-4000-8000-000000000000", "", "nonsense", links["live"],
    ]  # fmt: skip
    listed = "Applicant,Link\n" + "".join(f"{number:04},{one}\n" for number, one in enumerate(given))
    found = rows(campus, give(campus, listed.encode()))
    assert [row["columns"] for row in found] == [[f"{number:04}"] for number in range(len(given))]
    assert [(row["result"]["verdict"], row["result"]["code"]) for row in found] == [
        ("valid", "valid"),
        ("indeterminate", "link_pin"),
        ("indeterminate", "link_gone"),
        ("indeterminate", "link_gone"),
        ("indeterminate", "link_gone"),
        ("indeterminate", "link_elsewhere"),
        ("valid", "valid"),
        ("indeterminate", "id_unknown"),
        ("indeterminate", "row_empty"),
        ("indeterminate", "not_a_link"),
        ("valid", "valid"),
    ]
    assert found[10]["same_as"] == 1
    first = found[0]["result"]
    assert first["institution"] == "Universiti Sains Malaysia"
    assert first["title"]
    assert first["block_number"] > 0
    assert links["live"][-20:] not in str(found)


def test_an_id_alone_tells_nothing_about_the_person(campus: Campus) -> None:
    credential = campus.credentials()[0]
    token = give(campus, credential.credential_id.encode())
    (row,) = rows(campus, token)
    result = row["result"]
    assert (result["verdict"], result["institution"]) == ("valid", "Universiti Sains Malaysia")
    hidden = ("title", "awarded_on", "valid_until", "digest")
    assert [result[name] for name in hidden] == ["", "", "", ""]
    whole = campus.client.get(f"/v1/bulk/{token}/rows/1")
    assert whole.json()["reports"] == []
    assert credential.learner_name not in whole.text


def test_files_in_an_archive_are_checked_and_what_is_no_credential_could_not_be(campus: Campus) -> None:
    changed = campus.document(1).replace(b"Learner", b"Lehrner")
    assert changed != campus.document(1)
    content = archive(
        good_json=campus.document(), changed_json=changed, photo_txt=b"hello", again_json=campus.document()
    )
    found = rows(campus, give(campus, content, ZIP))
    assert [row["given"] for row in found] == ["good.json", "changed.json", "photo.txt", "again.json"]
    assert [row["result"]["verdict"] for row in found] == ["valid", "invalid", "indeterminate", "valid"]
    assert found[3]["same_as"] == 1
    assert found[2]["result"]["code"] == "json_syntax"


def test_the_jwt_of_a_credential_is_judged_as_that_is(campus: Campus) -> None:
    path = f"/v1/issuers/usm/credentials/{campus.credentials()[0].credential_id}"
    token = campus.client.get(path, params={"form": "jwt"}, headers=campus.key()).content
    found = rows(campus, give(campus, archive(one_json=campus.document(), same_jwt=token), ZIP))
    assert [row["result"]["verdict"] for row in found] == ["valid", "valid"]


def test_several_files_of_a_form_are_one_list(campus: Campus) -> None:
    files = [("file", (f"{number}.json", campus.document(number), "application/json")) for number in range(3)]
    answer = campus.client.post("/v1/bulk", files=files, params={"days": "7"})
    assert answer.status_code == 201, answer.text
    assert [row["result"]["verdict"] for row in rows(campus, answer.json()["token"])] == ["valid"] * 3
    kept = campus.client.get(f"/v1/bulk/{answer.json()['token']}").json()
    assert kept["expires_at"] - kept["created_at"] == 7 * 86_400


def test_a_spreadsheet_keeps_its_other_columns_as_text(campus: Campus, links: dict[str, str]) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Applicant", "Name", "Share link"])
    sheet.append(["0012", "=1+1", links["live"]])
    sheet["B2"].data_type = "s"
    sheet.append([13, "Zoé", links["gone"]])
    made = io.BytesIO()
    book.save(made)
    token = give(campus, made.getvalue(), XLSX)
    assert [row["columns"] for row in rows(campus, token)] == [["0012", "=1+1"], ["13", "Zoé"]]
    first, second = reported(campus, token)
    assert (first["Applicant"], first["Name"], first["Verdict"]) == ("0012", "'=1+1", "valid")
    assert (second["Name"], second["Reason code"]) == ("Zoé", "link_gone")
    report = load_workbook(io.BytesIO(campus.client.get(f"/v1/bulk/{token}/report.xlsx").content)).active
    assert report is not None
    cells = [(cell.value, cell.data_type) for cell in report[2]][2:4]
    assert cells == [("0012", "s"), ("=1+1", "s")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_tables_are_read_as_offices_save_them(campus: Campus, links: dict[str, str], encoding: str) -> None:
    token = give(campus, f"No;Nom;Lien\r\n0012;Zoé Müller;{links['live']}\r\n".encode(encoding))
    (row,) = rows(campus, token)
    assert row["columns"] == ["0012", "Zoé Müller"]
    assert row["result"]["verdict"] == "valid"


def test_a_column_that_is_not_clear_has_to_be_named(campus: Campus, links: dict[str, str]) -> None:
    urn = campus.credentials()[0].credential_id
    content = f"One,Two\n{urn},{links['live']}\n".encode()
    refused = campus.client.post("/v1/bulk", content=content, headers={"Content-Type": CSV})
    assert (refused.status_code, refused.json()["code"]) == (422, "column_unclear")
    (row,) = rows(campus, give(campus, content, column="two"))
    assert row["result"]["title"] == "Learning record"
    assert row["columns"] == [urn]


@pytest.mark.parametrize(
    ("content", "sent_as", "status", "code"),
    [
        (b"", CSV, 422, "sheet_empty"),
        (b"Link\n" + b"https://a.example/1\n" * 501, CSV, 422, "sheet_rows"),
        (b"\xff\xfe\x00\xd8a\x00", CSV, 422, "sheet_encoding"),
        (b"PK\x03\x04 nonsense", ZIP, 422, "archive_invalid"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1nonsense", "application/vnd.ms-excel", 422, "sheet_invalid"),
        (archive(bomb_json=b" " * 4_000_000), ZIP, 422, "archive_unsafe"),
        (archive(**{f"f{number}_json": b"{}" for number in range(501)}), ZIP, 422, "archive_unsafe"),
        (b"x", "application/json", 415, "content_type"),
    ],
    ids=["empty", "too-many", "no-text", "no-zip", "no-xls", "bomb", "too-many-files", "type"],
)
def test_what_cannot_be_a_list_is_refused(campus: Campus, content: bytes, sent_as: str, status: int, code: str) -> None:
    answer = campus.client.post("/v1/bulk", content=content, headers={"Content-Type": sent_as})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_list_may_be_larger_than_a_document_and_no_larger_than_it_says(campus: Campus) -> None:
    answer = campus.client.post("/v1/bulk", content=b"x" * 51 * 1024 * 1024, headers={"Content-Type": ZIP})
    assert answer.status_code == 413
    large = archive(large_json=campus.document(), padding_bin=bytes(range(256)) * 4)
    with io.BytesIO() as made:
        with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as packed:
            for number in range(2):
                packed.writestr(f"{number}.txt", bytes([number + 65]) * 4_000_000)
            packed.writestr("good.json", campus.document())
        large = made.getvalue()
    assert [row["result"]["verdict"] for row in rows(campus, give(campus, large, ZIP))][-1] == "valid"
    assert campus.client.post("/v1/verify", content=large, headers={"Content-Type": ZIP}).status_code == 413


def test_the_same_list_later_says_what_changed(own: Campus) -> None:
    credential = own.credentials()[0]
    files = {"a_json": own.document(), "b_json": own.document(1)}
    token = give(own, archive(**files), ZIP)
    assert [row["result"]["verdict"] for row in rows(own, token)] == ["valid", "valid"]
    assert "Verdict before" not in reported(own, token)[0]
    answer = own.client.post(
        "/v1/issuers/usm/revocations",
        json={"credential_ids": [credential.credential_id], "reason": "superseded"},
        headers=own.key(),
    )
    assert answer.status_code < 300, answer.text
    own.settled()
    assert own.client.post(f"/v1/bulk/{token}/runs").status_code == 202
    changed = rows(own, token, changed="only")
    assert [row["position"] for row in changed] == [1]
    assert (changed[0]["before"]["verdict"], changed[0]["result"]["code"]) == ("valid", "revoked")
    first, second = reported(own, token)
    assert (first["Verdict before"], first["Verdict"], first["Changed"]) == ("valid", "invalid", "yes")
    assert second["Changed"] == "no"
    assert [row["result"]["verdict"] for row in rows(own, token, run="1")] == ["valid", "valid"]


def test_a_list_is_its_token_holders_alone_and_gone_when_deleted(campus: Campus) -> None:
    token = give(campus, archive(a_json=campus.document()), ZIP)
    finished(campus, token)
    paths = ("", "/rows", "/rows/1", "/report.csv", "/report.xlsx")
    wrong = f"{'B' * 43}"
    missing = campus.client.get(f"/v1/bulk/{wrong}")
    assert missing.status_code == 404
    page = campus.client.get(f"/bulk/{token}", headers={"Accept": "text/html"})
    assert page.headers["cache-control"] == "no-store, private"
    assert "noindex" in page.headers["x-robots-tag"]
    assert campus.client.delete(f"/v1/bulk/{token}").status_code == 204
    for path in paths:
        assert campus.client.get(f"/v1/bulk/{token}{path}").json() | {"request_id": ""} == (
            missing.json() | {"request_id": ""}
        ), path
    with campus.workspace.database.reading() as session:
        for table in ("bulk_files", "bulk_runs", "bulk_details"):
            left = session.connection().execute(
                text(f"SELECT COUNT(*) FROM {table} WHERE list NOT IN (SELECT id FROM bulk_lists)")  # noqa: S608
            )
            assert left.scalar() == 0, table


def test_nothing_of_a_list_can_be_read_in_the_database(own: Campus) -> None:
    token = give(own, archive(secret_applicant_json=own.document()), ZIP)
    finished(own, token)
    with own.workspace.database.reading() as session:
        connection = session.connection()
        assert connection.execute(text("SELECT COUNT(*) FROM bulk_runs WHERE list_key IS NOT NULL")).scalar() == 0
        everything = b"".join(
            bytes(piece)
            for table, column in (
                ("bulk_lists", "contents"), ("bulk_lists", "token_hash"), ("bulk_files", "content"),
                ("bulk_runs", "results"), ("bulk_details", "content"),
            )
            for (piece,) in connection.execute(text(f"SELECT {column} FROM {table}"))  # noqa: S608
        )  # fmt: skip
    for told in (b"secret", b"Learner", b"valid", token.encode()):
        assert told not in everything


def test_a_list_ends_by_itself(own: Campus) -> None:
    token = give(own, archive(a_json=own.document()), ZIP, days="7")
    finished(own, token)
    with own.workspace.database.writing() as session:
        session.connection().execute(text("UPDATE bulk_lists SET expires_at = 1"))
    assert own.client.get(f"/v1/bulk/{token}").status_code == 404
    assert own.site.lists.sweep() == 1
    with own.workspace.database.reading() as session:
        assert session.connection().execute(text("SELECT COUNT(*) FROM bulk_files")).scalar() == 0


def test_what_was_under_way_goes_on_after_a_restart(tmp_path: Path) -> None:
    with apart(tmp_path) as campus:
        campus.site.listing.stop()
        token = give(campus, archive(a_json=campus.document()), ZIP)
        with campus.workspace.database.writing() as session:  # as a process leaves it that was killed
            session.connection().execute(
                text("UPDATE bulk_runs SET state = 'running', worker = 'gone', held_until = 99999999999")
            )
        campus.client.__exit__(None, None, None)
        campus.client.__enter__()
        assert finished(campus, token)["tally"]["valid"] == 1


def test_what_waits_can_be_stopped_and_begun_again(own: Campus) -> None:
    own.site.listing.stop()
    token = give(own, archive(a_json=own.document()), ZIP)
    assert own.client.post(f"/v1/bulk/{token}/runs").json()["code"] == "already_running"
    assert own.client.delete(f"/v1/bulk/{token}/runs").status_code == 204
    assert finished(own, token)["runs"][-1]["state"] == "failed"
    own.site.listing.start()
    assert own.client.post(f"/v1/bulk/{token}/runs").status_code == 202
    assert [row["result"]["verdict"] for row in rows(own, token)] == ["valid"]


def test_a_caller_may_give_so_many_rows_and_lists(own: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(own.site.listed, monkeypatch, 10)
    own.site.listing.stop()
    for _ in range(3):
        give(own, archive(**{f"f{number}_json": b"{}" for number in range(3)}), ZIP)
    refused = own.client.post("/v1/bulk", content=archive(a_json=b"{}", b_json=b"{}"), headers={"Content-Type": ZIP})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    waiting = own.client.post("/v1/bulk", content=archive(a_json=b"{}"), headers={"Content-Type": ZIP})
    assert (waiting.status_code, waiting.json()["code"]) == (409, "too_many_lists")


def test_a_holder_sees_that_their_link_was_looked_at(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    link = owner.a_link()
    rows(campus, give(campus, f"{link['url']}\n{link['url']}\n".encode()))
    views = campus.client.get(f"{owner.path}/links/{link['id']}/views", headers=owner.headers).json()
    assert [(view["kind"], view["purpose"]) for view in views] == [("json", "a list that somebody checks")]
