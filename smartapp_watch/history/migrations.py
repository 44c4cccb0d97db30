"""The steps that bring a history up to date. Imported only where one is due: sqlite-utils is slow to load."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from smartapp_watch.history import schema
from smartapp_watch.history.connection import Connection

_steps = Migrations("smartapp_watch")


@_steps()
def first_tables(database: Database) -> None:
    """Everything of version 1 that does not follow from the catalog."""
    for statement in schema.FIRST:
        database.execute(statement)


@_steps()
def messages_together(database: Database) -> None:
    """What goes out as one message, and how polls went."""
    for statement in schema.TOGETHER:
        database.execute(statement)


@_steps()
def unconfirmed_cells(database: Database) -> None:
    """Which cells the newest reading did not confirm; of what was read before, nobody knows."""
    database.execute(schema.UNCONFIRMED)


@_steps()
def indices(database: Database) -> None:
    """Ways to find what is new, and of one series; where a fleet stood; near misses; who answered how."""
    for statement in (*schema.INDICES, *schema.SHIFTS, schema.NEAR_MISSES, *schema.WAYS):
        database.execute(statement)


def apply_migrations(connection: Connection) -> None:
    """Take every step that the file has not taken yet. Call it within a transaction: it is all or nothing."""
    _steps.apply(Database(connection.raw, execute_plugins=False))
    connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {schema.VERSION}")
