"""Cairn as its users start it: the real commands, each a process of its own, with a time that it may take."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from scripts.bootstrap import ROOT

FAILPOINT = "CAIRN_FAILPOINT"
COMMAND_SECONDS = 240.0
_started: list[subprocess.Popen[str]] = []
_over = threading.Event()
COMMAND = (sys.executable, "-m", "api.commands")


class Stuck(Exception):
    """A command did not end in the time that it may take."""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str
    seconds: float

    @property
    def was_killed(self) -> bool:
        return self.code == -signal.SIGKILL

    @property
    def has_traceback(self) -> bool:
        return "Traceback (most recent call last)" in self.err

    @cached_property
    def value(self) -> dict[str, Any]:
        """The JSON object that it printed; empty if there is none."""
        for line in reversed(self.out.splitlines()):
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict):
                return found
        return {}

    @property
    def error(self) -> str:
        """The code of the error that it printed."""
        return str((self.value.get("error") or {}).get("code", ""))

    def __str__(self) -> str:
        said = " | ".join((self.err.strip() or self.out.strip()).splitlines()[-3:])
        return f"`cairn {' '.join(self.words[:3])}` ended with {self.code}: {said[-400:]}"


@dataclass(frozen=True)
class Program:
    """The commands of one data folder. `prefix` stands before them (`faketime …`)."""

    data: Path
    prefix: tuple[str, ...] = ()

    def start(
        self,
        *words: str,
        environment: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
        log: Path | None = None,
    ) -> subprocess.Popen[str]:
        """Starts a command and does not wait for it. With `log` it writes there, not into pipes. Raises `Stuck`."""
        if _over.is_set():
            raise Stuck("the harness was ended")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}
        with ExitStack() as stack:
            output = stack.enter_context(log.open("wb")) if log else subprocess.PIPE
            process = subprocess.Popen(
                [*prefix, *self.prefix, *COMMAND, *words, "--data", str(self.data)],
                cwd=ROOT,
                env=kept | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"} | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                text=True,
                start_new_session=True,
            )
        _started.append(process)
        return process

    def run(
        self,
        *words: str,
        failpoint: str | None = None,
        environment: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
        seconds: float = COMMAND_SECONDS,
    ) -> Ended:
        """Runs a command to its end. Raises `Stuck` after `seconds`, when it is killed."""
        armed = {FAILPOINT: failpoint} if failpoint else {}
        started = time.monotonic()
        process = self.start(*words, environment={**(environment or {}), **armed}, prefix=prefix)
        return finish(process, words, seconds, started)


def finish(process: subprocess.Popen[str], words: tuple[str, ...], seconds: float, started: float) -> Ended:
    """Waits for a command that was started. Raises `Stuck` after `seconds`, when it is killed."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        kill(process)
        out, err = process.communicate()
        raise Stuck(f"`cairn {' '.join(words[:3])}` had not ended after {seconds:.0f} s: {err[-300:]}") from None
    return Ended(words, process.returncode, out, err, time.monotonic() - started)


def end_all() -> None:
    """Kills whatever still runs of all that this process ever started, and starts nothing more."""
    _over.set()
    for process in _started:
        if process.poll() is None:
            kill(process)


def kill(process: subprocess.Popen[Any]) -> None:
    """Kills a process that was started here, with its children: they are a session of their own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()


class Working:
    """A command that goes on beside the row."""

    def __init__(self, program: Program, *words: str) -> None:
        self._words = words
        self._started = time.monotonic()
        self._process = program.start(*words)

    @property
    def is_over(self) -> bool:
        return self._process.poll() is not None

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self, seconds: float = COMMAND_SECONDS) -> Ended:
        """Waits for its end. Raises `Stuck` after `seconds`, when it is killed."""
        return finish(self._process, self._words, seconds, self._started)

    def die(self) -> None:
        """Kills it, if it still runs."""
        if not self.is_over:
            kill(self._process)
            self._process.communicate()
