"""The judges that live in Node: one process for all documents, which can reach no network."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

NODE = Path(__file__).resolve().parent / "node"
PATIENCE = 120.0
"""Seconds until an answer has to be there; a record of fifty takes one or two."""


@dataclass(frozen=True)
class Opinion:
    """What a judge says. `asked` are the addresses that it looked up, `more` whatever else it gave."""

    accepts: bool
    reason: str = ""
    asked: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


def is_installed() -> bool:
    return shutil.which("node") is not None and (NODE / "node_modules" / ".package-lock.json").exists()


def versions() -> dict[str, str]:
    """The version of each package that the project of the judges names itself."""
    lock = json.loads((NODE / "package-lock.json").read_bytes())["packages"]
    return {name: lock[f"node_modules/{name}"]["version"] for name in lock[""]["devDependencies"]}


class NodeJudges:
    """The process. Use it with `with`; one thread at a time."""

    def __enter__(self) -> NodeJudges:
        self._process = subprocess.Popen(
            ["node", "serve_judges.mjs"],
            cwd=NODE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        self._answers: Queue[str] = Queue()
        Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def give(self, web: Mapping[str, Any]) -> None:
        """Puts documents (JSON values, by address) on the web that the judges see, over those of before."""
        self._ask({"give": dict(web)})

    def judge(self, judge: str, document: bytes | str, **options: Any) -> Opinion:
        """What one judge (a name of `judges.mjs`) says of a document, which goes there as text."""
        text = document.decode() if isinstance(document, bytes) else document
        answer = self._ask({"judge": judge, "text": text, "options": options})
        return Opinion(answer.pop("accepts"), answer.pop("reason"), tuple(answer.pop("asked")), answer)

    def reserialized(self, document: bytes) -> bytes:
        """The document as Node writes it: pretty, its members sorted."""
        return str(self._ask({"reserialize": document.decode()})["text"]).encode()

    def ways_out(self, port: int) -> list[str]:
        """The ways by which the process could connect to a port of this machine; none, if it is cut off."""
        return list(self._ask({"probe": port})["ways"])

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        try:
            answer: dict[str, Any] = json.loads(self._answers.get(timeout=PATIENCE) or '{"reason": "it ended"}')
        except Empty:
            raise TimeoutError("the judges in Node do not answer") from None
        return answer

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")
