"""History → rules → alerts → history: judges every period that is ready, in one transaction.

Mini-programs are judged in sets: one query reads a rule's inputs for many of them, a period at a time. What
a verdict means stands in :mod:`smartapp_watch.rules.judge`, what follows from it in
:mod:`smartapp_watch.alerts.lifecycle`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from smartapp_watch.alerts.alert import Alert, Dimensions, Event, State
from smartapp_watch.alerts.fold import Fold
from smartapp_watch.alerts.lifecycle import Subject, close
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.alerts.routing import Route, receivers_of
from smartapp_watch.history.alert_log import Judged, SeriesKey
from smartapp_watch.history.database import History
from smartapp_watch.history.window import Window
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Period, periods_between
from smartapp_watch.metrics.report import Table
from smartapp_watch.rules.baseline import Episode
from smartapp_watch.rules.judge import judge
from smartapp_watch.rules.rule import Rule
from smartapp_watch.rules.verdict import Verdict

_PERIODS_BACK = 120
_FEW_PERIODS = 7
_APPS_AT_ONCE = 200
"""Of mini-programs with more than a few periods to judge: it bounds the memory that their past takes."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A mini-program and the tables that are polled for it."""

    app: App
    tables: frozenset[Table]


@dataclass(frozen=True, slots=True)
class Scope:
    """What is judged, for whom, and how figures settle. ``of_platform``: the platform's totals are polled."""

    rules: tuple[Rule, ...]
    apps: tuple[Watched, ...]
    routes: tuple[Route, ...]
    horizon: Horizon
    of_platform: bool = False


class _Discard(Exception):
    """Not an error: it rolls a dry run back."""


def evaluate(
    history: History, scope: Scope, now: datetime, *, until: Period | None = None, dry_run: bool = False
) -> list[tuple[Event, AlertNotice]]:
    """Judge every unjudged period (up to ``until``), move the alerts, queue what is to be told.

    UsageError where ``now`` is earlier than the last evaluation, unless it is a ``dry_run``, which changes
    nothing.
    """
    told: list[tuple[Event, AlertNotice]] = []
    try:
        with history.transaction():
            if not dry_run:
                history.alerts.start_evaluation(now)
            told.extend(_Evaluation(history, scope, now, until).run())
            if dry_run:
                raise _Discard  # noqa: TRY301 - the transaction's way out
    except _Discard:
        pass
    return told


@dataclass(slots=True)
class _Evaluation:
    history: History
    scope: Scope
    now: datetime
    until: Period | None

    def run(self) -> Iterator[tuple[Event, AlertNotice]]:
        apps = {watched.app.id: watched.app for watched in self.scope.apps}
        rules = {rule.name: rule for rule in self.scope.rules}
        for rule in self.scope.rules:
            for event in self._judge_rule(rule):
                yield self._tell(rule, apps, event)
        for alert in self.history.alerts.open_alerts():
            reason = self._orphaned(rules.get(alert.rule), alert)
            if reason:
                yield from self._close(alert, reason, rules, apps)

    def _judge_rule(self, rule: Rule) -> list[Event]:
        ids = self._watched_by(rule)
        lanes = [
            _Lane(self.history, self.scope.horizon, rule, nth, self.now, self.until) for nth in rule.cells
        ]
        return [event for lane in lanes for event in lane.judge(ids)]

    def _watched_by(self, rule: Rule) -> list[int | None]:
        if rule.table.report.of_platform:
            return [None] if self.scope.of_platform else []
        return [
            watched.app.id
            for watched in self.scope.apps
            if rule.table in watched.tables and rule.watches(watched.app)
        ]

    def _orphaned(self, rule: Rule | None, alert: Alert) -> str:
        """Why nothing will judge an open alert any more; empty where something will."""
        if rule is None:
            return "rule gone"
        return "" if alert.app_id in self._watched_by(rule) else "app gone"

    def _close(
        self, alert: Alert, reason: str, rules: dict[str, Rule], apps: dict[int, App]
    ) -> Iterator[tuple[Event, AlertNotice]]:
        step = close(alert, reason)
        if alert.state is State.PENDING:
            self.history.alerts.forget(alert)
        elif step.alert and step.event:
            saved = self.history.alerts.save(step.alert, self.now)
            event = Event(step.event.type, saved, reason)
            yield self._tell(rules.get(alert.rule), apps, self.history.alerts.add_event(event, self.now))

    def _tell(self, rule: Rule | None, apps: dict[int, App], event: Event) -> tuple[Event, AlertNotice]:
        alert = event.alert
        app = None if alert.app_id is None else apps.get(alert.app_id, App(alert.app_id))
        notice = AlertNotice.of(rule, app, event)
        for receiver in receivers_of(self.scope.routes, alert.rule, alert.severity, app):
            key = f"alert/{alert.id}/{event.type}/{event.sequence}/{receiver}"
            self.history.outbox.queue(key, receiver, notice, self.now)
        return event, notice


