"""Messages to sign in (EIP-4361): ours reads what it wrote and what others write, and nothing that is a little off."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from hypothesis import given
from hypothesis import strategies as st

from api.wallets.access.sign_in_message import LATE_SECONDS, LONGEST, read_message, write_message
from ledger.chain.addresses import parse_address
from ledger.chain.personal_message import personal_digest, signer_of_message
from ledger.errors import NotProven

BASE = "https://cairn.example:8443"
NOW = 1_900_000_000  # 2030-03-17T17:46:40Z
NONCE = "ab" * 32
KEY = Account.from_key(bytes(31) + b"\x07")
ACCOUNT = parse_address(KEY.address)
OURS = write_message(
    BASE, ACCOUNT, statement="Sign in.", path="/sign-in", chain_id=1337, nonce=NONCE, now=NOW, seconds=300
)
FULL = f"""https://cairn.example:8443 wants you to sign in with your Ethereum account:
{KEY.address}

I accept: everything, [really] & more.

URI: https://cairn.example:8443/any?path=1#here
Version: 1
Chain ID: 1
Nonce: abcDEF123
Issued At: 2030-03-17T19:46:40.123+02:00
Expiration Time: 2030-03-17T17:50:00Z
Not Before: 2030-03-17T17:40:00Z
Request ID: some-id
Resources:
- https://example.com/one
- ipfs://bafy/two"""
BARE = f"""cairn.example:8443 wants you to sign in with your Ethereum account:
{KEY.address}


URI: https://cairn.example:8443
Version: 1
Chain ID: 1337
Nonce: abcd1234
Issued At: 2030-03-17T17:46:40Z"""


def test_what_we_write_is_read_and_holds_here_and_now() -> None:
    message = read_message(OURS)
    assert (message.address, message.chain_id, message.nonce) == (ACCOUNT, 1337, NONCE)
    assert (message.issued_at, message.expires_at) == (NOW, NOW + 300)
    message.check(BASE, 1337, NOW)


@pytest.mark.parametrize("text", [FULL, BARE])
def test_what_other_programs_write_is_read(text: str) -> None:
    message = read_message(text)
    assert message.address == ACCOUNT
    assert message.issued_at == NOW
    message.check(BASE, message.chain_id, NOW)


@pytest.mark.parametrize(
    ("base", "chain_id", "now"),
    [
        ("https://evil.example", 1337, NOW),
        ("https://cairn.example", 1337, NOW),
        ("http://cairn.example:8443", 1337, NOW),
        (BASE, 1, NOW),
        (BASE, 1337, NOW + 300),
        (BASE, 1337, NOW - 61),
        (BASE, 1337, NOW + LATE_SECONDS + 1),
    ],
)
def test_a_message_for_elsewhere_or_another_time_does_not_hold(base: str, chain_id: int, now: int) -> None:
    with pytest.raises(NotProven):
        read_message(OURS).check(base, chain_id, now)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Not Before: 2030-03-17T17:40:00Z", "Not Before: 2030-03-17T17:50:00Z"),
        ("Expiration Time: 2030-03-17T17:50:00Z", "Expiration Time: 2030-03-17T17:46:40Z"),
        ("URI: https://cairn", "URI: https://evil"),
        ("URI: https://cairn", "URI: http://cairn"),
        ("https://cairn.example:8443 wants", "http://cairn.example:8443 wants"),
        ("https://cairn.example:8443 wants", "evil.example wants"),
    ],
)
def test_each_statement_of_a_message_counts(old: str, new: str) -> None:
    changed = FULL.replace(old, new, 1)
    assert changed != FULL
    with pytest.raises(NotProven):
        read_message(changed).check(BASE, 1, NOW)


