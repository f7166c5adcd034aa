"""Handing over: once if all goes well, again if it does not, never twice at the same time, and never not at all."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from ledger.delivering import delivery as module
from ledger.delivering.schedule import STEPS
from ledger.delivering.values import Answer, DeliveryState, Notification, Outcome
from ledger.errors import Conflict, NotFound
from tests.sinks import WebSink
from tests.unit.delivering.conftest import START, Post, an_event


def test_what_is_taken_is_sent_once(post: Post, web: WebSink) -> None:
    webhook = post.add(web)
    events = post.note(*(an_event(number) for number in range(40)))

    assert post.worker.work() is None
    assert post.worker.work() is None
    assert sorted(web.ids()) == sorted(f"{event}:{webhook.id}" for event in events)
    assert set(post.states().values()) == {DeliveryState.DELIVERED}


def test_a_receiver_that_is_down_for_a_day_gets_everything_under_the_same_id_with_the_same_bytes(
    post: Post, web: WebSink
) -> None:
    post.add(web)
    web.answer = lambda _sent: 500 if post.clock.now < START + 86_400 else 200
    events = post.note(an_event(1), an_event(2))
    post.run_out()

    bodies: dict[str, set[bytes]] = {}
    for sent in web.posts:
        bodies.setdefault(sent.id, set()).add(sent.body)
    assert len(bodies) == len(events)
    assert all(len(found) == 1 for found in bodies.values())
    assert set(post.states().values()) == {DeliveryState.DELIVERED}
    assert all(web.ids().count(name) > 5 for name in bodies)


def test_a_receiver_that_never_comes_back_ends_in_the_list_of_the_dead_and_can_be_tried_again(
    post: Post, web: WebSink
) -> None:
    post.add(web)
    web.answer = lambda _sent: 500
    post.note(an_event())
    post.run_out()

    (dead,) = post.parts.notifications.all(DeliveryState.DEAD)
    assert len(web.posts) == dead.tries == len(STEPS) + 1
    assert START + 2 * 86_400 < (dead.ended_at or 0) <= START + 3 * 86_400
    assert dead.problem == "127.0.0.1 answered with HTTP status 500"
    assert post.worker.work() is None
    web.answer = lambda _sent: 200
    post.parts.notifications.retry(dead.id)
    assert post.worker.work() is None
    assert post.states() == {dead.id: DeliveryState.DELIVERED}


def test_only_what_was_given_up_is_tried_again(post: Post, web: WebSink) -> None:
    post.add(web)
    post.note(an_event())
    post.worker.work()
    (name,) = post.states()

    with pytest.raises(Conflict) as caught:
        post.parts.notifications.retry(name)
    assert caught.value.code == "not_dead"
    with pytest.raises(NotFound):
        post.parts.notifications.retry("nothing")
    assert post.parts.notifications.retry_dead() == 0


def test_a_refusal_is_believed_the_third_time(post: Post, web: WebSink) -> None:
    post.add(web)
    web.answer = lambda _sent: 400
    post.note(an_event())
    post.run_out()

    assert len(web.posts) == 3
    assert set(post.states().values()) == {DeliveryState.DEAD}


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_some_statuses_mean_later(post: Post, web: WebSink, status: int) -> None:
    post.add(web)
    answers = iter([status, status, status, 200])
    web.answer = lambda _sent: next(answers)
    post.note(an_event())
    post.run_out()

    assert len(web.posts) == 4
    assert set(post.states().values()) == {DeliveryState.DELIVERED}


def test_a_receiver_that_asks_for_patience_gets_it(post: Post, web: WebSink) -> None:
    post.add(web)
    web.answer = lambda _sent: (429, {"Retry-After": "1234"})
    post.note(an_event())

    assert post.worker.work() == pytest.approx(1234, abs=1)


def test_a_receiver_that_is_gone_hears_nothing_more(post: Post, web: WebSink) -> None:
    gone, other = post.add(web), post.parts.webhooks.add("usm", f"{web.url}/other")[0]
    web.answer = lambda sent: 410 if sent.path == "/hooks" else 200
    post.note(an_event(1))
    post.worker.work()
    post.note(an_event(2))

    assert post.worker.work() is None
    assert post.parts.webhooks.webhook(gone.id).said == "127.0.0.1 answered with HTTP status 410"
    assert [sent.path for sent in web.posts].count("/hooks") == 1
    assert sorted(post.states().values()) == [*2 * [DeliveryState.DELIVERED], DeliveryState.DROPPED]
    assert {name.partition(":")[2] for name, state in post.states().items() if state == "delivered"} == {other.id}


def test_one_try_counts_for_all_that_wait_for_a_receiver_who_is_away(post: Post, web: WebSink) -> None:
    post.parts.webhooks.add("usm", f"{web.url}/away")
    post.add(web)
    web.answer = lambda sent: 503 if sent.path == "/hooks/away" else 204
    post.note(*(an_event(number) for number in range(100)))
    wait = post.worker.work()

    paths = [sent.path for sent in web.posts]
    assert paths.count("/hooks") == 100
    assert 1 <= paths.count("/hooks/away") <= module.HANDS  # as many as were under way at once
    assert wait is not None
    assert 0 < wait <= STEPS[0] * 1.1
    waiting = post.parts.notifications.all(DeliveryState.WAITING, limit=200)
    assert len(waiting) == 100
    assert {entry.tries for entry in waiting} == {1}


def test_one_message_that_its_receiver_cannot_bear_does_not_hold_up_the_others(post: Post, web: WebSink) -> None:
    post.add(web)
    poison = f"{post.note(an_event(0))[0]}:{post.parts.webhooks.all()[0].id}"
    web.answer = lambda sent: 500 if sent.id == poison else 200
    post.note(*(an_event(number) for number in range(1, 30)))
    post.run_out()

    states = post.states()
    assert states.pop(poison) == DeliveryState.DEAD
    assert set(states.values()) == {DeliveryState.DELIVERED}
    assert len(states) == 29


def test_removing_a_webhook_drops_what_waited_for_it(post: Post, web: WebSink) -> None:
    webhook = post.add(web)
    web.answer = lambda _sent: 503
    post.note(an_event())
    post.worker.work()
    post.parts.webhooks.close(webhook.id, "removed")

    assert set(post.states().values()) == {DeliveryState.DROPPED}
    assert post.later(86_400) is None
    assert len(web.posts) == 1


# --- workers --------------------------------------------------------------------------------------------------------


def test_two_workers_at_once_send_everything_once(post: Post, web: WebSink) -> None:
    post.add(web)
    post.note(*(an_event(number) for number in range(60)))
    others = [Post(post.office, {}, post.clock) for _ in range(2)]
    threads = [threading.Thread(target=other.worker.work) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(web.posts) == len(set(web.ids())) == 60
    assert set(post.states().values()) == {DeliveryState.DELIVERED}


def dead_worker(post: Post, worker: str | None) -> None:
    """Leaves a claim behind, as a process does that is killed."""
    parts = post.parts.delivery(worker=worker)
    parts._take_over()
    parts._spreading.spread(time.monotonic() + 60)
    assert parts._claim()


def test_the_claim_of_a_dead_worker_ends_after_a_bound(post: Post, web: WebSink) -> None:
    post.add(web)
    post.note(an_event())
    dead_worker(post, None)

    assert post.worker.work() == pytest.approx(module.CLAIM_SECONDS, abs=1)
    assert web.posts == []
    assert post.later(module.CLAIM_SECONDS) is None
    assert len(web.posts) == 1


def test_who_fills_the_place_of_a_dead_worker_goes_on_at_once(post: Post, web: WebSink) -> None:
    post.add(web)
    post.note(an_event())
    dead_worker(post, "site%")

    assert post.parts.delivery(worker="sit").work() == pytest.approx(module.CLAIM_SECONDS, abs=1)
    assert web.posts == []
    assert post.parts.delivery(worker="site%").work() is None
    assert len(web.posts) == 1


def test_a_worker_that_slept_through_its_claim_notes_nothing(post: Post, web: WebSink) -> None:
    post.add(web)
    post.note(an_event())
    slow, other = post.parts.delivery(), post.parts.delivery()
    slow._spreading.spread(time.monotonic() + 60)
    (claimed,) = slow._claim()
    post.clock.now += module.CLAIM_SECONDS
    assert other.work() is None
    slow._note(claimed, Outcome(Answer.LATER, "too late"))

    assert set(post.states().values()) == {DeliveryState.DELIVERED}
    assert post.problems() == {None}


def test_a_clock_that_jumps_back_holds_nothing_up(post: Post, web: WebSink) -> None:
    post.add(web)
    web.answer = lambda _sent: 500
    post.clock.now += 30 * 86_400
    post.note(an_event(1), an_event(2))
    post.worker.work()
    post.note(an_event(3))
    dead_worker(post, None)
    web.answer = lambda _sent: 200
    post.clock.now = START

    assert post.worker.work() is None
    assert set(post.states().values()) == {DeliveryState.DELIVERED}


def test_an_error_of_our_own_leaves_nothing_claimed(post: Post, web: WebSink, monkeypatch: pytest.MonkeyPatch) -> None:
    post.add(web)
    post.note(an_event(1), an_event(2))
    with monkeypatch.context() as patched:
        patched.setattr(post.parts._poster, "send", broken)
        with pytest.raises(RuntimeError, match="a mistake"):
            post.worker.work()

    assert post.worker.work() is None
    assert len(web.posts) == 2


def broken(_notification: Notification) -> Outcome:
    raise RuntimeError("a mistake")


def test_a_worker_that_is_told_to_stop_lets_go_of_what_it_has_not_begun(post: Post, web: WebSink) -> None:
    post.add(web)
    post.note(*(an_event(number) for number in range(100)))
    stopping = post.parts.delivery(worker="site", is_stopping=lambda: len(web.posts) >= 3)

    assert stopping.work() == 0.0
    assert 3 <= len(web.posts) <= 3 + module.HANDS
    assert post.worker.work() is None
    assert len(set(web.ids())) == len(web.posts) == 100


# --- figures --------------------------------------------------------------------------------------------------------


def test_the_counts_say_what_waits_and_for_how_long(post: Post, web: WebSink) -> None:
    post.add(web)
    web.answer = lambda sent: 200 if b"urn:uuid:1" in sent.body else 503
    post.note(an_event(1))
    post.worker.work()
    post.note(an_event(2))
    assert post.parts.notifications.counts().unspread == 1
    post.worker.work()
    post.clock.now += 500
    counts = post.parts.notifications.counts()

    assert counts.by_state == {"waiting": 1, "delivered": 1, "dead": 0, "dropped": 0}
    assert (counts.unspread, counts.oldest_seconds) == (0, 500)


def test_a_round_is_bounded_and_says_that_it_has_not_done_all(
    post: Post, web: WebSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.add(web)
    post.note(*(an_event(number) for number in range(100)))
    hurried = post.parts.delivery(budget=10)
    hurried._spreading.spread(time.monotonic() + 60)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: len(web.posts)))

    assert hurried.work() == 0.0
    assert 0 < len(web.posts) < 100
    with post.office.database.reading() as session:
        claimed = session.connection().execute(text("SELECT count(*) FROM notifications WHERE claimed_by IS NOT NULL"))
        assert claimed.scalar_one() == 0
