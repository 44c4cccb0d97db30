"""History → rules → alerts → history: judges every period that is ready, in one transaction.

Mini-programs are judged in sets: one query reads a rule's inputs for many of them, a period at a time. What
a verdict means stands in :mod:`smartapp_watch.rules.judge`, what follows from it in
:mod:`smartapp_watch.alerts.lifecycle`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from smartapp_watch.alerts.alert import Alert, Event, State, is_of_fleet
from smartapp_watch.alerts.fold import RULE_CHANGED
from smartapp_watch.alerts.lifecycle import close
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.alerts.routing import Route
from smartapp_watch.alerts.silence import Maintenance, in_force
from smartapp_watch.clock import first_after
from smartapp_watch.evaluate.companions import judge_together
from smartapp_watch.evaluate.lane import Lane, Session
from smartapp_watch.evaluate.late import LateWatch
from smartapp_watch.evaluate.teller import Teller
from smartapp_watch.evaluate.upstream import find_source_late
from smartapp_watch.health import FIGURES
from smartapp_watch.history.database import History
from smartapp_watch.history.trends import Trends
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import BEIJING, Period
from smartapp_watch.rules.baseline import companions
from smartapp_watch.rules.calendar import Calendar
from smartapp_watch.rules.fleet import LEAST_SERIES
from smartapp_watch.rules.rule import Late, Rule


@dataclass(frozen=True, slots=True)
class Watched:
    """A mini-program and the names of the tables that are polled for it."""

    app: App
    tables: frozenset[str]


@dataclass(frozen=True, slots=True)
class Scope:
    """What is judged, for whom, and how figures settle.

    ``of_platform``: the platform's totals are polled. ``zone``: of the times of day in rules.
    ``receivers``: the names of those there are; None where nobody says.
    """

    rules: tuple[Rule, ...]
    apps: tuple[Watched, ...]
    routes: tuple[Route, ...]
    horizon: Horizon
    of_platform: bool = False
    calendar: Calendar = field(default_factory=Calendar)
    zone: tzinfo = BEIJING
    maintenance: tuple[Maintenance, ...] = ()
    receivers: frozenset[str] | None = None

    @property
    def trended(self) -> list[int]:
        """The mini-programs whose figures are awaited each day."""
        return [watched.app.id for watched in self.apps if FIGURES.name in watched.tables]

    def watched_by(self, rule: Rule) -> list[int | None]:
        """The mini-programs that a rule judges (None: the platform)."""
        if rule.table.report.of_platform:
            return [None] if self.of_platform else []
        return [
            watched.app.id
            for watched in self.apps
            if rule.table.name in watched.tables and rule.watches(watched.app)
        ]


class _Discard(Exception):
    """Not an error: it rolls a dry run back."""


def evaluate(
    history: History,
    scope: Scope,
    now: datetime,
    *,
    until: Period | None = None,
    dry_run: bool = False,
    stop: threading.Event | None = None,
) -> list[tuple[Event, AlertNotice]]:
    """Judge every unjudged period (up to ``until``), move the alerts, queue what is to be told.

    UsageError where ``now`` is earlier than the last evaluation, unless it is a ``dry_run``, which changes
    nothing. Stopped, and nothing is changed, soon after ``stop`` is set.
    """
    told: list[tuple[Event, AlertNotice]] = []
    try:
        with history.transaction():
            since = history.alerts.evaluated_at()
            if not dry_run:
                history.alerts.note_evaluation(now)
            evaluation = _Evaluation(history, scope, now, until, since, stop or threading.Event())
            told.extend(evaluation.run())
            if dry_run:
                raise _Discard  # noqa: TRY301 - the transaction's way out
    except _Discard:
        pass
    return told


def judge_rules(
    rules: Iterable[Rule], scope: Scope, session: Session, since: datetime | None
) -> Iterator[Event]:
    """Judge what is ready for these rules, write it, and answer what is to be told.

    ``since``: when the last evaluation was.
    """
    for group in companions(rules):
        session.go_on()
        if isinstance(group[0].condition, Late):
            watch = LateWatch(session, group[0], group[0].condition, scope.zone)
            yield from watch.judge(scope.watched_by(group[0]))
        else:
            yield from _judge_companions(group, scope, session, since)


def _judge_companions(
    group: tuple[Rule, ...], scope: Scope, session: Session, since: datetime | None
) -> Iterator[Event]:
    watched = {rule.name: scope.watched_by(rule) for rule in group}
    for nth in sorted({nth for rule in group for nth in rule.cells}):
        lanes = [
            Lane(session, rule, nth, since, group, len(watched[rule.name]))
            for rule in group
            if nth in rule.cells
        ]
        yield from judge_together(lanes, [watched[lane.rule.name] for lane in lanes])


@dataclass(slots=True)
class _Evaluation:
    history: History
    scope: Scope
    now: datetime
    until: Period | None
    since: datetime | None
    stop: threading.Event
    watched: dict[str, set[int | None]] = field(default_factory=dict)

    def run(self) -> Iterator[tuple[Event, AlertNotice]]:
        session = self._session()
        teller = self._teller(session)
        yield from map(teller.tell, judge_rules(self.scope.rules, self.scope, session, self.since))
        for alert in self.history.alerts.open_alerts():
            reason = self._orphaned(teller.rules.get(alert.rule), alert)
            if reason:
                yield from map(teller.tell, self._close(alert, reason))
        yield from teller.catch_up()
        teller.remind()

    def _teller(self, session: Session) -> Teller:
        history, scope = self.history, self.scope
        return Teller(
            history=history,
            trends=Trends(
                history.observations, history.alerts, scope.rules, scope.horizon, scope.calendar, self.now
            ),
            routes=scope.routes,
            quiets=in_force(history.silences.not_over(self.now), scope.maintenance, self.now, first_after),
            acks=history.silences.acks(),
            rules={rule.name: rule for rule in scope.rules},
            apps={watched.app.id: watched.app for watched in scope.apps},
            now=self.now,
            receivers=scope.receivers,
            go_on=session.go_on,
            source_late=find_source_late(history, scope.rules, scope.trended, scope.zone, self.now),
        )

    def _session(self) -> Session:
        history, scope = self.history, self.scope
        return Session(
            knowledge=history.observations,
            alerts=history.alerts,
            horizon=scope.horizon,
            calendar=scope.calendar,
            now=self.now,
            until=self.until,
            stop=self.stop,
        )

    def _orphaned(self, rule: Rule | None, alert: Alert) -> str:
        """Why nothing will judge an open alert any more; empty where something will."""
        if rule is None:
            return "rule gone"
        watched = self._watched_by(rule)
        if len(watched) < LEAST_SERIES if is_of_fleet(alert.dimensions) else alert.app_id not in watched:
            return "app gone"
        nth = dict(alert.dimensions).get("nth")
        another = alert.since.granularity is not rule.every or (nth is not None and nth not in rule.cells)
        return RULE_CHANGED if another else ""

    def _watched_by(self, rule: Rule) -> set[int | None]:
        if rule.name not in self.watched:
            self.watched[rule.name] = set(self.scope.watched_by(rule))
        return self.watched[rule.name]

    def _close(self, alert: Alert, reason: str) -> Iterator[Event]:
        step = close(alert, reason)
        if alert.state is State.PENDING:
            self.history.alerts.forget(alert)
        elif step.alert and step.event:
            saved = self.history.alerts.save(step.alert, self.now)
            event = Event(step.event.type, saved, reason)
            yield self.history.alerts.add_event(event, self.now)
