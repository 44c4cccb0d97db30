"""Saving a reading: a period's rows as they come the first time, merged with what is there later on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from json import dumps
from typing import NamedTuple

from smartapp_watch.history.connection import Connection
from smartapp_watch.history.instant import read_instant
from smartapp_watch.history.merge import Cell, Cells, Changes, Dimensions, Merge
from smartapp_watch.history.visit import Visit, encodable
from smartapp_watch.metrics.observation import Observation, Reading
from smartapp_watch.metrics.report import Table, Unit

_READ_BEFORE = (
    'SELECT period, last_read, "rows", zeros_since, valued_at FROM readings '
    "WHERE report = ? AND app_id = ? AND period IN ({marks})"
)
_NOTE_FIRST = "INSERT INTO readings VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
# Without first_read, which an index is of: that costs as much as all the others.
_NOTE_AGAIN = (
    'UPDATE readings SET last_read = ?, "rows" = ?, zeros_since = ?, valued_at = ? '
    "WHERE report = ? AND period = ? AND app_id = ?"
)
# Until a period has values, first_read moves along: it is when its values were first known.
_NOTE_ARRIVAL = "UPDATE readings SET first_read = ? WHERE report = ? AND period = ? AND app_id = ?"
# Two corrections within one second: what stood before the first of them is what was known until then.
_NOTE_REVISION = "INSERT OR IGNORE INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_UNCONFIRMED = (
    "SELECT period, dimensions, field, read_at FROM unconfirmed "
    "WHERE report = ? AND app_id = ? AND period IN ({marks})"
)
_NOTE_MISSING = "INSERT OR IGNORE INTO unconfirmed VALUES (?, ?, ?, ?, ?, ?, ?)"
_CONFIRM = (
    "DELETE FROM unconfirmed WHERE report = ? AND period = ? AND app_id = ? AND dimensions = ? AND field = ?"
)


class _Before(NamedTuple):
    """What ``readings`` says of a period that was read before."""

    last_read: str
    rows: int
    zeros_since: str
    valued_at: str


class _Stored(NamedTuple):
    """What is stored of a period that was read before.

    ``unconfirmed``: the cells, by dimensions (as they are written) and field, that the last reading had no
    value for; with when the last one that had was made.
    """

    before: _Before
    rows: dict[Dimensions, Cells]
    unconfirmed: dict[tuple[str, str], str]


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
        self._insert_rows = {size: _insert(table, size) for size in _together(table)}
        self._remove_row = f"DELETE FROM {table.name} WHERE {' AND '.join(f'{name} = ?' for name in key)}"
        self._stored_rows = (
            f"SELECT {', '.join(('period', *self._dimension_names, *cells))} FROM {table.name} "
            f"WHERE {'scene' if table.report.of_platform else 'app_id'} = ? AND period IN ({{marks}})"
        )

    def save(self, reading: Reading, read_at: datetime) -> int:
        """Store a reading in one transaction; gives the number of rows written, changed or removed."""
        try:
            with self._connection.transaction():
                return self.put(reading, read_at)
        except UnicodeEncodeError:
            with self._connection.transaction():
                return self.put(encodable(reading), read_at)

    def put(self, reading: Reading, read_at: datetime) -> int:
        """Store a reading within a transaction, which has to be undone where this raises."""
        visit = Visit.of(reading, read_at)
        before = self._read_before(visit)
        count = self._put_first(visit, before)
        return count + self._put_again(visit, before) if before else count

    def _put_first(self, visit: Visit, before: Collection[str]) -> int:
        """Write the periods that were never read before: plain rows, and there is nothing to compare."""
        rows: list[tuple[Cell, ...]] = []
        notes = []
        name, app_id, at = visit.name, visit.app_id or 0, visit.at
        for period, observations in visit.arrived.items():
            if period in before:
                continue
            key, valued = visit.key(period), 0
            for each in observations:
                cells = each.texts + each.values
                rows.append((*key, *each.dimensions, *cells))
                valued += self._merge.holds_value(cells)
            zeros = self._zeros(visit, observations) or ""
            valued_at = at if valued or _has_values(observations) else ""
            notes.append((name, app_id, period, at, at, valued, zeros, valued_at))
        self._write(rows)
        self._connection.executemany(_NOTE_FIRST, notes)
        return len(rows)

    def _put_again(self, visit: Visit, before: Mapping[str, _Before]) -> int:
        """Bring the periods that were read before up to date."""
        count, notes, arrivals = 0, [], []
        found = self._stored(visit, before)
        for period, known in before.items():
            rows, stored, observations = known.rows, found.get(period), visit.arrived[period]
            if stored:
                arrived = {each.dimensions: each.texts + each.values for each in observations}
                if arrived != stored.rows or stored.unconfirmed:
                    count += self._merge_period(visit, period, stored, arrived)
                rows = sum(map(self._merge.holds_value, stored.rows.values()))
            zeros = self._zeros(visit, observations)
            if zeros is None or (zeros and known.zeros_since):
                zeros = known.zeros_since
            valued_at = max(known.valued_at, visit.at) if stored else known.valued_at
            key = (visit.name, period, visit.app_id or 0)
            notes.append((max(known.last_read, visit.at), rows, zeros, valued_at, *key))
            if rows and not known.rows:
                arrivals.append((visit.at, *key))
        self._connection.executemany(_NOTE_AGAIN, notes)
        self._connection.executemany(_NOTE_ARRIVAL, arrivals)
        return count

    def _zeros(self, visit: Visit, observations: Sequence[Observation]) -> str | None:
        """Since when all counts are 0, as far as this reading tells: now, not at all (``""``), or nothing."""
        since = None
        for each in observations:
            for place in self._counts:
                count = each.values[place]
                if count:
                    return ""
                if count is not None:
                    since = visit.at
        return since

    def _write(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        """Write rows, each over what it finds in its place."""
        done = 0
        for size, sql in self._insert_rows.items():
            if size == 1:
                self._connection.executemany(sql, rows[done:])
                return
            while len(rows) - done >= size:
                self._connection.execute(sql, list(chain.from_iterable(rows[done : done + size])))
                done += size

    def _merge_period(
        self, visit: Visit, period: str, stored: _Stored, arrived: Mapping[Dimensions, Cells]
    ) -> int:
        """Bring what is stored of a period up to date, here and in the table."""
        before = stored.before
        changes = self._merge.changes(
            visit.periods[period], stored.rows, arrived, read_instant(before.last_read)
        )
        rows = [visit.key(period, each) + cells for each, cells in changes.rows.items()]
        self._write(rows)
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
        stored.rows.update(changes.rows)
        for each in changes.removed:
            del stored.rows[each]
        return len(changes.rows) + len(changes.removed)

    def _confirm(
        self, head: tuple[str, str, int], stored: _Stored, changes: Changes
    ) -> dict[tuple[str, str], tuple[Cell, str]]:
        """Cells that a reading before had no value for, and this one has, with what they held and since when.

        That is a revision, be the value the same: until now it was not to be relied on.
        """
        missing = {(self._write_dimensions(dimensions), field) for dimensions, field in changes.missing}
        waiting = {place: read_at for place, read_at in stored.unconfirmed.items() if place not in missing}
        if not waiting:
            return {}
        self._connection.executemany(_CONFIRM, [(*head, *place) for place in waiting])
        held = {self._write_dimensions(each): cells for each, cells in stored.rows.items()}
        return {
            (dimensions, field): (held[dimensions][self._merge.place_of(field)], read_at)
            for (dimensions, field), read_at in waiting.items()
        }

    def _read_before(self, visit: Visit) -> dict[str, _Before]:
        sql = _READ_BEFORE.format(marks=_marks(visit.periods))
        found = self._connection.select(sql, (visit.name, visit.app_id or 0, *visit.periods))
        return {period: _Before(*cells) for period, *cells in found}

    def _stored(self, visit: Visit, before: Mapping[str, _Before]) -> dict[str, _Stored]:
        """What is stored of those periods that values came of: without any, only the log changes."""
        stored = {
            period: _Stored(known, {}, {})
            for period, known in before.items()
            if _has_values(visit.arrived[period])
        }
        if not stored:
            return {}
        marks = _marks(stored)
        whose = visit.scene if visit.app_id is None else visit.app_id
        cells = 1 + len(self._dimension_names)
        for row in self._connection.select(self._stored_rows.format(marks=marks), (whose, *stored)):
            stored[row[0]].rows[row[1:cells]] = row[cells:]
        for period, dimensions, field, read_at in self._connection.select(
            _UNCONFIRMED.format(marks=marks), (visit.name, visit.app_id or 0, *stored)
        ):
            stored[period].unconfirmed[dimensions, field] = read_at
        return stored

    def _write_dimensions(self, dimensions: Dimensions) -> str:
        named = dict(zip(self._dimension_names, dimensions, strict=True))
        return dumps(named, ensure_ascii=False, separators=(",", ":"))


def _together(table: Table) -> tuple[int, ...]:
    """How many rows one statement writes, the most first.

    A breakdown's rows lie side by side, and more of them at once cost less. Those of a time axis lie a fleet
    apart: before a statement of several SQLite would copy every page that it writes to.
    """
    return (16, 4, 1) if table.is_breakdown else (1,)


def _insert(table: Table, rows: int) -> str:
    row = f"({', '.join('?' * len(table.columns))})"
    cells = table.columns[len(table.key) :]
    return (
        f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES {', '.join([row] * rows)} "
        f"ON CONFLICT ({', '.join(table.key)}) DO UPDATE SET "
        + ", ".join(f"{cell} = coalesce(excluded.{cell}, {cell})" for cell in cells)
    )


def _has_values(observations: Iterable[Observation]) -> bool:
    for each in observations:
        values = each.values
        if values[0] is not None or values.count(None) < len(values):
            return True
    return False


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))
