"""A ledger for a benchmark: a folder of its own, reached by the real commands, on an anvil of its own."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.bootstrap import ROOT
from scripts.faulting.anvil import Anvil, Shape
from scripts.faulting.program import Ended, Program
from scripts.faulting.template import HEADER, begin

SUITE_LIMIT = 3600.0


@dataclass(frozen=True)
class Campus:
    """Recognised issuers with a programme each, and the commands of their folder."""

    program: Program
    anvil: Anvil
    issuers: tuple[str, ...]

    @property
    def data(self) -> Path:
        return self.program.data

    def do(self, *words: str, seconds: float = SUITE_LIMIT) -> Ended:
        """Runs a command that has to succeed. Raises SystemExit with what it said if it does not."""
        ended = self.program.run(*words, "--json", seconds=seconds)
        if ended.code != 0:
            raise SystemExit(str(ended))
        return ended

    def write_rows(self, first: int, count: int) -> Path:
        """A file of learners with one module each; no two runs of numbers overlap."""
        path = self.data.parent / f"learners-{first}.csv"
        lines = (
            f"introduction,S{one:07},Learner Number {one},learner{one}@students.example,80,2026-01-28"
            for one in range(first, first + count)
        )
        path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
        return path


@contextmanager
def campus(*, seconds: int, issuers: Sequence[str] = ("usm",), database_url: str | None = None) -> Iterator[Campus]:
    """`seconds` is how long the chain's blocks take from then on; one is final two blocks later."""
    with tempfile.TemporaryDirectory(prefix="cairn-benchmark-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        anvil = Anvil(folder, shape=Shape(seconds=0.1)).start()
        try:
            made = Campus(Program(folder / "data"), anvil, tuple(issuers))
            begin(made.data, anvil.url, database_url)
            made.do("accreditor", "register", "mqa", "--name", "Malaysian Qualifications Agency", "--country", "MY")
            for issuer in issuers:
                made.do("issuer", "register", issuer, "--name", f"University {issuer}", "--country", "MY")
                made.do("issuer", "accredit", issuer, "--by", "mqa")
                made.do("import", str(ROOT / "samples" / "usm" / "programme.json"), "--issuer", issuer)
            anvil.node.call("evm_setIntervalMining", seconds)
            yield made
        finally:
            anvil.stop()


def moment() -> str:
    """What a figure has to be read with: when it was taken, and how busy the machine was."""
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    return f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, {os.cpu_count()} cores, load {load}"
