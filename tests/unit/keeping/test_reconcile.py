"""Database against chain, both ways: nothing found where nothing differs, and everything found that does."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.chain.registry import Reason
from ledger.documents.credential import STATUS_LIST_SIZE
from ledger.errors import Conflict
from ledger.keeping.holds import DRIFT
from ledger.keeping.parts import holds_of, reconcile_at_start, reconciler
from ledger.keeping.reconcile import Reconciliation
from ledger.workspace import Workspace
from tests.office import drafts
from tests.unit.keeping.conftest import ids, issue


def found(workspace: Workspace) -> Reconciliation:
    return reconciler(workspace).run()


def subjects(result: Reconciliation) -> list[str]:
    return [difference.subject for difference in result.differences]


def change(folder: Path, statement: str, *values: object) -> None:
    """Changes a database that nobody has open."""
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        connection.execute(statement, values)
        connection.commit()


def test_a_healthy_ledger_has_no_difference(workspace: Workspace) -> None:
    result = found(workspace)

    assert (result.differences, result.accepted, result.overdue, result.raised) == ((), (), (), ())
    assert result.is_complete
    assert result.holds == ()


def test_what_is_on_its_way_is_no_difference(workspace: Workspace) -> None:
    pipeline = workspace.pipeline
    batch = workspace.imports.draft_batch("usm", drafts(2, first=500), label="x")
    assert subjects(found(workspace)) == []
    for step in (pipeline.seal, pipeline.plan, pipeline.send):
        step(batch.id)
        assert subjects(found(workspace)) == []
    revoked = ids(workspace, issue(workspace, 1, 600))
    workspace.revocation.revoke(revoked, Reason.ISSUED_IN_ERROR, wait=False)
    assert subjects(found(workspace)) == []


def test_it_reads_on_where_it_stopped(workspace: Workspace) -> None:
    found(workspace)
    batch = issue(workspace, 1, 300)
    workspace.revocation.revoke(ids(workspace, batch), Reason.ISSUED_IN_ERROR)

    assert subjects(found(workspace)) == []


def test_a_database_that_was_changed_by_hand_shows(folder: Path) -> None:
    for statement in (
        "UPDATE batches SET size = 5 WHERE id = 1",
        "UPDATE batches SET withdrawn_at = NULL, withdrawal_reason = NULL WHERE id = 2",
        "UPDATE credentials SET status = 'active' WHERE status = 'revoked'",
        "DELETE FROM status_changes WHERE call = 1",
        "UPDATE credentials SET status = 'revoked' WHERE id = 4",
        "UPDATE issuer_keys SET closed_at = 1900000000",
        "UPDATE issuers SET revoking = anchoring",
        "DELETE FROM accreditations",
    ):
        change(folder, statement)
    with Workspace.open(folder) as workspace:
        listed = subjects(found(workspace))
        issuer = workspace.catalog.issuer("usm")

    assert listed == sorted(listed)
    assert {subject for subject in listed if not subject.startswith("operator")} == {
        "batch 1 of usm",
        "withdrawal of batch 2 of usm",
        "revoked: status index 0 of usm",
        "revoked: status index 3 of usm",
        "key 1 of issuer usm",
        "recognition of usm by mqa",
    }
    assert issuer.anchoring_operator == issuer.revoking_operator
    assert sum(subject.startswith("operator") for subject in listed) == 2


def test_a_batch_that_the_chain_does_not_hold_shows(folder: Path) -> None:
    change(folder, "UPDATE batches SET root = ? WHERE id = 1", b"\x01" * 32)
    with Workspace.open(folder) as workspace:
        there, here = found(workspace).differences

    assert (here.subject, here.on_chain) == ("batch 1 of usm", "nothing")
    assert there.here == "nothing"
    assert "4 credentials" in there.on_chain


def test_a_transaction_that_is_in_no_block_shows(folder: Path) -> None:
    change(folder, "UPDATE transactions SET hash = ? WHERE purpose = 'anchor:1'", b"\x01" * 32)
    with Workspace.open(folder) as workspace:
        assert subjects(found(workspace)) == [f"transaction 0x{'01' * 32} (anchor:1)"]


def test_drift_stops_issuing_until_a_person_accepts_it(folder: Path) -> None:
    change(folder, "UPDATE credentials SET status = 'revoked' WHERE id = 4")
    with Workspace.open(folder) as workspace:
        first, again = found(workspace), found(workspace)
        holds = holds_of(workspace)
        assert [hold.code for hold in again.holds] == [DRIFT]
        assert first.holds == again.holds
        with pytest.raises(Conflict, match="1 difference between database and chain"):
            holds.require_none()
        document = workspace.catalog.document(ids(workspace, workspace.catalog.batch(1))[3])
        assert workspace.verifier().verify(document)  # checking goes on

        holds.accept(again.holds[0].id, by="Aminah")
        after = found(workspace)

        assert (after.differences, after.holds) == ((), ())
        assert [difference.subject for difference in after.accepted] == ["revoked: status index 3 of usm"]
        holds.require_none()


def test_an_older_database_lists_exactly_what_it_lacks_and_uses_no_status_index_twice(folder: Path) -> None:
    shutil.copy(folder / "ledger.db", folder.parent / "older.db")
    with Workspace.open(folder) as workspace:
        lost = [issue(workspace, size, first) for first, size in ((1000, 1), (2000, 3), (3000, 2))]
        workspace.revocation.revoke(ids(workspace, lost[1])[:1], Reason.ISSUED_IN_ERROR)
        before = workspace.catalog.status_indexes_used("usm")
    for rest in folder.glob("ledger.db*"):
        rest.unlink()
    shutil.copy(folder.parent / "older.db", folder / "ledger.db")
    with Workspace.open(folder) as workspace:
        assert workspace.catalog.status_indexes_used("usm") < before
        result = found(workspace)
        used = workspace.catalog.status_indexes_used("usm")
        again = found(workspace)

    roots = {f"batch 0x{batch.root.hex()} of usm" for batch in lost if batch.root}
    assert set(subjects(result)) == roots | {"revoked: status index 7 of usm"}
    assert [raised.issuer for raised in result.raised] == ["usm"]
    assert used >= before + STATUS_LIST_SIZE
    assert again.raised == ()
    assert again.holds == result.holds


def test_an_older_database_that_has_the_batch_as_a_draft_lacks_nothing(folder: Path) -> None:
    with Workspace.open(folder) as workspace:
        batch = workspace.imports.draft_batch("usm", drafts(2, first=700), label="x")
    shutil.copy(folder / "ledger.db", folder.parent / "older.db")
    with Workspace.open(folder) as workspace:
        anchored = workspace.pipeline.advance(batch.id)
    for rest in folder.glob("ledger.db*"):
        rest.unlink()
    shutil.copy(folder.parent / "older.db", folder / "ledger.db")
    with Workspace.open(folder) as workspace:
        assert subjects(found(workspace)) == []
        again = workspace.pipeline.advance(batch.id)

    assert (again.root, again.anchor_block) == (anchored.root, anchored.anchor_block)


def test_without_time_to_read_all_it_compares_what_it_can(folder: Path) -> None:
    change(folder, "UPDATE batches SET size = 5 WHERE id = 1")
    with Workspace.open(folder) as workspace:
        result = reconcile_at_start(workspace, within=0)

        assert not result.is_complete
        assert subjects(result) == ["batch 1 of usm"]


def test_a_batch_that_waits_for_days_is_told_of_and_stops_nothing(folder: Path) -> None:
    with Workspace.open(folder) as workspace:
        batch = workspace.imports.draft_batch("usm", drafts(1, first=700), label="x")
        workspace.pipeline.seal(batch.id)
    change(folder, "UPDATE batches SET created_at = 1700000000")
    with Workspace.open(folder) as workspace:
        result = found(workspace)

    assert [late.id for late in result.overdue] == [batch.id]
    assert (result.differences, result.holds) == ((), ())
