"""How a series went up to the period that an alert judged, and what else is known of that period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from glob import escape
from statistics import median

from smartapp_watch.alerts.alert import Alert, EventType, State
from smartapp_watch.alerts.beside import figures_beside
from smartapp_watch.alerts.compared import OWN_WEEKDAY, Compared
from smartapp_watch.alerts.fold import Fold, Recorded
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.alerts.trend import Beside, Trend
from smartapp_watch.history.alert_log import AlertLog, SeriesKey
from smartapp_watch.history.breakdowns import trace
from smartapp_watch.history.knowledge import Knowledge
from smartapp_watch.history.window import Window
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.period import Granularity, Period, periods_between
from smartapp_watch.rules.baseline import (
    Episode,
    candidates,
    clean,
    companions_of,
    usual_weekdays,
)
from smartapp_watch.rules.calendar import Calendar
from smartapp_watch.rules.fleet import Shifts
from smartapp_watch.rules.judge import Evidence, Fleet, Point, along, baseline_periods, choose_baseline
from smartapp_watch.rules.precedent import Precedents
from smartapp_watch.rules.rule import Change, Late, Rule, Threshold, Unusual, Where

PERIODS = {Granularity.HOUR: 48, Granularity.DAY: 28, Granularity.WEEK: 12, Granularity.MONTH: 12}
"""How many periods a trend has."""

_WEEKS_OF_USUAL = 4
_LEAST_WEEKS = 3

_Judged = Threshold | Change | Unusual


@dataclass(frozen=True, slots=True)
class Trends:
    """Reads what messages show beside an alert's own figures, as it is known at ``now``.

    ``rules``: all there are: what one of them finds unusual is no baseline of its companions.
    """

    knowledge: Knowledge
    alerts: AlertLog
    rules: tuple[Rule, ...]
    horizon: Horizon
    calendar: Calendar
    now: datetime

    def add_to(self, notice: AlertNotice, rule: Rule | None, alert: Alert) -> AlertNotice:
        """``notice`` with its events, the trend, what moved beside, what carries it, the peak, and where else
        it fires.

        With events alone where the rule is gone, was made into one on other series, or is one of lateness.
        """
        occurrences = self.calendar.of(alert.app_id).occurrences
        first = alert.period.shift(1 - notice.window).first
        notice = replace(notice, occasions=occurrences(first, alert.period.last))
        if rule is None or isinstance(rule.condition, Late) or not _is_of(rule, alert):
            return notice
        series = self._series(rule, rule.condition, alert)
        here, elsewhere = self.alerts.firing_beside(alert)
        change = alert.figures.change or along(rule.condition.direction, 1.0)
        origin = trace(
            self.knowledge, rule, alert.app_id, alert.period, change=change, usual=series.usual_weekdays()
        )
        return replace(
            notice,
            trend=series.trend(),
            beside=tuple(series.beside()),
            origin=origin,
            peak=series.peak(),
            # What is withdrawn is told with the figures of its first day.
            compared=series.compared(alert.since if notice.type is EventType.RETRACT else alert.period),
            # With a ``where`` nobody knows whether there is any other series that could fire.
            others_here=here if here or not rule.where else None,
            others_elsewhere=elsewhere,
        )

    def _series(self, rule: Rule, condition: _Judged, alert: Alert) -> _Series:
        beside = figures_beside(rule.table.report, rule.metric.name) if rule.window == 1 else ()
        nth = dict(alert.dimensions).get("nth", 1)
        window = Window(
            knowledge=self.knowledge,
            horizon=self.horizon,
            calendar=self.calendar.of(alert.app_id),
            rule=replace(rule, where=tuple(_pinned(alert))),
            nth=int(nth),
            ids=[alert.app_id],
            now=self.now,
            beside=beside,
        )
        found = self._found(rule, alert)
        episodes = found if alert.state is State.RETRACTED else (*found, Episode(alert.since))
        others = (each for each in companions_of(rule, self.rules) if each.name != rule.name)
        elsewhere = tuple(episode for other in others for episode in self._found(other, alert))
        series = _Series(window, condition, alert, episodes, elsewhere, self._shifts(rule, alert))
        window.read_ahead(series.needed())
        return series

    def _shifts(self, rule: Rule, alert: Alert) -> tuple[tuple[Period, Fleet], ...]:
        """Where the fleet was at each period that any of the trend may be compared with."""
        lane, last = str(dict(alert.dimensions).get("nth", "")), alert.period
        first = last.shift(-PERIODS[last.granularity])
        first = min(candidates(rule, first), default=first).shift(-Shifts.of(rule).most)
        return tuple(self.alerts.fleets.shifts(rule, lane, first, last)) if rule.moves_with_fleet else ()

    def _found(self, rule: Rule, alert: Alert) -> tuple[Episode, ...]:
        """What a rule found unusual of the alert's series; of its own, all but the alert itself.

        That one stays open: it was judged by what stood before it.
        """
        recorded = (
            Recorded(each, told=True)
            for each in self.alerts.of_series(replace(alert, rule=rule.name))
            if each.id != alert.id and each.since.granularity is rule.every
        )
        return Fold(rule, tuple(recorded)).episodes


@dataclass(frozen=True)
class _Series:
    """The series of an alert, up to the period that it judged. ``others``: the companions' episodes of it."""

    window: Window
    condition: _Judged
    alert: Alert
    episodes: tuple[Episode, ...]
    others: tuple[Episode, ...] = ()
    shifts: tuple[tuple[Period, Fleet], ...] = ()

    def needed(self) -> Iterator[Period]:
        """Every period whose value is asked for."""
        for period in self._periods:
            yield period
            yield from self.window.lookback.past(period, self._open_since(period))
        yield from self.usual_weekdays()

    def trend(self) -> Trend | None:
        """None where no value is known at all."""
        if all(value is None for value in self._values):
            return None
        return Trend(
            periods=tuple(map(str, self._periods)),
            values=self._values,
            lows=tuple(min(each, default=None) for each in self._usual),
            highs=tuple(max(each, default=None) for each in self._usual),
        )

    def peak(self) -> float | None:
        """The value of the episode that was farthest from what is usual, as far back as the trend goes."""
        moves = {
            value: along(self.condition.direction, value - median(usual))
            for period, value, usual in zip(self._periods, self._values, self._usual, strict=True)
            if value is not None and usual and period >= self.alert.since
        }
        return max(moves, key=moves.__getitem__, default=None)

    def compared(self, period: Period) -> Compared:
        """What a period was compared with, where it is not the same weekday."""
        of = self.window.lookback.precedents(period)
        if of is None or (of.of == period and not of.holiday):
            return OWN_WEEKDAY
        if not of.holiday:
            return Compared(day=str(of.of))
        chosen = baseline_periods(self.window.rule, period, self._evidence(period))
        return Compared(
            holiday=of.holiday, years=tuple(each.year for each in of.years if each.period in chosen)
        )

    def beside(self) -> Iterator[Beside]:
        """Other figures of the row, each with the median of four same weekdays, where three are known."""
        present = self._point(self.alert.period)
        if present is None:
            return
        points = (self._point(each) for each in self.usual_weekdays())
        past = [point for point in points if point is not None][:_WEEKS_OF_USUAL]
        for name in self.window.beside:
            value = present.counts.get(name)
            known = [count for point in past if (count := point.counts.get(name)) is not None]
            if value is not None:
                usual = median(known) if len(known) >= _LEAST_WEEKS else None
                yield Beside(f"{self.window.rule.table.report.name}.{name}", value, usual)

    @cached_property
    def _periods(self) -> tuple[Period, ...]:
        last = self.alert.period
        return tuple(periods_between(last.shift(1 - PERIODS[last.granularity]), last))

    @cached_property
    def _values(self) -> tuple[float | None, ...]:
        points = map(self._point, self._periods)
        return tuple(None if point is None else point.value for point in points)

    @cached_property
    def _usual(self) -> tuple[list[float], ...]:
        return tuple(map(self._compared_with, self._periods))

    def _compared_with(self, period: Period) -> list[float]:
        """The values that a period is compared with; a limit alone, where the rule has one."""
        if isinstance(self.condition, Threshold):
            return [self.condition.limit]
        if self.window.lookback.why_not(period):
            return []
        chosen = choose_baseline(self.window.rule, period, self._evidence(period))
        return [point.value for point in chosen]

    def _evidence(self, period: Period) -> Evidence:
        own, others = _known_by(period, self.episodes), _known_by(period.shift(-1), self.others)
        return self.window.evidence(self._key, period, own, others, self._common(period))

    def _common(self, period: Period) -> tuple[Episode, ...]:
        """When the whole fleet was outside its band, as it was known when the period was judged."""
        shifts = Shifts.of(self.window.rule)
        for each, fleet in self.shifts:
            if each < period:
                shifts.note(each, fleet)
        return shifts.episodes

    def _point(self, period: Period) -> Point | None:
        """What is known of a period; nothing of one that the calendar leaves out."""
        point = None if self.window.lookback.why_not(period) else self.window.point(self._key, period)
        return point if isinstance(point, Point) else None

    @property
    def _key(self) -> SeriesKey:
        return self.alert.app_id, self.alert.dimensions

    def usual_weekdays(self) -> list[Period]:
        """The same weekdays before the alert that were ordinary days in every way, newest first.

        None of a holiday: there are none that it could be compared with.
        """
        last = self.alert.period
        of = self.window.lookback.precedents(last) or Precedents(last)
        if of.holiday:
            return []
        unusual = (*_known_by(last, self.episodes), *_known_by(last.shift(-1), self.others))
        unusual += self._common(last)
        usual = clean(usual_weekdays(of.of, self._open_since(last)), unusual)
        return [each for each in usual if not self.window.lookback.excludes(each)]

    def _open_since(self, period: Period) -> Period | None:
        return next((each.since for each in _known_by(period, self.episodes) if each.until is None), None)


def _known_by(period: Period, episodes: tuple[Episode, ...]) -> tuple[Episode, ...]:
    """The episodes as they were by then: what ended with the period, or later, was open."""
    return tuple(
        Episode(each.since, each.until if each.until and each.until < period else None)
        for each in episodes
        if each.since <= period
    )


def _is_of(rule: Rule, alert: Alert) -> bool:
    """Whether the rule's series are such as the alert's is one of."""
    names = [dimension.name for dimension in rule.table.report.dimensions]
    return rule.every is alert.period.granularity and names == [name for name, _ in alert.dimensions]


def _pinned(alert: Alert) -> Iterator[Where]:
    """The alert's series alone; the window names the retention cell itself."""
    for name, value in alert.dimensions:
        if name != "nth":
            yield Where(name, (escape(str(value)),))
