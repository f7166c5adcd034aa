"""Passkeys, driven by an authenticator in software: registering, signing in, keeping, and what an attacker may try."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.wallets.access.challenges import LIFE_SECONDS
from tests.authenticator import USER_PRESENT, Algorithm, Authenticator, SoftPasskey
from tests.mailbox import Browser, Mailbox, a_learner, letters_sent
from tests.site import ORIGIN, Campus

REFUSED = (401, "passkey_refused")


def register(browser: Browser, authenticator: Authenticator, name: str = "Phone") -> SoftPasskey:
    options = browser.client.post(f"{browser.path}/passkeys/options").json()
    passkey, credential = authenticator.create(options)
    answer = browser.client.post(f"{browser.path}/passkeys", json={"name": name, "credential": credential})
    assert answer.status_code == 201, answer.text
    return passkey


def enter_options(browser: Browser) -> dict[str, Any]:
    options: dict[str, Any] = browser.client.post("/v1/sign-in/passkey/options").json()
    return options


def enter(browser: Browser, credential: object) -> tuple[int, str]:
    answer = browser.client.post("/v1/sign-in/passkey", json={"credential": credential})
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
@pytest.mark.parametrize("counts", [True, False])
def test_whoever_added_a_passkey_signs_in_with_it(campus: Campus, algorithm: Algorithm, counts: bool) -> None:
    owner = a_learner(campus, f"{algorithm}{counts}@a.example".lower())
    authenticator = Authenticator(ORIGIN, algorithm, counts)
    passkey = register(owner, authenticator)
    for _ in range(2):
        browser = Browser(campus)
        assert enter(browser, authenticator.get(passkey, enter_options(browser))) == (200, "")
        assert browser.wallet_id == owner.wallet_id
    assert browser.client.get("/v1/session").json()["way"] == "passkey"


def test_the_options_ask_for_what_is_checked(campus: Campus) -> None:
    owner = a_learner(campus, "options@a.example")
    passkey = register(owner, Authenticator(ORIGIN))
    options = owner.client.post(f"{owner.path}/passkeys/options", headers={"Host": "evil.example"}).json()
    assert options["rp"] == {"id": "127.0.0.1", "name": "Cairn"}
    chosen = options["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    assert options["attestation"] == "none"
    assert {entry["alg"] for entry in options["pubKeyCredParams"]} == {-7, -8, -257}
    assert len(options["excludeCredentials"]) == 1
    asked = enter_options(Browser(campus))
    assert (asked["rpId"], asked["userVerification"], asked.get("allowCredentials", [])) == (
        "127.0.0.1",
        "required",
        [],
    )
    assert owner.wallet_id not in str(options)
    assert passkey.user_handle


Change = Callable[[Authenticator, SoftPasskey, dict[str, Any]], dict[str, Any]]
ATTACKS: dict[str, Change] = {
    "another origin": lambda a, p, o: a.get(p, o, origin="https://evil.example"),
    "another port": lambda a, p, o: a.get(p, o, origin="http://127.0.0.1:8001"),
    "another relying party": lambda a, p, o: a.get(p, o, rp_id="evil.example"),
    "another challenge": lambda a, p, o: a.get(p, o, challenge="A" * 43),
    "registering, not signing in": lambda a, p, o: a.get(p, o, type="webauthn.create"),
    "framed by another site": lambda a, p, o: a.get(p, o, crossOrigin=True),
    "a wrong signature": lambda a, p, o: a.get(p, o, signature=bytes(70)),
    "no signature": lambda a, p, o: a.get(p, o, signature=b""),
    "another user handle": lambda a, p, o: a.get(p, o, user_handle=bytes(16)),
    "the user was not verified": lambda a, p, o: Authenticator(ORIGIN, flags=USER_PRESENT).get(p, o),
    "the user was not there": lambda a, p, o: Authenticator(ORIGIN, flags=0x04).get(p, o),
    "an unknown passkey": lambda a, p, o: a.get(SoftPasskey(p.rp_id, p.user_handle, "ES256"), o),
    "another key under a known name": lambda a, p, o: a.get(
        SoftPasskey(p.rp_id, p.user_handle, "ES256", p.credential_id, 9), o
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_whoever_is_not_let_in_hears_the_same(campus: Campus, attack: str) -> None:
    owner = a_learner(campus, f"{attack.replace(' ', '').replace(',', '')}@a.example")
    authenticator = Authenticator(ORIGIN)
    passkey = register(owner, authenticator)
    browser = Browser(campus)
    assert enter(browser, ATTACKS[attack](authenticator, passkey, enter_options(browser))) == REFUSED
    assert browser.client.get("/v1/session").status_code == 401
    assert enter(browser, authenticator.get(passkey, enter_options(browser))) == (200, "")


def test_an_answer_counts_once(campus: Campus) -> None:
    owner, authenticator = a_learner(campus, "replay@a.example"), Authenticator(ORIGIN, counts=False)
    answer = authenticator.get(register(owner, authenticator), enter_options(owner))
    assert enter(Browser(campus), answer) == (200, "")
    assert enter(Browser(campus), answer) == REFUSED


def test_a_challenge_lives_for_minutes(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, authenticator = a_learner(campus, "slow@a.example"), Authenticator(ORIGIN)
    passkey, challenges = register(owner, authenticator), campus.site.access.passkeys._challenges
    answer = authenticator.get(passkey, enter_options(owner))
    now = challenges._clock()
    monkeypatch.setattr(challenges, "_clock", lambda: now + LIFE_SECONDS)
    assert enter(Browser(campus), answer) == REFUSED


def test_a_challenge_of_one_wallet_adds_no_passkey_to_another(campus: Campus) -> None:
    one, other = a_learner(campus, "one@a.example"), a_learner(campus, "other@a.example")
    options = one.client.post(f"{one.path}/passkeys/options").json()
    _, credential = Authenticator(ORIGIN).create(options)
    refused = other.client.post(f"{other.path}/passkeys", json={"credential": credential})
    assert (refused.status_code, refused.json()["code"]) == REFUSED
    entering = enter_options(one)
    _, credential = Authenticator(ORIGIN).create({**options, "challenge": entering["challenge"]})
    assert one.client.post(f"{one.path}/passkeys", json={"credential": credential}).status_code == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"type": "webauthn.get"},
        {"challenge": "A" * 43},
        {"fmt": "tpm"},
        {"crossOrigin": True},
    ],
)
def test_no_other_sites_passkey_is_added(campus: Campus, changed: dict[str, Any]) -> None:
    owner = a_learner(campus, f"add{len(str(changed))}{next(iter(changed)).lower()}@a.example")
    options = owner.client.post(f"{owner.path}/passkeys/options").json()
    _, credential = Authenticator(ORIGIN).create(options, **changed)
    refused = owner.client.post(f"{owner.path}/passkeys", json={"credential": credential})
    assert (refused.status_code, refused.json()["code"]) == REFUSED
    assert owner.ways()["passkeys"] == []


def test_a_passkey_opens_one_wallet(campus: Campus) -> None:
    """A thief names the credential id of somebody else's passkey, to take its place."""
    one, other = a_learner(campus, "p1@a.example"), a_learner(campus, "p2@a.example")
    passkey = register(one, Authenticator(ORIGIN))
    forged = forged_registration(passkey, other.client.post(f"{other.path}/passkeys/options").json())
    answer = other.client.post(f"{other.path}/passkeys", json={"credential": forged})
    assert (answer.status_code, answer.json()["code"]) == (409, "passkey_known")


