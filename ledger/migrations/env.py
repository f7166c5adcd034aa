"""Where Alembic begins: it gets an open connection from `ledger.storage` and works in its transaction."""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    render_as_batch=True,  # SQLite cannot alter a table in place
    transactional_ddl=True,  # all revisions or none
)
context.run_migrations()
