"""A simulated world as a daemon reads and judges it: straight into the history, without HTTP.

Of the reports it reads the columns that the shipped rules look at; the others have no value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from smartapp_watch.alerts.alert import Event
from smartapp_watch.evaluate import Scope, evaluate
from smartapp_watch.history.database import History
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import Observation, Query, Reading
from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.metrics.report import Table
from smartapp_watch.simulator.answers import Answers
from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.call import Call
from smartapp_watch.simulator.figures import Figures, added, per, percent
from smartapp_watch.simulator.retention import retained
from smartapp_watch.simulator.spans import Span
from smartapp_watch.simulator.world import World
from tests.scenarios.script import WEEKLY, Misreading, Said, app_id, reports_of

_DAY = timedelta(days=1)
_NEXT_DAY = 2
_LESS, _HARDLY_ANYBODY = 0.4, 0.05


@dataclass(slots=True)
class Daemon:
    """Reads a world into a history and judges it.

    ``misreadings``: what readings get wrong, by the mini-program's id.
    """

    history: History
    world: World
    scope: Scope
    misreadings: Mapping[int, Misreading]
    events: list[tuple[datetime, Event]] = field(default_factory=list)

    def look(self, now: datetime, first: date, apps: Iterable[SimulatedApp]) -> None:
        """Read the days from ``first`` to yesterday of ``apps``, and judge what is ready of all.

        After days in which nobody looked, all of them are read at once, as after a standstill.
        """
        span = Span(first, now.date() - _DAY)
        observations = self.history.observations
        with self.history.transaction():
            for app in apps:
                source = _Source(
                    self.world, app, span, now, self.misreadings.get(app.id), reports_of(app.id - app_id(0))
                )
                for reading in source.readings():
                    observations.save(reading, now)
                if app.id == app_id(WEEKLY):
                    for reading in source.weeks():
                        observations.save(reading, now)
            observations.save(_totals(self.world, span, now), now)
        later = now + timedelta(minutes=5)  # a poll takes its time; what it reads was not known before it
        self.events += [(later, event) for event, _ in evaluate(self.history, self.scope, later)]


@dataclass(slots=True)
class _Source:
    """What the reports say of one mini-program's days at ``now``."""

    world: World
    app: SimulatedApp
    span: Span
    now: datetime
    misreading: Misreading | None
    reports: tuple[str, ...]

    def readings(self) -> Iterator[Reading]:
        """One of each report with a time axis, and the pages of each day, as far as they are polled."""
        days = self._days()
        yield self._read("user_trend", self.span, [_trend(day, each) for day, each in days])
        cohorts = Span(max(self.world.begins, self.span.first - _DAY), self.span.last)
        yield self._read("retained_user", cohorts, list(self._cohorts(cohorts)))
        if "activity_user" in self.reports:
            yield self._read("activity_user", self.span, [self._activity(day, each) for day, each in days])
        if "visit_page" in self.reports:
            for day, rows in self._pages(days).items():
                yield self._read("visit_page", Span(day, day), rows)

    def weeks(self) -> Iterator[Reading]:
        """The whole weeks that end within the days, one by one."""
        table = TABLES["user_trend_week"]
        for sunday in (day for day in self.span.days if day.weekday() == 6):
            week = Period.containing(sunday, Granularity.WEEK)
            figures = self.world.over(self.app, Span(week.first, sunday), self.now) or Figures()
            row = _observation(table, week, (), **_trend_cells(figures))
            yield Reading(Query(table, self.app.id, week, week), (row,))

    def _read(self, name: str, span: Span, rows: list[Observation]) -> Reading:
        query = Query(TABLES[name], self.app.id, Period.containing(span.first), Period.containing(span.last))
        return Reading(query, tuple(rows))

    def _said(self, day: date) -> Said | None:
        wrong = self.misreading
        return wrong.said if wrong and day == wrong.day and self.now < wrong.until else None

    def _days(self) -> list[tuple[date, Figures]]:
        """The days that have figures, with what is said of them."""
        found = ((day, self._figures(day)) for day in self.span.days)
        return [(day, figures) for day, figures in found if figures is not None]

    def _figures(self, day: date) -> Figures | None:
        figures = self.world.day(self.app, day)
        if figures is None or self._said(day) is Said.NOTHING:
            return None
        if self._said(day) is Said.ZEROS:
            return Figures()
        return _scaled(figures, _LESS) if self._said(day) is Said.LESS else figures

    def _activity(self, day: date, figures: Figures) -> Observation:
        table, period = TABLES["activity_user"], Period.containing(day)
        if not figures.users:
            return _observation(table, period, (), user_count=0, lost_ratio=0, accumulative_user_count=0)
        ever = self.world.users_ever(self.app, day, self.now)
        lost = self.world.lost_users(self.app, day, self.now)
        cells = {"user_count": figures.users, "accumulative_user_count": ever}
        return _observation(table, period, (), lost_user_count=lost, lost_ratio=percent(lost, ever), **cells)

    def _cohorts(self, span: Span) -> Iterator[Observation]:
        """Each day's users, and who of them came back on the next; nothing of that before it is known."""
        table = TABLES["retained_user"]
        for day in span.days:
            active = self._figures(day)
            if active is None:
                continue
            count = self._came_back(day, active.users)
            ratio = None if count is None else percent(count, active.users)
            cells = {"retained_user_count": count, "retained_ratio": ratio}
            yield _observation(
                table, Period.containing(day), (_NEXT_DAY,), active_user_count=active.users, **cells
            )

    def _came_back(self, day: date, users: int) -> int | None:
        if self._said(day) is Said.HARDLY_ANYBODY_CAME_BACK:
            return round(users * _HARDLY_ANYBODY)
        after = self._figures(day + _DAY)
        if after is None or day + _DAY > self.span.last:
            return None
        count = retained(self.world, self.app, "day", Span(day, day), _NEXT_DAY, self.now) or 0
        return min(count, after.old, users)

    def _pages(self, days: list[tuple[date, Figures]]) -> dict[date, list[Observation]]:
        """The rows of every day; none where the day has no figures, or only zeros."""
        answers = Answers(self.world)
        found: dict[date, list[Observation]] = {day: [] for day in self.span.days}
        for day, figures in days:
            if not figures.users:
                continue
            data = answers.data(Call(0, "visit_page", self.app.id, day, day, 0, 100), self.now)
            total, rows = data["sum"], data["data_list"]
            assert isinstance(total, dict)
            assert isinstance(rows, list)
            found[day] = [_page(day, "", total), *(_page(day, row["pageId"], row) for row in rows)]
        return found


