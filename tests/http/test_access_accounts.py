"""Ethereum accounts, addresses and recovery codes as ways into a wallet: added, used, taken away, never the last."""

from __future__ import annotations

from typing import Any

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from api.wallets.access.recovery import ALPHABET
from tests.mailbox import Browser, Mailbox, a_learner, letters_sent
from tests.site import Campus


def an_account(number: int) -> LocalAccount:
    account: LocalAccount = Account.from_key(number.to_bytes(32, "big"))
    return account


def signed(account: LocalAccount, message: str) -> dict[str, str]:
    signature = bytes(account.sign_message(encode_defunct(text=message)).signature)
    return {"message": message, "signature": f"0x{signature.hex()}"}


def message_to(browser: Browser, path: str, account: LocalAccount, **more: Any) -> str:
    answer = browser.client.post(f"{path}/message", json={"account": account.address, **more})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["message"])


def bind(browser: Browser, account: LocalAccount) -> None:
    path = f"{browser.path}/accounts"
    answer = browser.client.post(path, json=signed(account, message_to(browser, path, account)))
    assert (answer.status_code, answer.json()["account"]) == (201, account.address), answer.text


def enter(browser: Browser, body: dict[str, str]) -> tuple[int, str]:
    answer = browser.client.post("/v1/sign-in/account", json=body)
    return answer.status_code, answer.json().get("code", "")


def test_an_account_is_bound_signs_in_and_is_let_go(campus: Campus) -> None:
    owner, account = a_learner(campus, "eth@a.example"), an_account(1001)
    bind(owner, account)
    browser = Browser(campus)
    message = message_to(browser, "/v1/sign-in/account", account, chain_id=1)
    assert "Chain ID: 1\n" in message
    body = signed(account, message)
    assert enter(browser, body) == (200, "")
    assert browser.wallet_id == owner.wallet_id
    assert enter(Browser(campus), body) == (401, "message_refused")  # its nonce was used
    assert owner.ways()["accounts"][0]["used_at"] is not None
    stranger = a_learner(campus, "eth2@a.example")
    assert stranger.client.delete(f"{stranger.path}/accounts/{account.address}").status_code == 404
    assert owner.client.delete(f"{owner.path}/accounts/{account.address.lower()}").status_code == 204
    again = signed(account, message_to(browser, "/v1/sign-in/account", account))
    assert enter(Browser(campus), again) == (401, "message_refused")


def test_an_account_opens_one_wallet(campus: Campus) -> None:
    one, other, account = a_learner(campus, "eth3@a.example"), a_learner(campus, "eth4@a.example"), an_account(1002)
    bind(one, account)
    path = f"{other.path}/accounts"
    answer = other.client.post(path, json=signed(account, message_to(other, path, account)))
    assert (answer.status_code, answer.json()["code"]) == (409, "account_elsewhere")
    bind(one, account)  # twice changes nothing
    assert len(one.ways()["accounts"]) == 1


def test_a_signature_for_one_purpose_or_wallet_is_none_for_another(campus: Campus) -> None:
    one, other, account = a_learner(campus, "eth5@a.example"), a_learner(campus, "eth6@a.example"), an_account(1003)
    to_add = message_to(one, f"{one.path}/accounts", account)
    assert other.client.post(f"{other.path}/accounts", json=signed(account, to_add)).status_code == 401
    to_add = message_to(one, f"{one.path}/accounts", account)
    assert enter(Browser(campus), signed(account, to_add))[0] == 401
    to_enter = message_to(one, "/v1/sign-in/account", account)
    assert one.client.post(f"{one.path}/accounts", json=signed(account, to_enter)).status_code == 401


def test_what_the_account_did_not_sign_is_refused(campus: Campus) -> None:
    owner, account, thief = a_learner(campus, "eth7@a.example"), an_account(1004), an_account(1005)
    bind(owner, account)

    def message() -> str:
        return message_to(owner, "/v1/sign-in/account", account)

    text = message()
    assert enter(owner, {"message": text, "signature": signed(thief, text)["signature"]})[0] == 401
    for old, new in (("Chain ID: ", "Chain ID: 9"), (account.address, thief.address), ("Nonce: ", "Nonce: 0")):
        text = message().replace(old, new, 1)
        signer = thief if new == thief.address else account
        assert enter(owner, signed(signer, text)) == (401, "message_refused")
    for signature in ("", "0x", "x", "0x" + "00" * 65):
        if signature:
            assert enter(owner, {"message": message(), "signature": signature})[0] == 401
    contract = owner.client.post(
        "/v1/sign-in/account", json={"message": message(), "signature": "0x" + "ab" * 200}
    ).json()
    assert "ERC-1271" in contract["detail"]
    text = message().replace("127.0.0.1:8000 wants", "evil.example wants")
    assert enter(owner, signed(account, text))[0] == 401


