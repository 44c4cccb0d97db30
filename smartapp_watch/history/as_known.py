"""The observations as they were known at an earlier time: what is stored now, corrections undone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from smartapp_watch.history.alert_log import SeriesKey
from smartapp_watch.history.corrections import Revision
from smartapp_watch.history.merge import WHOLE_ROW
from smartapp_watch.history.observations import Observations, Row
from smartapp_watch.history.reading_log import Arrivals, Awaited, CellKey, StoredReading
from smartapp_watch.history.selection import is_meant
from smartapp_watch.history.suspicion import Suspicion
from smartapp_watch.metrics.due import GIVE_UP_AFTER, Horizon, is_final_since
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Table, Unit
from smartapp_watch.rules.rule import Where

_RowKey = tuple[int | None, str, tuple[str | int, ...]]


class AsKnown:
    """What was known at ``at``; for rules it stands in for :class:`Observations`.

    A cell held what the first correction after ``at`` replaced, else what it holds now; of a period nothing
    was known before it was first read. ``horizon``: what lies before a mini-program's first reading
    was filled in, and counts as known since it settled; without that, a new history would have no past.

    A retention cell that has no correction counts as known since it closed: when it came is not on record.
    """

    def __init__(self, observations: Observations, at: datetime, horizon: Horizon | None = None) -> None:
        self._observations = observations
        self._at = at
        self._horizon = horizon
        self._began: dict[str, Mapping[int | None, datetime]] = {}
        self._last_change: dict[str, datetime | None] = {}

    def then(self, at: datetime) -> AsKnown:
        """The same at another time."""
        other = AsKnown(self._observations, at, self._horizon)
        other._began, other._last_change = self._began, self._last_change
        return other

    def rows(
        self,
        table: Table,
        periods: Sequence[Period],
        columns: Sequence[str],
        where: tuple[Where, ...] = (),
        app_ids: Collection[int] | None = None,
        *,
        keys: Collection[SeriesKey] | None = None,
    ) -> Iterator[Row]:
        """The rows of ``periods`` that a rule with this ``where`` watches, as they were.

        Of ``app_ids``, if given; ``keys``: and of those, only these series.
        """
        unknown, past = self._unknown(table, periods, app_ids), _Past()
        if not self.is_as_stored(table):
            past = _Past.of(self._observations.corrections.revisions(table, periods, self._at, app_ids))
        closed = {str(period): self._closed_cells(table, period) for period in periods}
        for row in self._observations.rows(table, periods, columns, where, app_ids, keys=keys):
            if (not unknown or _reading_key(table, row) not in unknown) and _is_over(row, closed):
                yield from past.take(row, columns)
        for row in past.rest(table, columns):
            if (
                _reading_key(table, row) not in unknown
                and _is_over(row, closed)
                and is_meant(table, where, row.dimensions, row.texts)
                and (keys is None or _series_key(table, row) in keys)
            ):
                yield row

    def maturity(
        self, table: Table, periods: Sequence[Period], scene: str = "", app_ids: Collection[int] | None = None
    ) -> dict[tuple[int | None, str], StoredReading]:
        """How ``periods`` had been read, by (app, period as text)."""
        found = self._observations.maturity(table, periods, scene, app_ids)
        later: dict[tuple[int | None, str], list[Revision]] = {}
        for each in self._observations.corrections.revisions(table, periods, self._at, app_ids):
            if not table.report.of_platform or each.dimensions[:1] == (scene,):
                later.setdefault((each.app_id, each.period), []).append(each)
        return {
            key: self._as_it_was(table, reading, later.get(key, ()))
            for key, reading in found.items()
            if self._known_since(table, reading) <= self._at
        }

    def unconfirmed(
        self, table: Table, periods: Sequence[Period], app_ids: Collection[int] | None = None
    ) -> Mapping[CellKey, datetime]:
        """The cells that the newest reading had had no value for."""
        return self._observations.unconfirmed(table, periods, app_ids, at=self._at)

    def arrivals(self, awaited: Awaited, app_ids: Collection[int] | None = None) -> Arrivals:
        """How far a period had come, of all apps or of ``app_ids``."""
        found, others = Arrivals(set(), set(), set(), set()), app_ids
        if app_ids is not None and self._at >= awaited.final_from:
            unsettled = self._observations.unsettled(awaited, app_ids, self._at)
            revised = self._revised(awaited, app_ids)
            others = [each for each in app_ids if each in unsettled or each in revised]
            found.final.update(app_ids)
            found.final.difference_update(others)
        if others is None or others:
            self._look_closely(found, awaited, others)
        return found

    def suspects(self, suspicion: Suspicion, app_ids: Collection[int]) -> Iterator[SeriesKey]:
        """The series of ``app_ids`` that may have been in breach; of none of these is anything doubtful."""
        return self._observations.suspects(suspicion, app_ids)

    def suspects_among(self, suspicion: Suspicion, keys: Collection[SeriesKey]) -> Iterator[SeriesKey]:
        """Those of ``keys`` that may have been in breach; of none of these is anything doubtful."""
        return self._observations.suspects_among(suspicion, keys)

    def restless(
        self, suspicion: Suspicion, periods: Sequence[Period], app_ids: Collection[int]
    ) -> Iterator[SeriesKey]:
        """The series that may be in breach at any of these periods, as they are stored now."""
        return self._observations.restless(suspicion, periods, app_ids)

    def oldest(self, table: Table) -> Period | None:
        """The oldest period that anything was known of."""
        if self._horizon is None:
            return self._observations.corrections.oldest_known(table, self._at)
        oldest = self._observations.oldest(table)
        return oldest if oldest and oldest.closes() <= self._at else None

    def changed(self, table: Table, since: datetime, first: Period) -> dict[Period, set[int | None]]:
        """The first period, from ``first`` on, that had become known or been corrected, and of which apps."""
        return self._observations.changed(table, since, first, until=self._at)

    def is_as_stored(self, table: Table) -> bool:
        """Whether nothing of the table became known, or was corrected, since then."""
        if table.name not in self._last_change:
            self._last_change[table.name] = self._observations.corrections.last_change(table)
        last = self._last_change[table.name]
        return last is None or last <= self._at

    def _look_closely(self, found: Arrivals, awaited: Awaited, app_ids: Collection[int] | None) -> None:
        """Put those in their places whose readings, or cells, may have been others then."""
        table, periods = awaited.table, [awaited.period]
        for each in self.maturity(table, periods, awaited.scene, app_ids).values():
            is_final = is_final_since(awaited.final_from, each.state)
            place = found.empty if not each.rows else found.final if is_final else found.provisional
            place.add(each.app_id)
        unknown = (app_id for app_id, _, _ in self._unknown(table, periods, app_ids))
        unconfirmed = (cell[0] for cell in self.unconfirmed(table, periods, app_ids))
        found.doubtful.update(unknown, unconfirmed, self._revised(awaited, app_ids))

    def _revised(self, awaited: Awaited, app_ids: Collection[int] | None) -> set[int | None]:
        if self.is_as_stored(awaited.table):
            return set()
        corrections = self._observations.corrections
        revisions = corrections.revisions(awaited.table, [awaited.period], self._at, app_ids)
        return {each.app_id for each in revisions}

    def _as_it_was(self, table: Table, reading: StoredReading, later: Sequence[Revision]) -> StoredReading:
        # What a correction replaced was read last just before it.
        last = min(later[0].read_at if later else reading.last_read, self._at)
        valued = reading.valued_at
        return reading._replace(
            first_read=self._known_since(table, reading),
            last_read=min(last, reading.last_read),
            zeros_since=self._zeros_since(table, reading, later),
            valued_at=min(valued, last) if valued else None,
        )

    def _zeros_since(
        self, table: Table, reading: StoredReading, later: Sequence[Revision]
    ) -> datetime | None:
        """Since when every count had been 0: a batch that was not done, which a later one corrected."""
        if later and any(each.value == 0 for each in later) and self._was_zero(table, reading):
            return min(reading.first_read, self._at)
        since = reading.zeros_since
        if since is None or (reading.state.is_believed and reading.first_read > self._at):
            return None
        return since if since <= self._at else None

    def _was_zero(self, table: Table, reading: StoredReading) -> bool:
        counts = [metric.name for metric in table.report.metrics if metric.unit is Unit.COUNT]
        ids = None if reading.app_id is None else [reading.app_id]
        rows = self.rows(table, [reading.period], counts, (), ids)
        return not any(value for row in rows for value in row.values)

    def _known_since(self, table: Table, reading: StoredReading) -> datetime:
        return self._since_when(table, reading.app_id, reading.period, reading.first_read)

    def _since_when(self, table: Table, app_id: int | None, period: Period, first_read: datetime) -> datetime:
        if self._horizon is None:
            return first_read
        if table.name not in self._began:
            self._began[table.name] = self._observations.corrections.first_readings(table)
        settled = period.closes() + self._horizon.settle
        was_watched = self._began[table.name][app_id] <= settled + GIVE_UP_AFTER
        return first_read if was_watched else min(settled, first_read)

    def _unknown(
        self, table: Table, periods: Sequence[Period], app_ids: Collection[int] | None
    ) -> set[tuple[int | None, str, str]]:
        """Which (app, period, scene) nothing was known of yet; a scene is the platform's only."""
        if self.is_as_stored(table):
            return set()
        read_later = self._observations.corrections.read_after(table, periods, self._at, app_ids)
        return {
            (app_id, str(period), scene)
            for app_id, period, scene, first_read in read_later
            if self._since_when(table, app_id, period, first_read) > self._at
        }

    def _closed_cells(self, table: Table, period: Period) -> range | None:
        """The cells of a cohort that were over; None where the report has none."""
        last = table.report.last_nth
        if last == 1:
            return None
        closed = [nth for nth in range(2, last + 1) if period.closes(nth) <= self._at]
        return range(2, max(closed, default=1) + 1)


