"""Endorsements may be given again; a key that was compromised is told from one that was retired."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision: str | None = "0008"
branch_labels: str | None = None
depends_on: str | None = None

FORCE = "status NOT IN ('revoked', 'withdrawn') AND superseded_by IS NULL"


def upgrade() -> None:
    op.add_column("issuer_keys", sa.Column("compromised", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.drop_index("credentials_once", "credentials")
    _create_once(f"kind NOT IN ('record', 'endorsement') AND {FORCE}")


def downgrade() -> None:
    op.drop_index("credentials_once", "credentials")
    _create_once(f"kind <> 'record' AND {FORCE}")
    op.drop_column("issuer_keys", "compromised")


def _create_once(where: str) -> None:
    op.create_index(
        "credentials_once",
        "credentials",
        ["issuer", "achievement", "learner_id"],
        unique=True,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
