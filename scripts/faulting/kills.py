"""K: the process is killed, at each point at which it may have done half of something."""

from __future__ import annotations

import http.client
import threading
import time
from urllib.parse import urlsplit

from scripts.faulting.clients import Wallet, await_final, issue_over, waiting
from scripts.faulting.older_database import make_older, schema_of
from scripts.faulting.program import kill
from scripts.faulting.rows import Row
from scripts.faulting.sink import Sink
from scripts.faulting.site import Broken
from scripts.faulting.template import ISSUER, PROGRAMME, rows
from scripts.faulting.world import World

_FIRST = 9000
"""Learners of requests in these rows: nobody else has their numbers."""


def killed_while_issuing(point: str) -> Row:
    """A row for a failpoint on the way from a draft to a final batch."""
    number, what, expected = _POINTS[point]

    def act(world: World) -> None:
        if point == "confirm.mined":
            world.chain.go_on_mining()  # slowly: final blocks must not come before anybody looks at mined ones
        world.expect_killed(world.issue(failpoint=point), point)
        planned, sent = world.transaction() if point == "plan.stored" else None, world.sent_by()
        world.expect_done(world.issue())
        world.expect(
            world.sent_by() == 2, f"{world.sent_by()} transactions for two batches ({sent} before the restart)"
        )
        world.expect(planned in (None, world.transaction()), "other bytes were sent than were stored")

    return Row(number, what, f"failpoint {point}", expected, act, seeded=True)


_POINTS = {
    "seal.signing": ("K5", "kill -9 while forming the batch", "leaves belong to one batch only"),
    "seal.committed": ("K6", "kill -9 after batch commit", "same root rebuilt from stored leaves"),
    "plan.signed": ("K7", "kill -9 after the transaction was signed, before it is stored", "nothing sent; same nonce"),
    "plan.stored": ("K8", "kill -9 after the transaction was stored, before it is sent", "same bytes sent"),
    "send.sent": ("K9", "kill -9 after sending, before noting it", "found by its hash; no second transaction"),
    "look.receipt": ("K10", "kill -9 after the receipt, before commit", "receipt found again"),
    "confirm.mined": ("K11", "kill -9 between mined and final", "the watch resumes"),
    "attach.storing": ("K12/attach", "kill -9 while proofs are stored", "they are completed"),
}


def unstored_signature(world: World) -> None:
    """K4: signed bytes that were never stored are never used: one transaction is stored, and it is the one on chain."""
    world.expect_killed(world.issue(failpoint="plan.signed"), "plan.signed")
    world.expect(world.sent_by() == 1, "a transaction left before it was stored")
    world.expect_done(world.issue())
    hash_on_record = world.transaction()
    receipt = world.chain.node.call("eth_getTransactionReceipt", hash_on_record)
    world.expect(receipt is not None, f"{hash_on_record} is on record and not on chain")
    world.expect(world.sent_by() == 2, "two transactions for one batch")


def killed_before_it_is_stored(world: World) -> None:
    """K1."""
    once_in_spite_of(world, "request.received")


def killed_in_the_transaction(world: World) -> None:
    """K2."""
    once_in_spite_of(world, "draft.in_transaction")


def killed_after_commit(world: World) -> None:
    """K3."""
    once_in_spite_of(world, "draft.committed")


def once_in_spite_of(world: World, point: str) -> None:
    """A request to draft a batch dies; the same request again gives one batch, and a third time the same one."""
    count = world.random.randint(1, 4)
    content = rows(_FIRST, count)
    site = world.site()
    site.start(failpoint=point)
    try:
        answer = site.draft(content, PROGRAMME, "once")
    except Broken:
        world.expect(site.wait(10) == -9, f"the site ended with {site.process.returncode} instead of a kill")
    else:
        world.expect(False, f"failpoint never reached: {point} ({answer})")
    stored = len(world.claims().credentials)
    site = world.site().start()
    first = site.draft(content, PROGRAMME, "once")
    second = site.draft(content, PROGRAMME, "once")
    world.expect(first.status in (200, 201), f"the same request again: {first}")
    world.expect(second.status == 200 and second.value["id"] == first.value["id"], f"a third time: {second}")
    made = world.claims()
    world.expect(len(made.credentials) == len(world.promises.bodies) + count, f"{len(made.credentials)} credentials")
    world.expect(stored in (len(world.promises.bodies), len(made.credentials)), "half of a batch was stored")
    world.promise_batch(int(first.value["id"]))
    issue_over(world, site, int(first.value["id"]))


