"""Nothing: receipts of checks are made and signed without being stored."""

from __future__ import annotations

revision = "0018"
down_revision: str | None = "0017"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None: ...


def downgrade() -> None: ...
