"""Saving a reading: a period's rows as they come the first time, merged with what is there later on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from json import dumps
from typing import NamedTuple, TypeVar

from smartapp_watch.history.connection import Connection
from smartapp_watch.history.instant import read_instant, write_instant
from smartapp_watch.history.merge import Cell, Cells, Changes, Dimensions, Merge
from smartapp_watch.metrics.observation import Observation, Reading
from smartapp_watch.metrics.period import Period, periods_between
from smartapp_watch.metrics.report import Table, Unit

_Value = TypeVar("_Value", str, str | int, str | None)

_READ_BEFORE = (
    'SELECT period, last_read, "rows", valued_at FROM readings '
    "WHERE report = ? AND app_id = ? AND period IN ({marks})"
)
# Until a period has values, first_read moves along: it is when its values were first known.
# zeros_since: empty where some count is not 0; a reading without any count leaves it as it was (NULL).
_NOTE_READING = """INSERT INTO readings VALUES (?, ?, ?, ?, ?, ?, coalesce(?7, ''), ?8)
    ON CONFLICT (report, period, app_id) DO UPDATE SET
        first_read = iif(readings."rows" = 0 AND excluded."rows" > 0, excluded.first_read, first_read),
        last_read = max(readings.last_read, excluded.last_read),
        "rows" = excluded."rows",
        zeros_since = CASE WHEN ?7 IS NULL THEN zeros_since
                           WHEN ?7 <> '' AND zeros_since <> '' THEN zeros_since
                           ELSE ?7 END,
        valued_at = max(readings.valued_at, excluded.valued_at)"""
# Two corrections within one second: what stood before the first of them is what was known until then.
_NOTE_REVISION = "INSERT OR IGNORE INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_UNCONFIRMED = (
    "SELECT dimensions, field, read_at FROM unconfirmed WHERE report = ? AND period = ? AND app_id = ?"
)
_NOTE_MISSING = "INSERT OR IGNORE INTO unconfirmed VALUES (?, ?, ?, ?, ?, ?, ?)"
_CONFIRM = (
    "DELETE FROM unconfirmed WHERE report = ? AND period = ? AND app_id = ? AND dimensions = ? AND field = ?"
)


def reading_name(table: Table, scene: str) -> str:
    """What a table is called in ``readings`` and ``revisions``: each scene is read by itself."""
    return f"{table.name}/{scene}" if scene else table.name


def scene_of(name: str) -> str:
    """The scene in a name that ``reading_name`` gave; empty where there is none."""
    return name.partition("/")[2]


class _Before(NamedTuple):
    """What ``readings`` says of a period that was read before."""

    last_read: str
    rows: int
    valued_at: str


class _Visit(NamedTuple):
    """One reading as it is being saved: what it is called in the logs, whose it is, and when it was made.

    ``arrived``: its rows by period, every period that was asked for, those without rows too.
    """

    name: str
    app_id: int | None
    scene: str
    at: str
    periods: Mapping[str, Period]
    arrived: Mapping[str, Sequence[Observation]]

    @classmethod
    def of(cls, reading: Reading, read_at: datetime) -> _Visit:
        query = reading.query
        periods = _periods(query.first, query.last)
        arrived = _by_period(reading.observations)
        return cls(
            reading_name(query.table, query.scene),
            query.app_id,
            query.scene,
            write_instant(read_at),
            periods,
            {text: arrived.get(period, ()) for text, period in periods.items()},
        )

    def key(self, period: str, dimensions: Dimensions = ()) -> tuple[str | int, ...]:
        """The primary key of a row; without dimensions, how it begins."""
        return (period, *dimensions) if self.app_id is None else (period, self.app_id, *dimensions)


class Saving:
    """Saves the readings of one table."""

    def __init__(self, connection: Connection, table: Table) -> None:
        self._connection = connection
        self._merge = Merge(table)
        metrics = enumerate(table.report.metrics)
        self._counts = [
            place for place, metric in metrics if metric.unit is Unit.COUNT and not metric.of_cohort
        ]
        self._dimension_names = tuple(each.name for each in table.report.dimensions)
        key = table.key
        cells = table.columns[len(key) :]
        self._insert_row = (
            f"INSERT INTO {table.name} ({', '.join(table.columns)}) "
            f"VALUES ({', '.join('?' * len(table.columns))}) ON CONFLICT ({', '.join(key)}) DO UPDATE SET "
            + ", ".join(f"{cell} = coalesce(excluded.{cell}, {cell})" for cell in cells)
        )
        self._remove_row = f"DELETE FROM {table.name} WHERE {' AND '.join(f'{name} = ?' for name in key)}"
        self._stored_rows = (
            f"SELECT {', '.join(('period', *self._dimension_names, *cells))} FROM {table.name} "
            f"WHERE {'scene' if table.report.of_platform else 'app_id'} = ? AND period IN ({{marks}})"
        )

    def save(self, reading: Reading, read_at: datetime) -> int:
        """Store a reading in one transaction; gives the number of rows written, changed or removed."""
        try:
            with self._connection.transaction():
                return self._save(_Visit.of(reading, read_at))
        except UnicodeEncodeError:
            with self._connection.transaction():
                return self._save(_Visit.of(_encodable(reading), read_at))

    def _save(self, visit: _Visit) -> int:
        before = self._read_before(visit)
        fresh = {period: rows for period, rows in visit.arrived.items() if period not in before}
        # What has no values changes nothing but the time of the last reading.
        again = [
            period
            for period, rows in visit.arrived.items()
            if period in before and any(each.has_value for each in rows)
        ]
        valued = {period: known.rows for period, known in before.items()}
        valued |= {
            period: self._merge.count_valued(each.values for each in rows) for period, rows in fresh.items()
        }
        count = self._insert(visit, fresh)
        for period, stored in self._stored(visit, again).items():
            count += self._merge_period(visit, period, stored, before[period])
            valued[period] = self._merge.count_valued(map(self._merge.values_of, stored.values()))
        self._connection.executemany(
            _NOTE_READING,
            [
                (
                    *(visit.name, visit.app_id or 0, period, visit.at, visit.at, rows),
                    self._zeros(visit, period),
                    visit.at if any(each.has_value for each in visit.arrived[period]) else "",
                )
                for period, rows in valued.items()
            ],
        )
        return count

    def _zeros(self, visit: _Visit, period: str) -> str | None:
        """Since when all counts are 0, as far as this reading tells: now, not at all (``""``), or nothing."""
        counts = [each.values[place] for each in visit.arrived[period] for place in self._counts]
        known = [count for count in counts if count is not None]
        if not known:
            return None
        return "" if any(known) else visit.at

    def _insert(self, visit: _Visit, fresh: Mapping[str, Sequence[Observation]]) -> int:
        rows = []
        for period, observations in fresh.items():
            key = visit.key(period)
            rows += [(*key, *each.dimensions, *each.texts, *each.values) for each in observations]
        self._connection.executemany(self._insert_row, rows)
        return len(rows)

    def _merge_period(
        self, visit: _Visit, period: str, stored: dict[Dimensions, Cells], before: _Before
    ) -> int:
        """Bring ``stored`` up to date, here and in the table."""
        changes = self._merge.changes(
            visit.periods[period], stored, visit.arrived[period], read_instant(before.last_read)
        )
        rows = [visit.key(period, each) + cells for each, cells in changes.rows.items()]
        self._connection.executemany(self._insert_row, rows)
        self._connection.executemany(self._remove_row, [visit.key(period, each) for each in changes.removed])
        # As long as the period had no values, that a value was missing says nothing new.
        replaced = [each for each in changes.replaced if before.rows or each.value is not None]
        head = (visit.name, period, visit.app_id or 0)
        confirmed = self._confirm(head, stored, changes)
        revisions = {(self._write_dimensions(each.dimensions), each.field): each.value for each in replaced}
        revisions = {**{place: value for place, (value, _) in confirmed.items()}, **revisions}
        self._connection.executemany(
            _NOTE_REVISION,
            [
                (*head, *place, value, confirmed.get(place, (None, before.last_read))[1], visit.at)
                for place, value in revisions.items()
            ],
        )
        self._connection.executemany(
            _NOTE_MISSING,
            [
                (
                    *head,
                    self._write_dimensions(dimensions),
                    field,
                    before.valued_at or before.last_read,
                    visit.at,
                )
                for dimensions, field in changes.missing
            ],
        )
        stored |= changes.rows
        for each in changes.removed:
            del stored[each]
        return len(changes.rows) + len(changes.removed)

    def _confirm(
        self, head: tuple[str, str, int], stored: Mapping[Dimensions, Cells], changes: Changes
    ) -> dict[tuple[str, str], tuple[Cell, str]]:
        """Cells that a reading before had no value for, and this one has, with what they held and since when.

        That is a revision, be the value the same: until now it was not to be relied on.
        """
        missing = {(self._write_dimensions(dimensions), field) for dimensions, field in changes.missing}
        waiting = {
            (dimensions, field): read_at
            for dimensions, field, read_at in self._connection.select(_UNCONFIRMED, head)
            if (dimensions, field) not in missing
        }
        if not waiting:
            return {}
        self._connection.executemany(_CONFIRM, [(*head, *place) for place in waiting])
        held = {self._write_dimensions(each): cells for each, cells in stored.items()}
        return {
            (dimensions, field): (held[dimensions][self._merge.place_of(field)], read_at)
            for (dimensions, field), read_at in waiting.items()
        }

    def _read_before(self, visit: _Visit) -> dict[str, _Before]:
        sql = _READ_BEFORE.format(marks=_marks(visit.periods))
        found = self._connection.select(sql, (visit.name, visit.app_id or 0, *visit.periods))
        return {period: _Before(*cells) for period, *cells in found}

    def _stored(self, visit: _Visit, periods: Sequence[str]) -> dict[str, dict[Dimensions, Cells]]:
        if not periods:
            return {}
        stored: dict[str, dict[Dimensions, Cells]] = {period: {} for period in periods}
        whose = visit.scene if visit.app_id is None else visit.app_id
        cells = 1 + len(self._dimension_names)
        for row in self._connection.select(
            self._stored_rows.format(marks=_marks(periods)), (whose, *periods)
        ):
            stored[row[0]][row[1:cells]] = row[cells:]
        return stored

    def _write_dimensions(self, dimensions: Dimensions) -> str:
        named = dict(zip(self._dimension_names, dimensions, strict=True))
        return dumps(named, ensure_ascii=False, separators=(",", ":"))


def _by_period(observations: Iterable[Observation]) -> dict[Period, list[Observation]]:
    grouped: dict[Period, list[Observation]] = {}
    period, rows = None, []
    for each in observations:
        if each.period is not period:  # rows of one period mostly share it, and hashing it is not cheap
            period = each.period
            rows = grouped.setdefault(period, [])
        rows.append(each)
    return grouped


@lru_cache(maxsize=256)
def _periods(first: Period, last: Period) -> Mapping[str, Period]:
    # The readings of a poll are of few ranges.
    return {str(period): period for period in periods_between(first, last)}


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))


def _encodable(reading: Reading) -> Reading:
    """The same without lone surrogates, which JSON can spell and UTF-8, SQLite's encoding, cannot: U+FFFD."""
    observations = tuple(
        replace(
            each,
            dimensions=tuple(_without_surrogates(value) for value in each.dimensions),
            texts=tuple(_without_surrogates(value) for value in each.texts),
        )
        for each in reading.observations
    )
    query = replace(reading.query, scene=str(_without_surrogates(reading.query.scene)))
    return replace(reading, query=query, observations=observations)


def _without_surrogates(value: _Value) -> _Value | str:
    if not isinstance(value, str):
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
