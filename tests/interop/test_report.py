"""docs/interop.md says what the judges say."""

from __future__ import annotations

import difflib

import pytest

from tests.interop.court import Court
from tests.interop.report import DOCUMENT, render


@pytest.mark.node
def test_the_page_says_what_the_judges_say(court: Court) -> None:
    written = DOCUMENT.read_text(encoding="utf-8")
    differences = difflib.unified_diff(written.splitlines(), render(court).splitlines(), lineterm="", n=0)
    assert list(differences) == [], "stale: python -m tests.interop.report"
