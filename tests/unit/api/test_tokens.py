"""Capabilities."""

from __future__ import annotations

import hashlib

import pytest

from api.tokens import API_KEY, CLAIM, SHARE, WALLET, new_api_key, new_token, parse_api_key, parse_token


@pytest.mark.parametrize("kind", [WALLET, CLAIM, SHARE])
def test_a_token_is_known_again_by_its_hash_alone(kind: str) -> None:
    token = new_token(kind)
    assert token.hash == hashlib.sha256(token.text.encode()).digest()
    assert parse_token(kind, token.text) == token.hash


def test_a_token_has_256_bits_that_never_repeat() -> None:
    texts = {new_token(SHARE).text for _ in range(2000)}
    assert len(texts) == 2000
    assert {len(text) for text in texts} == {43}


def test_a_token_and_a_key_stay_out_of_repr() -> None:
    token, key = new_token(WALLET), new_api_key()
    assert token.text not in repr(token)
    assert key.text not in repr(key)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-1],
        lambda text: text + "A",
        lambda text: text + "\n",
        lambda text: text.replace("_", "-", 1),
        lambda text: text + "=",
        lambda text: "",
        lambda text: "é" * 43,
        lambda text: text + "\x00",
        lambda text: "A" * 20_000,
    ],
)
def test_what_is_not_spelled_like_a_token_is_not_looked_up(damage: object) -> None:
    assert callable(damage)
    assert parse_token(WALLET, damage(new_token(WALLET).text)) is None


def test_one_kind_of_token_is_not_taken_for_another() -> None:
    assert parse_token(CLAIM, new_token(WALLET).text) is None
    assert parse_token(WALLET, new_token(SHARE).text) is None


def test_an_api_key_says_which_row_it_belongs_to() -> None:
    key = new_api_key()
    assert parse_api_key(key.text) == (key.key_id, key.hash)


@pytest.mark.parametrize(
    "text", ["", API_KEY, "cairn_key_abc", "cairn_key_0123456789_short", "Bearer x", "cairn_key_0123456789_" + "é" * 43]
)
def test_what_is_not_spelled_like_an_api_key_is_refused(text: str) -> None:
    assert parse_api_key(text) is None
