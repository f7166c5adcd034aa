"""The JSON-LD contexts that Cairn knows. Nothing is ever fetched: a context that is not here is not trusted.

Each file holds the published bytes and is pinned by their SHA-256; `README.md` says where they come from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import orjson

from ledger.documents.strict_json import JsonObject


@dataclass(frozen=True)
class PinnedContext:
    """A context file of this package, and the SHA-256 of its bytes in hex."""

    file: str
    sha256: str


CREDENTIALS_V1 = "https://www.w3.org/2018/credentials/v1"
CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"

_BLOCKCERTS = {
    version: PinnedContext(f"blockcerts-{version}.json", sha256)
    for version, sha256 in (
        ("3.0", "7b5a4f9771640918b6e3169af29374b38a9f914dcfed77675db7944c8f1a1152"),
        ("3.1", "2fc073679f0e05bba5984a3110c0bfcfbc9401c2a5874115e9a9bb12204001f3"),
        ("3.2", "fa5afe993720de6d030dc78cb8d33085e4e8a58704e26c8eefa536f4ab7b9731"),
    )
}

CONTEXTS: Mapping[str, PinnedContext] = MappingProxyType(
    {
        CREDENTIALS_V2: PinnedContext(
            "credentials-v2.json", "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734"
        ),
        CREDENTIALS_V1: PinnedContext(
            "credentials-v1.json", "00d7dd6d3ad8b920e3e550dd3a3d9090bffcac84cdbf943da6924b3e0a5c8bb8"
        ),
        OPEN_BADGES: PinnedContext("ob-3.0.3.json", "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84"),
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json": PinnedContext(
            "ob-3.0.2.json", "00666ad080ba407687ed1846b7f5e7495f5019042b202a727de47c48a1755c53"
        ),
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json": PinnedContext(
            "ob-3.0.1.json", "5f3d9dd6288ef437ff8286cf95ffbff609c748a66f24a1e9450c45ca64be1571"
        ),
        "https://purl.imsglobal.org/spec/ob/v3p0/context.json": PinnedContext(
            "ob-3.0.0.json", "b077fa134d909d92c1dcd1c153f2af1b244aeb415967fdc1467d7fc5dd48ac10"
        ),
        "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json": PinnedContext(
            "ob-extensions.json", "87c06c81bc2317663bf288d740d94fddd2818c4342b186270ff6371dfaa63f93"
        ),
        CLR: PinnedContext("clr-2.0.1.json", "880f1902d4158f2f33ce06af41b90719977cd1ea337a9de2e41edb3ff5e543d6"),
        "https://w3id.org/security/data-integrity/v2": PinnedContext(
            "data-integrity-v2.json", "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4"
        ),
        "https://w3id.org/security/data-integrity/v1": PinnedContext(
            "data-integrity-v1.json", "b5d829bd09aa7c42abc6efa0c8ed7635313b5487f37ccfce3ecd149ca9418554"
        ),
        "https://w3id.org/security/multikey/v1": PinnedContext(
            "multikey-v1.json", "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597"
        ),
        "https://w3id.org/security/suites/ed25519-2020/v1": PinnedContext(
            "ed25519-2020-v1.json", "b9e1ab971fd8bf2c7553e0c4a9438e0b9450afde1ea1ca5b2492368b9f549588"
        ),
        "https://w3id.org/vc/status-list/2021/v1": PinnedContext(
            "status-list-2021-v1.json", "6dd06a52bedb771e059c1083ba8ba7848dce22f6b4a8cfa0b98ba3fc188870e4"
        ),
        "https://www.w3.org/ns/credentials/status/v1": PinnedContext(
            "bitstring-status-v1.json", "fda5add353231e6a6884a46b12e6c75464281900cb348284d9c360f62381d9f7"
        ),
        "https://w3id.org/vc-revocation-list-2020/v1": PinnedContext(
            "revocation-list-2020-v1.json", "9fe1e5bd6d2f709e4628947c86455f2d97204e07ed7b7ae51d559e35e5238e9d"
        ),
        "https://www.w3.org/ns/did/v1": PinnedContext(
            "did-v1.json", "62c1054bf404d6dd3a4b26b64f830fd72095f6a26edc4469908c94351352ce5f"
        ),
        "https://w3id.org/security/suites/merkle-2019/v1": PinnedContext(
            "merkle-proof-2019-v1.json", "953b934ec954fab06c3d48e524ac66f0f66531b86fa91330f66e8fc4ba536ff4"
        ),
        "https://w3id.org/blockcerts/v3": _BLOCKCERTS["3.0"],
        "https://w3id.org/blockcerts/v3.1": _BLOCKCERTS["3.1"],
        "https://w3id.org/blockcerts/v3.2": _BLOCKCERTS["3.2"],
        # Each is published under two more addresses, which older documents name.
        **{
            f"https://{host}/schema/{version}/context.json": pinned
            for host in ("w3id.org/blockcerts", "www.blockcerts.org")
            for version, pinned in _BLOCKCERTS.items()
        },
    }
)


@cache
def read(url: str) -> bytes:
    """The published bytes of the context `url`. Raises KeyError for one that is not bundled."""
    pinned = CONTEXTS[url]
    data = (resources.files(__package__) / pinned.file).read_bytes()
    if hashlib.sha256(data).hexdigest() != pinned.sha256:
        raise RuntimeError(f"the bundled context {pinned.file} is not the published file")
    return data


def load(url: str) -> JsonObject:
    """A fresh copy of the context document `url`. Raises KeyError for one that is not bundled."""
    document: JsonObject = orjson.loads(read(url))
    return document
