"""From what happened to what is told: each event is queued for its receivers, or held back, on record.

Silences, maintenance windows and rules in shadow decide what is told, never what is the case. When one of
them ends, people are told the difference between what they know and how the alert stands, as one event.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from smartapp_watch.alerts.alert import OPEN, Alert, Event, EventType
from smartapp_watch.alerts.knowledge import Knowledge, is_news, known, owed
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.alerts.patience import (
    FLAP_PERIODS,
    FLAPPING,
    STILL,
    begins_to_flap,
    is_left_to_digest,
    reminder_due,
)
from smartapp_watch.alerts.routing import Route, receivers_of
from smartapp_watch.alerts.silence import Hold, Matchers, Quiet, silenced_by
from smartapp_watch.evaluate.fleet_alert import told_by_fleet
from smartapp_watch.evaluate.upstream import tells_of_absence
from smartapp_watch.history.database import History
from smartapp_watch.history.silences import Ack
from smartapp_watch.history.trends import Trends
from smartapp_watch.metrics.observation import App
from smartapp_watch.rules.rule import Rule

log = logging.getLogger(__name__)

Told = tuple[Event, AlertNotice]

_FLAPPING = Quiet(Hold.FLAPPING, "it comes and goes; the digest tells of it", Matchers())
_UNKNOWN = Quiet(Hold.UNKNOWN, "no news to anybody", Matchers())


@dataclass(slots=True)
class Teller:
    """One evaluation's way out. ``quiets``: the silences and windows in force; ``acks``: by alert.
    ``source_late``: what holds back the news that figures are missing, where that is so of nearly everybody.

    ``receivers``: those there are; None where nobody says. ``go_on``: is called before each message, which
    takes time to compose, and may raise.
    """

    history: History
    trends: Trends
    routes: tuple[Route, ...]
    quiets: tuple[Quiet, ...]
    acks: Mapping[int, Ack]
    rules: Mapping[str, Rule]
    apps: Mapping[int, App]
    now: datetime
    receivers: frozenset[str] | None = None
    go_on: Callable[[], None] = lambda: None
    source_late: Quiet | None = None

    def tell(self, event: Event) -> Told:
        """Queue a saved event, unless something holds it back; what it says."""
        quiet = self._quiet(event.alert) or self._no_news(event)
        if (
            event.type is EventType.FIRE
            and quiet is _FLAPPING
            and begins_to_flap(self._beginnings(event.alert))
        ):
            return self._queue(replace(event, reason=FLAPPING))
        if quiet is None:
            return self._queue(event)
        self.history.held.hold(event, quiet.hold, quiet.words)
        return event, self._notice(event)

    def catch_up(self) -> Iterator[Told]:
        """Tell what people are still owed of alerts that nothing silences any more."""
        for alert in self.history.alerts.waiting():
            quiet = self._quiet(alert)
            if quiet is not None and alert.state in OPEN:
                continue
            due = owed(self.history.held.story(alert.id), alert.state)
            if due is not None and quiet is not None:
                continue
            self.history.held.settle(alert.id)
            if due is not None:
                event = Event(due.type, alert, due.reason)
                yield self._queue(self.history.alerts.add_event(event, self.now))

    def remind(self) -> None:
        """Queue a reminder of what was told 1, 3 or 7 days ago and lasts, unless somebody deals with it."""
        for alert, told_at, times in self.history.alerts.firing_since():
            day = reminder_due(told_at, self.now)
            if not day or alert.id in self.acks or self._quiet(alert) is not None:
                continue
            if known(self.history.held.story(alert.id)) is Knowledge.OPEN:
                event = Event(EventType.FIRE, alert, STILL)
                self._send(event, f"{STILL}/{times}.{day}")

    def _quiet(self, alert: Alert) -> Quiet | None:
        """What keeps an alert from being told."""
        silenced = silenced_by(self.quiets, self.rules.get(alert.rule, alert.rule), self._app(alert))
        if silenced is not None:
            return silenced
        if self.source_late and tells_of_absence(alert, self.rules.get(alert.rule)):
            return self.source_late
        of_all = told_by_fleet(self.history.alerts, alert)
        if of_all is not None:
            return of_all
        newest = self.history.alerts.newest_of_series(alert)
        return _FLAPPING if is_left_to_digest(newest, self._beginnings(newest), self.now) else None

    def _beginnings(self, alert: Alert) -> int:
        return self.history.alerts.beginnings(alert, alert.since.shift(1 - FLAP_PERIODS))

    def _no_news(self, event: Event) -> Quiet | None:
        before = self.history.held.story(event.alert.id, before=event.id)
        return None if is_news(known(before), event.type) else _UNKNOWN

    def _queue(self, event: Event) -> Told:
        return event, self._send(event, f"{event.type}/{event.sequence}")

    def _send(self, event: Event, name: str) -> AlertNotice:
        """Queue a message for everybody on its routes, and for those who got earlier ones of the alert."""
        self.go_on()
        alert, notice = event.alert, self._notice(event)
        routed = receivers_of(self.routes, alert.rule, alert.severity, self._app(alert))
        earlier = self.history.outbox.receivers_of_alert(alert.id)
        there = [each for each in earlier if self.receivers is None or each in self.receivers]
        receivers = dict.fromkeys((*routed, *there))
        if receivers:
            notice = self._with_trend(notice, alert)
        for receiver in receivers:
            key = f"alert/{alert.id}/{name}/{receiver}"
            self.history.outbox.queue(key, receiver, notice, self.now)
        return notice

    def _with_trend(self, notice: AlertNotice, alert: Alert) -> AlertNotice:
        """``notice`` with what explains it; a fault there must not cost the alert."""
        try:
            return self.trends.add_to(notice, self.rules.get(alert.rule), alert)
        except Exception:
            log.exception("alert %d is told without its chart", alert.id)
            return notice

    def _notice(self, event: Event) -> AlertNotice:
        alert = event.alert
        notice = AlertNotice.of(self.rules.get(alert.rule), self._app(alert), event)
        ack = self.acks.get(alert.id)
        return replace(notice, acked=ack.by) if ack else notice

    def _app(self, alert: Alert) -> App | None:
        return None if alert.app_id is None else self.apps.get(alert.app_id, App(alert.app_id))