@dataclass(slots=True)
class _Lane:
    """One rule on one retention cell (or on the one value that other reports have), for a set of apps."""

    history: History
    horizon: Horizon
    rule: Rule
    nth: int
    now: datetime
    until: Period | None

    def judge(self, ids: list[int | None]) -> list[Event]:
        """Judge what is ready for these mini-programs, write it, and answer what is to be told."""
        judged = {
            each.app_id: each for each in self.history.alerts.judged(self.rule.name) if each.lane == self.name
        }
        firsts = {each for each in ids if each not in judged or judged[each].meaning != self.rule.meaning}
        newest = self._newest_closed()
        starts = self._starts(ids, firsts, judged, newest)
        known = self._known(starts)
        events: list[Event] = []
        for batch in _batches(starts, newest):
            walk = _Walk(self, batch, newest, firsts, known)
            events.extend(walk.judge())
        return events

    @property
    def name(self) -> str:
        """What the lane is called on record: the cell's number, or nothing."""
        return str(self.nth) if self.nth > 1 else ""

    def _newest_closed(self) -> Period:
        newest = Period.newest_closed(self.now, self.rule.every).shift(1 - self.nth)
        return min(newest, self.until) if self.until else newest

    def _starts(
        self,
        ids: list[int | None],
        firsts: set[int | None],
        judged: dict[int | None, Judged],
        newest: Period,
    ) -> dict[int | None, Period]:
        """The first period that each mini-program is to be judged at, where there is one."""
        oldest = newest.shift(1 - _PERIODS_BACK)
        stored = self.history.observations.oldest(self.rule.table)
        if stored is None:
            return {}
        found = {
            each: max(oldest, stored if each in firsts else judged[each].period.shift(1)) for each in ids
        }
        return {each: period for each, period in found.items() if period <= newest}

    def _known(self, starts: dict[int | None, Period]) -> dict[SeriesKey, Alert]:
        """The open alerts of the mini-programs, as they are on record."""
        return {
            (alert.app_id, alert.dimensions): alert
            for alert in self.history.alerts.open_alerts(self.rule.name)
            if alert.app_id in starts and self._is_mine(alert.dimensions)
        }

    def _is_mine(self, dimensions: Dimensions) -> bool:
        return self.nth == 1 or ("nth", self.nth) in dimensions


def _batches(starts: dict[int | None, Period], newest: Period) -> Iterator[dict[int | None, Period]]:
    """The mini-programs in sets that are judged at once: all, unless there is much past to go over."""
    behind = newest.shift(1 - _FEW_PERIODS)
    few = {each: start for each, start in starts.items() if start >= behind}
    if few:
        yield few
    many = [(each, start) for each, start in starts.items() if start < behind]
    for begin in range(0, len(many), _APPS_AT_ONCE):
        yield dict(many[begin : begin + _APPS_AT_ONCE])


@dataclass(slots=True)
class _Walk:
    """One lane's judging of a set of mini-programs, period by period."""

    lane: _Lane
    starts: dict[int | None, Period]
    newest: Period
    firsts: set[int | None]
    known: dict[SeriesKey, Alert]
    folds: dict[SeriesKey, Fold] = field(default_factory=dict)
    past: dict[SeriesKey, list[Episode]] = field(default_factory=dict)

    def judge(self) -> list[Event]:
        """Judge, write, and answer what is to be told."""
        lane = self.lane
        alerts = lane.history.alerts
        self.past = alerts.episodes(lane.rule.name, min(self.starts.values()).shift(-_PERIODS_BACK))
        for key in self.known:
            if key[0] in self.starts:
                self._fold(key)
        reached = self._walk()
        meaning = lane.rule.meaning
        alerts.save_judged(
            lane.rule.name, [Judged(each, lane.name, period, meaning) for each, period in reached.items()]
        )
        return [event for fold in self.folds.values() for event in self._write(fold)]

    def _walk(self) -> dict[int | None, Period]:
        """Judge in the order of periods; a mini-program stops at its first that is not ready.

        Answers how far each of them came.
        """
        lane = self.lane
        window = Window(
            lane.history.observations, lane.horizon, lane.rule, lane.nth, [*self.starts], lane.now
        )
        going = set(self.starts)
        reached: dict[int | None, Period] = {}
        for period in periods_between(min(self.starts.values()), self.newest):
            active = {each for each in going if self.starts[each] <= period}
            ready = {each for each in active if window.is_ready(each, period)}
            going -= active - ready
            reached.update(dict.fromkeys(ready, period))
            alerting = [key for key, fold in self.folds.items() if fold.alert]
            for key in window.series(ready, period, alerting):
                self._judge_series(window, key, period)
        return reached

    def _judge_series(self, window: Window, key: SeriesKey, period: Period) -> None:
        fold = self.folds.get(key)
        episodes = fold.episodes if fold else self._finished(key)
        judgement = judge(self.lane.rule, period, window.evidence(key, period, episodes))
        if fold is None and judgement.verdict is not Verdict.BREACH:
            return
        subject = Subject(key[0], key[1], window.texts(key, period))
        self._fold(key).step(subject, period, judgement)

    def _fold(self, key: SeriesKey) -> Fold:
        if key not in self.folds:
            first = key[0] in self.firsts
            self.folds[key] = Fold(self.lane.rule, self.known.get(key), first, self._finished(key))
        return self.folds[key]

    def _finished(self, key: SeriesKey) -> tuple[Episode, ...]:
        return tuple(episode for episode in self.past.get(key, ()) if episode.until is not None)

    def _write(self, fold: Fold) -> list[Event]:
        lane = self.lane
        outcome = fold.outcome()
        if outcome.forgotten:
            lane.history.alerts.forget(outcome.forgotten)
        saved = {alert.since: lane.history.alerts.save(alert, lane.now) for alert in outcome.alerts}
        return [
            lane.history.alerts.add_event(replace(event, alert=saved[event.alert.since]), lane.now)
            for event in outcome.events
        ]
