"""What a whole issue run logs: every step once, by batch, call and transaction, and nobody by name."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.chain.registry import Reason, StatusAction
from ledger.cli.working import change_status, issue_all
from ledger.logs import about, keep_quiet, set_up_logs
from ledger.workspace import Workspace
from tests.cli.conftest import ROWS, Cairn


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    loggers = [logging.getLogger(), logging.getLogger("cairn")]
    before = [([*logger.handlers], logger.level) for logger in loggers]
    yield
    for logger, (handlers, level) in zip(loggers, before, strict=True):
        logger.handlers[:] = handlers
        logger.setLevel(level)


@pytest.fixture
def lines(folder: Path) -> list[dict[str, Any]]:
    """What a run logs from the file of learners to a revocation."""
    stream = io.StringIO()
    set_up_logs(stream)
    with Workspace.open(folder) as workspace:
        batch = workspace.imports.import_rows("um", "mastery-of-malay-language", ROWS.encode(), label="Ólöf's batch")
        issue_all(workspace, [batch.id])
        first = workspace.catalog.credentials(batch=batch.id)[0]
        change_status(workspace, StatusAction.REVOKE, [first.credential_id], Reason.ISSUED_IN_ERROR)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_every_step_of_a_batch_is_logged_once(lines: list[dict[str, Any]]) -> None:
    of_batch = [line["event"] for line in lines if line.get("batch") == 1 and line["logger"] == "cairn.issuing"]
    steps = [re.sub(r": \d.*|; it was .*", "", event) for event in of_batch]

    assert steps[:3] == ["the batch is sealed", "the batch is planned", "the batch is sent"]
    assert steps[-2:] == ["the batch is final", "the proofs of the batch are attached"]
    assert len(steps) == len(set(steps))


def test_every_transaction_is_followed_by_its_hash(lines: list[dict[str, Any]]) -> None:
    anchors = [line for line in lines if line.get("purpose") == "anchor:1"]

    assert len({line["transaction"] for line in anchors}) == 1
    assert re.fullmatch("0x[0-9a-f]{64}", anchors[0]["transaction"])
    assert [line["event"].split(" with ")[0].split(" in ")[0] for line in anchors][:2] == [
        "the transaction is planned",
        "the transaction is sent",
    ]
    assert any(line.get("call") == 1 and "is final: revoke" in line["event"] for line in lines)


def test_nobody_is_named_and_nothing_secret_is_told(lines: list[dict[str, Any]]) -> None:
    text = json.dumps(lines, ensure_ascii=False)

    for word in ("@", "Ólöf", "Björnsdóttir", "நிலா", "0012", "urn:uuid", "passphrase"):
        assert word not in text, word
    assert {line["level"] for line in lines} <= {"info", "warning"}


def test_a_command_that_ends_logs_what_is_wrong_alone(cairn: Cairn, capfd: pytest.CaptureFixture[str]) -> None:
    cairn("--help")
    logger = logging.getLogger("cairn.work")
    with about(batch=3):
        logger.info("nothing to see")
        logger.warning("worker %s is gone, ask olof@students.example", "w1")
    said = capfd.readouterr()

    assert said.err == "cairn: warning: worker w1 is gone, ask [address] batch=3\n"


def test_a_serving_program_logs_each_line_once(capfd: pytest.CaptureFixture[str]) -> None:
    keep_quiet()
    stream = io.StringIO()
    set_up_logs(stream)
    logging.getLogger("cairn.work").warning("once")

    assert stream.getvalue().count("once") == 1
    assert capfd.readouterr().err == ""
