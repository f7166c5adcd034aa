"""The code that the operations document gives to receivers takes what we send, and nothing else."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sinks import WebSink
from tests.unit.delivering.conftest import Post, an_event

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "operations.md"
Check = Callable[[str, dict[str, str], bytes], bool]


@pytest.fixture(scope="module")
def is_from_cairn() -> Check:
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, str(DOCUMENT), "exec"), names)  # noqa: S102 - our own document
    check: Check = names["is_from_cairn"]
    return check


def test_a_receiver_knows_us_by_the_sample_of_the_document(post: Post, web: WebSink, is_from_cairn: Check) -> None:
    _, secret = post.parts.webhooks.add("usm", web.url)
    post.clock.now = time.time()
    post.note(an_event())
    post.worker.work()
    (sent,) = web.posts
    headers = dict(sent.headers)

    assert is_from_cairn(secret, headers, sent.body)
    assert not is_from_cairn(secret, headers, sent.body + b" ")
    assert not is_from_cairn(secret, headers | {"webhook-id": "another"}, sent.body)
    assert not is_from_cairn(secret, headers | {"webhook-timestamp": "never"}, sent.body)
    assert not is_from_cairn(secret, headers | {"webhook-signature": "v1,AAAA"}, sent.body)
    assert not is_from_cairn("whsec_" + "A" * 44, headers, sent.body)


def test_what_is_old_is_not_taken(post: Post, web: WebSink, is_from_cairn: Check) -> None:
    _, secret = post.parts.webhooks.add("usm", web.url)
    post.clock.now = time.time() - 301
    post.note(an_event())
    post.worker.work()

    assert not is_from_cairn(secret, dict(web.posts[0].headers), web.posts[0].body)
