"""From orders to jobs: what a job is called says what it does to the chain."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.chain.registry import Reason, StatusAction
from ledger.durable.dispatcher import Dispatcher
from ledger.durable.engine import Job, Lane
from ledger.durable.jobs import Jobs
from ledger.durable.orders import OrderKind, Orders
from ledger.errors import NotFound
from tests.office import JCS_ONLY, Office


@pytest.fixture
def jobs(office: Office) -> Jobs:
    return Jobs(office.catalog, office.registry.chain_id, office.registry.registry)


@pytest.fixture
def book(office: Office) -> Orders:
    return Orders(office.database)


def place_of(office: Office) -> str:
    issuer = office.catalog.issuer("usm").issuer_id.hex()
    return f"{office.registry.chain_id}:0x{office.registry.registry.hex()}:0x{issuer}"


def test_an_anchor_is_called_by_chain_registry_issuer_and_root(office: Office, jobs: Jobs, book: Orders) -> None:
    batch = office.an_open_batch(2)
    order = book.place(OrderKind.ISSUE, batch.id)
    seal = jobs.current(order)
    assert (seal.lane, seal.order, seal.attempt) == (Lane.SEALING, order.id, 1)
    assert seal.id == f"seal:{place_of(office)}:{batch.id}:{batch.created_at}"

    sealed = office.pipeline.seal(batch.id, suites=JCS_ONLY)

    root = sealed.root
    assert root is not None
    anchor = f"anchor:{place_of(office)}:0x{root.hex()}"
    assert jobs.current(order) == Job(anchor, Lane.ANCHORING, order.id, 1)
    assert jobs.current(replace(order, attempt=3)) == Job(f"{anchor}:3", Lane.ANCHORING, order.id, 3)
    withdrawal = jobs.current(book.place(OrderKind.WITHDRAW, batch.id, reason=1))
    assert withdrawal.id == f"withdraw:{place_of(office)}:0x{root.hex()}"


def test_withdrawing_signs_nothing(office: Office, jobs: Jobs, book: Orders) -> None:
    batch = office.an_open_batch(2)
    job = jobs.current(book.place(OrderKind.WITHDRAW, batch.id, reason=1))
    assert (job.lane, job.id) == (Lane.ANCHORING, f"withdraw:{place_of(office)}:{batch.id}:{batch.created_at}")


def test_a_status_call_is_called_by_its_number_and_time(office: Office, jobs: Jobs, book: Orders) -> None:
    batch = office.a_final_batch(2)
    (call,) = office.revocation.ask(*revoking(office, batch.id))
    job = jobs.current(book.place(OrderKind.STATUS, call))
    asked_at = office.catalog.status_change(call).requested_at
    assert (job.lane, job.id) == (Lane.STATUS, f"status:{place_of(office)}:{call}:{asked_at}")


def revoking(office: Office, batch: int) -> tuple[StatusAction, list[str], Reason]:
    """What revokes the first credential of a batch."""
    return StatusAction.REVOKE, [office.catalog.credentials(batch=batch)[0].credential_id], Reason.ISSUED_IN_ERROR


def test_asking_twice_dispatches_one_job(office: Office, jobs: Jobs, book: Orders) -> None:
    given: list[Job] = []
    dispatcher = Dispatcher(book, jobs, given.append)
    batch = office.an_open_batch(2)

    for _ in range(2):
        dispatcher.issue(batch.id)

    assert len(book.open()) == 1
    assert len({job.id for job in given}) == 1


def test_what_is_done_is_not_asked_for_again(office: Office, jobs: Jobs, book: Orders) -> None:
    given: list[Job] = []
    dispatcher = Dispatcher(book, jobs, given.append)
    batch = office.a_final_batch(2)
    office.withdrawal.withdraw(batch.id, Reason.ISSUED_IN_ERROR)
    calls = office.revocation.ask(*revoking(office, office.a_final_batch(1).id))
    office.revocation.advance()

    dispatcher.issue(batch.id)
    dispatcher.withdraw(batch.id, Reason.ISSUED_IN_ERROR)
    dispatcher.change(calls)
    with pytest.raises(NotFound):
        dispatcher.issue(99)

    assert given == []
    assert book.open() == ()