def _reading_key(table: Table, row: Row) -> tuple[int | None, str, str]:
    return row.app_id, row.period, str(row.dimensions[0]) if table.report.of_platform else ""


def _series_key(table: Table, row: Row) -> SeriesKey:
    names = (dimension.name for dimension in table.report.dimensions)
    return row.app_id, tuple(zip(names, row.dimensions, strict=True))


def _is_over(row: Row, closed: Mapping[str, range | None]) -> bool:
    cells = closed[row.period]
    return cells is None or row.dimensions[-1] in cells


@dataclass(slots=True)
class _Past:
    """What corrections replaced: for each row, by field, what the first of them found there.

    ``added``: rows that were there from a correction on. Rows that are not asked for stay in ``cells``.
    """

    cells: dict[_RowKey, dict[str, str | int | float | None]] = field(default_factory=dict)
    added: set[_RowKey] = field(default_factory=set)

    @classmethod
    def of(cls, revisions: Iterable[Revision]) -> _Past:
        """From the revisions in the order of time."""
        past = cls()
        for each in revisions:
            key = (each.app_id, each.period, each.dimensions)
            cells = past.cells.setdefault(key, {})
            if key in past.added:
                continue  # what came after the row was there says nothing of before
            if each.field == WHOLE_ROW:
                past.added.add(key)
            else:
                cells.setdefault(each.field, each.value)
        return past

    def take(self, row: Row, columns: Sequence[str]) -> Iterator[Row]:
        """The row as it was, if it was there at all."""
        key = (row.app_id, row.period, row.dimensions)
        cells = self.cells.pop(key, None)
        if cells is None:
            yield row
        elif key not in self.added:
            values = [cells.get(name, value) for name, value in zip(columns, row.values, strict=True)]
            yield row._replace(values=tuple(map(_number, values)))
        elif cells:
            yield row._replace(values=tuple(_number(cells.get(name)) for name in columns))

    def rest(self, table: Table, columns: Sequence[str]) -> Iterator[Row]:
        """The rows that are not there any longer (and those that nobody asked for), as they were."""
        texts = [text.name for text in table.report.texts]
        for (app_id, period, dimensions), cells in self.cells.items():
            if cells:
                words = tuple(None if cells.get(name) is None else str(cells[name]) for name in texts)
                values = tuple(_number(cells.get(name)) for name in columns)
                yield Row(app_id, dimensions, words, period, values)


def _number(value: str | int | float | None) -> int | float | None:
    assert not isinstance(value, str)  # noqa: S101 - only texts are, and no column of figures is one
    return value
