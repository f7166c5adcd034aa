"""Settings that would lay the site open are refused at start."""

from __future__ import annotations

import pytest

from api.settings import Settings, load_settings, safe_base
from ledger.errors import WorkspaceError

LOCAL = "http://127.0.0.1:8000"


def test_links_may_begin_with_this_machine() -> None:
    assert safe_base(Settings(), LOCAL) == LOCAL


@pytest.mark.parametrize(
    "base",
    [
        "http://cairn.example",
        "https://cairn.example/",
        "https://cairn.example/x",
        "https://cairn.example?x",
        "https://user@cairn.example",
        "ftp://cairn.example",
        "cairn.example",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_links_cannot_safely_begin_with_is_refused(base: str) -> None:
    with pytest.raises(WorkspaceError) as caught:
        safe_base(Settings(), base)
    assert caught.value.code == "settings"


def test_a_host_that_others_can_reach_needs_a_public_address_and_limits() -> None:
    with pytest.raises(WorkspaceError, match="CAIRN_PUBLIC_BASE"):
        safe_base(Settings(host="0.0.0.0"), LOCAL)  # noqa: S104
    with pytest.raises(WorkspaceError, match="rate limits"):
        safe_base(Settings(host="192.0.2.1", misses_per_minute=0), "https://cairn.example")
    assert safe_base(Settings(host="192.0.2.1"), "https://cairn.example") == "https://cairn.example"


def test_a_setting_that_is_no_such_value_is_one_plain_sentence() -> None:
    with pytest.raises(WorkspaceError, match="port") as caught:
        load_settings(port=0)
    assert "\n" not in str(caught.value)


def test_an_option_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAIRN_PORT", "9001")
    assert load_settings().port == 9001
    assert load_settings(port=9002).port == 9002
    assert load_settings(port=None).port == 9001
