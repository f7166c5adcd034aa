"""Where a webhook may lead: an https address on the open internet, this very machine, or a network that was named.

Who names a webhook could otherwise make this machine speak to others that only it can reach. A name is looked up once
for each delivery, and what was found is what is connected to, so that it cannot mean one thing when it is judged and
another when it is used.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from ledger.errors import CairnError, WorkspaceError

NETWORKS_VARIABLE = "CAIRN_WEBHOOK_NETWORKS"
LONGEST_URL = 2_000
_PORTS = {"https": 443, "http": 80}
_LOCALHOST = "localhost"
_NAT64 = ip_network("64:ff9b::/96")

Address = IPv4Address | IPv6Address
Lookup = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class Place:
    """The parts of a webhook's URL. `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def look_up(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as this machine finds them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True)
class Reach:
    """`networks` may be reached though they are private."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    look_up: Lookup = look_up

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Reach:
        """As CAIRN_WEBHOOK_NETWORKS says: networks such as 10.1.0.0/16, with commas between. Raises WorkspaceError."""
        named = [part.strip() for part in environment.get(NETWORKS_VARIABLE, "").split(",") if part.strip()]
        try:
            return cls(tuple(ip_network(part) for part in named))
        except ValueError as error:
            raise WorkspaceError(
                "settings", f"{NETWORKS_VARIABLE} is not a list of networks such as 10.1.0.0/16"
            ) from error

    def place(self, url: str) -> Place:
        """Takes a URL apart. Raises CairnError `webhook_invalid` for one that nothing will ever be sent to."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise _invalid("it cannot be read") from error
        if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or len(url) > LONGEST_URL:
            raise _invalid("it has characters that a URL cannot have, or is too long")
        if parts.scheme not in _PORTS or not host or port == 0:
            raise _invalid("it is not an https URL")
        if "@" in parts.netloc or "#" in url or "%" in host:
            raise _invalid("it has a user, a fragment or an escaped host, which it may not have")
        if parts.scheme == "http" and not self._may_be_plain(host):
            raise _invalid("only this machine, and networks that CAIRN_WEBHOOK_NETWORKS names, are reached without TLS")
        literal = _literal(host)
        if literal is not None and not literal.is_loopback and not self._is_allowed(literal):
            raise _invalid("its address is not on the open internet")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Place(parts.scheme, host, port or _PORTS[parts.scheme], target)

    def addresses(self, place: Place) -> tuple[str, ...]:
        """Where to connect. Raises CairnError `webhook_forbidden` if any may not be reached, OSError without any."""
        is_local = place.host == _LOCALHOST or _is_loopback(_literal(place.host))
        found = tuple(dict.fromkeys(self.look_up(place.host, place.port)))
        for text in found:
            address = ip_address(text.partition("%")[0])
            if not (address.is_loopback if is_local else self._is_allowed(address)):
                raise CairnError("webhook_forbidden", f"{place.host} leads to an address that is not to be reached")
        if not found:
            raise OSError(f"{place.host} has no address")
        return found

    def _may_be_plain(self, host: str) -> bool:
        literal = _literal(host)
        return host == _LOCALHOST or _is_loopback(literal) or (literal is not None and self._is_named(literal))

    def _is_allowed(self, address: Address) -> bool:
        return self._is_named(address) or _is_public(address)

    def _is_named(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


def _is_public(address: Address) -> bool:
    inner = _embedded(address)
    if inner is not None:
        return _is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_loopback(address: Address | None) -> bool:
    return address is not None and address.is_loopback


def _invalid(why: str) -> CairnError:
    return CairnError("webhook_invalid", f"this cannot be a webhook's address: {why}")