def test_what_is_no_account_is_refused(campus: Campus) -> None:
    browser = Browser(campus)
    wrong = an_account(1006).address.swapcase().replace("0X", "0x")
    for account in ("0x00", "nobody", wrong):
        assert browser.client.post("/v1/sign-in/account/message", json={"account": account}).status_code == 422


# --- further addresses ----------------------------------------------------------------------------------------------


def test_a_further_address_is_proven_by_its_mail_and_brings_its_credentials(campus: Campus) -> None:
    owner = a_learner(campus, "first@a.example")
    given = campus.awarded("intro", "needs")
    email = given[0].email
    assert owner.add_address(email).status_code == 303
    assert set(campus.site.access.addresses(owner.wallet_id)) == {"first@a.example", email}
    brought = {one["credential_id"] for one in owner.client.get(f"{owner.path}/credentials").json()}
    assert brought == {one.credential_id for one in given}
    assert owner.client.post(f"{owner.path}/gather").json() == {"added": 0}


def test_the_link_to_an_address_works_where_nobody_is_signed_in_and_signs_nobody_in(campus: Campus) -> None:
    owner, box = a_learner(campus, "phone@a.example"), Mailbox(campus, "phone2@a.example")
    owner.client.post(f"{owner.path}/addresses", json={"email": "Phone2@A.example "})
    elsewhere = Browser(campus)
    answer = elsewhere.use(box.next_link())
    assert answer.status_code == 200
    assert elsewhere.client.get("/v1/session").status_code == 401
    assert "phone2@a.example" in campus.site.access.addresses(owner.wallet_id)


def test_an_address_that_opens_another_wallet_is_not_taken_from_it(campus: Campus) -> None:
    one, other = a_learner(campus, "taken1@a.example"), a_learner(campus, "taken2@a.example")
    answer = one.add_address("taken2@a.example")
    assert answer.status_code == 409
    assert campus.site.access.addresses(one.wallet_id) == ("taken1@a.example",)
    assert campus.site.access.addresses(other.wallet_id) == ("taken2@a.example",)


def test_an_address_is_removed_and_opens_nothing_then(campus: Campus) -> None:
    owner = a_learner(campus, "stay@a.example")
    owner.add_address("go@a.example")
    listed = owner.client.get(f"{owner.path}/addresses").json()
    going = next(one for one in listed if one["email"] == "go@a.example")
    box = Mailbox(campus, "go@a.example")
    assert owner.client.delete(f"{owner.path}/addresses/{going['id']}").status_code == 204
    assert "removed" in box.next().get_content()
    assert owner.client.delete(f"{owner.path}/addresses/{going['id']}").status_code == 404
    Browser(campus).ask("go@a.example")
    letters_sent(campus)
    assert box.new() == []


# --- recovery codes -------------------------------------------------------------------------------------------------


def test_ten_codes_each_good_once(campus: Campus) -> None:
    owner = a_learner(campus, "codes@a.example")
    codes = owner.client.post(f"{owner.path}/recovery-codes").json()["codes"]
    assert (len(codes), len(set(codes)), owner.ways()["recovery_codes"]) == (10, 10, 10)
    assert all(set(code) <= set(ALPHABET + "-") and len(code) == 23 for code in codes)
    box = Mailbox(campus, "codes@a.example")
    for text in (codes[0], codes[1].lower().replace("-", " "), codes[2].replace("0", "o").replace("1", "l")):
        browser = Browser(campus)
        assert browser.client.post("/v1/sign-in/recovery", json={"code": text}).status_code == 200
        assert browser.wallet_id == owner.wallet_id
        again = Browser(campus).client.post("/v1/sign-in/recovery", json={"code": text})
        assert (again.status_code, again.json()["code"]) == (401, "code_refused")
    letters_sent(campus)
    assert sum("recovery code" in mail.get_content() for mail in box.new()) >= 3
    assert owner.ways()["recovery_codes"] == 7


def test_new_codes_end_the_old_ones(campus: Campus) -> None:
    owner = a_learner(campus, "codes2@a.example")
    old = owner.client.post(f"{owner.path}/recovery-codes").json()["codes"]
    owner.client.post(f"{owner.path}/recovery-codes")
    assert Browser(campus).client.post("/v1/sign-in/recovery", json={"code": old[0]}).status_code == 401
    assert owner.ways()["recovery_codes"] == 10


def test_what_happened_can_be_read_by_the_owner(campus: Campus) -> None:
    owner = a_learner(campus, "events@a.example")
    owner.client.post(f"{owner.path}/recovery-codes")
    events = owner.client.get(f"{owner.path}/events").json()
    assert [one["what"] for one in events] == ["recovery_codes_made", "address_added"]
    assert all("@" not in str(one) for one in events)
