"""The command as a user runs it, in process: arguments in, exit code, output and complaints out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

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


@pytest.fixture(scope="session", autouse=True)
def _built_once() -> Iterator[None]:
    """All commands are built once: a process of a user runs one, and tests run hundreds, most of them shorter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", cache(typer.main.get_command))
        patch.setattr("ledger.cli.working.LOOK_SECONDS", 0.05)
        yield


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
    do(data, "init", "--demo")
    do(data, "accreditor", "register", "agency", "--name", "An Agency", "--country", "MY")
    do(data, "issuer", "register", "um", "--name", "Universiti Malaya", "--country", "MY")
    do(data, "issuer", "accredit", "um", "--by", "agency")
    do(data, "import", str(SAMPLES / "um" / "programme.json"), "--issuer", "um")
    return data


@pytest.fixture(scope="session")
def final(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, once `ROWS` are imported, issued and final."""
    folder = tmp_path_factory.mktemp("final")
    rows = folder / "rows.csv"
    rows.write_text(ROWS, encoding="utf-8")
    data = Path(shutil.copytree(prepared, folder / "data"))
    do(data, "import", str(rows), "--issuer", "um")
    do(data, "issue")
    return data


def do(data: Path, *words: str) -> None:
    """A command that tests build on."""
    with pytest.raises(SystemExit) as ended:
        run([*words, "--data", str(data)])
    assert ended.value.code == 0, words


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "data"))


@pytest.fixture
def final_folder(final: Path, tmp_path: Path) -> Path:
    """A folder in which `ROWS` are final: a module whose tests all begin there has its `folder` be this one."""
    return Path(shutil.copytree(final, tmp_path / "data"))


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path
