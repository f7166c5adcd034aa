"""Addresses, registries' names and issuer ids, held against the vectors of EIP-55 and CAIP-10."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode as abi_encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.addresses import caip10, checksum_address, issuer_id, parse_address, parse_caip10
from ledger.chain.registry import Address
from ledger.errors import MalformedDocument

# The examples of EIP-55.
CHECKSUMMED = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]


@pytest.mark.parametrize("text", CHECKSUMMED)
def test_the_examples_of_eip_55_hold(text: str) -> None:
    address = parse_address(text)
    assert checksum_address(address) == text
    assert parse_address(text.lower()) == parse_address("0x" + text[2:].upper()) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        CHECKSUMMED[4][2:],
        CHECKSUMMED[4] + "00",
        CHECKSUMMED[4][:-1],
        CHECKSUMMED[4].replace("5aA", "5Aa"),
        "0X" + CHECKSUMMED[4][2:],
        " " + CHECKSUMMED[4],
        CHECKSUMMED[4] + "\n",
        "0x" + "٣" * 40,
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(MalformedDocument) as caught:
        parse_address(text)
    assert caught.value.code == "string_address"


@given(chain_id=st.integers(1, 10**18), address=st.binary(min_size=20, max_size=20))
def test_a_registry_has_one_name(chain_id: int, address: bytes) -> None:
    assert parse_caip10(caip10(chain_id, Address(address))) == (chain_id, address)


@pytest.mark.parametrize(
    "text",
    [
        "eip155:0:0xde709f2102306220921060314715629080e2fb77",
        "eip155:01:0xde709f2102306220921060314715629080e2fb77",
        "eip155:1",
        "eip155:1:de709f2102306220921060314715629080e2fb77",
        "eip155:１:0xde709f2102306220921060314715629080e2fb77",
        "cosmos:1:0xde709f2102306220921060314715629080e2fb77",
        "eip155:1:0xde709f2102306220921060314715629080e2fb77 ",
    ],
)
def test_what_names_no_registry_is_refused(text: str) -> None:
    with pytest.raises(MalformedDocument) as caught:
        parse_caip10(text)
    assert caught.value.code == "string_caip10"


def test_an_issuer_id_binds_creator_and_did() -> None:
    creator, did = Address(bytes(range(20))), "did:web:cairn.example:issuers:usm"
    assert issuer_id(creator, did) == keccak(abi_encode(["address", "bytes32"], [creator, keccak(text=did)]))
