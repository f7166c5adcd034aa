"""The chain of an institution's log: whatever is changed or missing shows, at the line where it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from api.staff.audit import Audit, Wanted
from api.staff.values import InstitutionKind, Member, Role
from ledger.storage import Database

KIND = InstitutionKind.ISSUER
BOSS = Member("p1", "boss@usm.example", "Boss", "usm", KIND, frozenset({Role.ADMIN}))


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database.at(tmp_path / "ledger.db")
    made.migrate()
    return made


@pytest.fixture
def audit(database: Database) -> Audit:
    moments = iter(range(1_000, 10_000, 10))
    made = Audit(database, lambda: next(moments))
    for number in range(1, 6):
        made.note(BOSS, "batch_approved" if number % 2 else "batch_held", f"batch {number}", "détails")
    return made


def tampered(database: Database, *statements: str) -> None:
    """Changes the log as somebody could who has the file."""
    with database.writing() as session:
        for statement in ("DROP TRIGGER staff_audit_update", "DROP TRIGGER staff_audit_delete", *statements):
            session.connection().execute(text(statement))


def test_a_sound_log_is_sound(audit: Audit) -> None:
    [found] = audit.check()
    assert (found.lines, found.broken, found.institution) == (5, None, "usm")
    assert found.head == audit.entries(KIND, "usm")[0].hash


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE staff_audit SET who = 'somebody' WHERE number = 2", 2),
        ("UPDATE staff_audit SET at = at + 1 WHERE number = 3", 3),
        ("UPDATE staff_audit SET detail = '' WHERE number = 1", 1),
        ("DELETE FROM staff_audit WHERE number = 4", 4),
        ("DELETE FROM staff_audit WHERE number = 1", 1),
        ("DELETE FROM staff_audit WHERE number = 5", 5),
        ("DELETE FROM staff_audit", 1),
        ("UPDATE staff_audit SET hash = previous WHERE number = 5", 5),
        ("UPDATE staff_audit_heads SET hash = zeroblob(32)", 5),
        ("UPDATE staff_audit_heads SET number = 6", 6),
    ],
)
def test_what_was_changed_shows_where_it_was(database: Database, audit: Audit, statement: str, broken: int) -> None:
    tampered(database, statement)
    [found] = audit.check()
    assert found.broken == broken
    assert found.why


def test_logs_of_institutions_are_chains_of_their_own(audit: Audit) -> None:
    other = Member("p2", "x@um.example", "X", "um", InstitutionKind.ACCREDITOR, frozenset({Role.ADMIN}))
    audit.note(other, "signed_in", "p2")
    assert [(one.institution, one.lines, one.broken) for one in audit.check()] == [("um", 1, None), ("usm", 5, None)]
    assert audit.entries(InstitutionKind.ACCREDITOR, "um")[0].number == 1


def test_filters(audit: Audit) -> None:
    def numbers(wanted: Wanted) -> list[int]:
        assert audit.count(KIND, "usm", wanted) == len(audit.entries(KIND, "usm", wanted))
        assert [entry.number for entry in audit.every(KIND, "usm", wanted)] == [
            entry.number for entry in reversed(audit.entries(KIND, "usm", wanted))
        ]
        return [entry.number for entry in audit.entries(KIND, "usm", wanted)]

    assert numbers(Wanted()) == [5, 4, 3, 2, 1]
    assert numbers(Wanted(what="batch_held")) == [4, 2]
    assert numbers(Wanted(person="p9")) == []
    assert numbers(Wanted(since=1_010, until=1_030)) == [3, 2]
    assert audit.kinds(KIND, "usm") == ["batch_approved", "batch_held"]
    assert audit.people(KIND, "usm") == [("p1", "boss@usm.example")]


def test_a_line_stands_only_if_what_it_tells_of_does(database: Database, audit: Audit) -> None:
    def approve() -> None:
        with database.writing() as session:
            audit.note_in(session, BOSS, "batch_approved", "batch 9")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        approve()
    assert audit.count(KIND, "usm") == 5
    assert audit.check()[0].broken is None