def killed_while_revoking(point: str) -> Row:
    """A row for a failpoint on the way of a revocation."""

    def act(world: World) -> None:
        names = world.random.sample(world.settled(), world.random.randint(1, 2))
        world.expect_killed(world.revoke(*names, failpoint=point), point)
        said = {world.claims().credentials[name].status for name in names}
        world.expect("revoked" not in said, "it says revoked before the chain does")
        world.expect_done(world.revoke(*names))

    expected = "as above; never says revoked before it is on chain"
    return Row(f"K13/{point}", "kill -9 during a revocation", f"failpoint {point}", expected, act, seeded=True)


def killed_at_any_moment(world: World) -> None:
    """K17, not in the matrix: no named point, but a moment anywhere in the command."""
    world.promises.batches.add(world.batch)
    process = world.program.start("issue", str(world.batch), "--json")
    time.sleep(world.random.uniform(0.3, 3.0))
    kill(process)
    process.communicate()
    world.expect_done(world.issue())


def killed_while_delivering(world: World) -> None:
    """K12: the receiver was told and nobody noted it: it may hear the same message again, never another, never none."""
    with Sink() as sink:
        world.expect_done(world.program.run("webhook", "add", ISSUER, sink.url, "--json"))
        site = world.site().start(failpoint="deliver.sent")
        world.promises.batches.add(world.batch)
        site.as_issuer("POST", f"/batches/{world.batch}/approve")
        world.expect(site.wait(60) == -9, "failpoint never reached: deliver.sent")
        site = world.site().start()
        await_final(world, site, world.batch)
        world.until(lambda: waiting(world) == 0, "nothing waits to be delivered", seconds=90)
        site.terminate()
        site.wait(12)
    world.expect(sink.told, "the receiver heard of nothing")
    for name, messages in sink.told.items():
        world.expect(len(set(messages)) == 1, f"message {name} came with {len(set(messages))} bodies")
    repeated = [name for name, messages in sink.told.items() if len(messages) > 1]
    world.expect(len(repeated) <= 1, f"{len(repeated)} messages came again, and one was broken off")


def killed_with_links(point: str) -> Row:
    """K14: a link whose withdrawal was acknowledged is gone for ever; one that was never told opens nothing more."""

    def act(world: World) -> None:
        site = world.site().start(failpoint=f"{point}:2")
        wallet = Wallet(world, site)
        kept = wallet.share()
        try:
            answer = wallet.ask("POST", "/links", {"label": "second", "days": 5, "credential_ids": [wallet.held]})
        except Broken:
            world.expect(site.wait(10) == -9, "the site was not killed")
        else:
            world.expect(False, f"failpoint never reached: {point} ({answer})")
        site = world.site().start()
        wallet.site = site
        listed = wallet.ask("GET", "/links").value
        world.expect(kept["id"] in {link["id"] for link in listed}, "a link that was acknowledged is gone")
        gone = wallet.ask("DELETE", f"/links/{kept['id']}")
        world.expect(gone.status == 204, f"withdrawing: {gone}")
        site.die()
        site = world.site().start()
        shown = site.ask("GET", urlsplit(kept["url"]).path + ".json")
        world.expect(shown.status == 404, f"a withdrawn link still opens: {shown}")

    expected = "revoke acknowledged = gone for ever"
    return Row("K14", "kill -9 during share-link create and revoke", f"failpoint {point}", expected, act, seeded=True)


