"""Why an alert fired, why none did, and why nobody was told: by the same code that judges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from smartapp_watch.alerts.alert import Alert, Dimensions, EventType, State
from smartapp_watch.alerts.causes import NOWHERE, Origin
from smartapp_watch.alerts.routing import receivers_of
from smartapp_watch.alerts.silence import in_force, silenced_by
from smartapp_watch.clock import first_after
from smartapp_watch.evaluate import Scope, judge_rules
from smartapp_watch.evaluate.fate import fate_of, fate_without_alert
from smartapp_watch.evaluate.fleet_alert import told_by_fleet
from smartapp_watch.evaluate.lane import Given, Session, periods_back
from smartapp_watch.evaluate.upstream import find_source_late
from smartapp_watch.history.alert_log import SeriesKey
from smartapp_watch.history.breakdowns import trace
from smartapp_watch.history.database import History, open_in_memory
from smartapp_watch.history.trail import Delivery, PastEvent
from smartapp_watch.history.window import Window
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.account import Account, account_for
from smartapp_watch.rules.baseline import clean, companions_of, usual_weekdays
from smartapp_watch.rules.fleet import LEAST_SERIES
from smartapp_watch.rules.judge import Evidence, Point
from smartapp_watch.rules.occasion import Occurrence
from smartapp_watch.rules.rule import Late, Rule
from smartapp_watch.rules.verdict import Judgement, Reason


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one rule on one series at one period, by today's data and by what is on record.

    ``judgement``: None where the period is not judged yet; ``evidence.present`` says why. ``before`` and
    ``after``: the state around the period. ``alert``: the one on record that covers it. ``told``: what
    became of it, in words. ``held``: what keeps the series from being told now.
    """

    rule: Rule
    app: App | None
    dimensions: Dimensions
    texts: tuple[tuple[str, str], ...]
    period: Period
    judgement: Judgement | None
    evidence: Evidence
    account: Account
    origin: Origin
    before: State
    after: State
    alert: Alert | None
    events: tuple[PastEvent, ...]
    deliveries: tuple[Delivery, ...]
    receivers: tuple[str, ...]
    held: str
    told: str
    occasions: tuple[Occurrence, ...] = ()
    """The events of one's own that the period lies in, or close to."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What is on record of an alert whose rule is gone, or of a whole fleet: nothing to judge again."""

    alert: Alert
    rule_gone: bool
    app: App | None
    events: tuple[PastEvent, ...]
    deliveries: tuple[Delivery, ...]
    held: str
    told: str


def recall(history: History, scope: Scope, alert: Alert, now: datetime) -> Memory:
    """What is on record of an alert: its events with the figures of then, and what became of its messages."""
    app = _app(scope, alert.app_id)
    events = tuple(history.trail.events(alert.id))
    deliveries = tuple(history.trail.deliveries(alert.id))
    receivers = receivers_of(scope.routes, alert.rule, alert.severity, app)
    told = fate_of(alert, events, deliveries, receivers)
    held = _held(history, scope, alert.rule, app, now, alert=alert)
    gone = all(rule.name != alert.rule for rule in scope.rules)
    return Memory(alert, gone, app, events, deliveries, held, told)


def explain(
    history: History,
    scope: Scope,
    rule: Rule,
    *,
    app_id: int | None,
    period: Period,
    now: datetime,
    dimensions: Dimensions | None = None,
) -> list[Explanation]:
    """Every series of a mini-program (None: the platform) that a rule watches; or only one, by its values.

    Those in alert come first, then those that moved farthest.
    """
    found = _Inquiry(history, scope, rule, app_id, period, now).run()
    if dimensions is not None:
        found = [each for each in found if each.dimensions == dimensions]
    return sorted(found, key=_rank)


def explain_alert(history: History, scope: Scope, alert: Alert, now: datetime) -> list[Explanation]:
    """The series of an alert, at the period that it fired at; nothing where its rule is gone."""
    fired = [each for each in history.trail.events(alert.id) if each.type is EventType.FIRE]
    period = Period.parse(fired[0].period) if fired else alert.since
    return [
        each
        for rule in scope.rules
        if rule.name == alert.rule
        for each in explain(
            history,
            scope,
            rule,
            app_id=alert.app_id,
            period=period,
            now=now,
            dimensions=alert.dimensions,
        )
    ]


