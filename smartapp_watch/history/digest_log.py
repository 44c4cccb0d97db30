"""The digests that were composed: once for each name and period, and never changed again."""

from __future__ import annotations

from datetime import datetime

from smartapp_watch.alerts.notification import DigestNotice, Kind
from smartapp_watch.history.connection import Connection
from smartapp_watch.history.instant import write_instant
from smartapp_watch.history.notices import read_notice, write_notice
from smartapp_watch.metrics.period import Granularity, Period

_FORMS = {Granularity.DAY: "????-??-??", Granularity.WEEK: "????-W??"}
"""How the periods of digests are written."""


class DigestLog:
    """Reads and writes frozen digests; the caller opens the transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def is_faded(self, name: str, period: Period | str) -> bool:
        """Whether that digest was composed, so long ago that what it said is no longer kept."""
        rows = self._connection.select(
            "SELECT 1 FROM digests WHERE name = ? AND period = ? AND notice = ''", (name, str(period))
        )
        return any(True for _ in rows)

    def has(self, name: str, period: Period) -> bool:
        """Whether that digest was composed; cheap, while a digest of a large fleet takes long to read."""
        rows = self._connection.select(
            "SELECT 1 FROM digests WHERE name = ? AND period = ?", (name, str(period))
        )
        return any(True for _ in rows)

    def find(self, name: str, period: Period | str) -> DigestNotice | None:
        """The digest of that name and period, as it was composed; None also of one that is faded."""
        row = self._connection.execute(
            "SELECT notice FROM digests WHERE name = ? AND period = ? AND notice <> ''", (name, str(period))
        ).fetchone()
        if row is None:
            return None
        notice = read_notice(Kind.DIGEST, row[0])
        assert isinstance(notice, DigestNotice)  # noqa: S101 - by its kind
        return notice

    def freeze(self, notice: DigestNotice, at: datetime) -> None:
        """Keep a digest as it is now; one that is there already stays as it was."""
        self._connection.execute(
            "INSERT INTO digests (name, period, composed_at, notice) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (name, period) DO NOTHING",
            (notice.name, notice.period, write_instant(at), write_notice(notice)),
        )

    def fade(self, before: datetime, granularity: Granularity) -> int:
        """Keep of the digests composed before that only that they were; gives how many. They are large."""
        return self._connection.execute(
            "UPDATE digests SET notice = '' WHERE composed_at < ? AND notice <> '' AND period GLOB ?",
            (write_instant(before), _FORMS[granularity]),
        ).rowcount
