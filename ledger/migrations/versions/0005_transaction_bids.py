"""Every signed form of a transaction: a nonce may be bid for more than once.

What is signed moves into a table of its own. What a transaction does, and what it offers, is read out of the bytes that
were signed before, so that those which wait can be outbid.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None

# SQLite gives out row ids by itself only for a column that is spelled INTEGER.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_EIP1559 = 2
_FIELDS = 8
"""Chain id, nonce, tip, highest fee, gas limit, target, value, calldata."""


def upgrade() -> None:
    op.create_table(
        "transaction_bids",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("transaction_id", ROW_ID, sa.ForeignKey("transactions.id"), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("gas_limit", sa.BigInteger(), nullable=False),
        sa.Column("max_fee", sa.BigInteger(), nullable=False),
        sa.Column("priority_fee", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger()),
        sa.Column("seen_in_block", sa.BigInteger()),
    )
    op.create_index("transaction_bids_transaction", "transaction_bids", ["transaction_id"], unique=False)
    for column in (
        sa.Column("target", sa.LargeBinary()),
        sa.Column("data", sa.LargeBinary()),
        sa.Column("problem", sa.String()),
        sa.Column("problem_since", sa.BigInteger()),
    ):
        op.add_column("transactions", column)
    if not op.get_context().as_sql:
        _move_rows(op.get_bind())
    op.drop_column("transactions", "raw")


def downgrade() -> None:
    op.add_column("transactions", sa.Column("raw", sa.LargeBinary(), nullable=False, server_default=sa.text("''")))
    for column in ("problem_since", "problem", "data", "target"):
        op.drop_column("transactions", column)
    op.drop_table("transaction_bids")


def _move_rows(connection: sa.Connection) -> None:
    rows = connection.execute(sa.text("SELECT id, hash, raw, state, planned_at FROM transactions ORDER BY id")).all()
    for row in rows:
        _, _, tip, max_fee, gas_limit, target, _, data, *_ = _fields(bytes(row.raw)) or [b""] * _FIELDS
        connection.execute(
            sa.text("UPDATE transactions SET target = :target, data = :data WHERE id = :id"),
            {"target": target, "data": data, "id": row.id},
        )
        connection.execute(
            sa.text(
                "INSERT INTO transaction_bids"
                " (transaction_id, hash, raw, gas_limit, max_fee, priority_fee, made_at, sent_at)"
                " VALUES (:transaction_id, :hash, :raw, :gas_limit, :max_fee, :priority_fee, :made_at, :sent_at)"
            ).bindparams(
                transaction_id=row.id,
                hash=row.hash,
                raw=row.raw,
                gas_limit=_number(gas_limit),
                max_fee=_number(max_fee),
                priority_fee=_number(tip),
                made_at=row.planned_at,
                sent_at=None if row.state == "planned" else row.planned_at,
            )
        )


def _fields(raw: bytes) -> list[bytes] | None:
    """The fields of a signed transaction of EIP-1559, up to its calldata; None for bytes that are none."""
    try:
        if raw[0] != _EIP1559:
            return None
        start, end = _payload(raw, 1)
        found = list(islice(_strings(raw, start, end), _FIELDS))
    except IndexError:
        return None
    return found if len(found) == _FIELDS else None


def _strings(raw: bytes, at: int, end: int) -> Iterator[bytes]:
    while at < end:
        start, after = _payload(raw, at)
        yield raw[start:after]
        at = after


def _payload(raw: bytes, at: int) -> tuple[int, int]:
    """Where the content of an RLP item begins, and where it ends (Yellow Paper, appendix B)."""
    first = raw[at]
    if first < 0x80:
        return at, at + 1
    base = 0x80 if first < 0xC0 else 0xC0
    short = first - base
    if short <= 55:
        return at + 1, at + 1 + short
    start = at + 1 + short - 55
    return start, start + _number(raw[at + 1 : start])


def _number(content: bytes) -> int:
    return int.from_bytes(content, "big")