def forged_registration(passkey: SoftPasskey, options: dict[str, Any]) -> dict[str, Any]:
    """A registration under the id of a passkey that is known already."""
    return Authenticator(ORIGIN).create(options, credential_id=passkey.credential_id)[1]


def test_a_copied_passkey_is_stopped_and_its_owner_hears_of_it(campus: Campus) -> None:
    email = "copied@a.example"
    owner, authenticator = a_learner(campus, email), Authenticator(ORIGIN)
    passkey = register(owner, authenticator)
    for _ in range(3):
        assert enter(Browser(campus), authenticator.get(passkey, enter_options(owner))) == (200, "")
    letters_sent(campus)
    box = Mailbox(campus, email)
    assert enter(Browser(campus), authenticator.get(passkey, enter_options(owner), count=2)) == REFUSED
    campus.site.writing.nudge()
    assert "seems to be a copy" in box.next().get_content().replace("\n", " ")
    assert enter(Browser(campus), authenticator.get(passkey, enter_options(owner), count=99)) == REFUSED
    [shown] = owner.ways()["passkeys"]
    assert shown["stopped_at"] is not None
    assert owner.client.delete(f"{owner.path}/passkeys/{shown['id']}").status_code == 204


def test_nobody_stops_a_passkey_without_its_key(campus: Campus) -> None:
    owner, authenticator = a_learner(campus, "unstopped@a.example"), Authenticator(ORIGIN)
    passkey = register(owner, authenticator)
    assert enter(Browser(campus), authenticator.get(passkey, enter_options(owner), count=50)) == (200, "")
    passkey.count = 50
    assert (
        enter(Browser(campus), authenticator.get(passkey, enter_options(owner), count=1, signature=bytes(64)))
        == REFUSED
    )
    assert enter(Browser(campus), authenticator.get(passkey, enter_options(owner))) == (200, "")


