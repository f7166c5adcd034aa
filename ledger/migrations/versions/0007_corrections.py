"""Which credential supersedes which, and what was noted about a change of status."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision: str | None = "0006"
branch_labels: str | None = None
depends_on: str | None = None

COUNTS = "kind <> 'record' AND status NOT IN ('revoked', 'withdrawn')"


def upgrade() -> None:
    op.add_column("credentials", sa.Column("supersedes", sa.String()))
    op.add_column("credentials", sa.Column("superseded_by", sa.String()))
    op.add_column("status_changes", sa.Column("note", sa.String()))
    op.create_index(
        "credentials_supersedes",
        "credentials",
        ["supersedes"],
        unique=True,
        sqlite_where=sa.text("supersedes IS NOT NULL"),
        postgresql_where=sa.text("supersedes IS NOT NULL"),
    )
    op.drop_index("credentials_once", "credentials")
    _create_once(f"{COUNTS} AND superseded_by IS NULL")


def downgrade() -> None:
    op.drop_index("credentials_once", "credentials")
    _create_once(COUNTS)
    op.drop_index("credentials_supersedes", "credentials")
    op.drop_column("status_changes", "note")
    op.drop_column("credentials", "superseded_by")
    op.drop_column("credentials", "supersedes")


def _create_once(where: str) -> None:
    op.create_index(
        "credentials_once",
        "credentials",
        ["issuer", "achievement", "learner_id"],
        unique=True,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
