"""The check finds what is damaged, and damage never makes a document valid that was not issued so."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from ledger.errors import CairnError, MalformedDocument
from ledger.keeping.parts import check
from ledger.storage import newest_revision
from ledger.workspace import Workspace

PLACES = 60


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        assert connection.execute(statement).rowcount > 0, statement
        connection.commit()


def problems(folder: Path) -> tuple[str, ...]:
    with Workspace.open(folder) as workspace:
        return check(workspace)


def test_a_healthy_ledger_is_sound(folder: Path) -> None:
    assert problems(folder) == ()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE documents SET body = CAST(replace(body, '87.5', '97.5') AS BLOB)", "its digest is another one"),
        ("DELETE FROM documents WHERE batch = 1 AND position = 2", "document 2: it is missing"),
        ("UPDATE credentials SET digest = zeroblob(32) WHERE id = 1", "its digest is another one"),
        ("UPDATE credentials SET status_index = 4711 WHERE id = 1", "its anchor proof does not lead"),
        ("UPDATE credentials SET credential_id = 'urn:uuid:other' WHERE id = 1", "its id is another one"),
        ("DELETE FROM signatures WHERE batch = 1 AND position = 1", "its signatures are missing"),
        (
            "UPDATE signatures SET proofs = CAST(replace(proofs, 'asser', 'Asser') AS BLOB)",
            "its signatures are not those",
        ),
        (
            "UPDATE anchor_proofs SET proof = CAST(replace(proof, 'asser', 'Asser') AS BLOB)",
            "its anchor proof does not lead",
        ),
        ("UPDATE anchor_proofs SET proof = x'ff'", "its anchor proof does not lead"),
        ("UPDATE batches SET root = zeroblob(32) WHERE id = 1", "the root does not follow"),
        ("UPDATE batches SET verification_method = 'did:web:other#key-1'", "its signatures are not those"),
        ("UPDATE batches SET size = 5 WHERE id = 1", "has 4 of its 5 documents"),
        ("UPDATE batches SET sealed_at = 'noon' WHERE id = 1", "its signatures are not those"),
        ("UPDATE batches SET anchored_at = 'noon' WHERE id = 1", "batch 1 cannot be read"),
        ("DELETE FROM issuers", "refers to nothing"),
    ],
)
def test_what_is_damaged_is_found(folder: Path, statement: str, said: str) -> None:
    change(folder, statement)

    assert any(said in problem for problem in problems(folder))


def test_a_database_of_another_revision_is_told_of_and_not_changed(folder: Path) -> None:
    change(folder, "UPDATE alembic_version SET version_num = '0003'")

    (problem,) = problems(folder)

    assert problem == f"the database has revision 0003 and this Cairn needs {newest_revision()}"


def test_a_file_that_is_no_database_is_told_of(folder: Path) -> None:
    (folder / "ledger.db").write_bytes(b"not a database at all" * 1000)

    (problem,) = problems(folder)

    assert problem == "ledger.db: file is not a database"


def test_a_flipped_byte_anywhere_is_found_or_harmless(folder: Path, tmp_path: Path) -> None:
    """Each place in turn: either the check finds it, or every document is as it was; never a false "valid"."""
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with Workspace.open(folder) as workspace:
        verifier = workspace.verifier()
        genuine = set(read_documents(workspace))
        assert len(genuine) == 6
        whole = (folder / "ledger.db").read_bytes()
        rolls = random.Random(2026)  # noqa: S311 - the same places each time
        found = 0
        for _ in range(PLACES):
            damaged = bytearray(whole)
            damaged[rolls.randrange(len(whole))] ^= 1 << rolls.randrange(8)
            copy = tmp_path / "copy"
            shutil.rmtree(copy, ignore_errors=True)
            copy.mkdir()
            shutil.copy(folder / "cairn.json", copy / "cairn.json")
            (copy / "ledger.db").write_bytes(damaged)
            with Workspace.open(copy) as broken:
                told = check(broken)
                documents = list(read_documents(broken))
            found += bool(told)
            strange = [document for document in documents if document not in genuine]
            assert told or not strange
            for document in strange:
                with suppress(MalformedDocument):
                    assert not verifier.verify(document)
    assert found > PLACES // 20  # most of a small database is room that nothing stands in


def read_documents(workspace: Workspace):  # type: ignore[no-untyped-def]
    """Every document that the database still gives."""
    for batch in (1, 2):
        with suppress(CairnError, SQLAlchemyError, ValueError):
            yield from (document for _, document in workspace.catalog.batch_documents(batch))
