"""History → a daily or weekly digest: composed once, frozen, and queued like any other message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from smartapp_watch.alerts.alert import OPEN, Alert, Event, EventType, State
from smartapp_watch.alerts.notification import AlertNotice, AppLine, DigestNotice, Total
from smartapp_watch.history.database import History
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Period, periods_between
from smartapp_watch.metrics.words import Language
from smartapp_watch.rules.rule import Rule

POLL_FAILURES = "poll_failures"
"""The history's note of what the newest poll failed at, one failure a line."""

FIGURES = TABLES["user_trend"]
"""The table that a digest's figures are of."""

_SUMMED = ("session_count", "new_user_count")
_AVERAGED = "user_count"

Known = Mapping[date, float]
"""The figures of one metric of one mini-program, by day; a day that nothing is known of is not there."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a digest is about: its mini-programs, and the rules whose alerts it tells of.

    ``unpolled``: the numbers of those that no figures are polled of, so that nobody waits for them.
    """

    apps: tuple[App, ...]
    rules: tuple[Rule, ...]
    of_platform: bool = True
    language: Language | None = None
    unpolled: frozenset[int] = frozenset()


def is_settled(history: History, scope: Scope, period: Period, horizon: Horizon) -> bool:
    """Whether every day of ``period`` is final for every mini-program that figures are polled of."""
    days = list(_days(period))
    readings = history.observations.maturity(FIGURES, days)
    return all(
        (reading := readings.get((app.id, str(day)))) is not None and horizon.is_final(day, 1, reading.state)
        for app in scope.apps
        if app.id not in scope.unpolled
        for day in days
    )


def reaches_back_to(history: History, scope: Scope, period: Period) -> bool:
    """Whether the history knows figures of ``period`` or of an earlier one, or is asked for none."""
    oldest = history.observations.oldest(FIGURES)
    nothing_polled = all(app.id in scope.unpolled for app in scope.apps)
    return nothing_polled or (oldest is not None and oldest.first <= period.last)


def compose(history: History, name: str, scope: Scope, period: Period, now: datetime) -> DigestNotice:
    """The digest of ``period``; the frozen one where it was composed before."""
    frozen = history.digests.find(name, period)
    if frozen:
        return frozen
    days = [day.first for day in _days(period)]
    figures = _Figures.read(history, scope, period)
    alerts = _Alerts.read(history, scope, period)
    return DigestNotice(
        name=name,
        period=str(period),
        first=str(period.first),
        last=str(period.last),
        composed_at=now,
        apps_checked=len(scope.apps),
        days=len(days),
        totals=figures.totals(scope.apps),
        open=tuple(alerts.open()),
        opened=tuple(alerts.opened()),
        closed=tuple(alerts.closed()),
        shadowed=tuple(alerts.shadowed()),
        apps=tuple(
            AppLine(app.id, app.title, figures.totals((app,)), figures.days_known(app)) for app in scope.apps
        ),
        missing=tuple(app.title for app in scope.apps if figures.days_known(app) < len(days)),
        failures=tuple((history.note(POLL_FAILURES) or "").splitlines()),
        language=scope.language,
        undelivered=history.outbox.count_undelivered(period.shift(-1).closes(), period.closes()),
    )


def queue(history: History, notice: DigestNotice, receivers: tuple[str, ...], now: datetime) -> int:
    """Freeze a digest and queue it for each receiver, each once; how many were new."""
    with history.transaction():
        history.digests.freeze(notice, now)
        return sum(
            history.outbox.queue(f"digest/{notice.name}/{notice.period}/{receiver}", receiver, notice, now)
            for receiver in receivers
        )


def _days(period: Period) -> Iterator[Period]:
    return periods_between(Period.containing(period.first), Period.containing(period.last))


