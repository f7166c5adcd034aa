"""Which addresses of the internet a stranger's document may lead us to: ordinary ones that everybody can reach.

The lists are those of the IANA registries of special-purpose addresses (RFC 6890 and its successors). An address that
carries another one inside (IPv4-mapped, 6to4, Teredo, NAT64) is refused whatever it carries.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

_NOT_ORDINARY_V4 = tuple(
    ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
_ORDINARY_V6 = IPv6Network("2000::/3")
_NOT_ORDINARY_V6 = tuple(
    ip_network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
_ISATAP = (0x00005EFE, 0x02005EFE)
"""The upper half of an interface id that holds an IPv4 address (RFC 5214)."""


def is_ordinary(text: str) -> bool:
    """Whether an address, in numbers, is one of global unicast that stands for no other."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_ORDINARY_V4)
    return _is_ordinary_v6(address)


def _is_ordinary_v6(address: IPv6Address) -> bool:
    return (
        address in _ORDINARY_V6
        and address.scope_id is None
        and not any(address in network for network in _NOT_ORDINARY_V6)
        and (int(address) >> 32 & 0xFFFFFFFF) not in _ISATAP
    )
