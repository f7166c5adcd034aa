"""Work on what strangers sent, in a child process that may fail in our stead.

Some inputs of one kilobyte cost hours, or all memory. The child has a budget of processor time, memory and wall time
for each request; when that is spent it is killed, the caller learns that nothing could be found out, and the next
request gets a new child. The child has no environment but its module path.

Frames on its pipes: 4 bytes of length, then the payload. A reply begins with one byte, 0 for what was asked for and 1
for JSON `[code, message]`. The first reply, empty, says that the child is ready.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import struct
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

import orjson

from ledger.errors import CairnError

_LENGTH = struct.Struct(">I")
_MAX_REPLY = 64 * 1024 * 1024
_DONE, _REFUSED = b"\x00", b"\x01"
_STARTUP_SECONDS = 20.0

# A record of 500 credentials, 3 MB, is honest work of four seconds; poison is small.
_CPU_SECONDS_A_MEBIBYTE = 2
_WALL_SECONDS_A_MEBIBYTE = 4


@dataclass(frozen=True)
class Budget:
    """What one request may cost: seconds of processor and wall time, bytes of address space.

    Processor time is what bounds poison; wall time leaves room for a machine with other work. Large requests have more:
    for each mebibyte two seconds of processor time, and four of wall time.
    """

    cpu_seconds: int = 2
    wall_seconds: float = 6.0
    memory_bytes: int = 512 * 1024 * 1024


BUDGET, UNAVAILABLE = "process_budget", "process_unavailable"


class ProcessRefused(CairnError):
    """The child gave no answer (`process_budget`), cannot be had (`process_unavailable`), or refused with its code."""


class BoundedProcess:
    """A child process that runs `module`, which ends in `serve`. Threads may share it; they take turns.

    The child starts with the first request and ends with `close`, with this object, or with the interpreter.
    """

    def __init__(self, module: str, budget: Budget | None = None) -> None:
        self._module = module
        self._budget = budget or Budget()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._finalizer: weakref.finalize[..., BoundedProcess] | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id, while it runs."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def ask(self, request: bytes) -> bytes:
        """The child's answer. Raises ProcessRefused."""
        with self._lock:
            child = self._running_child()
            seconds = self._budget.wall_seconds + len(request) / 2**20 * _WALL_SECONDS_A_MEBIBYTE
            reply = self._exchange(child, request, seconds)
            if reply is None:
                self._end_child()
                raise ProcessRefused(BUDGET, "that takes too long, or too much memory")
        if reply[:1] == _DONE:
            return reply[1:]
        code, message = orjson.loads(reply[1:])
        raise ProcessRefused(code, message)

    def warm_up(self) -> None:
        """Start the child beside whatever the caller does next; the first request then need not wait for it."""
        threading.Thread(target=self._warm_up, daemon=True).start()

    def _warm_up(self) -> None:
        with self._lock, contextlib.suppress(OSError, ProcessRefused):
            self._running_child()

    def close(self) -> None:
        """End the child process. The next request starts another."""
        with self._lock:
            self._end_child()

    def _running_child(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._owner == os.getpid() and self._child.poll() is None:
            return self._child
        self._end_child()
        environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        if "SYSTEMROOT" in os.environ:  # without it, Python does not start on Windows
            environment["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
        child = subprocess.Popen(  # noqa: S603 our own interpreter and module
            [sys.executable, "-m", self._module, str(self._budget.cpu_seconds), str(self._budget.memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        self._child, self._owner = child, os.getpid()
        self._finalizer = weakref.finalize(self, _end, child, self._owner)
        if self._exchange(child, None, _STARTUP_SECONDS) is None:
            self._end_child()
            raise ProcessRefused(UNAVAILABLE, "the process that does this did not start")
        return child

    def _exchange(self, child: subprocess.Popen[bytes], request: bytes | None, seconds: float) -> bytes | None:
        """Send `request`, if any, and return the reply, or None if the child gave none within `seconds`."""
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            child.kill()

        watchdog = threading.Timer(seconds, expire)
        watchdog.daemon = True
        watchdog.start()
        try:
            if request is not None:
                _write_frame(_pipe(child.stdin), request)
            reply = _read_frame(_pipe(child.stdout))
        except OSError:
            reply = None
        finally:
            watchdog.cancel()
            watchdog.join()
        return None if expired.is_set() else reply

    def _end_child(self) -> None:
        if self._finalizer is not None:
            self._finalizer()
        self._child = self._finalizer = None


def serve(answer: Callable[[bytes], bytes]) -> None:
    """The child: answer requests until the input ends. What `answer` raises as a CairnError goes to the asker."""
    cpu_seconds, memory_bytes = int(sys.argv[1]), int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit("RLIMIT_AS", memory_bytes)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    _write_frame(sink, b"")
    while (request := _read_frame(source)) is not None:
        allowed = cpu_seconds + len(request) / 2**20 * _CPU_SECONDS_A_MEBIBYTE
        _limit("RLIMIT_CPU", math.ceil(sum(os.times()[:2]) + allowed))
        try:
            reply = _DONE + answer(request)
        except CairnError as error:
            reply = _REFUSED + orjson.dumps([error.code, str(error)])
        except MemoryError:
            return
        _write_frame(sink, reply)


def _end(child: subprocess.Popen[bytes], owner: int) -> None:
    if owner != os.getpid():  # this process was forked from the one that the child serves
        return
    child.kill()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # a request that the child did not read may still be buffered
                pipe.close()
    child.wait()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise BrokenPipeError("the child has no such pipe")
    return pipe


def _write_frame(pipe: IO[bytes], payload: bytes) -> None:
    pipe.write(_LENGTH.pack(len(payload)) + payload)
    pipe.flush()


def _read_frame(pipe: IO[bytes]) -> bytes | None:
    header = pipe.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(header)
    if length > _MAX_REPLY:
        return None
    payload = pipe.read(length)
    return payload if len(payload) == length else None


def _limit(name: str, value: int) -> None:
    """Lower one of this process's limits, where the system has such limits; the parent's watch stands in any case."""
    try:
        import resource
    except ImportError:
        return
    kind = getattr(resource, name)
    try:
        resource.setrlimit(kind, (value, resource.getrlimit(kind)[1]))
    except (ValueError, OSError):
        return
