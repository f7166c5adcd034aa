"""`cairn serve` as a process, and a client that keeps what it was answered."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from scripts.faulting.program import FAILPOINT, Program, Stuck, kill

_START_SECONDS = 120.0
_ASK_SECONDS = 120.0


class Broken(Exception):
    """The connection ended before the answer was whole: whether it was done is not known."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def value(self) -> Any:
        """The JSON that was answered, None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{self.status} {self.body[:200].decode(errors='replace')}"


class Site:
    """The serving process. Ask it as a client; end it with `stop`, `terminate` or `die`."""

    def __init__(self, program: Program, api_key: str) -> None:
        self._program = program
        self._api_key = api_key
        self._process: subprocess.Popen[Any] | None = None
        self.port = free_port()
        self.log = Path(tempfile.mkstemp(prefix="site-", suffix=".log", dir=program.data.parent)[1])

    def start(
        self,
        *,
        failpoint: str | None = None,
        environment: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
        is_awaited: bool = True,
    ) -> Site:
        """Starts it and waits until it answers. Raises `Stuck` if it does not, with what it said."""
        armed = {FAILPOINT: failpoint} if failpoint else {}
        limits = {"CAIRN_MISSES_PER_MINUTE": "0", "CAIRN_CHECKS_PER_MINUTE": "0"}
        self._process = self._program.start(
            "serve",
            "--port",
            str(self.port),
            environment={**limits, **(environment or {}), **armed},
            prefix=prefix,
            log=self.log,
        )
        if is_awaited:
            self.await_answer()
        return self

    def __enter__(self) -> Site:
        return self if self._process is not None else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.die()

    def await_answer(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.is_running:
            try:
                self.ask("GET", "/health")
            except (Broken, OSError):
                time.sleep(0.05)
            else:
                return
        raise Stuck(f"the site does not answer: {self.said[-400:]}")

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def process(self) -> subprocess.Popen[Any]:
        if self._process is None:
            raise Stuck("the site was never started")
        return self._process

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait(self, seconds: float) -> int:
        """Waits for its end and gives the exit code, negative for a signal. Raises `Stuck`."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Stuck(f"the site had not ended after {seconds:.0f} s: {self.said[-300:]}") from None

    def terminate(self) -> None:
        """Asks it to end (SIGTERM)."""
        self.process.send_signal(signal.SIGTERM)

    def die(self) -> None:
        """Ends it at once."""
        if self.is_running:
            kill(self.process)
            self.process.wait()

    # --- asking ---

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | object | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float = _ASK_SECONDS,
    ) -> Answer:
        """One request on a connection of its own. Raises `Broken`, and OSError if nobody listens."""
        sent = dict(headers or {})
        content = body if isinstance(body, bytes) else None
        if body is not None and content is None:
            content = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request(method, path, content, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()})
        except (http.client.HTTPException, ConnectionResetError, BrokenPipeError, TimeoutError) as error:
            raise Broken(f"{method} {path}: {error!r}") from error
        finally:
            connection.close()

    def as_issuer(self, method: str, path: str, body: bytes | object | None = None, **headers: str) -> Answer:
        """A request of the issuer's machine. Header names have underscores for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask(method, f"/v1/issuers/usm{path}", body, headers={"X-API-Key": self._api_key} | named)

    def draft(self, rows: str, programme: str, request: str) -> Answer:
        """Drafts a batch under a name for the request."""
        path = f"/batches?programme={programme}"
        return self.as_issuer("POST", path, rows.encode(), Content_Type="text/csv", Idempotency_Key=request)


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
