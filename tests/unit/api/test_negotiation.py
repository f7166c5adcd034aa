"""Which form of a share link a caller gets."""

from __future__ import annotations

import pytest

from api.sharing.negotiation import preferred


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "page"),
        ("application/json", "json"),
        ("application/vc, application/json;q=0.5", "document"),
        ("application/json;q=0.2, text/html;q=0.9", "page"),
        ("application/ld+json", "document"),
        ("*/*", "page"),
        ("", "page"),
        ("application/json;q=0", "page"),
        ("application/json;q=nan", "page"),
        ("application/json;q=1e9", "page"),
        ("application/json;q=٣", "page"),
        (";;;,,,q=", "page"),
        ("APPLICATION/JSON", "json"),
    ],
)
def test_the_form_follows_the_accept_header(accept: str, form: str) -> None:
    assert preferred(accept) == form
