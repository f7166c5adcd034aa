"""`cairn record`, `cairn share` and `cairn serve` as processes on a real data folder; what ends at once in this one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Cairn, call
from tests.site import Campus

EMAIL = "learner1@students.example"


def cairn(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api.commands", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.fixture
def here(capfd: pytest.CaptureFixture[str]) -> Cairn:
    """A command in this process: one of its own takes seconds to begin."""
    return lambda *words: call(capfd, words)


@pytest.fixture(scope="module")
def folder(campus: Campus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the seeded data folder that no process holds."""
    return Path(shutil.copytree(campus.pristine, tmp_path_factory.mktemp("commands") / "data"))


@pytest.fixture(scope="module")
def record(folder: Path) -> dict[str, object]:
    """The record of one learner, made by the command."""
    made = cairn("record", "--data", folder, "--email", EMAIL.upper(), "--out", folder / "record.json", "--json")
    assert made.returncode == 0, made.stderr
    value: dict[str, object] = json.loads(made.stdout)
    return value


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[tuple[str, Path]]:
    """A site in a process of its own: its address, and the file that its log goes to."""
    port, log = free_port(), folder.parent / "serve.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.commands", "serve", "--data", str(folder), "--port", str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
        )
        base = f"http://127.0.0.1:{port}"
        try:
            wait_for(base, process)
            yield base, log
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(120) == 0


def wait_for(base: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        assert process.poll() is None, "the site did not start"
        with suppress(httpx.HTTPError):
            if httpx.get(f"{base}/health", timeout=30).status_code == 200:
                return
        time.sleep(0.2)
    raise AssertionError("the site did not answer")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_a_record_is_made_of_all_that_the_ledger_holds_for_a_learner(record: dict[str, object], folder: Path) -> None:
    assert (record["version"], record["credentials"]) == (1, 2)
    assert str(record["token"]).startswith("cairn_wallet_")
    checked = cairn("verify", folder / "record.json", "--data", folder, "--json")
    assert checked.returncode == 0, checked.stderr
    assert json.loads(checked.stdout)["verdict"] == "valid"


def test_making_the_record_again_makes_neither_a_wallet_nor_a_version(record: dict[str, object], folder: Path) -> None:
    again = json.loads(cairn("record", "--data", folder, "--email", EMAIL, "--json").stdout)
    assert again == {**record, "token": None, "file": None}


def test_a_learner_of_whom_the_ledger_knows_nothing_is_one_plain_line(folder: Path, here: Cairn) -> None:
    unknown = here("record", "--data", folder, "--email", "nobody@students.example")
    assert (unknown.code, unknown.out) == (2, "")
    assert unknown.err.count("\n") == 1


def test_a_shared_link_opens_while_the_site_runs_and_the_log_does_not_know_it(
    record: dict[str, object], folder: Path
) -> None:
    made = cairn("share", "--data", folder, "--record", str(record["record"]), "--days", "7", "--json")
    assert made.returncode == 0, made.stderr
    token = json.loads(made.stdout)["url"].rpartition("/")[2]
    with serving(folder) as (base, log):
        assert httpx.get(f"{base}/s/{token}.json").json()["verdict"] == "valid"
        assert "Valid" in httpx.get(f"{base}/s/{token}", headers={"Accept": "text/html"}).text
        page = cairn("verify", f"{base}/s/{token}", "--data", folder, "--json")
        assert page.returncode == 0, page.stderr
        # The commands go on while a site holds the folder: they use the chain that it serves.
        second = cairn("share", "--data", folder, "--record", str(record["record"]), "--json")
        assert second.returncode == 0, second.stderr
        other = json.loads(second.stdout)["url"].rpartition("/")[2]
        assert httpx.get(f"{base}/s/{other}").status_code == 200
    written = log.read_text()
    assert "/s/{token}" in written
    assert token not in written
    assert "Traceback" not in written


def test_a_record_that_there_is_not_cannot_be_shared(folder: Path, here: Cairn) -> None:
    unknown = here("share", "--data", folder, "--record", "0" * 32)
    assert (unknown.code, unknown.err) == (2, "cairn: there is no such record\n")


def test_a_key_is_made_listed_and_closed(folder: Path, here: Cairn) -> None:
    made = here("api-key", "usm", "--data", folder, "--label", "registry", "--json").json()
    [entry] = [entry for entry in made["keys"] if entry["label"] == "registry"]
    assert made["key"].startswith(f"cairn_key_{entry['id']}_")
    assert entry["closed_at"] is None
    closed = here("api-key", "usm", "--data", folder, "--close", entry["id"], "--json").json()
    [entry] = [entry for entry in closed["keys"] if entry["label"] == "registry"]
    assert entry["closed_at"] is not None
    assert here("api-key", "nobody", "--data", folder).code == 2


def test_a_busy_port_is_one_plain_line(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        busy = cairn("serve", "--data", folder, "--port", str(port))
    assert (busy.returncode, busy.stderr) == (2, f"cairn: port {port} is in use; choose another one with --port\n")


def test_serving_a_folder_that_is_not_there_makes_none(tmp_path: Path) -> None:
    missing = cairn("serve", "--data", tmp_path / "none", "--port", str(free_port()))
    assert missing.returncode == 2
    assert missing.stderr.count("\n") == 1
    assert not (tmp_path / "none").exists()


def test_a_host_that_others_can_reach_is_refused_without_a_public_address(folder: Path) -> None:
    open_to_all = cairn("serve", "--data", folder, "--host", "0.0.0.0", "--port", str(free_port()))  # noqa: S104
    assert open_to_all.returncode == 2
    assert "CAIRN_PUBLIC_BASE" in open_to_all.stderr
