"""How polls and cycles fared lately, and what people were told of the service's health."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from functools import cache
from typing import TYPE_CHECKING, Any

from smartapp_watch.alerts.notification import Topic
from smartapp_watch.health import FIGURES, Arrivals, Record, newest_awaited
from smartapp_watch.history.connection import Connection
from smartapp_watch.history.saving import reading_name
from smartapp_watch.history.selection import join_clauses, one_of, one_of_many
from smartapp_watch.metrics.period import Period

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_RECORD, _TOLD = "health", "health_told"
_USUAL_OF_DAYS = 28


@dataclass(frozen=True, slots=True)
class Told:
    """An ailment that people were told of ``times`` times; ``over``: and that it is over.

    ``count``: how many it was about when they heard of it last.
    """

    topic: Topic
    since: datetime
    first_at: datetime
    last_at: datetime
    times: int = 1
    count: int = 0
    over: bool = False


class HealthLog:
    """Reads and writes what is known of the service's health; the caller opens the transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self) -> Record:
        """How polls and cycles fared."""
        text = self._read(_RECORD)
        return _adapter(Record).validate_json(text) if text else Record()

    def save_record(self, record: Record) -> None:
        """Keep how they fared, in place of what was known before."""
        self._write(_RECORD, _adapter(Record).dump_json(record).decode())

    def told(self) -> tuple[Told, ...]:
        """What people were told of, and may be told more of."""
        text = self._read(_TOLD)
        return _adapter(tuple[Told, ...]).validate_json(text) if text else ()

    def save_told(self, told: tuple[Told, ...]) -> None:
        """Keep what they were told of."""
        self._write(_TOLD, _adapter(tuple[Told, ...]).dump_json(told).decode())

    def arrivals(self, app_ids: Collection[int], hour: time, zone: tzinfo, now: datetime) -> Arrivals:
        """For how many of these mini-programs the newest figures came that are due at ``hour``.

        Usual is the median of the four weeks before, of those days for which any came.
        """
        day, due = newest_awaited(now, hour, zone)
        counts = self._counts(app_ids, [day.shift(-number) for number in range(_USUAL_OF_DAYS + 1)])
        arrived = counts.pop(str(day), 0)
        before = sorted(counts.values())
        return Arrivals(due, arrived, before[len(before) // 2] if before else 0)

    def came_for_most(self, app_ids: Collection[int], hour: time, zone: tzinfo, now: datetime) -> bool:
        """Whether the same figures are there for so many that they are not late, whatever is usual."""
        day, due = newest_awaited(now, hour, zone)
        arrived = self._counts(app_ids, [day]).get(str(day), 0)
        return not Arrivals(due, arrived, len(app_ids)).are_late

    def _counts(self, app_ids: Collection[int], days: Sequence[Period]) -> dict[str, int]:
        """For how many of these mini-programs figures of each day came, of those days for which any did."""
        clauses = (
            one_of("report", [reading_name(FIGURES, "")]),
            one_of("period", [str(day) for day in days]),
            one_of_many("app_id", app_ids),
        )
        clause = join_clauses(clauses)
        rows = self._connection.select(
            f'SELECT period, count(*) FROM readings WHERE {clause.sql} AND "rows" > 0 GROUP BY period',
            clause.values,
        )
        return dict(rows)

    def _read(self, key: str) -> str | None:
        for (text,) in self._connection.select("SELECT value FROM notes WHERE key = ?", (key,)):
            return str(text)
        return None

    def _write(self, key: str, text: str) -> None:
        self._connection.execute(
            "INSERT INTO notes VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, text),
        )


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - slow to import, and most commands need no health

    return TypeAdapter(kind)