def killed_while_migrating(world: World) -> None:
    """K15: the older schema or the newer one, never half of each; nothing in it is lost."""
    make_older(world, "0003")
    before = schema_of(world)
    ended = world.program.run("status", "--json", failpoint="migrate.in_transaction")
    world.expect_killed(ended, "migrate.in_transaction")
    world.expect(schema_of(world) == before, "the schema is neither the old one nor the new one")
    world.expect_done(world.program.run("status", "--json"))
    world.expect(schema_of(world) != before, "the schema was not brought up to date")


def told_to_end_under_load(world: World) -> None:
    """K16: SIGTERM while requests come in: it ends in ten seconds, and what it acknowledged is there."""
    site = world.site().start()
    acknowledged: list[int] = []
    halves: list[str] = []
    stopping = threading.Event()

    def load(worker: int) -> None:
        for number in range(200):
            if stopping.is_set():
                return
            name = f"load-{worker}-{number}"
            try:
                answer = site.draft(rows(_FIRST + 10 * (200 * worker + number), 2), PROGRAMME, name)
            except Broken as error:
                if isinstance(error.__cause__, http.client.IncompleteRead):
                    halves.append(str(error))
                return
            except OSError:
                return
            if answer.status == 201:
                acknowledged.append(int(answer.value["id"]))

    workers = [threading.Thread(target=load, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    time.sleep(world.random.uniform(0.2, 1.5))
    site.terminate()
    code = site.wait(12)
    stopping.set()
    for worker in workers:
        worker.join(timeout=15)
    world.expect(code == 0, f"it ended with {code}: {site.said[-300:]}")
    world.expect(not halves, f"{len(halves)} answers broke off: {halves[:1]}")
    stored = world.claims().batches
    world.expect(
        set(acknowledged) <= set(stored), f"{len(set(acknowledged) - set(stored))} acknowledged batches are gone"
    )
    world.expect(acknowledged, "nothing was acknowledged before the end: the row tried nothing")


ROWS = (
    Row(
        "K1",
        "kill -9 before the request is stored",
        "failpoint request.received",
        "the same Idempotency-Key again gives one batch",
        killed_before_it_is_stored,
        seeded=True,
    ),
    Row(
        "K2",
        "kill -9 inside the database transaction",
        "failpoint draft.in_transaction",
        "rolled back; the retry is clean",
        killed_in_the_transaction,
        seeded=True,
    ),
    Row(
        "K3",
        "kill -9 after commit, before the reply",
        "failpoint draft.committed",
        "the retry gives the same batch",
        killed_after_commit,
        seeded=True,
    ),
    Row(
        "K4",
        "kill -9 after signing, before storing",
        "failpoint plan.signed",
        "what was never stored is never used",
        unstored_signature,
        seeded=True,
    ),
    *(killed_while_issuing(point) for point in _POINTS),
    Row(
        "K12/deliver",
        "kill -9 while webhooks go out",
        "failpoint deliver.sent",
        "told again under the same id, or not; never never",
        killed_while_delivering,
        seeded=True,
    ),
    *(
        killed_while_revoking(point)
        for point in ("status.stored", "plan.signed", "plan.stored", "send.sent", "look.receipt")
    ),
    killed_with_links("link.committed"),
    Row(
        "K15",
        "kill -9 during a migration",
        "failpoint migrate.in_transaction",
        "old or new schema, never between",
        killed_while_migrating,
        seeded=True,
    ),
    Row(
        "K16",
        "SIGTERM under load",
        "SIGTERM to the serving process",
        "ends in 10 s; nothing acknowledged is lost; no half answers",
        told_to_end_under_load,
        seeded=True,
    ),
    Row(
        "K17",
        "kill -9 at any moment (not in the matrix)",
        "SIGKILL after a random time",
        "resumed; one transaction",
        killed_at_any_moment,
        seeded=True,
    ),
)
