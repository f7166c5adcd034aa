"""What the programs log: one line of JSON each where a machine reads it, plain lines on a terminal, and no secrets.

Everything goes through the standard library's loggers, ours and those of libraries. `about` says what the lines of a
thread are about; before a line is written, whatever looks like an e-mail address, a token or the private part of a URL
is taken out of it.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TextIO

ADDRESS, TOKEN = "[address]", "[token]"
_URL = re.compile(r"\b([a-z][a-z0-9+.-]*)://(?:[^\s/?#@\"'<>]*@)?([^\s/?#@\"'<>]*)([^\s\"'<>]*)", re.IGNORECASE)
# Bounded, or a long line without spaces would be gone through once for each of its characters.
_MAIL = re.compile(r"[^\s@<>()\[\]\"',;:]{1,64}@[^\s@<>()\[\]\"',;:=]{1,255}")
_TOKENS = re.compile(
    r"\b(?:cairn_(?:wallet|claim|key|link|mail|session)_|whsec_)[A-Za-z0-9_+/=-]+"
    r"|(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])"
    r"|(?<=\bBearer )\S+|(?<=\bBasic )\S+",
    re.ASCII,
)
_OURS = "cairn"
_QUIET = ("uvicorn", "httpx", "httpcore")
"""Libraries whose everyday lines are of no use, or name whole addresses."""

_subject: ContextVar[Mapping[str, object]] = ContextVar("subject", default={})  # noqa: B039 - it is never changed


@contextmanager
def about(**members: object) -> Iterator[None]:
    """Adds members, such as `batch=7`, to every line that is logged meanwhile in this thread or task."""
    token = _subject.set({**_subject.get(), **members})
    try:
        yield
    finally:
        _subject.reset(token)


def redact(text: str) -> str:
    """The text without e-mail addresses, tokens, and whatever a URL has besides its host."""
    text = _URL.sub(lambda found: f"{found[1]}://{found[2]}" + ("/…" if found[3] not in ("", "/") else ""), text)
    return _MAIL.sub(ADDRESS, _TOKENS.sub(TOKEN, text))


class _Plainly(logging.Handler):
    """One line on the stderr of the moment, as a command's own complaints are."""

    def emit(self, record: logging.LogRecord) -> None:
        words = [record.getMessage(), *(f"{name}={value}" for name, value in _subject.get().items())]
        if record.exc_info:
            words.append("\n" + logging.Formatter().formatException(record.exc_info))
        sys.stderr.write(redact(f"cairn: {record.levelname.lower()}: {' '.join(words)}") + "\n")


TOLD_BY_COMMANDS = {"is_told": True}
"""The `extra` of a line that says what a command says at its end anyhow."""


def keep_quiet() -> None:
    """Has a command that ends soon log what is wrong, and nothing else. `set_up_logs` undoes it."""
    ours = logging.getLogger(_OURS)
    if not ours.handlers:
        handler = _Plainly(logging.WARNING)
        handler.addFilter(lambda record: not getattr(record, "is_told", False))
        ours.addHandler(handler)


def set_up_logs(stream: TextIO | None = None, *, as_json: bool | None = None, level: int = logging.INFO) -> None:
    """Sends everything that is logged to a stream, stderr by default; `as_json` unless that is a terminal.

    For programs that go on until they are stopped.
    """
    import structlog

    out = stream or sys.stderr
    in_json = not out.isatty() if as_json is None else as_json
    before: list[Any] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_subject,
    ]
    last: list[Any] = [structlog.processors.format_exc_info, _redact_all]
    last.append(structlog.processors.JSONRenderer(ensure_ascii=False) if in_json else _plain)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for logger in (root, logging.getLogger(_OURS)):
        for old in [*logger.handlers]:
            logger.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _add_subject(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {**_subject.get(), **line}


def _redact_all(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: value if isinstance(value, int | float) else redact(str(value)) for name, value in line.items()}


def _plain(_logger: object, _method: str, line: MutableMapping[str, Any]) -> str:
    """`2026-03-02T09:00:00Z cairn.work: what happened batch=7`, and a traceback below it."""
    head = f"{line.pop('timestamp')} {line.pop('logger')}: {line.pop('event')}"
    level, trace = line.pop("level"), line.pop("exception", None)
    marked = head if level in ("info", "debug") else f"{level.upper()} {head}"
    words = [marked, *(f"{name}={value}" for name, value in line.items())]
    return " ".join(words) + (f"\n{trace}" if trace else "")