@dataclass(frozen=True, slots=True)
class _Figures:
    """The figures of a period and of the one before, by metric and mini-program."""

    present: tuple[date, ...]
    before: tuple[date, ...]
    known: dict[tuple[str, int], dict[date, float]]

    @classmethod
    def read(cls, history: History, scope: Scope, period: Period) -> _Figures:
        present, before = list(_days(period)), list(_days(period.shift(-1)))
        metrics = (_AVERAGED, *_SUMMED)
        known: dict[tuple[str, int], dict[date, float]] = {}
        ids = [app.id for app in scope.apps]
        for row in history.observations.rows(FIGURES, [*before, *present], metrics, (), ids):
            for metric, value in zip(metrics, row.values, strict=True):
                if value is not None and row.app_id is not None:
                    known.setdefault((metric, row.app_id), {})[date.fromisoformat(row.period)] = value
        return cls(tuple(day.first for day in present), tuple(day.first for day in before), known)

    def days_known(self, app: App) -> int:
        return len(self._of(_AVERAGED, app).keys() & set(self.present))

    def totals(self, apps: tuple[App, ...]) -> tuple[Total, ...]:
        average = self._total(apps, _AVERAGED, a_day=True)
        return (average, *(self._total(apps, metric, a_day=False) for metric in _SUMMED))

    def _total(self, apps: tuple[App, ...], metric: str, *, a_day: bool) -> Total:
        of = _average if a_day else _sum
        series = [self._of(metric, app) for app in apps]
        comparable = [each for each in series if self._is_whole(each)]
        known = [each for each in series if not each.keys().isdisjoint(self.present)]
        return Total(
            metric=f"{FIGURES.report.name}.{metric}",
            value=of(known, self.present) if known else None,
            before=of(comparable, self.before) if comparable else None,
            daily=tuple(self._on(series, day) for day in self.present),
            comparable=of(comparable, self.present) if comparable else None,
            a_day=a_day,
        )

    def _of(self, metric: str, app: App) -> Known:
        return self.known.get((metric, app.id), {})

    def _is_whole(self, series: Known) -> bool:
        return series.keys() >= {*self.present, *self.before}

    @staticmethod
    def _on(series: list[Known], day: date) -> float | None:
        values = [each[day] for each in series if day in each]
        return sum(values) if values else None


def _sum(series: list[Known], days: tuple[date, ...]) -> float:
    return sum(each[day] for each in series for day in days if day in each)


def _average(series: list[Known], days: tuple[date, ...]) -> float:
    """A day's figure of all: each counts with its mean over those days that are known of it."""
    return sum(_sum([each], days) / sum(day in each for day in days) for each in series)


@dataclass(frozen=True, slots=True)
class _Alerts:
    """The alerts that a digest tells of, as notices; pending ones are nothing to tell.

    ``acked``: who deals with them, by their numbers.
    """

    alerts: list[Alert]
    rules: Mapping[str, Rule]
    apps: Mapping[int, App]
    of_platform: bool
    period: Period
    acked: Mapping[int, str]

    @classmethod
    def read(cls, history: History, scope: Scope, period: Period) -> _Alerts:
        return cls(
            alerts=history.alerts.all_alerts(),
            rules={rule.name: rule for rule in scope.rules},
            apps={app.id: app for app in scope.apps},
            of_platform=scope.of_platform,
            period=period,
            acked={number: ack.by for number, ack in history.silences.acks().items()},
        )

    def open(self) -> list[AlertNotice]:
        """Open when the period ended, worst first, and the oldest of equals."""
        found = [self._notice(alert, EventType.FIRE) for alert in self._told() if self._was_open(alert)]
        return sorted(found, key=lambda notice: (-notice.severity.rank, notice.since))

    def opened(self) -> list[AlertNotice]:
        """Those whose first breach lies in the period."""
        return [self._notice(alert, EventType.FIRE) for alert in self._told() if self._is_within(alert.since)]

    def closed(self) -> list[AlertNotice]:
        """Those that ended in the period."""
        return [
            self._notice(alert, EventType.RESOLVE if alert.state is State.RESOLVED else EventType.CLOSED)
            for alert in self._told()
            if alert.state not in OPEN and self._is_within(alert.period)
        ]

    def shadowed(self) -> list[AlertNotice]:
        """Those of rules in shadow that are open, or whose first breach lies in the period."""
        return [
            self._notice(alert, EventType.FIRE)
            for alert in self._of_scope()
            if self._is_in_shadow(alert) and (alert.state in OPEN or self._is_within(alert.since))
        ]

    def _told(self) -> Iterator[Alert]:
        return (alert for alert in self._of_scope() if not self._is_in_shadow(alert))

    def _is_in_shadow(self, alert: Alert) -> bool:
        return alert.rule in self.rules and self.rules[alert.rule].shadow

    def _of_scope(self) -> Iterator[Alert]:
        for alert in self.alerts:
            of_scope = self.of_platform if alert.app_id is None else alert.app_id in self.apps
            if of_scope and alert.state is not State.PENDING:
                yield alert

    def _was_open(self, alert: Alert) -> bool:
        """As far as that is still known: an alert that ended within the period may not be open any more."""
        is_over = alert.state not in OPEN and alert.period.first <= self.period.last
        return alert.since.first <= self.period.last and not is_over

    def _is_within(self, period: Period) -> bool:
        return self.period.first <= period.first <= self.period.last

    def _notice(self, alert: Alert, kind: EventType) -> AlertNotice:
        app = None if alert.app_id is None else self.apps[alert.app_id]
        notice = AlertNotice.of(self.rules.get(alert.rule), app, Event(kind, alert))
        return replace(notice, acked=self.acked.get(alert.id, ""))
