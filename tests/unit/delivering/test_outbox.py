"""An event is told if and only if its transaction was committed, once, and to everybody whom it concerns."""

from __future__ import annotations

import time
from types import SimpleNamespace

import orjson
import pytest
from sqlalchemy import text

from ledger.chain.registry import Reason
from ledger.delivering import spreading
from ledger.delivering.outbox import event_id
from ledger.delivering.spreading import Spreading
from ledger.issuing.announcing import batch_final, batch_held, batch_withdrawn, status_changed
from tests.office import Office
from tests.sinks import WebSink
from tests.unit.delivering.conftest import Post, an_event


def test_an_event_that_is_noted_again_is_one_event(post: Post, web: WebSink) -> None:
    post.add(web)
    first = post.note(an_event())
    post.clock.now += 60
    again = post.note(an_event(), an_event())
    post.worker.work()

    assert {*first, *again} == {event_id(an_event())}
    assert len(web.posts) == 1


def test_what_is_rolled_back_is_told_to_nobody(post: Post, web: WebSink) -> None:
    post.add(web)

    def fail() -> None:
        with post.office.database.writing() as session:
            post.parts.outbox.note(session, an_event())
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        fail()

    assert post.worker.work() is None
    assert web.posts == []


def test_only_the_webhooks_of_the_issuer_hear_of_it(post: Post, web: WebSink) -> None:
    ours, other = post.add(web), post.add(web, "um")
    removed = post.parts.webhooks.add("usm", f"{web.url}/removed")[0]
    post.parts.webhooks.close(removed.id, "removed")
    (event,) = post.note(an_event())
    post.worker.work()

    assert other.id not in ours.id
    assert web.ids() == [f"{event}:{ours.id}"]


def test_a_webhook_that_comes_later_hears_only_of_what_comes_later(post: Post, web: WebSink) -> None:
    post.note(an_event(1))
    post.worker.work()
    webhook = post.add(web)
    (event,) = post.note(an_event(2))
    post.worker.work()

    assert web.ids() == [f"{event}:{webhook.id}"]


def test_a_spread_that_was_broken_off_goes_on_where_it_was(
    mailing_post: Post, web: WebSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreading, "CHUNK", 2)
    post = mailing_post
    post.add(web)
    batch = post.office.an_open_batch(7)
    event = post.announce(batch)
    spread = Spreading(post.office.database, post.office.catalog, by_mail=True, clock=post.clock)
    moments = iter([0.0, 0.0, 2.0])
    with monkeypatch.context() as patched:
        patched.setattr(spreading, "time", SimpleNamespace(monotonic=lambda: next(moments)))
        assert not spread.spread(1.0)
    halfway = post.states()
    assert spread.spread(time.monotonic() + 60)

    names = {f"{event}:{credential.credential_id}:mail" for credential in post.office.credentials(batch)}
    assert len(halfway) == 1 + 4
    assert set(post.states()) == names | {f"{event}:{post.parts.webhooks.all()[0].id}"}
    assert post.parts.notifications.counts().unspread == 0


def test_the_outbox_holds_no_personal_data(mailing_post: Post, web: WebSink) -> None:
    post = mailing_post
    post.add(web)
    batch = post.office.an_open_batch(2)
    post.announce(batch)
    post.worker.work()

    stored = b""
    with post.office.database.reading() as session:
        for table in ("events", "notifications", "webhooks"):
            for row in session.connection().execute(text(f"SELECT * FROM {table}")):  # noqa: S608 - our names
                stored += repr(tuple(row)).encode()
    assert set(post.states().values()) == {"delivered"}
    for credential in post.office.credentials(batch):
        for secret in (credential.email, credential.learner_name, credential.learner_id):
            assert secret.encode() not in stored
            assert all(secret.encode() not in sent.body for sent in web.posts)


def test_the_events_of_issuing_are_known_by_what_no_other_ledger_has(office: Office) -> None:
    issuer, other = office.catalog.issuer("usm"), office.catalog.issuer("um")
    batch = office.a_final_batch(2)
    credentials = [credential.credential_id for credential in office.credentials(batch)]
    (change,) = office.revocation.revoke(credentials, Reason.ISSUED_IN_ERROR)
    events = [
        batch_final(batch, issuer),
        batch_final(batch, other),
        batch_withdrawn(batch, issuer),
        batch_held(batch, issuer, code="suspended", since=1),
        batch_held(batch, issuer, code="suspended", since=2),
        status_changed(change, issuer),
    ]

    assert len({event_id(event) for event in events}) == len(events)
    assert events[0].batch == batch.id
    assert events[5].kind == "credential.revoked"
    assert sorted(orjson.loads(orjson.dumps(events[5].body))["credentials"]) == sorted(credentials)
    assert batch.root is not None
    assert events[0].body["root"] == f"0x{batch.root.hex()}"
