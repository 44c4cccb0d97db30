"""The verdicts of one series, folded in the order of time, and what of that is told. Pure.

What is told is the difference between the episodes that the fold finds and those that people know of. So
catching up after a week tells of each incident that is open now, once, and not of every step on the way.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from smartapp_watch.alerts.alert import OPEN, Alert, Event, EventType, State
from smartapp_watch.alerts.lifecycle import Subject, advance, close
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.baseline import Episode
from smartapp_watch.rules.rule import Rule
from smartapp_watch.rules.verdict import Judgement

LATE = "late"
"""The reason of a fire whose first breaches were not judged when they were new."""

RULE_CHANGED = "rule changed"

_ENDS = (EventType.RESOLVE, EventType.CLOSED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What folding leads to: alerts to write, one to forget, and events to tell (of the alerts written)."""

    alerts: tuple[Alert, ...] = ()
    forgotten: Alert | None = None
    events: tuple[Event, ...] = ()


@dataclass(slots=True)
class Fold:
    """One series while it is judged.

    ``known``: the open alert that is on record. ``first``: this rule never judged the series, or meant
    something else then: the past is replayed, and only what is open at its end is told. ``past``: earlier
    episodes on record.
    """

    rule: Rule
    known: Alert | None = None
    first: bool = False
    past: tuple[Episode, ...] = ()
    alert: Alert | None = None
    _ended: list[Alert] = field(default_factory=list)
    _events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.first:
            self.alert = self.known

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """The series' own episodes, earlier ones and the open one, that must not be a baseline."""
        ended = [
            Episode(alert.since, alert.period) for alert in self._ended if alert.state is not State.CLOSED
        ]
        present = [Episode(self.alert.since)] if self.alert else []
        return (*self.past, *ended, *present)

    def step(self, subject: Subject, period: Period, judgement: Judgement) -> None:
        """Take in the verdict of the next period."""
        step = advance(self.rule, subject, self.alert, period, judgement)
        self.alert = step.alert
        if step.event:
            self._events.append(step.event)
        if step.alert and step.alert.state not in OPEN:
            self._ended.append(step.alert)
            self.alert = None

    def outcome(self) -> Outcome:
        """What is to be written and told, once every period that can be judged was."""
        if self.first:
            return self._first_outcome()
        alerts = (*self._ended, *([self.alert] if self.alert else []))
        forgotten = self.known if self.known and not self._is_continued(alerts) else None
        return Outcome(alerts, forgotten, self._condense())

    def _is_continued(self, alerts: tuple[Alert, ...]) -> bool:
        return self.known is not None and any(alert.since == self.known.since for alert in alerts)

    def _condense(self) -> tuple[Event, ...]:
        """One event an episode at the most: its end if it was known, its beginning if it is still open."""
        told: list[Event] = []
        for since in dict.fromkeys(event.alert.since for event in self._events):
            events = [event for event in self._events if event.alert.since == since]
            fired = events[0].type is EventType.FIRE
            ended = events[-1].type in _ENDS
            if fired and ended:
                continue
            if ended or not self.alert or self.alert.since != since:
                told.append(events[-1])
            elif fired:
                told.append(_fire(self.alert, self.rule))
            else:
                told.extend(self._still_true(events[-1]))
        return tuple(told)

    def _still_true(self, event: Event) -> list[Event]:
        """The last of the events in an open episode, unless later periods overtook it."""
        if self.alert is None or (event.type is EventType.STALE and self.alert.state is not State.STALE):
            return []
        return [Event(event.type, self.alert, event.reason)]

    def _first_outcome(self) -> Outcome:
        known, alert = self.known, self.alert
        is_open = alert is not None and alert.state is not State.PENDING
        if known is None or known.state is State.PENDING:
            current = (alert,) if alert else ()
            forgotten = known if known and not self._is_continued((*self._ended, *current)) else None
            events = (_fire(alert, self.rule),) if alert and is_open else ()
            return Outcome((*self._ended, *current), forgotten, events)
        if alert and is_open:
            return Outcome((*self._others(known), replace(alert, since=known.since, told=known.told)))
        closed = close(known, RULE_CHANGED)
        alerts = (*self._others(known), *filter(None, (closed.alert, alert)))
        return Outcome(alerts, None, tuple(filter(None, (closed.event,))))

    def _others(self, known: Alert) -> list[Alert]:
        return [alert for alert in self._ended if alert.since != known.since]


def _fire(alert: Alert, rule: Rule) -> Event:
    """A beginning; late where it could have been told at an earlier breach."""
    return Event(EventType.FIRE, alert, LATE if alert.breaches > rule.for_ else "")
