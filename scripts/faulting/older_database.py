"""A database as an older Cairn left it: an earlier schema, with what the present one holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from scripts.faulting.claims import connected
from scripts.faulting.world import World


def make_older(world: World, revision: str) -> None:
    """Has the database be one that an older Cairn wrote: its schema, with what is in this one."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    from ledger.storage import MIGRATIONS

    current, older = world.data / "ledger.db", world.folder / "older.db"
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with create_engine(f"sqlite:///{older}").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    copy_rows(current, older)
    for file in world.data.glob("ledger.db*"):
        file.unlink()
    older.rename(current)


def copy_rows(source: Path, target: Path) -> None:
    """Copies every table that both have, in the columns that both have."""
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("ATTACH ? AS newer", (str(source),))
        names = {row[0] for row in connection.execute("SELECT name FROM newer.sqlite_master WHERE type = 'table'")}
        for (table,) in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
            if table not in names or table == "alembic_version":
                continue
            older, newer = columns(connection, "main", table), columns(connection, "newer", table)
            shared = ", ".join(name for name in older if name in newer)
            if all(name in newer for name, is_needed in older.items() if is_needed):
                connection.execute(f"INSERT INTO main.{table} ({shared}) SELECT {shared} FROM newer.{table}")  # noqa: S608


def columns(connection: sqlite3.Connection, schema: str, table: str) -> dict[str, bool]:
    """The columns of a table, and whether each must have a value."""
    found = connection.execute(f"PRAGMA {schema}.table_info({table})").fetchall()
    return {name: bool(needed) and default is None for _, name, _, needed, default, _ in found}


def schema_of(world: World) -> tuple[object, ...]:
    with connected(world.data / "ledger.db") as run:
        return tuple(run("SELECT name, sql FROM sqlite_master ORDER BY name")), tuple(
            run("SELECT * FROM alembic_version")
        )
