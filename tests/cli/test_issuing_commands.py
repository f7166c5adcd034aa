"""A registrar's day at the command line: import, look, issue, revoke, suspend, reinstate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.workspace import Workspace
from tests.cli.conftest import Cairn


def stored(data: Path) -> list[tuple[str, bytes]]:
    with Workspace.open(data) as workspace:
        (batch,) = workspace.catalog.batches("um")
        return list(workspace.catalog.batch_documents(batch.id))


def test_a_csv_file_becomes_final_credentials_that_verify(
    cairn: Cairn, folder: Path, rows: Path, tmp_path: Path
) -> None:
    drafted = cairn("import", rows, "--issuer", "um", "--data", folder, "--json")
    assert (drafted.code, drafted.json()["size"], drafted.json()["state"]) == (0, 3, "open")
    issued = cairn("issue", "--data", folder, "--json").json()["batches"]
    assert [(batch["state"], batch["finished"]) for batch in issued] == [("final", True)]
    credential_id, document = stored(folder)[1]
    file = tmp_path / "credential.json"
    file.write_bytes(document)
    checked = cairn("verify", file, "--data", folder)
    assert checked.code == 0
    assert "✓ VALID" in checked.out
    assert "issued by Universiti Malaya, as its accreditor calls it" in checked.out
    assert "EMBEDDED CHAIN" in checked.out
    assert cairn("status", credential_id, "--data", folder, "--json").json()["state"] == "final"


def test_a_record_can_be_made_once_the_ledger_has_a_publisher(cairn: Cairn, folder: Path, rows: Path) -> None:
    cairn("import", rows, "--issuer", "um", "--data", folder)
    cairn("issue", "--data", folder)
    words = ("record", "--email", "olof@students.example", "--data", folder, "--json")
    refused = cairn(*words)
    assert (refused.code, refused.json()["error"]["code"]) == (1, "no_publisher")
    assert "cairn issuer register" in refused.err
    made = cairn("issuer", "register", "wallet", "--name", "Our wallet", "--publisher", "--data", folder, "--json")
    assert (made.code, made.json()["kind"]) == (0, "publisher")
    assert cairn(*words).json()["credentials"] == 2


def test_issuing_twice_does_nothing_the_second_time(cairn: Cairn, folder: Path, rows: Path) -> None:
    cairn("import", rows, "--issuer", "um", "--data", folder)
    cairn("issue", "--data", folder)
    before = stored(folder)
    again = cairn("issue", "--data", folder)
    assert (again.code, again.out) == (0, "nothing is left to issue\n")
    assert stored(folder) == before


def test_the_same_rows_are_not_imported_twice(cairn: Cairn, folder: Path, rows: Path) -> None:
    cairn("import", rows, "--issuer", "um", "--data", folder)
    again = cairn("import", rows, "--issuer", "um", "--data", folder)
    assert again.code == 1
    assert again.err.startswith("cairn: ")
    assert len(stored(folder)) == 3


def test_every_bad_cell_is_named_by_row_and_column_and_nothing_is_stored(
    cairn: Cairn, folder: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(
        "achievement,learner_id,name,email,result,awarded_on\n"
        "no-such,0012,Ada,ada@students.example,A,2026-03-02\n"
        "introduction,0013,=HYPERLINK(1),not-an-address,191,2026-02-30\n",
        encoding="utf-8",
    )
    refused = cairn("import", bad, "--issuer", "um", "--data", folder, "--json")
    problems = {(problem["row"], problem["column"]) for problem in refused.json()["error"]["problems"]}
    assert refused.code == 2
    assert problems == {(2, "achievement"), (3, "name"), (3, "email"), (3, "result"), (3, "awarded_on")}
    told = cairn("import", bad, "--issuer", "um", "--data", folder)
    assert "row 3, column email:" in told.err
    assert cairn("status", "--data", folder, "--json").json()["batches"] == []


def test_a_preview_shows_a_document_and_signs_nothing(cairn: Cairn, folder: Path, rows: Path) -> None:
    cairn("import", rows, "--issuer", "um", "--data", folder)
    shown = cairn("issue", "--preview", "--data", folder)
    document, end = json.JSONDecoder().raw_decode(shown.out)
    assert "proof" not in document
    assert shown.out[end:].lstrip().startswith("eu + mqa: 0 errors")
    assert cairn("status", "--data", folder, "--json").json()["batches"][0]["state"] == "open"


def test_revoking_suspending_and_reinstating_change_the_verdict(
    cairn: Cairn, folder: Path, rows: Path, tmp_path: Path
) -> None:
    cairn("import", rows, "--issuer", "um", "--data", folder)
    cairn("issue", "--data", folder)
    (first, first_document), (second, second_document), _ = stored(folder)
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    one.write_bytes(first_document)
    two.write_bytes(second_document)

    assert cairn("suspend", first, second, "--reason", "assessment-invalid", "--data", folder).code == 0
    assert cairn("verify", one, "--data", folder, "--json").json()["code"] == "suspended"
    assert cairn("reinstate", first, "--data", folder).code == 0
    assert cairn("verify", one, "--data", folder).code == 0
    assert cairn("revoke", second, "--reason", "4", "--data", folder).code == 0
    revoked = cairn("verify", two, "--data", folder)
    assert revoked.code == 1
    assert "✗ NOT VALID" in revoked.out
    assert cairn("reinstate", second, "--data", folder).code == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("revoke", "urn:uuid:00000000-0000-4000-8000-000000000000", "--reason", "1"), 2),
        (("revoke", "urn:uuid:00000000-0000-4000-8000-000000000000", "--reason", "because"), 2),
        (("revoke",), 2),
        (("issue", "77"), 2),
        (("import", "missing.csv", "--issuer", "um"), 2),
        (("import", ".", "--issuer", "um"), 2),
        (("issuer", "accredit", "nobody", "--by", "agency"), 2),
        (("issuer", "accredit", "um", "--by", "agency", "--until", "2026-13-01"), 2),
        (("issuer", "register", "Not A Slug", "--name", "x", "--country", "MY"), 2),
        (("issuer", "register", "nowhere", "--name", "x"), 2),
        (("issuer", "key", "um", "--since", "2026-01-01T00:00:00Z"), 2),
        (("status", "nothing"), 2),
        (("no-such-command",), 2),
    ],
)
def test_wrong_use_gives_one_plain_line(words: tuple[str, ...], code: int, cairn: Cairn, folder: Path) -> None:
    ran = cairn(*words, "--data", folder) if words != ("no-such-command",) else cairn(*words)
    assert ran.code == code
    assert ran.err.startswith("cairn: ")
    assert ran.out == ""


@pytest.mark.parametrize("words", [("verify",), ("no-such-command",), ("issue", "x"), ("status", "--nope")])
def test_wrong_use_is_json_too_where_json_is_asked_for(words: tuple[str, ...], cairn: Cairn) -> None:
    ran = cairn(*words, "--json")
    assert (ran.code, ran.json()["error"]["code"]) == (2, "usage")


def test_keys_are_added_and_closed_as_of_a_past_moment(cairn: Cairn, folder: Path) -> None:
    added = cairn("issuer", "key", "um", "--add", "--data", folder, "--json").json()
    assert [key["id"].rpartition("#")[2] for key in added["keys"]] == ["key-1", "key-2"]
    opened = added["keys"][0]["opened_at"]
    closed = cairn("issuer", "key", "um", "--close", "1", "--since", opened, "--data", folder, "--json").json()
    assert closed["keys"][0]["closed_at"] == opened
    assert closed["keys"][1]["closed_at"] is None
