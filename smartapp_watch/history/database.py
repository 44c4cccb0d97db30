"""The history: one SQLite file, opened, brought up to date, and its parts."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from smartapp_watch.errors import HistoryError
from smartapp_watch.history import schema
from smartapp_watch.history.alert_log import AlertLog
from smartapp_watch.history.backup import keep_copy
from smartapp_watch.history.census import Census
from smartapp_watch.history.connection import PATIENCE, Busy, Connection
from smartapp_watch.history.digest_log import DigestLog
from smartapp_watch.history.erasure import Erasure
from smartapp_watch.history.health_log import HealthLog
from smartapp_watch.history.held import Held
from smartapp_watch.history.observations import Observations
from smartapp_watch.history.opening import open_to_read, open_to_write
from smartapp_watch.history.outbox import Outbox
from smartapp_watch.history.poll_log import PollLog
from smartapp_watch.history.review import Review
from smartapp_watch.history.silences import Silences
from smartapp_watch.history.storage import Storage
from smartapp_watch.history.trail import Trail
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.report import Table


class History:
    """Everything that is known; one thread's. Its parts share one connection, and so one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.observations = Observations(connection)
        self.alerts = AlertLog(connection)
        self.outbox = Outbox(connection)
        self.digests = DigestLog(connection)
        self.polls = PollLog(connection)
        self.review = Review(connection)
        self.trail = Trail(connection)
        self.silences = Silences(connection)
        self.held = Held(connection)
        self.storage = Storage(connection)
        self.census = Census(connection)
        self.health = HealthLog(connection)
        self.erasure = Erasure(connection)

    @property
    def path(self) -> Path:
        """The file."""
        return self._connection.path

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, for whatever the parts write in the block; may be nested."""
        return self._connection.transaction()

    def note(self, key: str) -> str | None:
        """A small fact that the service left for itself."""
        for (value,) in self._connection.select("SELECT value FROM notes WHERE key = ?", (key,)):
            return str(value)
        return None

    def set_note(self, key: str, value: str) -> None:
        """Leave a small fact, in place of the one of that name."""
        self._connection.execute(
            "INSERT INTO notes VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )

    def analyze(self) -> None:
        """Let SQLite count what is there, so that people's own queries find their way; takes milliseconds."""
        self._connection.execute("PRAGMA analysis_limit = 1000")
        self._connection.execute("ANALYZE")

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_history(path: Path, *, read_only: bool = False, tables: Mapping[str, Table] = TABLES) -> History:
    """The history at ``path``; made, or brought up to date with ``tables``, unless ``read_only``.

    Reading works beside a process that writes. HistoryError where the file is missing (``read_only``), is
    something else, was written by a newer program, or cannot be read or written.
    """
    if path.is_dir():
        raise HistoryError(f"{path} is a folder; [history] path must name a file")
    if not path.parent.is_dir():
        raise HistoryError(f"the folder {path.parent} that should hold the history does not exist")
    connection = open_to_read(path) if read_only else open_to_write(path)
    try:
        found = _look(connection)
        if read_only:
            _refuse_outdated(found, path, tables)
        else:
            _bring_up_to_date(connection, found, tables)
    except BaseException:
        connection.close()
        raise
    return History(connection)


def open_in_memory(tables: Mapping[str, Table] = TABLES) -> History:
    """A history that nobody keeps: what is tried out must not touch the one on disk."""
    connection = Connection(Path(":memory:"), "file::memory:")
    _bring_up_to_date(connection, _look(connection), tables)
    return History(connection)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a file is: its marks, and the columns of each of its tables."""

    application: int
    version: int
    columns: Mapping[str, frozenset[str]]

    def lacks(self, tables: Mapping[str, Table]) -> bool:
        """Whether anything has to be added to it."""
        return self.version < schema.VERSION or any(schema.missing_from(self.columns, tables))


_COLUMNS = (
    "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
)


def _look(connection: Connection) -> _Found:
    """What the file is; HistoryError where it is no history that this program understands."""
    columns: dict[str, set[str]] = {}
    with connection.snapshot():  # another process may be filling the file
        application = connection.number("application_id")
        version = connection.number("user_version")
        for table, column in connection.select(_COLUMNS):
            columns.setdefault(table, set()).add(column)
    if application != schema.APPLICATION_ID and (application or columns):
        tables = ", ".join(sorted(columns)[:5]) or "none"
        raise HistoryError(
            f"{connection.path} is another program's database (tables: {tables}), not a history"
        )
    if version > schema.VERSION:
        raise HistoryError(
            f"{connection.path} was written by a newer smartapp-watch "
            f"(its schema is {version}, this program knows {schema.VERSION}); update the program"
        )
    return _Found(application, version, {name: frozenset(names) for name, names in columns.items()})


def _refuse_outdated(found: _Found, path: Path, tables: Mapping[str, Table]) -> None:
    if found.lacks(tables):
        raise HistoryError(
            f"{path} is of an older smartapp-watch; run a command that writes first, such as poll"
        )


def _bring_up_to_date(connection: Connection, found: _Found, tables: Mapping[str, Table]) -> None:
    if not found.columns:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # before the first table, or it costs a VACUUM
    _share_by_log(connection)
    if not found.lacks(tables):
        return
    with connection.transaction():
        # Several processes may have started on one new file: what was found before the lock is old.
        found = _look(connection)
        if found.version < schema.VERSION:
            from smartapp_watch.history.migrations import apply_migrations  # noqa: PLC0415

            if found.version:
                keep_copy(connection.path, found.version)
            apply_migrations(connection)
        for statement in schema.missing_from(found.columns, tables):
            connection.execute(statement)


def _share_by_log(connection: Connection) -> None:
    """Switch the file to WAL: reading beside a writer. SQLite does not wait for others here, so this does.

    A file system that cannot share memory leaves it as it was; then readers and writers take turns.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        except Busy:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
