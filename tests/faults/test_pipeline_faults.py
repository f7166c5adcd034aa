"""The fault table of issuing: each step fails before it did anything, and after it did all of it; then it is run again.

After every fault another process goes on, and the same must be true: one anchor, made by one transaction; the documents
that were drafted, to the byte; every one of them final and proved.
"""

from __future__ import annotations

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from ledger.chain.registry import Reason
from ledger.documents.canonical import digest
from ledger.issuing.values import Batch, BatchState, CredentialStatus
from ledger.proofs.anchor_proof import from_proof
from tests.faults.conftest import FaultyRegistry, Killed
from tests.office import JCS_ONLY, Office

REGISTRY_CALLS = [
    ("final_block", 1),
    ("is_anchored_in_head", 1),
    ("quote", 1),
    ("bid", 1),
    ("send", 1),
    ("receipts", 1),
    ("read", 1),
]
WRITES = [
    ("signatures", "INSERT"),
    ("transactions", "INSERT"),
    ("transactions", "UPDATE"),
    ("transaction_bids", "INSERT"),
    ("transaction_bids", "UPDATE"),
    ("batches", "UPDATE"),
    ("anchor_proofs", "INSERT"),
]

FAULT = """CREATE TRIGGER fault BEFORE {} ON {} WHEN (SELECT left FROM countdown) <= 1
BEGIN SELECT RAISE(ABORT, 'the disk failed'); END"""
COUNTING = "CREATE TRIGGER counting AFTER {} ON {} BEGIN UPDATE countdown SET left = left - 1; END"


def bodies(office: Office, batch: Batch) -> list[bytes]:
    with office.database.reading() as session:
        rows = session.connection().execute(
            text("SELECT body FROM documents WHERE batch = :batch ORDER BY position"), {"batch": batch.id}
        )
        return [row[0] for row in rows]


def anchor_transactions(office: Office) -> int:
    """How many transactions were made to anchor anything."""
    with office.database.reading() as session:
        return int(
            session.connection()
            .execute(text("SELECT count(*) FROM transactions WHERE purpose LIKE 'anchor:%'"))
            .scalar_one()
        )


def check_truths(office: Office, batch: Batch, drafted: list[bytes], transactions: int = 1) -> None:
    finished = office.catalog.batch(batch.id)
    issuer = office.catalog.issuer("usm")
    assert finished.state is BatchState.FINAL
    assert finished.is_finished
    assert bodies(office, batch) == drafted
    assert anchor_transactions(office) == transactions
    assert office.registry.is_anchored_in_head(issuer.issuer_id, finished.root or b"")
    for credential in office.credentials(batch):
        document = orjson.loads(office.catalog.document(credential.credential_id))
        assert from_proof(document["proof"][-1]).root_for(digest(document)) == finished.root
        assert credential.state == "final"


@pytest.mark.parametrize("done", [False, True], ids=["not-done", "done"])
@pytest.mark.parametrize(("method", "call"), REGISTRY_CALLS, ids=[name for name, _ in REGISTRY_CALLS])
def test_a_process_that_dies_at_a_call_of_the_registry_leaves_one_anchor(
    office: Office, method: str, call: int, done: bool
) -> None:
    batch = office.an_open_batch(3)
    drafted = bodies(office, batch)
    dying = office.restarted(FaultyRegistry(office.registry, method, done=done, call=call))
    with pytest.raises(Killed):
        dying.pipeline.advance(batch.id, suites=JCS_ONLY)

    dying.restarted(office.registry).pipeline.advance(batch.id)

    check_truths(office.restarted(), batch, drafted)


@pytest.mark.parametrize(("table", "operation"), WRITES, ids=[f"{o.lower()}-{t}" for t, o in WRITES])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_write_that_fails_leaves_no_half_state(office: Office, table: str, operation: str, nth: int) -> None:
    batch = office.an_open_batch(3)
    drafted = bodies(office, batch)
    with office.database.writing() as session:
        session.connection().execute(text("CREATE TABLE countdown (left INTEGER)"))
        session.connection().execute(text("INSERT INTO countdown VALUES (:left)"), {"left": nth})
        for trigger in (FAULT, COUNTING):
            session.connection().execute(text(trigger.format(operation, table)))
    try:
        office.pipeline.advance(batch.id, suites=JCS_ONLY)
    except IntegrityError as error:
        assert "the disk failed" in str(error)  # noqa: PT017 - not every nth write happens
    again = office.restarted()
    with again.database.writing() as session:
        session.connection().execute(text("DROP TRIGGER fault"))
        session.connection().execute(text("DROP TRIGGER counting"))

    again.pipeline.advance(batch.id, suites=JCS_ONLY)

    check_truths(again, batch, drafted)


def test_a_new_process_for_every_step_gets_to_the_same_end(office: Office) -> None:
    batch = office.an_open_batch(3)
    drafted = bodies(office, batch)

    for step in ("seal", "plan", "send", "confirm", "confirm", "attach"):
        office = office.restarted()
        getattr(office.pipeline, step)(batch.id)

    check_truths(office, batch, drafted)


def test_every_step_twice_by_two_processes_makes_one_anchor(office: Office) -> None:
    batch = office.an_open_batch(3)
    drafted = bodies(office, batch)
    other = Office(office.folder, office.registry)

    for step in ("seal", "plan", "send", "confirm", "attach"):
        getattr(office.pipeline, step)(batch.id)
        getattr(other.pipeline, step)(batch.id)

    other.database.close()
    check_truths(office, batch, drafted)


@pytest.mark.parametrize("done", [False, True], ids=["not-done", "done"])
@pytest.mark.parametrize("method", ["status_words", "quote", "bid", "send", "receipts", "final_block"])
def test_a_process_that_dies_while_revoking_loses_no_revocation(office: Office, method: str, done: bool) -> None:
    batch = office.pipeline.advance(office.an_open_batch(2).id, suites=JCS_ONLY)
    name = office.credentials(batch)[0].credential_id
    dying = office.restarted(FaultyRegistry(office.registry, method, done=done))
    with pytest.raises(Killed):
        dying.revocation.revoke([name], Reason.COMPROMISED)
    assert dying.catalog.credential(name).status is CredentialStatus.REVOKING

    again = dying.restarted(office.registry)
    (change,) = again.revocation.advance()

    issuer = again.catalog.issuer("usm")
    credential = again.catalog.credential(name)
    _, words = again.registry.status_words(issuer.issuer_id, [credential.status_index >> 8])
    assert words[credential.status_index >> 8][0] >> (credential.status_index & 255) & 1
    assert credential.status is CredentialStatus.REVOKED
    assert change.transaction is not None
    with again.database.reading() as session:
        made = session.connection().execute(text("SELECT count(*) FROM transactions WHERE purpose LIKE 'status:%'"))
        assert made.scalar_one() == 1
