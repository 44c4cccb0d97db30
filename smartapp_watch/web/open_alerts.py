"""Alerts as the pages list them: what each is about, who is on it, and what keeps it from being told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from smartapp_watch.alerts.alert import OPEN, Alert, Event, EventType, State
from smartapp_watch.alerts.grouping import badness
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.alerts.silence import in_force, silenced_by
from smartapp_watch.clock import first_after
from smartapp_watch.history.database import History
from smartapp_watch.history.silences import Ack
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.alert_view import AlertView, alert_view
from smartapp_watch.web.source import Current
from smartapp_watch.web.words import STATES

_ENDS = {
    State.RESOLVED: EventType.RESOLVE,
    State.RETRACTED: EventType.RETRACT,
    State.CLOSED: EventType.CLOSED,
    State.STALE: EventType.STALE,
}


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert in a list. ``quiet``: what keeps it from being told now; empty where nothing does."""

    view: AlertView
    state: str
    state_words: str
    severity: str
    acked: str
    quiet: str


@dataclass(frozen=True, slots=True)
class Lister:
    """Puts alerts into words as the settings, people's answers and silences are now."""

    current: Current
    acks: Mapping[int, Ack]
    quiets: Mapping[int, str]

    @classmethod
    def of(cls, history: History, current: Current, alerts: Iterable[Alert], now: datetime) -> Lister:
        """Read what people said about ``alerts``."""
        quiets = in_force(history.silences.not_over(now), current.watch.config.maintenance, now, first_after)
        found = {
            alert.id: silenced_by(quiets, current.rules.get(alert.rule, alert.rule), app_of(current, alert))
            for alert in alerts
            if alert.state in OPEN
        }
        words = {number: quiet.words for number, quiet in found.items() if quiet is not None}
        return cls(current, history.silences.acks(), words)

    def notice(self, alert: Alert) -> AlertNotice:
        """What is said of an alert as it stands."""
        ack = self.acks.get(alert.id)
        event = Event(_ENDS.get(alert.state, EventType.FIRE), alert, alert.reason)
        notice = AlertNotice.of(self.current.rules.get(alert.rule), app_of(self.current, alert), event)
        return replace(notice, acked=ack.by if ack else "")

    def line(self, notice: AlertNotice, state: State, language: Language) -> AlertLine:
        """An alert in a list."""
        return AlertLine(
            view=alert_view(notice, language),
            state=state.value,
            state_words=STATES[state].in_(language),
            severity=notice.severity.value,
            acked=notice.acked,
            quiet=self.quiets.get(notice.alert, ""),
        )

    def worst_first(self, alerts: Iterable[Alert]) -> list[tuple[AlertNotice, State]]:
        """What is said of each, in the order of a message: the more severe, then by the users lost; those
        that somebody deals with, or wanted silence of, come last."""
        told = [(self.notice(alert), alert.state) for alert in alerts]
        return sorted(told, key=lambda pair: (*self._answered(pair[0]), *badness(pair[0])))

    def _answered(self, notice: AlertNotice) -> Iterator[bool]:
        yield bool(notice.acked) or notice.alert in self.quiets


def open_alerts(history: History, current: Current) -> list[Alert]:
    """The alerts that people are told of: none that is pending, or of a rule in shadow."""
    shadows = {name for name, rule in current.rules.items() if rule.shadow}
    return [
        each
        for each in history.alerts.open_alerts()
        if each.state is not State.PENDING and each.rule not in shadows
    ]


def app_of(current: Current, alert: Alert) -> App | None:
    """An alert's mini-program as the settings know it; None for the platform's and the fleet's alerts."""
    if alert.app_id is None:
        return None
    found = current.apps.get(alert.app_id)
    return found.app if found else App(alert.app_id)
