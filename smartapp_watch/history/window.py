"""What a rule needs to know of a set of mini-programs: rows and readings, each period read once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from statistics import median
from typing import Protocol

from smartapp_watch.history.alert_log import SeriesKey
from smartapp_watch.history.observations import Row
from smartapp_watch.history.reading_log import CellKey, StoredReading
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Table, Unit
from smartapp_watch.rules.baseline import Episode, candidates, same_weekdays
from smartapp_watch.rules.calendar import Calendar
from smartapp_watch.rules.interval import fleet_correlation
from smartapp_watch.rules.judge import Evidence, Fleet, Point, weeks_of_counts
from smartapp_watch.rules.rule import Rule, Unusual, Where
from smartapp_watch.rules.score import fleet_noise
from smartapp_watch.rules.verdict import Reason

Whose = tuple[int | None, str]
"""A mini-program (None: the platform) and the scene, which only the platform's readings have."""


class Knowledge(Protocol):
    """What is stored, as it is now or as it was known at some time."""

    def rows(
        self,
        table: Table,
        periods: Sequence[Period],
        columns: Sequence[str],
        where: tuple[Where, ...] = (),
        app_ids: Collection[int] | None = None,
    ) -> Iterator[Row]:
        """The rows of ``periods`` that a rule with this ``where`` watches."""

    def maturity(
        self, table: Table, periods: Sequence[Period], scene: str = "", app_ids: Collection[int] | None = None
    ) -> Mapping[tuple[int | None, str], StoredReading]:
        """How ``periods`` were read, by (app, period as text)."""

    def unconfirmed(
        self, table: Table, periods: Sequence[Period], app_ids: Collection[int] | None = None
    ) -> Mapping[CellKey, datetime]:
        """The cells that the newest reading had no value for, with the last reading that had one."""

    def oldest(self, table: Table) -> Period | None:
        """The oldest period that anything is stored of."""

    def changed(self, table: Table, since: datetime, first: Period) -> Mapping[int | None, Period]:
        """The first period, from ``first`` on, of each app that became known or was corrected."""


@dataclass(slots=True)
class _Loaded:
    """One period: who it is final for and whom it is not (with the reason), and the final values."""

    missing: dict[Whose, Reason]
    complete: set[Whose]
    points: dict[SeriesKey, Point]
    texts: dict[SeriesKey, tuple[str | None, ...]]


