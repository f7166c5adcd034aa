"""Which addresses a stranger's document may lead to: every spelling of one that is not everybody's is refused."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.verifying.addresses import is_ordinary
from ledger.verifying.fetching import GuardedFetcher
from ledger.verifying.readings import Unknown

ORDINARY = ("8.8.8.8", "93.184.216.34", "193.0.6.139", "2606:2800:220:1:248:1893:25c8:1946", "2a00:1450:4001:80b::200e")
HOSTILE = {
    "this host": "0.0.0.0",  # noqa: S104
    "loopback": "127.0.0.1",
    "loopback, elsewhere": "127.1.2.3",
    "private, 10": "10.0.0.1",
    "private, 172": "172.31.255.255",
    "private, 192": "192.168.1.1",
    "shared by providers": "100.64.0.1",
    "the metadata of clouds": "169.254.169.254",
    "protocol assignments": "192.0.0.8",
    "documentation 1": "192.0.2.1",
    "documentation 2": "198.51.100.1",
    "documentation 3": "203.0.113.1",
    "relays of 6to4": "192.88.99.1",
    "benchmarks": "198.18.0.1",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "none, 6": "::",
    "loopback, 6": "::1",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped, though public": "::ffff:8.8.8.8",
    "compatible": "::8.8.8.8",
    "translated": "64:ff9b::7f00:1",
    "translated, though public": "64:ff9b::808:808",
    "translated within a site": "64:ff9b:1::a9fe:a9fe",
    "discarded": "100::1",
    "6to4": "2002:7f00:1::",
    "6to4, though public": "2002:808:808::1",
    "Teredo": "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "benchmarks, 6": "2001:2::1",
    "documentation, 6": "2001:db8::1",
    "documentation, 6, large": "3fff::1",
    "segment routing": "5f00::1",
    "unique local": "fc00::1",
    "link local": "fe80::1",
    "link local with a zone": "fe80::1%eth0",
    "public with a zone": "2606:2800:220:1:248:1893:25c8:1946%1",
    "site local": "fec0::1",
    "multicast, 6": "ff02::1",
    "ISATAP": "2606:2800::5efe:7f00:1",
    "ISATAP, public": "2606:2800::200:5efe:7f00:1",
    "short": "127.1",
    "one number": "2130706433",
    "hexadecimal": "0x7f000001",
    "octal": "0177.0.0.1",
    "nothing": "",
    "a name": "localhost",
}


@pytest.mark.parametrize("address", ORDINARY)
def test_what_everybody_can_reach_is_ordinary(address: str) -> None:
    assert is_ordinary(address)


@pytest.mark.parametrize("address", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_leads_elsewhere_is_not(address: str) -> None:
    assert not is_ordinary(address)


@given(st.ip_addresses())
def test_nothing_that_python_calls_special_is_ordinary(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    special = not address.is_global or address.is_multicast or address.is_reserved
    assert not (is_ordinary(str(address)) and special)


@pytest.mark.parametrize(
    "url",
    [
        "http://list.example/x",
        "ftp://list.example/x",
        "file:///etc/passwd",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost/",
        "https://intranet/",
        "https://list.example:80/x",
        "https://list.example:8443/x",
        "https://user@list.example/x",
        "https://user:pass@list.example/x",
        "https://list.example\\@evil.example/",
        "https://list.example/x#y",
        "https://LIST.example/x",
        "https://\u24db\u24de\u24d2alhost.example/",
        "https://127\u30020\u30020\u30021/",
        "https://list.example/\r\nHost: evil.example",
        "https://list.example/ x",
        "https:list.example",
        "//list.example/x",
        f"https://list.example/{'x' * 3000}",
        "",
    ],
)
def test_what_is_no_plain_https_address_is_refused_before_any_name_is_looked_up(url: str) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["8.8.8.8"]

    found = GuardedFetcher(resolve=resolve).fetch(url)
    assert isinstance(found, Unknown)
    assert found.code == "fetch_refused"
    assert not asked


@pytest.mark.parametrize("found", [[address] for address in HOSTILE.values()] + [["8.8.8.8", "10.0.0.1"], []])
def test_a_name_that_leads_elsewhere_is_not_asked(found: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import httpcore

    def connect(*arguments: object, **_: object) -> None:
        raise AssertionError(f"a connection was opened: {arguments}")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    answer = GuardedFetcher(resolve=lambda _host, _port: found).fetch("https://list.example/x")
    assert isinstance(answer, Unknown)
    assert answer.code == "fetch_refused"
