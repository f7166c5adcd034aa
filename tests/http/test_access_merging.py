"""Two wallets of one person become one: everything of both goes on, and the one that ended never was."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import text

from api.wallets.access.values import Way
from ledger.documents.strict_json import parse
from tests.authenticator import Authenticator
from tests.http.test_access_accounts import an_account, bind, message_to, signed
from tests.http.test_access_passkeys import enter, enter_options, register
from tests.mailbox import Browser, Mailbox, a_learner
from tests.site import ORIGIN, Campus, Owner


def merge(browser: Browser, **proof: Any) -> tuple[int, str]:
    answer = browser.client.post(f"{browser.path}/merge", json=proof)
    return answer.status_code, answer.json()["code"] if answer.content else ""


def test_everything_of_both_goes_on(campus: Campus) -> None:
    stays, ends = a_learner(campus, "stays@a.example"), campus.a_full_wallet()
    record, path = ends.a_record(), ends.a_path()
    shared = campus.client.get(f"{path}.json").json()
    document = campus.client.get(f"{ends.path}/records/{record['id']}/document", headers=ends.headers).content
    did = campus.site.wallet_keys.did(ends.wallet_id)
    own_did = campus.site.wallet_keys.did(stays.wallet_id)

    assert merge(stays, token=ends.token) == (204, "")

    held = stays.client.get(f"{stays.path}/credentials").json()
    assert len(held) == 2
    [moved] = stays.client.get(f"{stays.path}/records").json()
    assert {name: moved[name] for name in ("id", "version", "previous", "credential_id")} == {
        name: record[name] for name in ("id", "version", "previous", "credential_id")
    }
    assert stays.client.get(f"{stays.path}/records/{record['id']}/document").content == document
    assert campus.client.get(f"{path}.json").json()["document"] == shared["document"]
    assert {entry.did for entry in campus.site.wallet_keys.dids(stays.wallet_id)} == {did, own_did}
    assert campus.site.wallet_keys.did(stays.wallet_id) == own_did
    assert campus.site.wallet_keys.seed(stays.wallet_id, did).did == did
    assert stays.client.get(f"{stays.path}/events").json()[0]["what"] == "merged"


def test_the_one_that_ended_is_like_one_that_never_was(campus: Campus) -> None:
    stays, ends = a_learner(campus, "stays2@a.example"), campus.a_wallet()
    session = a_learner(campus, "ends2@a.example")
    other = session.wallet_id
    assert merge(stays, token=ends.token) == (204, "")
    assert campus.client.get(ends.path, headers=ends.headers).status_code == 401
    missing = stays.client.get(f"/v1/wallets/{'0' * 32}")
    gone = stays.client.get(ends.path)
    assert (gone.status_code, without_id(gone.json())) == (missing.status_code, without_id(missing.json()))

    box = Mailbox(campus, "ends2@a.example")
    session.ask("ends2@a.example")
    assert merge(stays, link=box.next_link().rpartition("/")[2]) == (204, "")
    assert session.client.get("/v1/session").status_code == 401
    with campus.workspace.database.reading() as reading:
        tables = reading.connection().execute(
            text("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%wallet %'")
        )
        for (table,) in tables.all():
            columns = {row[1] for row in reading.connection().execute(text(f"PRAGMA table_info({table})"))}
            if "wallet" in columns:
                query = text(f"SELECT count(*) FROM {table} WHERE wallet IN (:one, :two)")  # noqa: S608
                count = reading.connection().execute(query, {"one": ends.wallet_id, "two": other}).scalar()
                assert count == 0, table


def test_of_two_copies_the_newer_and_valid_one_stays_and_links_to_the_other_show_it(campus: Campus) -> None:
    document = campus.document()
    older = orjson.dumps(parse(document) | {"validFrom": "2020-01-01T00:00:00Z"})
    for in_target, in_source in ((older, document), (document, older)):
        number = int(in_target is older)
        stays, ends = a_learner(campus, f"copies{number}@a.example"), campus.a_wallet()
        token = stays.client.post(f"{stays.path}/token").json()["token"]
        target = Owner(campus, stays.wallet_id, token)
        target.take_in(in_target)
        ends.take_in(in_source)
        links = [owner.a_path(credential_ids=owner.held()) for owner in (target, ends)]
        assert merge(stays, token=ends.token) == (204, "")
        [held] = target.held()
        kept = campus.client.get(f"{target.path}/credentials/{held}", headers=target.headers).content
        assert kept == document
        assert [campus.client.get(f"{link}/document").content for link in links] == [document] * 2


def test_both_chains_of_versions_stay_whole(campus: Campus) -> None:
    stays, ends = a_learner(campus, "chains@a.example"), campus.a_full_wallet()
    target = Owner(campus, stays.wallet_id, stays.client.post(f"{stays.path}/token").json()["token"])
    target.take_in(campus.document(5))
    own, theirs = target.a_record(), [ends.a_record()]
    campus.client.post(f"{ends.path}/records", json={"credential_ids": ends.held()[:1]}, headers=ends.headers)
    campus.settled()
    theirs = campus.client.get(f"{ends.path}/records", headers=ends.headers).json()
    assert merge(stays, token=ends.token) == (204, "")

    records = {one["id"]: one for one in campus.client.get(f"{target.path}/records", headers=target.headers).json()}
    for before in [own, *theirs]:
        after = records[str(before["id"])]
        assert (after["version"], after["previous"]) == (before["version"], before["previous"])
    after = target.a_record()
    assert (after["version"], after["previous"]) == (2, own["id"])


def test_a_chain_goes_on_where_there_was_none(campus: Campus) -> None:
    stays, ends = a_learner(campus, "chain@a.example"), campus.a_full_wallet()
    record = ends.a_record()
    assert merge(stays, token=ends.token) == (204, "")
    target = Owner(campus, stays.wallet_id, stays.client.post(f"{stays.path}/token").json()["token"])
    made = campus.client.post(
        f"{target.path}/records", json={"credential_ids": target.held()[:1]}, headers=target.headers
    ).json()
    assert (made["version"], made["previous"]) == (2, record["id"])


def test_what_opened_the_other_one_opens_this_one(campus: Campus) -> None:
    stays, ends = a_learner(campus, "ways1@a.example"), a_learner(campus, "ways2@a.example")
    authenticator, account = Authenticator(ORIGIN), an_account(2001)
    passkey = register(ends, authenticator)
    bind(ends, account)
    codes = ends.client.post(f"{ends.path}/recovery-codes").json()["codes"]
    wallet = stays.wallet_id
    assert merge(stays, passkey=authenticator.get(passkey, enter_options(stays))) == (204, "")

    browser = Browser(campus)
    assert enter(browser, authenticator.get(passkey, enter_options(browser))) == (200, "")
    assert browser.wallet_id == wallet
    body = signed(account, message_to(browser, "/v1/sign-in/account", account))
    assert browser.client.post("/v1/sign-in/account", json=body).json()["wallet_id"] == wallet
    assert browser.client.post("/v1/sign-in/recovery", json={"code": codes[3]}).json()["wallet_id"] == wallet
    assert campus.site.access.addresses(wallet) == ("ways1@a.example", "ways2@a.example")
    assert Browser(campus).sign_in("ways2@a.example").wallet_id == wallet


def test_an_account_is_a_proof_too(campus: Campus) -> None:
    stays, ends, account = a_learner(campus, "acc1@a.example"), a_learner(campus, "acc2@a.example"), an_account(2002)
    bind(ends, account)
    assert merge(stays, account=signed(account, message_to(stays, "/v1/sign-in/account", account))) == (204, "")
    assert len(stays.ways()["accounts"]) == 1


@pytest.mark.parametrize(
    ("proof", "answer"),
    [
        ({"token": "cairn_wallet_" + "A" * 43}, (401, "merge_refused")),
        ({"token": "x"}, (401, "merge_refused")),
        ({"link": "cairn_link_" + "A" * 43}, (401, "merge_refused")),
        ({"link": "cairn_mail_" + "A" * 71}, (401, "merge_refused")),
        ({"passkey": {}}, (401, "passkey_refused")),
        ({"account": {"message": "x", "signature": "0x"}}, (401, "message_refused")),
        ({}, (422, "parameters")),
        ({"token": "x", "link": "x"}, (422, "parameters")),
    ],
)
def test_what_proves_nothing_merges_nothing(campus: Campus, proof: dict[str, Any], answer: tuple[int, str]) -> None:
    browser = a_learner(campus, f"no{abs(hash(str(proof)))}@a.example")
    assert merge(browser, **proof) == answer


def test_a_wallet_is_not_merged_with_itself(campus: Campus) -> None:
    browser = a_learner(campus, "self@a.example")
    token = browser.client.post(f"{browser.path}/token").json()["token"]
    assert merge(browser, token=token) == (409, "same_wallet")
    assert browser.client.get(browser.path).status_code == 200


def test_all_of_it_or_nothing(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    stays, ends = a_learner(campus, "full@a.example"), campus.a_full_wallet()
    monkeypatch.setattr("api.wallets.access.merging.MAX_HELD", 1)
    assert merge(stays, token=ends.token) == (409, "wallet_full")
    assert len(ends.held()) == 2
    assert stays.client.get(f"{stays.path}/credentials").json() == []
    monkeypatch.undo()

    def fail(*_: object) -> None:
        raise OSError("the power is gone")

    monkeypatch.setattr("api.wallets.access.merging.move_ways", fail)
    with pytest.raises(OSError, match="power"):
        campus.site.access.merge_by_token(stays.wallet_id, ends.token, Way.TOKEN)
    assert len(ends.held()) == 2
    assert stays.client.get(f"{stays.path}/credentials").json() == []


def without_id(problem: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in problem.items() if name != "request_id"}