MALFORMED = {
    "empty": "",
    "another sentence": OURS.replace("wants you to sign in", "wants you to log in"),
    "no account": OURS.replace(KEY.address, "0x"),
    "lower-case account": OURS.replace(KEY.address, KEY.address.lower()),
    "wrong checksum": OURS.replace(KEY.address, KEY.address.swapcase().replace("0X", "0x")),
    "version 2": OURS.replace("Version: 1", "Version: 2"),
    "two versions": OURS.replace("Version: 1", "Version: 1\nVersion: 1"),
    "no nonce": OURS.replace(f"Nonce: {NONCE}\n", ""),
    "short nonce": OURS.replace(NONCE, "abc1234"),
    "nonce with a dash": OURS.replace(NONCE, "abcd-1234"),
    "chain id zero": OURS.replace("Chain ID: 1337", "Chain ID: 0"),
    "chain id with a zero before": OURS.replace("Chain ID: 1337", "Chain ID: 01337"),
    "chain id in hex": OURS.replace("Chain ID: 1337", "Chain ID: 0x539"),
    "chain id in other digits": OURS.replace("Chain ID: 1337", "Chain ID: ١٣٣٧"),
    "fields in another order": OURS.replace("Version: 1\nChain ID: 1337", "Chain ID: 1337\nVersion: 1"),
    "no empty line": OURS.replace("\n\nURI", "\nURI"),
    "one more empty line": OURS.replace("\n\nURI", "\n\n\nURI"),
    "carriage returns": OURS.replace("\n", "\r\n"),
    "a line after the end": OURS + "\n",
    "text after the end": OURS + "\nand more",
    "text before": "x\n" + OURS,
    "a statement of two lines": OURS.replace("Sign in.", "Sign in.\nNow."),
    "a statement that is not ASCII": OURS.replace("Sign in.", "Signé."),
    "a statement with a quote": OURS.replace("Sign in.", 'Sign "in".'),
    "a space after a value": OURS.replace("Version: 1", "Version: 1 "),
    "no day": OURS.replace("2030-03-17T17:46:40Z", "2030-02-30T17:46:40Z"),
    "no zone": OURS.replace("2030-03-17T17:46:40Z", "2030-03-17T17:46:40"),
    "no uri": OURS.replace(f"URI: {BASE}/sign-in", "URI: "),
    "a uri without a host": OURS.replace(f"URI: {BASE}/sign-in", "URI: mailto:a"),
    "a uri that is none": OURS.replace(f"URI: {BASE}/sign-in", "URI: https://[x/"),
    "resources without a dash": OURS + "\nResources:\nhttps://example.com",
    "too long": OURS.replace("Sign in.", "a" * LONGEST),
}


@pytest.mark.parametrize("fault", MALFORMED)
def test_what_is_a_little_off_is_no_message(fault: str) -> None:
    assert MALFORMED[fault] != OURS
    with pytest.raises(NotProven):
        read_message(MALFORMED[fault])


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    for whole in (text, OURS + text, text + OURS, OURS.replace("Sign in.", text)):
        try:
            read_message(whole)
        except NotProven:
            continue


# --- who signed -----------------------------------------------------------------------------------------------------


@given(st.text(max_size=200), st.integers(1, 2**128))
def test_what_eth_account_signs_we_recover(text: str, secret: int) -> None:
    account = Account.from_key(secret.to_bytes(32, "big"))
    signed = account.sign_message(encode_defunct(text=text))
    assert bytes(signed.message_hash) == personal_digest(text.encode())
    assert signer_of_message(text.encode(), bytes(signed.signature)) == parse_address(account.address)


def test_no_second_signature_can_be_made_of_one() -> None:
    signature = bytes(KEY.sign_message(encode_defunct(text=OURS)).signature)
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    twin = r + (order - s).to_bytes(32, "big") + bytes([55 - v])
    for other in (twin, signature[:64], signature + b"\0", signature[:64] + bytes([v - 27]), bytes(65), b""):
        assert signer_of_message(OURS.encode(), other) is None
    assert signer_of_message(OURS.encode() + b" ", signature) != ACCOUNT
