"""Where a webhook may lead: every address that is not on the open internet is out of reach, however it is written."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.delivering.reach import Place, Reach
from ledger.errors import CairnError, WorkspaceError

PUBLIC = ("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822", "::ffff:93.184.216.34")
INNER = (
    "0.0.0.0",  # noqa: S104 - one that must be refused
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a00:1::",
    "2001:0:1:2:3:4:f5ff:fffe",
    "fc00::1",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "2001:db8::1",
)


def judged(address: str, reach: Reach | None = None, host: str = "hook.example") -> bool:
    chosen = reach or Reach()
    found = Reach(chosen.networks, look_up=lambda _host, _port: [address])
    try:
        found.addresses(Place("https", host, 443, "/"))
    except CairnError as error:
        if error.code != "webhook_forbidden":
            raise
        return False
    return True


@pytest.mark.parametrize("address", PUBLIC)
def test_the_open_internet_is_within_reach(address: str) -> None:
    assert judged(address)


@pytest.mark.parametrize("address", INNER)
def test_everything_else_is_not(address: str) -> None:
    assert not judged(address)


@given(st.ip_addresses(v=4, network="10.0.0.0/8"))
def test_a_private_address_is_private_in_every_dress(address: IPv4Address) -> None:
    number = int(address)
    dresses = (
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0x64FF9B << 96) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
    )
    assert not judged(str(address))
    assert not any(judged(str(dress)) for dress in dresses)


def test_one_address_out_of_reach_is_enough_to_refuse() -> None:
    mixed = Reach(look_up=lambda _host, _port: [PUBLIC[0], "10.0.0.1"])
    with pytest.raises(CairnError, match="not to be reached"):
        mixed.addresses(Place("https", "hook.example", 443, "/"))


def test_a_network_that_is_named_is_within_reach_and_no_other() -> None:
    reach = Reach.from_environment({"CAIRN_WEBHOOK_NETWORKS": "10.1.0.0/16, fd00::/64"})
    assert judged("10.1.2.3", reach)
    assert judged("fd00::5", reach)
    assert not judged("10.2.0.1", reach)
    assert not judged("127.0.0.1", reach)
    assert reach.place("http://10.1.2.3/hook").host == "10.1.2.3"


@pytest.mark.parametrize("text", ["nonsense", "10.0.0.1/8", "10.0.0.0/99"])
def test_networks_that_are_none_are_refused_at_start(text: str) -> None:
    with pytest.raises(WorkspaceError) as caught:
        Reach.from_environment({"CAIRN_WEBHOOK_NETWORKS": text})
    assert caught.value.code == "settings"


def test_only_what_says_that_it_is_this_machine_may_be_this_machine() -> None:
    assert judged("127.0.0.1", host="localhost")
    assert judged("::1", host="::1")
    assert not judged("93.184.216.34", host="localhost")


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://hook.example", Place("https", "hook.example", 443, "/")),
        ("https://HOOK.example:8443/a?b=c", Place("https", "hook.example", 8443, "/a?b=c")),
        ("http://localhost:9000/x", Place("http", "localhost", 9000, "/x")),
        ("http://[::1]/x", Place("http", "::1", 80, "/x")),
    ],
)
def test_a_url_is_taken_apart_once(url: str, place: Place) -> None:
    assert Reach().place(url) == place


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hook.example",
        "ftp://hook.example/",
        "file:///etc/passwd",
        "http://hook.example/",
        "http://10.0.0.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[fe80::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://user:secret@hook.example/",
        "https://hook.example#@other.example/",
        "https://hook.example\\@other.example/",
        "https://hook.example/\r\nHost: other.example",
        "https://hook.example/ x",
        "https://höök.example/",
        "https://hook.example:0/",
        "https://hook.example:99999/",
        "https://[::1/",
        "https:///x",
        "https://%31%30.0.0.1/",
        "https://hook.example/" + "a" * 2000,
    ],
)
def test_what_is_no_address_for_a_webhook_is_refused(url: str) -> None:
    with pytest.raises(CairnError) as caught:
        Reach().place(url)
    assert caught.value.code == "webhook_invalid"


@given(st.text(max_size=60))
def test_no_text_gives_another_error(text: str) -> None:
    for url in (text, f"https://{text}", f"https://hook.example/{text}"):
        try:
            place = Reach().place(url)
        except CairnError as error:
            if error.code != "webhook_invalid":
                raise
        else:
            assert place.scheme in ("http", "https")
            assert place.authority.isascii()
