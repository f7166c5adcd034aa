"""Whose work a command waits for: not for a process of this machine that has ended, though it was heard of just now."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from ledger.durable.running import at_work
from ledger.durable.workers import Workers
from ledger.storage import Database
from tests.unit.durable.conftest import Clock


def test_a_process_of_this_machine_that_has_ended_is_not_waited_for(database: Database, clock: Clock) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(30)
    here, workers = socket.gethostname(), Workers(database, clock)
    for name in (f"{here}-{ended.pid}", f"{here}-{os.getpid()}", f"elsewhere-{ended.pid}", "named", f"{here}-named"):
        workers.enter(name)
    assert at_work(workers) == {f"{here}-{os.getpid()}", f"elsewhere-{ended.pid}", "named", f"{here}-named"}