def _rank(each: Explanation) -> tuple[bool, float]:
    figures = each.judgement.figures if each.judgement else None
    return each.alert is None, -abs(figures.change or 0.0) if figures else 0.0


@dataclass(slots=True)
class _Inquiry:
    history: History
    scope: Scope
    rule: Rule
    app_id: int | None
    period: Period
    now: datetime
    given: dict[SeriesKey, Given] = field(default_factory=dict)

    def run(self) -> list[Explanation]:
        if not isinstance(self.rule.condition, Late):
            self._judge()
        records = self._records()
        windows = map(self._window, self.rule.cells)
        return [
            self._explain(window, key, records.get(key))
            for window in windows
            for key in self._keys(window, records)
        ]

    def _judge(self) -> None:
        """Judge the past of the series once more, aside, up to the period."""
        with open_in_memory({}) as aside, aside.transaction():
            first = self.period.shift(1 - periods_back(self.rule.every))
            group = companions_of(self.rule, self.scope.rules)
            known = [self._take_fleet(rule, aside, first) for rule in group]
            alone = all(known)
            apps = tuple(each for each in self.scope.apps if not alone or each.app.id == self.app_id)
            session = Session(
                knowledge=self.history.observations,
                alerts=aside.alerts,
                horizon=self.scope.horizon,
                calendar=self.scope.calendar,
                now=self.now,
                until=self.period,
                witness=self._remember,
                closely=frozenset({self.app_id}),
            )
            list(judge_rules(group, replace(self.scope, apps=apps), session, None))

    def _take_fleet(self, rule: Rule, aside: History, first: Period) -> bool:
        """Take over what is on record of a rule's fleet; whether one mini-program then is enough to judge."""
        if not rule.needs_fleet and not rule.moves_with_fleet:
            return True
        known = aside.alerts.fleets.copy(self.history.alerts.fleets, rule, first, self.period)
        return known or (not rule.needs_fleet and len(self.scope.watched_by(rule)) < LEAST_SERIES)

    def _remember(self, given: Given) -> None:
        if given.rule is self.rule and given.period == self.period and given.key[0] == self.app_id:
            self.given[given.key] = given

    def _window(self, nth: int) -> Window:
        return Window(
            knowledge=self.history.observations,
            horizon=self.scope.horizon,
            calendar=self.scope.calendar.of(self.app_id),
            rule=self.rule,
            nth=nth,
            ids=[self.app_id],
            now=self.now,
        )

    def _records(self) -> dict[SeriesKey, Alert]:
        """The alerts on record that cover the period."""
        covering = {}
        for key, records in self.history.alerts.record(self.rule.name, self.period).items():
            for each in records:
                if key[0] == self.app_id and each.alert.since <= self.period:
                    covering[key] = each.alert
        return covering

    def _keys(self, window: Window, records: dict[SeriesKey, Alert]) -> Sequence[SeriesKey]:
        nth = ("nth", window.nth)
        of_cell = [key for key in (*self.given, *records) if window.nth == 1 or nth in key[1]]
        keys = dict.fromkeys(of_cell)
        if not isinstance(self.rule.condition, Late):
            keys |= dict.fromkeys(window.series({self.app_id}, self.period, closely={self.app_id}))
        if not keys and window.nth > 1:
            keys[self.app_id, (nth,)] = None
        elif not keys and not self.rule.table.report.dimensions:
            keys[self.app_id, ()] = None
        return list(keys)

    def _explain(self, window: Window, key: SeriesKey, alert: Alert | None) -> Explanation:
        given = self.given.get(key)
        evidence = given.evidence if given else self._evidence(window, key)
        before = given.before.state if given and given.before else State.OK
        after = given.after.state if given and given.after else State.OK
        trail = self.history.trail
        app = _app(self.scope, self.app_id)
        severity = alert.severity if alert else self.rule.severity
        found = Explanation(
            rule=self.rule,
            app=app,
            dimensions=key[1],
            texts=() if self._is_late else window.texts(key, self.period),
            period=self.period,
            judgement=given.judgement if given else None,
            evidence=evidence,
            account=account_for(self.rule, self.period, evidence, self._unusable(window, key, evidence)),
            origin=self._origin(window, given),
            before=before,
            after=after,
            alert=alert,
            events=tuple(trail.events(alert.id)) if alert else (),
            deliveries=tuple(trail.deliveries(alert.id)) if alert else (),
            receivers=receivers_of(self.scope.routes, self.rule.name, severity, app),
            held=_held(self.history, self.scope, self.rule, app, self.now, alert=alert),
            told="",
            occasions=self._occasions(),
        )
        return replace(found, told=_tell(found))

    def _occasions(self) -> tuple[Occurrence, ...]:
        first = self.period.shift(1 - self.rule.window).first
        return self.scope.calendar.of(self.app_id).occurrences(first, self.period.last)

    def _origin(self, window: Window, given: Given | None) -> Origin:
        """Where a change that was judged comes from, by the days that a message would compare it with."""
        change = given.judgement.figures.change if given else None
        if given is None or not change:
            return NOWHERE
        evidence = given.evidence
        open_since = next((each.since for each in evidence.episodes if each.until is None), None)
        if evidence.is_of_holiday:
            return NOWHERE
        of = evidence.looked_back_from(self.period).of
        usual = clean(
            usual_weekdays(of, open_since), (*evidence.episodes, *evidence.others, *evidence.common)
        )
        usual = [each for each in usual if not window.lookback.excludes(each)]
        return trace(
            self.history.observations, self.rule, self.app_id, self.period, change=change, usual=usual
        )

    @property
    def _is_late(self) -> bool:
        return isinstance(self.rule.condition, Late)

    def _evidence(self, window: Window, key: SeriesKey) -> Evidence:
        if self._is_late:
            readings = self.history.observations.maturity(self.rule.table, [self.period])
            reading = readings.get((self.app_id, str(self.period)))
            return Evidence(Reason.PROVISIONAL if reading and reading.rows else Reason.ABSENT)
        return window.evidence(key, self.period, ())

    def _unusable(self, window: Window, key: SeriesKey, evidence: Evidence) -> dict[Period, str]:
        open_since = next((each.since for each in evidence.episodes if each.until is None), None)
        reasons = {}
        of_holiday = evidence.is_of_holiday
        for each in window.lookback.candidates(self.period, open_since):
            if of_holiday and each not in evidence.past and isinstance(window.point(key, each), Point):
                reasons[each] = "the ordinary level before it is unknown, or was another"
            elif not of_holiday and window.lookback.excludes(each):
                reasons[each] = "excluded day"
            else:
                point = window.point(key, each)
                if isinstance(point, Reason):
                    reasons[each] = str(point)
        return reasons


def _app(scope: Scope, app_id: int | None) -> App | None:
    if app_id is None:
        return None
    return next((each.app for each in scope.apps if each.app.id == app_id), App(app_id))


def _held(
    history: History, scope: Scope, rule: Rule | str, app: App | None, now: datetime, *, alert: Alert | None
) -> str:
    """What keeps alerts of the rule on the mini-program from being told now."""
    quiets = in_force(history.silences.not_over(now), scope.maintenance, now, first_after)
    quiet = silenced_by(quiets, rule, app)
    if quiet is None and isinstance(rule, Rule) and isinstance(rule.condition, Late):
        quiet = find_source_late(history, scope.rules, scope.trended, scope.zone, now)
    if quiet is None and alert is not None:
        quiet = told_by_fleet(history.alerts, alert)
    return quiet.words if quiet else ""


def _tell(found: Explanation) -> str:
    if found.alert is None:
        return fate_without_alert(found.judgement, found.after)
    return fate_of(found.alert, found.events, found.deliveries, found.receivers, found.rule)
