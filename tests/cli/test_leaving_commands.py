"""`cairn wallet export | erase | clear` and `cairn issuer forget-learner`, as an operator runs them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from api.opening import opened_site
from ledger.workspace import Workspace
from tests.cli.conftest import Cairn

OLOF = "olof@students.example"


@pytest.fixture
def folder(final_folder: Path) -> Path:
    return final_folder


@pytest.fixture
def wallet(folder: Path) -> str:
    """A wallet with the two credentials of one learner."""
    with opened_site(folder) as site:
        wallet_id, _ = site.wallets.create(OLOF)
        found = site.workspace.catalog.credentials(email=OLOF)
        documents = list(site.workspace.catalog.documents([one.credential_id for one in found]))
        site.wallets.keep(wallet_id, site.wallets.arrive_together(documents), "ledger")
    return wallet_id


def test_a_wallet_is_taken_along_checked_and_erased(cairn: Cairn, folder: Path, wallet: str, tmp_path: Path) -> None:
    out = tmp_path / "wallet.zip"
    made = cairn("wallet", "export", wallet, "--out", out, "--data", folder, "--json")
    assert (made.code, made.json()["files"]) == (0, [str(out)])
    assert out.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(out) as archive:
        assert {"README.txt", "index.html", "cairn-wallet.json"} <= set(archive.namelist())
    checked = cairn("verify", out, "--data", folder)
    assert checked.code == 0, checked.out
    assert "2 in all: 2 valid" in checked.out
    assert cairn("wallet", "export", wallet, "--out", out, "--data", folder).code == 1

    assert cairn("wallet", "erase", wallet, "--data", folder).code == 2
    erased = cairn("wallet", "erase", wallet, "--erase", wallet, "--data", folder, "--json")
    assert (erased.code, erased.json()["credentials"], erased.json()["clean"]) == (0, 2, True)
    assert cairn("wallet", "erase", wallet, "--erase", wallet, "--data", folder).code == 2
    assert cairn("verify", out, "--data", folder).code == 0

    with Workspace.open(folder) as workspace:
        theirs = workspace.catalog.credentials(email=OLOF)[0].credential_id
    forgotten = cairn("issuer", "forget-learner", "um", "--email", f" {OLOF.upper()}", "--data", folder)
    assert forgotten.code == 0
    assert "erased: 2 credentials" in forgotten.out
    assert "out of reach" in forgotten.out
    assert all(OLOF.encode() not in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert cairn("verify", out, "--data", folder).code == 0
    assert cairn("doctor", "--data", folder).code == 0
    assert "of somebody who was forgotten here: final" in cairn("status", theirs, "--data", folder).out
    assert cairn("wallet", "clear", "--data", folder, "--json").json() == {"clean": True}


def test_what_is_not_there_gives_one_clear_line(cairn: Cairn, folder: Path, tmp_path: Path) -> None:
    nobody = "0" * 32
    for words in (
        ("wallet", "export", nobody, "--out", tmp_path / "x.zip"),
        ("wallet", "erase", nobody, "--erase", nobody),
        ("issuer", "forget-learner", "um"),
        ("issuer", "forget-learner", "um", "--email", OLOF, "--learner-id", "0012"),
        ("issuer", "forget-learner", "nobody", "--email", OLOF),
    ):
        ran = cairn(*words, "--data", folder)
        assert (ran.code, ran.err.count("\n")) == (2, 1), ran.err
