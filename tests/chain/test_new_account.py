"""Making an account from the command line: a key file that Ethereum's own library opens, and never over another."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from eth_account import Account

from scripts.deployment.account import main


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    path = tmp_path / "pass"
    path.write_text("correct horse\n")
    path.chmod(0o600)
    return path


def test_the_key_file_is_private_and_opens_elsewhere(
    tmp_path: Path, passphrase: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "payer.json"
    assert main([str(file), f"--passphrase-file={passphrase}"]) == 0
    key = bytes(Account.decrypt(file.read_text(), "correct horse"))
    said = capsys.readouterr().out
    assert said.startswith(Account.from_key(key).address)
    assert key.hex() not in said
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text())["crypto"]["kdfparams"]["n"] == 2**18


def test_no_file_is_overwritten(tmp_path: Path, passphrase: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "payer.json"
    file.write_text("something dear")
    assert main([str(file), f"--passphrase-file={passphrase}"]) == 2
    assert file.read_text() == "something dear"
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("answers", "code"), [(["a", "a"], 0), (["a", "b"], 2), (["", ""], 2)], ids=["same", "other", "empty"]
)
def test_a_new_passphrase_is_asked_for_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: list[str], code: int
) -> None:
    monkeypatch.delenv("CAIRN_PASSPHRASE_FILE", raising=False)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    given = iter(answers)
    monkeypatch.setattr("getpass.getpass", lambda _: next(given))
    file = tmp_path / "payer.json"
    assert main([str(file)]) == code
    assert file.exists() is (code == 0)


def test_where_nobody_can_be_asked_a_file_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CAIRN_PASSPHRASE_FILE", raising=False)
    assert main([str(tmp_path / "payer.json")]) == 2
    assert "--passphrase-file" in capsys.readouterr().err


@pytest.mark.parametrize("typed", [["--passphrase", "hunter2"], ["--passphrase=hunter2"], ["hunter2"]])
def test_a_passphrase_on_the_command_line_is_not_repeated(
    tmp_path: Path, typed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path / "payer.json"), *typed])
    said = capsys.readouterr()
    assert (ended.value.code, said.err.count("\n")) == (2, 1)
    assert "hunter2" not in said.out + said.err
    assert not (tmp_path / "payer.json").exists()


def test_a_place_where_no_file_can_be_is_named(
    tmp_path: Path, passphrase: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(passphrase / "payer.json"), f"--passphrase-file={passphrase}"]) == 2
    assert f"{passphrase}" in capsys.readouterr().err
