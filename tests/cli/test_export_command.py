"""`cairn export`: one credential or a whole batch, in each form, never over what is there."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ledger.cli.main import run
from ledger.proofs.jose import parse_jwt_credential
from ledger.workspace import Workspace
from tests.cli.conftest import ROWS, Cairn


@pytest.fixture(scope="session")
def issued(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one final batch. Nothing but exports may be done with it."""
    folder = tmp_path_factory.mktemp("issued") / "data"
    from shutil import copytree

    copytree(prepared, folder)
    rows = folder.parent / "rows.csv"
    rows.write_text(ROWS, encoding="utf-8")
    for words in (("import", str(rows), "--issuer", "um"), ("issue",)):
        with pytest.raises(SystemExit) as ended:
            run([*words, "--data", str(folder)])
        assert ended.value.code == 0
    return folder


@pytest.fixture(scope="session")
def document(issued: Path) -> tuple[str, bytes]:
    """The id of the Tamil learner's credential, and the credential."""
    with Workspace.open(issued) as workspace:
        return list(workspace.catalog.batch_documents(1))[1]


@pytest.mark.parametrize("form", ["json", "jwt", "pdf", "png", "svg"])
def test_each_form_verifies_as_it_is(
    cairn: Cairn, issued: Path, document: tuple[str, bytes], tmp_path: Path, form: str
) -> None:
    out = tmp_path / f"credential.{form}"
    made = cairn("export", document[0], "--form", form, "--out", out, "--data", issued, "--json")
    assert (made.code, made.json()["bytes"]) == (0, out.stat().st_size)
    assert cairn("verify", out, "--data", issued).code == 0


def test_a_jwt_and_a_link_are_printed_where_no_file_is_named(
    cairn: Cairn, issued: Path, document: tuple[str, bytes]
) -> None:
    token = cairn("export", document[0], "--form", "jwt", "--data", issued)
    assert token.code == 0
    assert parse_jwt_credential(token.out.strip().encode()).document["id"] == document[0]
    words = ("export", document[0], "--form", "linkedin", "--data", issued)
    link = cairn(*words, "--url", "https://cairn.example/s/x")
    assert link.out.startswith("https://www.linkedin.com/profile/add?startTask=CERTIFICATION_NAME&")
    assert cairn(*words).code == 2


def test_a_file_with_a_credential_does_as_well_as_an_id(
    cairn: Cairn, issued: Path, document: tuple[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "it.json").write_bytes(document[1])
    assert cairn("export", tmp_path / "it.json", "--out", tmp_path / "it.pdf", "--data", issued).code == 0
    (tmp_path / "it.json").write_bytes(document[1].replace("நிலா".encode(), "நீலா".encode()))
    refused = cairn("export", tmp_path / "it.json", "--out", tmp_path / "no.pdf", "--data", issued)
    assert refused.code == 1
    assert refused.err.startswith("cairn: no certificate is made of what is not valid: ")
    assert not (tmp_path / "no.pdf").exists()


def test_a_file_of_this_ledger_becomes_a_jwt_and_another_one_does_not(
    cairn: Cairn, issued: Path, document: tuple[str, bytes], tmp_path: Path
) -> None:
    file = tmp_path / "it.json"
    file.write_bytes(document[1])
    token = cairn("export", file, "--form", "jwt", "--data", issued)
    assert (token.code, parse_jwt_credential(token.out.strip().encode()).document["id"]) == (0, document[0])
    for content in (
        document[1].replace("நிலா".encode(), "நீலா".encode()),
        document[1].replace(document[0].encode(), b"urn:uuid:00000000-0000-4000-8000-000000000000"),
    ):
        file.write_bytes(content)
        refused = cairn("export", file, "--form", "jwt", "--data", issued)
        assert (refused.code, refused.out) == (1, "")
        assert refused.err.startswith("cairn: only a credential of this ledger, as it stands there, is signed")


def test_nothing_is_written_over_without_force(
    cairn: Cairn, issued: Path, document: tuple[str, bytes], tmp_path: Path
) -> None:
    out = tmp_path / "mine.png"
    out.write_text("mine")
    words = ("export", document[0], "--form", "png", "--out", out, "--data", issued)
    refused = cairn(*words)
    assert (refused.code, out.read_text()) == (1, "mine")
    assert refused.err.count("\n") == 1
    assert cairn(*words, "--force").code == 0
    assert out.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("urn:uuid:x", "--batch", "1", "--out", "x"),
        ("urn:uuid:x", "--form", "gif", "--out", "x"),
        ("urn:uuid:x", "--form", "pdf"),
        ("urn:uuid:x", "--form", "pdf", "--out", "x", "--url", "javascript:alert(1)"),
        ("urn:uuid:x", "--form", "pdf", "--out", "x"),
        ("--batch", "99", "--out", "x"),
        ("--batch", "1"),
    ],
)
def test_what_makes_no_sense_gets_one_line(
    cairn: Cairn, issued: Path, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = cairn("export", *words, "--data", issued)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert list(tmp_path.iterdir()) == []


def test_a_batch_goes_into_a_zip_or_a_folder(cairn: Cairn, issued: Path, tmp_path: Path) -> None:
    packed, folder = tmp_path / "all.zip", tmp_path / "all"
    words = ("export", "--batch", "1", "--form", "pdf", "--data", issued, "--json", "--out")
    assert cairn(*words, packed).json() == {"written": 3, "refused": [], "out": str(packed)}
    assert cairn(*words, folder).code == 0
    with zipfile.ZipFile(packed) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == sorted(path.name for path in folder.iterdir())
    assert cairn("verify", packed, "--data", issued).code == 0
    assert cairn(*words, folder).code == 1
    assert cairn(*words, folder, "--force").code == 0
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_an_sd_jwt_keeps_back_what_is_asked_for_and_the_verdict_says_so(
    cairn: Cairn, issued: Path, document: tuple[str, bytes], tmp_path: Path
) -> None:
    words = ("export", document[0], "--form", "sd-jwt", "--data", issued)
    for hide, withheld in ((None, []), ("results,evidence", ["identifiers", "results"])):
        out = tmp_path / f"{hide}.sd-jwt"
        made = cairn(*words, "--out", out, *(("--hide", hide) if hide else ()), "--json")
        assert (made.code, made.json()["type"]) == (0, "application/dc+sd-jwt")
        verified = cairn("verify", out, "--data", issued, "--json")
        assert verified.code == 0
        assert verified.json()["withheld"] == withheld
    assert "withholds: identifiers, results" in cairn("verify", out, "--data", issued).out
    changed = tmp_path / "changed.sd-jwt"
    changed.write_bytes(out.read_bytes().replace(b"~", b"~WyJzIiwicmVzdWx0IiwxXQ~", 1))
    refused = cairn("verify", changed, "--data", issued)
    assert (refused.code, refused.out) == (2, "")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--form", "sd-jwt", "--hide", "issuer"), 1, "never withheld"),
        (("--form", "sd-jwt", "--hide", "colour"), 2, "what can be withheld"),
        (("--form", "jwt", "--hide", "results"), 2, "only --form sd-jwt"),
    ],
)
def test_what_cannot_be_kept_back_is_refused(
    cairn: Cairn, issued: Path, document: tuple[str, bytes], words: tuple[str, ...], code: int, said: str
) -> None:
    refused = cairn("export", document[0], *words, "--data", issued)
    assert (refused.code, refused.out) == (code, "")
    assert said in refused.err
