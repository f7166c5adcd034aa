"""What is logged can be read by machines and by people, says what it is about, and holds no secret."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.logs import ADDRESS, TOKEN, about, redact, set_up_logs

SHARE = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE"
logger = logging.getLogger("cairn.tests")


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = [*root.handlers], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def lines() -> io.StringIO:
    stream = io.StringIO()
    set_up_logs(stream)
    return stream


def parsed(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_where_no_terminal_is(lines: io.StringIO) -> None:
    logger.warning("the round %s was broken off", "deliver")
    (line,) = parsed(lines)

    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "the round deliver was broken off", "level": "warning", "logger": "cairn.tests"}


def test_a_line_says_what_it_is_about_in_its_own_thread(lines: io.StringIO) -> None:
    def elsewhere() -> None:
        logger.info("elsewhere")

    with about(batch=7), about(issuer="usm"):
        logger.info("here")
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    logger.info("after")
    here, other, after = parsed(lines)

    assert (here["batch"], here["issuer"]) == (7, "usm")
    assert "batch" not in other
    assert "batch" not in after


def test_people_read_plain_lines() -> None:
    stream = io.StringIO()
    set_up_logs(stream, as_json=False)
    with about(batch=7):
        logger.info("sealed")
        logger.error("stuck")
    first, second = stream.getvalue().splitlines()

    assert first.endswith(" cairn.tests: sealed batch=7")
    assert second.startswith("ERROR ")


def test_a_traceback_is_one_member_and_holds_no_secret_either(lines: io.StringIO) -> None:
    try:
        int("olof@students.example")
    except ValueError:
        logger.exception("request failed")
    (line,) = parsed(lines)

    assert "Traceback" in line["exception"]
    assert ADDRESS in line["exception"]
    assert "olof" not in line["exception"]


def test_setting_up_twice_does_not_write_twice(lines: io.StringIO) -> None:
    again = io.StringIO()
    set_up_logs(again)
    logger.info("once")

    assert lines.getvalue() == ""
    assert len(parsed(again)) == 1


def test_libraries_that_name_addresses_are_quiet(lines: io.StringIO) -> None:
    logging.getLogger("httpx").info("HTTP Request: POST https://node.example/v3/secret")
    assert lines.getvalue() == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sent to olof@students.example now", f"sent to {ADDRESS} now"),
        ("<olof+x@students.example>", f"<{ADDRESS}>"),
        ("Ólöf.B@háskóli.example", ADDRESS),
        ("token cairn_claim_" + "A" * 43, f"token {TOKEN}"),
        ("key cairn_key_0123456789_" + "A" * 43, f"key {TOKEN}"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw/+=", TOKEN),
        (f"GET /s/{SHARE} 200", f"GET /s/{TOKEN} 200"),
        ("Authorization: Bearer abc.def", f"Authorization: Bearer {TOKEN}"),
        ("https://node.example/v3/0123secret?key=x", "https://node.example/…"),
        ("https://node.example:8545", "https://node.example:8545"),
        ("smtp://cairn:p%40ss@mail.example:587", "smtp://mail.example:587"),
        ("postgresql+psycopg://u:p@db.example/cairn", "postgresql+psycopg://db.example/…"),
        ("batch 7 of usm, root 0x" + "ab" * 32, "batch 7 of usm, root 0x" + "ab" * 32),
        ("urn:uuid:00000000-0000-4000-8000-000000000001", "urn:uuid:00000000-0000-4000-8000-000000000001"),
        ("/s/{token} 200 1.0ms", "/s/{token} 200 1.0ms"),
    ],
)
def test_what_is_private_is_taken_out_and_nothing_else(text: str, shown: str) -> None:
    assert redact(text) == shown


@given(st.text(max_size=20), st.emails(), st.text(max_size=20))
def test_no_address_comes_through(before: str, address: str, after: str) -> None:
    if '"' in address or "'" in address:
        return
    assert address not in redact(f"{before} {address} {after}")


@given(st.text(max_size=80))
def test_taking_out_twice_is_taking_out_once(text: str) -> None:
    assert redact(redact(text)) == redact(text)


def test_a_line_without_end_is_gone_through_quickly() -> None:
    assert redact("a" * 300_000) == "a" * 300_000