def test_passkeys_are_listed_renamed_and_removed(campus: Campus) -> None:
    owner, authenticator = a_learner(campus, "named@a.example"), Authenticator(ORIGIN)
    passkey = register(owner, authenticator, "Laptop")
    [shown] = owner.ways()["passkeys"]
    assert (shown["name"], shown["used_at"]) == ("Laptop", None)
    path = f"{owner.path}/passkeys/{shown['id']}"
    assert owner.client.patch(path, json={"name": "Old laptop"}).json()["name"] == "Old laptop"
    for name in ("", "x" * 61, "a\nb"):
        assert owner.client.patch(path, json={"name": name}).status_code == 422
    stranger = a_learner(campus, "stranger@a.example")
    assert stranger.client.delete(f"{stranger.path}/passkeys/{shown['id']}").status_code == 404
    assert owner.client.delete(path).status_code == 204
    assert owner.client.delete(path).status_code == 404
    assert enter(Browser(campus), authenticator.get(passkey, enter_options(owner))) == REFUSED


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": "A", "rawId": "A", "type": "public-key", "response": {}},
        {"id": 1, "rawId": [], "type": None, "response": "x"},
        {"response": {"clientDataJSON": "e30"}},
        {"response": {"clientDataJSON": "é"}},
        {"response": {"clientDataJSON": "A" * 4000}},
        {"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": None, "userHandle": 5}},
    ],
)
def test_what_no_authenticator_sends_is_refused(campus: Campus, credential: dict[str, Any]) -> None:
    owner = a_learner(campus, f"junk{abs(hash(str(credential)))}@a.example")
    assert enter(owner, credential) == REFUSED
    answer = owner.client.post(f"{owner.path}/passkeys", json={"credential": credential})
    assert (answer.status_code, answer.json()["code"]) == REFUSED


def test_every_cut_and_flip_of_a_registration_is_refused_or_harmless(campus: Campus) -> None:
    """Bytes that are not what they should be: the reader of CBOR must not be a way to break the site."""
    from ledger.documents.codecs import decode_base64url, encode_base64url

    owner = a_learner(campus, "flips@a.example")
    passkeys, wallet = campus.site.access.passkeys, owner.wallet_id
    seen = set()
    for position in range(0, 200, 9):
        options = passkeys.creation_options(wallet)
        _, credential = Authenticator(ORIGIN).create(options)
        raw = bytearray(decode_base64url(credential["response"]["attestationObject"]))
        raw[position % len(raw)] ^= 0xFF
        content = bytes(raw) if position % 2 else bytes(raw[:position])
        credential["response"]["attestationObject"] = encode_base64url(content)
        answer = owner.client.post(f"{owner.path}/passkeys", json={"credential": credential})
        seen.add(answer.status_code)
    assert seen <= {201, 401}
    assert 401 in seen