def _totals(world: World, span: Span, now: datetime) -> Reading:
    table = TABLES["tp_data"]
    rows = []
    for day in span.days:
        there = [one for app in world.apps.values() if (one := world.day(app, day)) is not None]
        whole = added(there)
        rows.append(
            _observation(
                table,
                Period.containing(day),
                ("",),
                tp_day_app_count=len(there),
                tp_day_user_count=whole.users,
                tp_day_new_user_count=whole.new,
                tp_day_session_count=whole.sessions,
            )
        )
    query = Query(table, None, Period.containing(span.first), Period.containing(span.last))
    return Reading(query, tuple(rows))


def _observation(
    table: Table, period: Period, dimensions: tuple[str | int, ...], *texts: str, **cells: float | None
) -> Observation:
    values = tuple(cells.get(metric.name) for metric in table.report.metrics)
    return Observation(period, dimensions, texts, values)


def _trend(day: date, figures: Figures) -> Observation:
    return _observation(TABLES["user_trend"], Period.containing(day), (), **_trend_cells(figures))


def _trend_cells(figures: Figures) -> dict[str, float]:
    return {
        "new_user_count": figures.new,
        "user_count": figures.users,
        "session_count": figures.sessions,
        "average_session_time": per(figures.seconds, figures.sessions),
    }


def _page(day: date, page_id: str, row: Mapping[str, float]) -> Observation:
    cells = {name: row[name] for name in ("pv_count", "bounce_ratio", "exit_count")}
    name = str(row.get("pageName", ""))
    return _observation(TABLES["visit_page"], Period.containing(day), (page_id,), name, "", **cells)


def _scaled(figures: Figures, factor: float) -> Figures:
    return Figures(
        round(figures.new * factor),
        round(figures.old * factor),
        round(figures.sessions * factor),
        round(figures.seconds * factor),
    )
