"""People who work for institutions: how they sign in, what they may do, and the log of what they did.

The log takes new lines only: the database itself refuses to change or to delete one.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision: str | None = "0015"
branch_labels: str | None = None
depends_on: str | None = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "accreditor_acts",
    "staff_audit_heads",
    "staff_audit",
    "staff_settings",
    "staff_passkeys",
    "staff_links",
    "staff_sessions",
    "staff_members",
    "staff_people",
)
REFUSAL = "the log of an institution takes new lines only"


def text(name: str, **more: Any) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=more.pop("nullable", False), **more)


def moment(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def content(name: str, **more: Any) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False, **more)


def person(**more: Any) -> sa.Column[str]:
    owner = sa.ForeignKey("staff_people.id", ondelete="CASCADE")
    return sa.Column("person", sa.String(), owner, nullable=False, **more)


def upgrade() -> None:
    op.create_table(
        "staff_people", text("id", primary_key=True), text("email", unique=True), text("name"), moment("added_at")
    )
    op.create_table(
        "staff_members",
        person(primary_key=True),
        text("kind", primary_key=True),
        text("institution", primary_key=True),
        text("roles"),
        moment("added_at"),
    )
    _make_ways_in()
    op.create_table(
        "staff_settings",
        text("kind", primary_key=True),
        text("institution", primary_key=True),
        sa.Column("two_persons", sa.Boolean(), nullable=False),
    )
    _make_log()
    _make_acts()


def downgrade() -> None:
    for statement in _unguarded():
        op.execute(statement)
    for table in TABLES:
        op.drop_table(table)


def _make_ways_in() -> None:
    op.create_table(
        "staff_sessions",
        content("token_hash", primary_key=True),
        text("id", unique=True),
        person(),
        text("way"),
        moment("created_at"),
        moment("seen_at"),
        moment("expires_at"),
    )
    op.create_table(
        "staff_links", content("token_hash", primary_key=True), person(), moment("created_at"), moment("expires_at")
    )
    op.create_table(
        "staff_passkeys",
        content("credential_id", primary_key=True),
        text("id", unique=True),
        person(),
        content("user_handle"),
        content("public_key"),
        moment("sign_count"),
        text("name"),
        moment("added_at"),
        moment("used_at", nullable=True),
        moment("stopped_at", nullable=True),
    )
    for table in ("sessions", "links", "passkeys"):
        op.create_index(f"ix_staff_{table}_person", f"staff_{table}", ["person"])


def _make_log() -> None:
    op.create_table(
        "staff_audit",
        sa.Column("id", ROW_ID, primary_key=True),
        text("kind"),
        text("institution"),
        moment("number"),
        moment("at"),
        text("person"),
        text("who"),
        text("what"),
        text("subject"),
        text("detail"),
        content("previous"),
        content("hash"),
    )
    op.create_index("staff_audit_number", "staff_audit", ["kind", "institution", "number"], unique=True)
    op.create_index("staff_audit_at", "staff_audit", ["kind", "institution", "at"])
    op.create_table(
        "staff_audit_heads",
        text("kind", primary_key=True),
        text("institution", primary_key=True),
        moment("number"),
        content("hash"),
    )
    for statement in _guarded():
        op.execute(statement)


def _make_acts() -> None:
    op.create_table(
        "accreditor_acts",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("accreditor", ROW_ID, sa.ForeignKey("accreditors.id"), nullable=False),
        sa.Column("issuer", ROW_ID, sa.ForeignKey("issuers.id"), nullable=False),
        text("kind"),
        sa.Column("statement", sa.LargeBinary()),
        moment("until", nullable=True),
        text("reason"),
        text("prepared_by"),
        text("approved_by", nullable=True),
        text("state"),
        sa.Column("accreditation", ROW_ID, sa.ForeignKey("accreditations.id")),
        text("problem", nullable=True),
        text("problem_code", nullable=True),
        moment("asked_at"),
        moment("done_at", nullable=True),
    )
    op.create_index("accreditor_acts_pair", "accreditor_acts", ["accreditor", "issuer"])
    op.create_index("accreditor_acts_state", "accreditor_acts", ["state", "id"])


def _guarded() -> list[str]:
    if op.get_context().dialect.name == "sqlite":
        return [
            f"CREATE TRIGGER staff_audit_{verb.lower()} BEFORE {verb} ON staff_audit "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    refuse = f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    guard = "BEFORE UPDATE OR DELETE ON staff_audit FOR EACH ROW EXECUTE FUNCTION staff_audit_stands()"
    return [
        f"CREATE FUNCTION staff_audit_stands() RETURNS trigger LANGUAGE plpgsql AS {refuse}",
        f"CREATE TRIGGER staff_audit_stands {guard}",
    ]


def _unguarded() -> list[str]:
    if op.get_context().dialect.name == "sqlite":
        return [f"DROP TRIGGER staff_audit_{verb}" for verb in ("update", "delete")]
    return ["DROP TRIGGER staff_audit_stands ON staff_audit", "DROP FUNCTION staff_audit_stands()"]
