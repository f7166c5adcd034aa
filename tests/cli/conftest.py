"""The command as a user runs it, in process: arguments in, exit code, output and complaints out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import api.commands  # noqa: F401 - adds its commands to the ledger's
from ledger.cli.main import run

ROWS = """achievement,learner_id,name,email,result,awarded_on
introduction,0012,Ólöf Björnsdóttir,olof@students.example,A,2026-03-02
introduction,0013,நிலா அரசன்,nila@students.example,B+,2026-03-02
intermediate,0012,Ólöf Björnsdóttir,olof@students.example,C,2026-04-02
"""
SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Cairn = Callable[..., Ran]


def call(capfd: pytest.CaptureFixture[str], words: tuple[object, ...]) -> Ran:
    capfd.readouterr()
    with pytest.raises(SystemExit) as ended:
        run([str(word) for word in words])
    said = capfd.readouterr()
    assert isinstance(ended.value.code, int)
    assert "Traceback" not in said.err
    return Ran(ended.value.code, said.out, said.err)


@pytest.fixture
def cairn(capfd: pytest.CaptureFixture[str]) -> Cairn:
    return lambda *words: call(capfd, words)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a recognised issuer and its programme, made by commands alone. Tests get a copy of it."""
    data = tmp_path_factory.mktemp("prepared") / "data"
    for words in (
        ("init", "--demo"),
        ("accreditor", "register", "agency", "--name", "An Agency", "--country", "MY"),
        ("issuer", "register", "um", "--name", "Universiti Malaya", "--country", "MY"),
        ("issuer", "accredit", "um", "--by", "agency"),
        ("import", str(SAMPLES / "um" / "programme.json"), "--issuer", "um"),
    ):
        with pytest.raises(SystemExit) as ended:
            run([*words, "--data", str(data)])
        assert ended.value.code == 0, words
    return data


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "data"))


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path
