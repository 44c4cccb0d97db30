"""What a rule needs to know of a set of mini-programs: rows and readings, each period read once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from smartapp_watch.history.alert_log import SeriesKey
from smartapp_watch.history.observations import Observations, Row
from smartapp_watch.metrics.due import Horizon, ReadState
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Unit
from smartapp_watch.rules.baseline import Episode, candidates
from smartapp_watch.rules.judge import Evidence, Point
from smartapp_watch.rules.rule import Rule, Where
from smartapp_watch.rules.verdict import Reason


@dataclass(slots=True)
class Window:
    """A rule's inputs for a set of mini-programs, of one retention cell (``nth``; 1 where there is none)."""

    observations: Observations
    horizon: Horizon
    rule: Rule
    nth: int
    ids: list[int | None]
    now: datetime
    _rows: dict[Period, dict[SeriesKey, Row]] = field(default_factory=dict)
    _states: dict[Period, dict[int | None, ReadState]] = field(default_factory=dict)

    def is_ready(self, app_id: int | None, period: Period) -> bool:
        """Whether the period is a step: its value is final, or nobody waits for it any longer."""
        if self.horizon.is_given_up(period, self.nth, self.now):
            return True
        state = self._state(app_id, period)
        if state is None or not state.rows or not self.horizon.is_final(period, self.nth, state.last_read):
            return False
        return self.nth == 1 or self._has_cell(app_id, period)

    def _has_cell(self, app_id: int | None, period: Period) -> bool:
        row = self._rows_of(period).get((app_id, (("nth", self.nth),)))
        return row is not None and row.values[0] is not None

    def series(self, ready: set[int | None], period: Period, alerting: Iterable[SeriesKey]) -> set[SeriesKey]:
        """The series of the mini-programs that a verdict at ``period`` can mean something for.

        ``alerting``: series with an alert, which are judged whether they are still there or not.
        """
        keys = {key for key in (*self._rows_of(period), *alerting) if key[0] in ready}
        if self._vanishing_counts:
            for past in candidates(self.rule, period):
                keys.update(key for key in self._rows_of(past) if key[0] in ready)
        return keys

    @property
    def _vanishing_counts(self) -> bool:
        """Whether a dimension value that is missing from a complete reading counts as 0."""
        return self.rule.table.is_breakdown and self.rule.metric.unit is Unit.COUNT

    def evidence(self, key: SeriesKey, period: Period, episodes: tuple[Episode, ...]) -> Evidence:
        """What is known of a series when ``period`` is judged."""
        open_since = next((episode.since for episode in episodes if episode.until is None), None)
        points = {each: self._point(key, each) for each in candidates(self.rule, period, open_since)}
        past = {each: point for each, point in points.items() if isinstance(point, Point)}
        return Evidence(self._point(key, period), past, episodes)

    def texts(self, key: SeriesKey, period: Period) -> tuple[tuple[str, str], ...]:
        """The row's words, or those of the newest earlier row where it is gone."""
        for each in (period, *candidates(self.rule, period)):
            row = self._rows_of(each).get(key)
            if row is not None:
                names = (text.name for text in self.rule.table.report.texts)
                return tuple((name, word) for name, word in zip(names, row.texts, strict=True) if word)
        return ()

    def _point(self, key: SeriesKey, period: Period) -> Point | Reason:
        state = self._state(key[0], period)
        if state is None:
            return Reason.NOT_FETCHED
        if period.closes(self.nth) > self.now:
            return Reason.UNRIPE
        if not self.horizon.is_final(period, self.nth, state.last_read):
            return Reason.PROVISIONAL
        row = self._rows_of(period).get(key)
        if row is None and self._vanishing_counts and state.rows:
            return Point(0, {})
        if row is None or row.values[0] is None:
            return Reason.ABSENT
        return Point(row.values[0], dict(zip(self._columns, row.values, strict=True)))

    @property
    def _columns(self) -> tuple[str, ...]:
        rule = self.rule
        wanted = (rule.metric.name, *(rule.metric.of or ()), *(column for column, _ in rule.at_least))
        return tuple(dict.fromkeys(wanted))

    def _state(self, app_id: int | None, period: Period) -> ReadState | None:
        if period not in self._states:
            found = self.observations.maturity(self.rule.table, [period])
            self._states[period] = {
                key[0]: ReadState(reading.last_read, reading.rows) for key, reading in found.items()
            }
        return self._states[period].get(app_id)

    def _rows_of(self, period: Period) -> dict[SeriesKey, Row]:
        if period not in self._rows:
            names = [dimension.name for dimension in self.rule.table.report.dimensions]
            rows = self.observations.rows(
                self.rule.table, [period], self._columns, self._where, self._app_ids
            )
            self._rows[period] = {
                (row.app_id, tuple(zip(names, row.dimensions, strict=True))): row for row in rows
            }
        return self._rows[period]

    @property
    def _where(self) -> tuple[Where, ...]:
        cell = (Where("nth", (str(self.nth),)),) if self.nth > 1 else ()
        return (*self.rule.where, *cell)

    @property
    def _app_ids(self) -> list[int] | None:
        return None if self.ids == [None] else [each for each in self.ids if each is not None]
