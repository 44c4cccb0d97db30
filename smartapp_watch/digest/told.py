"""The alerts of a digest: what is open, what began and ended, what was silenced, what comes and goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

from smartapp_watch.alerts.alert import OPEN, Alert, Dimensions, Event, EventType, State
from smartapp_watch.alerts.digest_parts import Answered
from smartapp_watch.alerts.notification import AlertNotice, Flapping
from smartapp_watch.alerts.patience import FLAP_PERIODS, FLAPS
from smartapp_watch.digest.scope import Scope
from smartapp_watch.history.database import History
from smartapp_watch.history.trends import Trends
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.rule import Rule

CARDS = 5
"""How many open alerts are shown with a chart."""

_LONGEST_PERIOD = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Told:
    """The alerts of a digest's mini-programs that were open in a period or later; pending ones are none.

    ``acked``: who deals with them, by their numbers.
    """

    history: History
    scope: Scope
    period: Period
    now: datetime
    alerts: tuple[Alert, ...]
    rules: Mapping[str, Rule]
    apps: Mapping[int, App]
    acked: Mapping[int, str]

    @classmethod
    def read(cls, history: History, scope: Scope, period: Period, now: datetime) -> Told:
        """Read them, worst first, and the oldest of equals."""
        apps = {app.id: app for app in scope.apps}
        alerts = [
            alert
            for alert in history.alerts.reaching(period.first - _LONGEST_PERIOD)
            if alert.state is not State.PENDING
            and (scope.of_platform if alert.app_id is None else alert.app_id in apps)
        ]
        alerts.sort(key=lambda alert: (-alert.severity.rank, alert.since.first, alert.since.hour))
        return cls(
            history,
            scope,
            period,
            now,
            tuple(alerts),
            rules={rule.name: rule for rule in scope.rules},
            apps=apps,
            acked={number: ack.by for number, ack in history.silences.acks().items()},
        )

    def open(self) -> list[Alert]:
        """Open when the period ended, as far as that is still known: one that ended within it may not be."""
        last = self.period.last
        return [
            alert
            for alert in self._live()
            if alert.since.first <= last and (alert.state in OPEN or alert.period.first > last)
        ]

    def opened(self) -> list[Alert]:
        """Those whose first breach lies in the period."""
        return [alert for alert in self._live() if self._is_within(alert.since)]

    def closed(self) -> list[Alert]:
        """Those that ended in the period."""
        return [alert for alert in self._live() if alert.state not in OPEN and self._is_within(alert.period)]

    def shadowed(self) -> list[Alert]:
        """Those of rules in shadow that are open, or whose first breach lies in the period."""
        return [
            alert
            for alert in self.alerts
            if self._is_in_shadow(alert) and (alert.state in OPEN or self._is_within(alert.since))
        ]

    def series(self) -> set[tuple[str, int | None, Dimensions]]:
        """The series that had an alert in the period, whatever became of it."""
        return {
            (alert.rule, alert.app_id, alert.dimensions)
            for alert in self.alerts
            if alert.since.first <= self.period.last
            and (alert.state in OPEN or alert.period.last >= self.period.first)
        }

    def silenced(self) -> list[AlertNotice]:
        """Those that a silence or a maintenance window kept from being told, with what it was for."""
        first, end = moments_of(self.period)
        why = self.history.review.silenced(first, end)
        return [
            replace(self.notice(alert), reason=_because(why[alert.id]))
            for alert in self._live()
            if alert.id in why
        ]

    def flapping(self) -> list[Flapping]:
        """The series whose alerts began three times within 14 days, most often first."""
        end = self.period.last + timedelta(days=1)
        times = self.history.review.flapping(end - timedelta(days=FLAP_PERIODS), end, FLAPS)
        alerts = {alert.id: alert for alert in self._live()}
        return [
            Flapping(self.notice(alerts[number]), count)
            for number, count in times.items()
            if number in alerts
        ]

    def answered(self, alerts: Iterable[Alert]) -> Answered:
        """How many of ``alerts`` were acknowledged, and how soon."""
        seconds = self.history.review.answered_within([alert.id for alert in alerts])
        return Answered(len(seconds), median(seconds) if seconds else None)

    def notices(self, alerts: Iterable[Alert]) -> tuple[AlertNotice, ...]:
        """What is said of each."""
        return tuple(map(self.notice, alerts))

    def cards(self, alerts: list[Alert]) -> tuple[AlertNotice, ...]:
        """What is said of those that are shown large, with how their series went."""
        found = self.notices(alerts[:CARDS])
        if self.scope.horizon is None:
            return found
        trends = Trends(
            self.history.observations,
            self.history.alerts,
            self.scope.rules,
            self.scope.horizon,
            self.scope.calendar,
            self.now,
        )
        return tuple(
            trends.add_to(notice, self.rules.get(alert.rule), alert)
            for notice, alert in zip(found, alerts, strict=False)
        )

    def notice(self, alert: Alert) -> AlertNotice:
        """What is said of an alert as it stands."""
        app = None if alert.app_id is None else self.apps[alert.app_id]
        kind = EventType.FIRE
        if alert.state not in OPEN and self._is_within(alert.period):
            kind = EventType.RESOLVE if alert.state is State.RESOLVED else EventType.CLOSED
        notice = AlertNotice.of(self.rules.get(alert.rule), app, Event(kind, alert))
        return replace(notice, acked=self.acked.get(alert.id, ""))

    def _live(self) -> Iterator[Alert]:
        return (alert for alert in self.alerts if not self._is_in_shadow(alert))

    def _is_in_shadow(self, alert: Alert) -> bool:
        return alert.rule in self.rules and self.rules[alert.rule].shadow

    def _is_within(self, period: Period) -> bool:
        return self.period.first <= period.first <= self.period.last


def by_app(alerts: Iterable[Alert]) -> Counter[int]:
    """How many of ``alerts`` each mini-program has."""
    return Counter(alert.app_id for alert in alerts if alert.app_id is not None)


def moments_of(period: Period) -> tuple[datetime, datetime]:
    """When the period began, and when it was over."""
    return period.shift(-1).closes(), period.closes()


def _because(words: str) -> str:
    """What a silence is for, without its kind and number: ``silence 3: release``."""
    return words.partition(": ")[2] or words
