"""The accounts that issuers publish: in DID documents, in profiles, and in what only looks like one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from coincurve import PrivateKey

from ledger.chain.addresses import Address, checksum_address
from ledger.documents.codecs import encode_base58
from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import MalformedDocument
from ledger.verifying.issuer_accounts import MAX_ACCOUNTS, published_accounts
from tests.blockcerts import address_of

ISSUER = "did:web:college.example"
CHAIN = "eip155:11155111"
SECRET = b"\x07" * 32
ADDRESS = address_of(SECRET)
PROFILE = Path(__file__).parents[2] / "vectors" / "blockcerts" / "issuer-profile.json"


def a_method(**members: Any) -> JsonObject:
    return {"id": f"{ISSUER}#key-1", "controller": ISSUER, "type": "EcdsaSecp256k1VerificationKey2019"} | members


def a_document(*methods: Any, listed: Any = (f"{ISSUER}#key-1",), **members: Any) -> JsonObject:
    return {"id": ISSUER, "verificationMethod": [*methods], "assertionMethod": [*listed]} | members


def addresses(document: JsonObject, chain: str = CHAIN) -> list[str]:
    return [account.address for account in published_accounts(document, ISSUER, chain)]


def multikey(secret: bytes, header: bytes = b"\xe7\x01") -> str:
    return "z" + encode_base58(header + PrivateKey(secret).public_key.format())


def test_the_profile_of_a_real_issuer_names_its_accounts_on_ethereum_alone() -> None:
    issuer = "https://www.blockcerts.org/samples/3.0/issuer-blockcerts.json"
    accounts = published_accounts(parse(PROFILE.read_bytes()), issuer, CHAIN)
    by_name = {account.name: account.address for account in accounts}
    sent = "0x40cf9b7db6fcc742ad0a76b8588c7f8de2b54a60"
    assert by_name[f"{issuer}#key-1"] == by_name[f"{issuer}#key-1-multibase"] == by_name[None] == sent
    assert [account.name for account in accounts].count(None) == 1
    (listed,) = [account for account in accounts if account.name is None]
    assert (listed.covers(1667356404), listed.covers(1600000000)) == (True, False)


@pytest.mark.parametrize(
    "method",
    [
        {"publicKeyMultibase": multikey(SECRET)},
        {"blockchainAccountId": f"{CHAIN}:{ADDRESS}"},
        {"ethereumAddress": checksum_address(Address(bytes.fromhex(ADDRESS[2:])))},
        {"id": "#key-1", "publicKeyMultibase": multikey(SECRET)},
    ],
)
def test_each_form_of_a_key_comes_to_the_same_account(method: dict[str, Any]) -> None:
    assert addresses(a_document(a_method(**method))) == [ADDRESS]
    assert addresses(a_document(listed=[a_method(**method)])) == [ADDRESS]


@pytest.mark.parametrize(
    "document",
    [
        a_document(a_method(publicKeyMultibase=multikey(SECRET)), listed=[]),
        a_document(a_method(publicKeyMultibase=multikey(SECRET)), listed=["did:web:college.example#key-2"]),
        a_document(a_method(publicKeyMultibase=multikey(SECRET), controller="did:web:attacker.example")),
        a_document(a_method(publicKeyMultibase=multikey(SECRET, b"\x80\x24"))),
        a_document(a_method(blockchainAccountId=f"eip155:1:{ADDRESS}")),
        a_document(a_method(publicKeyJwk={"kty": "OKP", "crv": "Ed25519", "x": "AA"})),
        a_document(a_method(publicKeyJwk={"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"})),
        a_document(a_method(publicKeyMultibase=multikey(SECRET), publicKeyJwk={})),
        a_document(a_method()),
        a_document("did:web:college.example#key-1"),
        a_document(publicKey=[{"id": "ecdsa-koblitz-pubkey:mgdWjvq4RYAAP5goUNagTRMx7Xw534S5am"}]),
        a_document(publicKey=[{"id": ADDRESS}, ADDRESS, {}]),
    ],
)
def test_what_is_for_something_else_is_no_account(document: JsonObject) -> None:
    assert addresses(document) == []


@pytest.mark.parametrize(
    "document",
    [
        a_document() | {"id": "did:web:attacker.example"},
        a_document() | {"verificationMethod": {}},
        a_document() | {"assertionMethod": "x"},
        a_document() | {"verificationMethod": [a_method()] * (MAX_ACCOUNTS + 1)},
        a_document() | {"publicKey": [{}] * (MAX_ACCOUNTS + 1)},
        a_document(a_method(publicKeyMultibase="z" + encode_base58(b"\xe7\x01" + b"\x02" * 32))),
        a_document(a_method(publicKeyMultibase="z" + encode_base58(b"\xe7\x01\x05" + b"\x02" * 32))),
        a_document(a_method(publicKeyMultibase="z0")),
        a_document(a_method(publicKeyJwk={"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"})),
        a_document(a_method(publicKeyJwk={"kty": "EC", "crv": "secp256k1", "x": 1, "y": "AA"})),
        a_document(a_method(publicKeyJwk={"kty": "EC", "crv": "secp256k1", "x": "AA==", "y": "AA"})),
        a_document(a_method(ethereumAddress="0x12")),
        a_document(a_method(blockchainAccountId=f"{CHAIN}:0xZZ")),
        a_document(a_method(ethereumAddress=ADDRESS, expires="soon")),
        a_document(a_method(ethereumAddress=ADDRESS, expires=7)),
        a_document(publicKey=[{"id": f"ecdsa-koblitz-pubkey:{ADDRESS}0"}]),
        a_document(publicKey=[{"id": f"ecdsa-koblitz-pubkey:{ADDRESS}", "created": "2022-11-02T02:33:24"}]),
    ],
)
def test_a_document_that_is_badly_written_or_of_another_counts_for_nothing(document: JsonObject) -> None:
    with pytest.raises(MalformedDocument) as caught:
        addresses(document)
    assert caught.value.code == "issuer_document_malformed"


@pytest.mark.parametrize(
    ("members", "moments"),
    [
        ({}, [True, True, True]),
        ({"expires": "1970-01-01T00:00:20Z"}, [True, True, False]),
        ({"revoked": "1970-01-01T00:00:10Z"}, [True, False, False]),
        ({"expires": "1970-01-01T00:00:20Z", "revoked": "1970-01-01T00:00:10Z"}, [True, False, False]),
        ({"revoked": True}, [False, False, False]),
        ({"revoked": None, "expires": ""}, [True, True, True]),
    ],
)
def test_an_account_counts_until_it_ends(members: dict[str, Any], moments: list[bool]) -> None:
    document = a_document(
        a_method(ethereumAddress=ADDRESS, **members), publicKey=[{"id": f"ecdsa-koblitz-pubkey:{ADDRESS}", **members}]
    )
    for account in published_accounts(document, ISSUER, CHAIN):
        assert [account.covers(moment) for moment in (5, 15, 25)] == moments


def test_an_entry_counts_from_when_it_was_made() -> None:
    entry = {"id": f"ecdsa-koblitz-pubkey:{ADDRESS}", "created": "1970-01-01T00:00:10.500000+00:00"}
    (account,) = published_accounts(a_document(publicKey=[entry]), ISSUER, CHAIN)
    assert [account.covers(moment) for moment in (5, 10, 11)] == [False, False, True]
