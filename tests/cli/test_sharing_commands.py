"""`cairn share` and `cairn export --form sd-jwt`: links of a record, and credentials with members kept back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cairn

EMAIL = "olof@students.example"


@pytest.fixture
def folder(final_folder: Path) -> Path:
    return final_folder


@pytest.fixture
def record(cairn: Cairn, folder: Path) -> str:
    """The id of the record of a learner with two credentials."""
    words = ("issuer", "register", "records", "--name", "Records", "--publisher")
    assert cairn(*words, "--data", folder).code == 0
    made = cairn("record", "--email", EMAIL, "--data", folder, "--json")
    assert made.code == 0, made.err
    return str(made.json()["record"])


def test_a_link_is_made_listed_narrowed_and_withdrawn(cairn: Cairn, folder: Path, record: str) -> None:
    made = cairn(
        "share",
        "--record",
        record,
        "--days",
        "9",
        "--purpose",
        "Admission",
        "--pin",
        "295174",
        "--data",
        folder,
        "--json",
    )
    assert made.code == 0, made.err
    link = made.json()["link"]
    [listed] = cairn("share", "list", "--record", record, "--data", folder, "--json").json()["links"]
    assert (listed["id"], listed["purpose"], listed["has_pin"]) == (link, "Admission", True)
    assert cairn("share", "list", "--link", link, "--data", folder, "--json").json() == {"views": []}
    narrowed = cairn("share", "narrow", link, "--hide", "results,evidence", "--data", folder, "--json")
    assert narrowed.code == 0, narrowed.err
    assert narrowed.json()["hidden"] == ["evidence", "results"]
    fewer = cairn("share", "narrow", link, "--credential", narrowed.json()["items"][0], "--data", folder, "--json")
    assert len(fewer.json()["items"]) == 1
    wider = cairn("share", "narrow", link, "--credential", narrowed.json()["items"][1], "--data", folder)
    assert (wider.code, wider.out) == (1, "")
    assert "never more" in wider.err
    assert cairn("share", "unlock", link, "--data", folder).code == 0
    assert cairn("share", "withdraw", link, "--data", folder).code == 0
    assert "withdrawn" in cairn("share", "list", "--record", record, "--data", folder).out


REFUSED = (
    (2, (), "--record"),
    (2, ("--record", "RECORD", "--pin", "123"), "pin"),
    (2, ("--record", "RECORD", "--until", "soon"), "until"),
    (1, ("--record", "RECORD", "--until", "2020-01-01"), "passed"),
    (2, ("--record", "RECORD", "--days", "3", "--until", "2099-01-01"), "either"),
    (1, ("--record", "RECORD", "--hide", "status"), "never withheld"),
    (2, ("--record", "RECORD", "--hide", "colour"), "what can be withheld"),
    (2, ("list",), "name a record"),
    (2, ("narrow", "0" * 32), "say what"),
    (2, ("withdraw", "0" * 32), "no such link"),
)


def test_what_cannot_be_shared_is_one_plain_line(cairn: Cairn, folder: Path, record: str) -> None:
    for code, words, said in REFUSED:
        refused = cairn("share", *[record if word == "RECORD" else word for word in words], "--data", folder)
        assert (refused.code, refused.out) == (code, ""), words
        assert said in refused.err
        assert refused.err.count("\n") == 1
    assert cairn("share", "list", "--record", record, "--data", folder, "--json").json() == {"links": []}
