"""The tables of the history. Those of the reports follow from the catalog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.report import Table, Unit

APPLICATION_ID = 0x73617721
"""What marks an SQLite file as a history (``PRAGMA application_id``)."""

VERSION = 3
"""Of all statements below; a file of a higher one was written by a newer program."""

FIRST = (
    "CREATE TABLE apps (id INTEGER PRIMARY KEY, name TEXT NOT NULL, tags TEXT NOT NULL) STRICT",
    """CREATE TABLE readings (
        report TEXT NOT NULL, app_id INTEGER NOT NULL, period TEXT NOT NULL,
        first_read TEXT NOT NULL, last_read TEXT NOT NULL, "rows" INTEGER NOT NULL,
        zeros_since TEXT NOT NULL DEFAULT '', valued_at TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (report, period, app_id)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE revisions (
        report TEXT NOT NULL, period TEXT NOT NULL, app_id INTEGER NOT NULL,
        dimensions TEXT NOT NULL, field TEXT NOT NULL, value ANY,
        read_at TEXT NOT NULL, replaced_at TEXT NOT NULL,
        PRIMARY KEY (report, period, app_id, dimensions, field, replaced_at)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE alerts (
        id INTEGER PRIMARY KEY, rule TEXT NOT NULL, app_id INTEGER NOT NULL,
        dimensions TEXT NOT NULL, texts TEXT NOT NULL, state TEXT NOT NULL, severity TEXT NOT NULL,
        since TEXT NOT NULL, period TEXT NOT NULL, breaches INTEGER NOT NULL,
        clears INTEGER NOT NULL DEFAULT 0, unknowns INTEGER NOT NULL DEFAULT 0,
        value REAL, baseline REAL, change REAL, change_percent REAL,
        counts TEXT NOT NULL DEFAULT '[]', told REAL,
        reason TEXT NOT NULL DEFAULT '',
        opened_at TEXT NOT NULL, changed_at TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX alerts_of_rule ON alerts (rule, period)",
    """CREATE INDEX alerts_open ON alerts (rule)
        WHERE state IN ('pending', 'firing', 'recovering', 'stale')""",
    """CREATE TABLE events (
        id INTEGER PRIMARY KEY, alert INTEGER NOT NULL REFERENCES alerts (id),
        type TEXT NOT NULL, sequence INTEGER NOT NULL, at TEXT NOT NULL, period TEXT NOT NULL,
        reason TEXT NOT NULL, figures TEXT NOT NULL,
        UNIQUE (alert, type, sequence)
    ) STRICT""",
    """CREATE TABLE judged (
        rule TEXT NOT NULL, app_id INTEGER NOT NULL, lane TEXT NOT NULL,
        period TEXT NOT NULL, meaning TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (rule, app_id, lane)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE fleet (
        rule TEXT NOT NULL, lane TEXT NOT NULL, meaning TEXT NOT NULL, period TEXT NOT NULL,
        noise REAL NOT NULL, correlation REAL,
        PRIMARY KEY (rule, lane, meaning, period)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE held (
        event INTEGER PRIMARY KEY REFERENCES events (id) ON DELETE CASCADE, alert INTEGER NOT NULL,
        why TEXT NOT NULL, words TEXT NOT NULL, waiting INTEGER NOT NULL DEFAULT 1
    ) STRICT""",
    "CREATE INDEX held_waiting ON held (alert) WHERE waiting",
    """CREATE TABLE silences (
        id INTEGER PRIMARY KEY, rule TEXT NOT NULL, app TEXT NOT NULL, tag TEXT NOT NULL,
        begins TEXT NOT NULL, ends TEXT NOT NULL, because TEXT NOT NULL, author TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE acks (
        id INTEGER PRIMARY KEY, alert INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
        event INTEGER NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE given_up (
        rule TEXT NOT NULL, lane TEXT NOT NULL, period TEXT NOT NULL, app_id INTEGER NOT NULL,
        PRIMARY KEY (rule, lane, period, app_id)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE outbox (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, receiver TEXT NOT NULL, kind TEXT NOT NULL,
        notice TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'retry', 'dead')),
        tries INTEGER NOT NULL DEFAULT 0, next_try TEXT NOT NULL,
        error TEXT NOT NULL DEFAULT '', platform_id TEXT NOT NULL DEFAULT '',
        created_at TEXT NOT NULL, changed_at TEXT NOT NULL
    ) STRICT""",
    """CREATE INDEX outbox_waiting ON outbox (next_try)
        WHERE state IN ('queued', 'sending', 'retry')""",
    """CREATE TABLE digests (
        name TEXT NOT NULL, period TEXT NOT NULL, composed_at TEXT NOT NULL, notice TEXT NOT NULL,
        PRIMARY KEY (name, period)
    ) STRICT, WITHOUT ROWID""",
    "CREATE TABLE notes (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
)
"""Version 1: every table that does not follow from the catalog. ``app_id`` 0 stands for the platform."""

TOGETHER = (
    "ALTER TABLE outbox ADD COLUMN bundle INTEGER",
    "ALTER TABLE outbox ADD COLUMN layout TEXT NOT NULL DEFAULT ''",
    "UPDATE outbox SET bundle = id WHERE tries > 0",
    "CREATE INDEX outbox_bundle ON outbox (bundle) WHERE bundle IS NOT NULL",
    """CREATE TABLE polls (
        at TEXT PRIMARY KEY, calls INTEGER NOT NULL, failed INTEGER NOT NULL, retried INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
)
"""Version 2: which messages went out as one, by the number of the first; how each poll went."""

UNCONFIRMED = """CREATE TABLE unconfirmed (
    report TEXT NOT NULL, period TEXT NOT NULL, app_id INTEGER NOT NULL,
    dimensions TEXT NOT NULL, field TEXT NOT NULL, read_at TEXT NOT NULL, missing_at TEXT NOT NULL,
    PRIMARY KEY (report, period, app_id, dimensions, field)
) STRICT, WITHOUT ROWID"""
"""Version 2: cells that a later reading had no value for, though it had others: as old as before it."""

INDICES = (
    # The app before the period: what one reading brings lies side by side, and is written in one place.
    "CREATE INDEX readings_news ON readings (report, first_read, app_id, period)",
    "CREATE INDEX revisions_news ON revisions (report, replaced_at)",
    "CREATE INDEX alerts_of_series ON alerts (rule, app_id, dimensions)",
    "CREATE INDEX alerts_of_app ON alerts (app_id, period)",
)
"""Version 3: what is new is found without looking at what is old, and a series' alerts among all."""

SHIFTS = (
    "ALTER TABLE fleet ADD COLUMN shift REAL NOT NULL DEFAULT 1",
    "ALTER TABLE fleet ADD COLUMN cut REAL NOT NULL DEFAULT 0",
    "ALTER TABLE fleet ADD COLUMN eligible INTEGER NOT NULL DEFAULT 0",
)
"""Version 3: where a fleet stood, the score that was a breach in it, and how many series it had."""

NEAR_MISSES = """CREATE TABLE near_misses (
    rule TEXT NOT NULL, meaning TEXT NOT NULL, period TEXT NOT NULL, lane TEXT NOT NULL,
    app_id INTEGER NOT NULL, dimensions TEXT NOT NULL, texts TEXT NOT NULL,
    score REAL NOT NULL, value REAL NOT NULL, baseline REAL NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (rule, meaning, period, lane, app_id, dimensions)
) STRICT, WITHOUT ROWID"""
"""Version 3: what was unusual for a series, and not for one of so many; ``at``: when it was found first."""

WAYS = (
    "ALTER TABLE silences ADD COLUMN via TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE acks ADD COLUMN via TEXT NOT NULL DEFAULT ''",
)
"""Version 3: by what way, and from where, somebody answered; empty where that was not kept."""

STATEMENTS = (*FIRST, *TOGETHER, UNCONFIRMED, *INDICES, *SHIFTS, NEAR_MISSES, *WAYS)
"""Everything that does not follow from the catalog."""


def create_table(table: Table) -> str:
    """What makes a report's table; the period leads its key: days are written and judged whole."""
    key = ", ".join(table.key)
    columns = ", ".join(f"{name} {kind}" for name, kind in _columns(table).items())
    return f"CREATE TABLE {table.name} ({columns}, PRIMARY KEY ({key})) STRICT, WITHOUT ROWID"


def missing_from(
    existing: Mapping[str, frozenset[str]], tables: Mapping[str, Table] = TABLES
) -> Iterator[str]:
    """The statements that add what the catalog has and a history (table: its columns) lacks.

    A key cannot be changed like this; a report that gets another dimension needs a step of its own.
    """
    for table in tables.values():
        if table.name not in existing:
            yield create_table(table)
            continue
        for name, kind in _columns(table).items():
            if name not in existing[table.name]:
                yield f"ALTER TABLE {table.name} ADD COLUMN {name} {kind}"


def _columns(table: Table) -> dict[str, str]:
    report = table.report
    columns = {"period": "TEXT NOT NULL"}
    if not report.of_platform:
        columns["app_id"] = "INTEGER NOT NULL"
    columns |= {
        each.name: "INTEGER NOT NULL" if each.integer else "TEXT NOT NULL" for each in report.dimensions
    }
    columns |= {text.name: "TEXT" for text in report.texts}
    columns |= {metric.name: "INTEGER" if metric.unit is Unit.COUNT else "REAL" for metric in report.metrics}
    return columns
