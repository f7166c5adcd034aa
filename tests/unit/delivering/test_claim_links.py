"""The links in mails to learners: one address, one credential, so long and no longer, and nobody else can make one."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.delivering.claim_links import DAYS, PREFIX, ClaimLinks, read_claim_token
from ledger.issuing.signer import KeyRing

URN = "urn:uuid:0b9f6c4e-2f5f-4c57-8f60-0b8a3d4d4f0e"
EMAIL = "olof@students.example"
SINCE = 1_900_000_000


@pytest.fixture
def links(tmp_path: Path) -> ClaimLinks:
    return ClaimLinks(KeyRing(tmp_path / "keys", "a passphrase", demo=True))


def test_a_link_names_its_credential_and_its_end_and_holds_for_its_address(links: ClaimLinks) -> None:
    token = read_claim_token(links.token(URN, EMAIL, since=SINCE))
    assert token is not None
    assert (token.credential_id, token.expires_at) == (URN, SINCE + DAYS * 86_400)
    assert links.is_ours(token, EMAIL)
    assert not links.is_ours(token, "other@students.example")


def test_a_link_is_the_same_text_each_time_and_after_a_restart(links: ClaimLinks, tmp_path: Path) -> None:
    again = ClaimLinks(KeyRing(tmp_path / "keys", "a passphrase", demo=True))
    assert links.token(URN, EMAIL, since=SINCE) == again.token(URN, EMAIL, since=SINCE)
    assert links.token(URN, EMAIL, since=SINCE) != links.token(URN, EMAIL, since=SINCE + 1)


def test_another_folders_link_is_not_ours(links: ClaimLinks, tmp_path: Path) -> None:
    other = ClaimLinks(KeyRing(tmp_path / "other", "a passphrase", demo=True))
    token = read_claim_token(other.token(URN, EMAIL, since=SINCE))
    assert token is not None
    assert not links.is_ours(token, EMAIL)


def test_no_changed_character_is_taken(links: ClaimLinks) -> None:
    text = links.token(URN, EMAIL, since=SINCE)
    for position in range(len(PREFIX), len(text)):
        changed = text[:position] + ("A" if text[position] != "A" else "B") + text[position + 1 :]
        token = read_claim_token(changed)
        assert token is None or not links.is_ours(token, EMAIL)


@pytest.mark.parametrize(
    "text", ["", PREFIX, PREFIX + "A" * 70, PREFIX + "A" * 71 + "=", "cairn_claim_" + "A" * 43, "é"]
)
def test_what_is_no_link_is_not_read(text: str) -> None:
    assert read_claim_token(text) is None
