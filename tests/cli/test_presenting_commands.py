"""`cairn present` and `cairn verify` of a presentation: a learner with a key and a file, and nobody's server."""

from __future__ import annotations

import json
from pathlib import Path

import orjson
import pytest

from ledger.documents.did import did_key
from ledger.holder_keys import jwk_file
from ledger.issuing.signer import Ed25519Signer
from ledger.keystore import KeyKind, write_secret
from ledger.workspace import Workspace
from tests.cli.conftest import Cairn

SEED = b"\x21" * 32
DID = did_key(Ed25519Signer.from_seed(SEED).public_key)
ASK = ("--challenge", "n-17", "--audience", "https://employer.example")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The learner's key, as a wallet hands it out without a passphrase."""
    path = tmp_path / "me.jwk"
    path.touch(0o600)
    path.write_bytes(jwk_file(SEED))
    return path


@pytest.fixture
def issued(cairn: Cairn, folder: Path, tmp_path: Path) -> Path:
    """A credential that was issued to the learner's DID."""
    rows, path = tmp_path / "rows.csv", tmp_path / "credential.json"
    rows.write_text(
        "achievement,learner_id,name,email,result,awarded_on,did\n"
        f"introduction,0012,Ólöf Björnsdóttir,olof@students.example,A,2026-03-02,{DID}\n"
    )
    assert cairn("import", rows, "--issuer", "um", "--data", folder).code == 0
    assert cairn("issue", "--data", folder).code == 0
    with Workspace.open(folder) as workspace:
        (batch,) = workspace.catalog.batches("um")
        _, document = next(iter(workspace.catalog.batch_documents(batch.id)))
    path.write_bytes(document)
    return path


def test_a_learner_presents_offline_and_an_employer_checks_it(
    cairn: Cairn, issued: Path, folder: Path, key: Path, tmp_path: Path
) -> None:
    out = tmp_path / "presentation.json"
    made = cairn("present", issued, "--key", key, *ASK, "--out", out, "--json")
    assert (made.code, made.json()["holder"], made.json()["documents"]) == (0, DID, 1)

    good = cairn("verify", out, *ASK, "--data", folder)
    assert good.code == 0, good.out
    assert f"presented by {DID}" in good.out
    assert "answered the challenge" in good.out
    report = cairn("verify", out, *ASK, "--data", folder, "--json").json()
    assert (report["kind"], report["verdict"]) == ("presentation", "valid")

    for asked, code, why in (
        (("--challenge", "n-18", *ASK[2:]), 1, "challenge_mismatch"),
        ((*ASK[:2], "--audience", "https://x.example"), 1, "audience_mismatch"),
        ((), 3, "challenge_not_asked"),
        (ASK[:2], 3, "audience_not_asked"),
    ):
        refused = cairn("verify", out, *asked, "--data", folder, "--json")
        assert (refused.code, refused.json()["code"]) == (code, why)
        assert "says that it is presented by" in cairn("verify", out, *asked, "--data", folder).out


def test_a_keystore_file_opens_with_its_passphrase(cairn: Cairn, issued: Path, tmp_path: Path) -> None:
    key, passphrase = tmp_path / "me.json", tmp_path / "passphrase"
    write_secret(key, SEED, "correct horse", kind=KeyKind.ED25519, demo=True)
    passphrase.touch(0o600)
    for text, code in (("correct horse", 0), ("wrong horse", 2)):
        passphrase.write_text(text)
        made = cairn("present", issued, "--key", key, "--passphrase-file", passphrase, *ASK)
        assert made.code == code
        if code == 0:
            assert json.loads(made.out)["holder"] == DID


def test_a_did_of_ones_own_is_named_by_its_key(cairn: Cairn, key: Path) -> None:
    made = cairn("present", "--key", key, "--method", "did:web:me.example#k", *ASK)
    assert json.loads(made.out)["holder"] == "did:web:me.example"
    assert json.loads(made.out)["proof"][0]["verificationMethod"] == "did:web:me.example#k"
    for wrong in ("did:web:me.example", "me#k", "#k"):
        assert cairn("present", "--key", key, "--method", wrong, *ASK).code == 2


def test_presenting_nothing_is_not_valid(cairn: Cairn, folder: Path, key: Path, tmp_path: Path) -> None:
    out = tmp_path / "empty.json"
    assert cairn("present", "--key", key, *ASK, "--out", out).code == 0
    assert cairn("verify", out, *ASK, "--data", folder, "--json").json()["code"] == "presentation_empty"


def test_what_cannot_be_presented_gives_one_clear_line(cairn: Cairn, issued: Path, key: Path, tmp_path: Path) -> None:
    broken, readable, others = tmp_path / "broken.json", tmp_path / "open.jwk", tmp_path / "rsa.jwk"
    broken.write_bytes(b"{")
    readable.write_bytes(jwk_file(SEED))
    readable.chmod(0o644)
    others.touch(0o600)
    others.write_bytes(orjson.dumps({"kty": "RSA", "n": "x"}))
    for words in (
        (broken, "--key", key, *ASK),
        (tmp_path / "missing.json", "--key", key, *ASK),
        (issued, "--key", tmp_path / "missing.jwk", *ASK),
        (issued, "--key", readable, *ASK),
        (issued, "--key", others, *ASK),
        (issued, "--key", issued, *ASK),
        (issued, "--key", key, *ASK, "--suite", "bbs-2023"),
        (issued, "--key", key, "--challenge", "", *ASK[2:]),
        (issued, "--key", key, *ASK, "--json"),
    ):
        ran = cairn("present", *words)
        assert (ran.code, ran.err.count("\n")) == (2, 1), ran.err
    again = cairn("present", issued, "--key", key, *ASK, "--out", issued)
    assert again.code == 1
    assert "--force" in again.err


def test_a_credential_alone_is_asked_nothing(cairn: Cairn, issued: Path, folder: Path) -> None:
    assert cairn("verify", issued, *ASK, "--data", folder).code == 2
