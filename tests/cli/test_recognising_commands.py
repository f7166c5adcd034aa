"""An institution recognises a stranger's credential at the command line, and anybody reckons credits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.workspace import Workspace
from tests.cli.conftest import Cairn

FIRST = "introduction"
STRANGERS = Path(__file__).parents[1] / "interop" / "samples" / "eddsa-jcs-2022-did-web.json"
"""A credential whose issuer's key nobody has given."""


@pytest.fixture
def folder(final_folder: Path) -> Path:
    return final_folder


@pytest.fixture
def credential(cairn: Cairn, folder: Path, tmp_path: Path) -> str:
    """A credential of `um` in a file, and `aex`, which may recognise it. Gives its id."""
    for words in (
        ("issuer", "register", "aex", "--name", "academyEX", "--country", "NZ"),
        ("issuer", "accredit", "aex", "--by", "agency"),
    ):
        assert cairn(*words, "--data", folder).code == 0
    with Workspace.open(folder) as workspace:
        found = workspace.catalog.credentials()[0].credential_id
    export(cairn, folder, found, tmp_path / "credential.json")
    return found


def export(cairn: Cairn, folder: Path, credential: str, out: Path) -> None:
    assert cairn("export", credential, "--form", out.suffix[1:], "--out", out, "--data", folder).code == 0


def recognised(cairn: Cairn, folder: Path, file: Path, *words: object) -> tuple[int, dict[str, object], str]:
    ran = cairn("recognise", file, "--issuer", "aex", *words, "--data", folder, "--json")
    return ran.code, ran.json(), ran.err


CREDITS = ("--credits", 15, "--framework", "NZQCF", "--level", 8)


@pytest.mark.parametrize("form", ["json", "pdf", "png"])
def test_a_credential_in_any_file_is_recognised_issued_and_said_in_words(
    cairn: Cairn, folder: Path, credential: str, tmp_path: Path, form: str
) -> None:
    file = tmp_path / f"mine.{form}"
    export(cairn, folder, credential, file)
    code, drafted, _ = recognised(cairn, folder, file, *CREDITS, "--comment", "Agreed.")
    assert code == 0
    assert drafted["decision"] == "This credential counts for 15 NZQCF credits at NZQCF level 8.\nAgreed."
    assert cairn("issue", drafted["id"], "--data", folder).code == 0
    with Workspace.open(folder) as workspace:
        [(_, document)] = workspace.catalog.batch_documents(int(str(drafted["id"])))
    decision = tmp_path / "decision.json"
    decision.write_bytes(document)
    checked = cairn("verify", decision, "--data", folder)
    assert checked.code == 0
    assert "says: This credential counts for 15 NZQCF credits at NZQCF level 8." in checked.out
    assert f"It decides that {credential} counts for 15 NZQCF credits at NZQCF level 8." in checked.out
    assert "issued by academyEX" in checked.out


def test_only_what_is_valid_is_recognised_unless_a_reason_is_given(
    cairn: Cairn, folder: Path, credential: str, tmp_path: Path
) -> None:
    file = tmp_path / "credential.json"
    assert cairn("revoke", credential, "--reason", "issued-in-error", "--data", folder).code == 0
    code, answer, said = recognised(cairn, folder, file, *CREDITS)
    assert (code, answer["error"]["code"]) == (1, "recognise_invalid")  # type: ignore[index]
    assert "revoked" in said
    code, answer, _ = recognised(cairn, folder, file, *CREDITS, "--unverified", "The paper original was seen.")
    assert code == 0
    assert "did not verify: The paper original was seen." in str(answer["decision"])


def test_what_could_not_be_checked_is_told_from_what_is_not_valid(cairn: Cairn, folder: Path, credential: str) -> None:
    code, answer, _ = recognised(cairn, folder, STRANGERS, *CREDITS)
    assert (code, answer["error"]["code"]) == (3, "recognise_indeterminate")  # type: ignore[index]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), "draft_invalid"),
        (("--credits", 15), "draft_invalid"),
        (("--credits", 15, "--framework", "NZQCF", "--as", FIRST), "draft_invalid"),
        (("--credits", 15, "--framework", "NZQCF", "--pathway", "nothing"), "pathway_unknown"),
        (("--credits", 15, "--framework", "NZQCF", "--until", "soon"), "usage"),
        (("--credits", "many", "--framework", "NZQCF"), "usage"),
        (("--credits", 15, "--framework", "NZQCF", "--policy", "everybody"), "usage"),
    ],
)
def test_what_cannot_be_decided_is_refused_in_one_line_and_nothing_is_drafted(
    cairn: Cairn, folder: Path, credential: str, tmp_path: Path, words: tuple[object, ...], code: str
) -> None:
    ended, answer, said = recognised(cairn, folder, tmp_path / "credential.json", *words)
    assert (ended, answer["error"]["code"]) == (2, code)  # type: ignore[index]
    assert said.startswith("cairn: ")
    with Workspace.open(folder) as workspace:
        assert workspace.catalog.batches("aex") == ()


def test_a_file_that_holds_no_single_credential_is_refused(cairn: Cairn, folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    for content in ("", "[]", '{"id": "urn:uuid:1", "type": ["VerifiableCredential"]}'):
        file.write_text(content)
        ran = cairn("recognise", file, "--issuer", "um", *CREDITS, "--data", folder)
        assert ran.code == 2
        assert ran.err.count("\n") == 1


def test_credits_are_compared_without_a_data_folder(cairn: Cairn) -> None:
    ran = cairn("compare", 15, "NZQCF", "--level", 8)
    assert ran.code == 0
    assert "5 to 6 ECTS credits (1 ECTS credit = 25–30 hours" in ran.out
    assert ran.out.endswith("It is no recognition decision: that is for an institution to make.\n")
    found = json.loads(cairn("compare", 1, "AQF", "--json").out)
    assert {one["framework"]: (one["low"], one["high"]) for one in found["credits"]}["ECTS"] == (40, 48)


@pytest.mark.parametrize("words", [(15, "XYZ"), (-1, "ECTS"), ("nan", "ECTS"), (5, "ECTS", "--level", 12), (5,), ()])
def test_what_cannot_be_compared_is_refused(cairn: Cairn, words: tuple[object, ...]) -> None:
    ran = cairn("compare", *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("cairn: ")
