"""The command as a user runs it, in process: arguments in, exit code, output and complaints out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.commands import main

ROWS = """achievement,learner_id,name,email,result,awarded_on
introduction,0012,Ólöf Björnsdóttir,olof@students.example,91,2026-03-02
introduction,0013,நிலா அரசன்,nila@students.example,77,2026-03-02
intermediate,0012,Ólöf Björnsdóttir,olof@students.example,64,2026-04-02
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


@pytest.fixture
def cairn(capfd: pytest.CaptureFixture[str]) -> Cairn:
    def call(*words: object) -> Ran:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        said = capfd.readouterr()
        assert isinstance(ended.value.code, int)
        assert "Traceback" not in said.err
        return Ran(ended.value.code, said.out, said.err)

    return call


@pytest.fixture
def folder(tmp_path: Path, cairn: Cairn) -> Path:
    """A data folder with a recognised issuer and its programme, made by commands alone."""
    data = tmp_path / "data"
    for words in (
        ("init",),
        ("accreditor", "register", "agency", "--name", "An Agency", "--country", "MY"),
        ("issuer", "register", "um", "--name", "Universiti Malaya", "--country", "MY"),
        ("issuer", "accredit", "um", "--by", "agency"),
        ("import", SAMPLES / "um" / "programme.json", "--issuer", "um"),
    ):
        ran = cairn(*words, "--data", data)
        assert ran.code == 0, ran
    return data


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path