@dataclass
class Window:
    """A rule's inputs for a set of mini-programs, of one retention cell (``nth``; 1 where there is none).

    ``beside``: further columns of the rows, that points tell along with the rule's counts.
    """

    knowledge: Knowledge
    horizon: Horizon
    calendar: Calendar
    rule: Rule
    nth: int
    ids: list[int | None]
    now: datetime
    beside: tuple[str, ...] = ()
    _loaded: dict[Period, _Loaded] = field(default_factory=dict)
    _usual: dict[tuple[Period, Period | None], list[tuple[Period, _Loaded]]] = field(default_factory=dict)

    def read_ahead(self, periods: Iterable[Period]) -> None:
        """Read all that the values of ``periods`` are made of at once, in place of one after another."""
        days = dict.fromkeys(day for period in periods for day in self._days(period))
        self._read([day for day in days if day not in self._loaded])

    def is_ready(self, app_id: int | None, period: Period) -> bool:
        """Whether the period is a step: its value is final, or nobody waits for it any longer."""
        if self.horizon.is_given_up(period, self.nth, self.now):
            return True
        return self.is_complete(app_id, period)

    def excludes(self, period: Period) -> bool:
        """Whether the calendar leaves the period out; of a cohort's cell, its own day or that of the cell."""
        return self.calendar.excludes(period) or self.calendar.excludes(period.shift(self.nth - 1))

    def is_complete(self, app_id: int | None, period: Period) -> bool:
        """Whether everything that the period's value is made of is final."""
        whose = [(app_id, scene) for scene in self._scenes]
        final = all(self._load(day).complete.issuperset(whose) for day in self._days(period))
        return final and (self.nth == 1 or (app_id, (("nth", self.nth),)) in self._load(period).points)

    def may_become_final(self, app_id: int | None, period: Period) -> bool:
        """Whether there are values that are not final, or a cell that is missing from final ones.

        A period without values needs no such mark: that they came is on record.
        """
        loaded = [self._load(day) for day in self._days(period)]
        whose = [(app_id, scene) for scene in self._scenes]
        provisional = any(day.missing.get(each) is Reason.PROVISIONAL for day in loaded for each in whose)
        return provisional or (self.nth > 1 and not self.is_complete(app_id, period))

    def series(self, ready: set[int | None], period: Period, alerting: Iterable[SeriesKey]) -> set[SeriesKey]:
        """The series of the mini-programs that a verdict at ``period`` can mean something for.

        ``alerting``: series with an alert, which are judged whether they are still there or not.
        """
        keys = {key for key in (*self._load(period).points, *alerting) if key[0] in ready}
        if self._vanishing_counts:
            for past in candidates(self.rule, period):
                keys.update(key for key in self._load(past).points if key[0] in ready)
        return keys

    def evidence(
        self, key: SeriesKey, period: Period, episodes: tuple[Episode, ...], others: tuple[Episode, ...] = ()
    ) -> Evidence:
        """What is known of a series when ``period`` is judged. Excluded periods are no past.

        ``others``: what other rules have found unusual of it.
        """
        open_since = next((episode.since for episode in episodes if episode.until is None), None)
        compared = self._compared(period, open_since)
        if self.rule.window == 1 and not self._vanishing_counts:
            known = ((each, loaded.points.get(key)) for each, loaded in compared)
            past = {each: point for each, point in known if point is not None}
        else:
            points = ((each, self.point(key, each)) for each, _ in compared)
            past = {each: point for each, point in points if isinstance(point, Point)}
        return Evidence(self.point(key, period), past, episodes, others=others)

    def point(self, key: SeriesKey, period: Period) -> Point | Reason:
        """The final value of a series at a period (with a window: the sum), or why there is none."""
        if self.rule.window == 1:
            return self._single(key, period)
        points: list[Point] = []
        for day in self._days(period):
            point = self._single(key, day)
            if isinstance(point, Reason):
                return point
            points.append(point)
        columns = {column for point in points for column in point.counts}
        counts = {column: sum(point.counts.get(column) or 0 for point in points) for column in columns}
        return Point(sum(point.value for point in points), counts)

    def fleet(self, evidences: Iterable[Evidence], period: Period) -> Fleet:
        """What these series have in common at ``period``, as far as the rule's condition asks for it."""
        if isinstance(self.rule.condition, Unusual):
            return Fleet(noise=fleet_noise(_values_and_baselines(evidences)))
        if self.rule.tests_significance:
            weeks = (weeks_of_counts(self.rule, period, evidence) for evidence in evidences)
            return Fleet(correlation=fleet_correlation(weeks))
        return Fleet()

    def texts(self, key: SeriesKey, period: Period) -> tuple[tuple[str, str], ...]:
        """The row's words, or those of the newest earlier row where it is gone."""
        for each in (period, *candidates(self.rule, period)):
            words = self._load(each).texts.get(key)
            if words is not None:
                names = (text.name for text in self.rule.table.report.texts)
                return tuple((name, word) for name, word in zip(names, words, strict=True) if word)
        return ()

    def forget_before(self, period: Period) -> None:
        """Give back the memory of periods that no later one is compared with, as a rule."""
        oldest = min(candidates(self.rule, period) + same_weekdays(self.rule, period), default=period)
        reach = oldest.shift(-self.rule.window)
        for each in [each for each in self._loaded if each < reach]:
            del self._loaded[each]
        self._usual.clear()

    def _compared(self, period: Period, open_since: Period | None) -> list[tuple[Period, _Loaded]]:
        """The periods that ``period`` may be compared with; the same for every series without an alert."""
        found = self._usual.get((period, open_since))
        if found is None:
            wanted = dict.fromkeys(
                (*candidates(self.rule, period, open_since), *same_weekdays(self.rule, period))
            )
            found = [(each, self._load(each)) for each in wanted if not self.excludes(each)]
            self._usual[period, open_since] = found
        return found

    def _days(self, period: Period) -> list[Period]:
        """The periods whose values are added up; the period alone, unless the rule has a window."""
        return [period.shift(-days) for days in range(self.rule.window)]

    def _single(self, key: SeriesKey, period: Period) -> Point | Reason:
        loaded = self._load(period)
        point = loaded.points.get(key)
        if point is not None:
            return point
        whose = (key[0], self._scene_of(key))
        if whose not in loaded.complete:
            return loaded.missing.get(whose, Reason.NOT_FETCHED)
        return Point(0, {}) if self._vanishing_counts and key not in loaded.texts else Reason.ABSENT

    @cached_property
    def _vanishing_counts(self) -> bool:
        """Whether a dimension value that is missing from a complete reading counts as 0."""
        return self.rule.table.is_breakdown and self.rule.metric.unit is Unit.COUNT

    @cached_property
    def _columns(self) -> tuple[str, ...]:
        rule = self.rule
        counts = (column for column, _ in rule.at_least)
        wanted = (rule.metric.name, *(rule.metric.of or ()), *counts, *self.beside)
        return tuple(dict.fromkeys(wanted))

    def _load(self, period: Period) -> _Loaded:
        found = self._loaded.get(period)
        if found is None:
            self._read([period])
            found = self._loaded[period]
        return found

    def _read(self, periods: Sequence[Period]) -> None:
        found = {str(period): _Loaded({}, set(), {}, {}) for period in periods}
        for scene in self._scenes:
            readings = self.knowledge.maturity(self.rule.table, periods, scene, self._app_ids)
            for (app_id, name), reading in readings.items():
                reason = self._why_not(reading.period, reading)
                if reason is None:
                    found[name].complete.add((app_id, scene))
                else:
                    found[name].missing[app_id, scene] = reason
        self._read_rows(periods, found)
        self._loaded.update((period, found[str(period)]) for period in periods)

    def _why_not(self, period: Period, reading: StoredReading) -> Reason | None:
        if period.closes(self.nth) > self.now:
            return Reason.UNRIPE
        if not reading.rows:
            return Reason.ABSENT
        return None if self.horizon.is_final(period, self.nth, reading.state) else Reason.PROVISIONAL

    def _read_rows(self, periods: Sequence[Period], found: Mapping[str, _Loaded]) -> None:
        names = [dimension.name for dimension in self.rule.table.report.dimensions]
        columns = self._columns
        provisional = self._provisional_cells(periods)
        for row in self.knowledge.rows(self.rule.table, periods, columns, self._where, self._app_ids):
            loaded = found[row.period]
            key = (row.app_id, tuple(zip(names, row.dimensions, strict=True)))
            loaded.texts[key] = row.texts
            values = dict(zip(columns, row.values, strict=True))
            if provisional:
                whose = (row.app_id, row.period, row.dimensions)
                values |= {column: None for column in columns if (*whose, column) in provisional}
            value = values[self.rule.metric.name]
            if value is not None and (row.app_id, self._scene_of(key)) in loaded.complete:
                loaded.points[key] = Point(value, values)

    def _provisional_cells(self, periods: Sequence[Period]) -> set[CellKey]:
        """The cells that were read too early, and that no reading since has had a value for."""
        found = self.knowledge.unconfirmed(self.rule.table, periods, self._app_ids)
        settled = {str(period): period.closes(self.nth) + self.horizon.settle for period in periods}
        return {cell for cell, read_at in found.items() if read_at < settled[cell[1]]}

    def _scene_of(self, key: SeriesKey) -> str:
        return str(key[1][0][1]) if self.rule.table.report.of_platform else ""

    @cached_property
    def _scenes(self) -> tuple[str, ...]:
        """The scenes whose readings decide: those that ``where`` names, else all scenes together."""
        if not self.rule.table.report.of_platform:
            return ("",)
        named = [
            pattern for where in self.rule.where if where.column == "scene" for pattern in where.patterns
        ]
        return tuple(named) or ("",)

    @cached_property
    def _where(self) -> tuple[Where, ...]:
        cell = (Where("nth", (str(self.nth),)),) if self.nth > 1 else ()
        return (*self.rule.where, *cell)

    @cached_property
    def _app_ids(self) -> list[int] | None:
        return None if self.ids == [None] else [each for each in self.ids if each is not None]


def _values_and_baselines(evidences: Iterable[Evidence]) -> Iterator[tuple[float, float]]:
    for evidence in evidences:
        if isinstance(evidence.present, Point) and evidence.past:
            yield evidence.present.value, median(point.value for point in evidence.past.values())
