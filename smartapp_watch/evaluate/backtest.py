"""The same evaluation over the past: what rules would have told, from what was known then."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from smartapp_watch.alerts.alert import OPEN, Alert, Dimensions, State, is_of_fleet
from smartapp_watch.evaluate import Scope, Watched, judge_rules
from smartapp_watch.evaluate.lane import Given, Session, periods_back
from smartapp_watch.history.alert_log import SeriesKey
from smartapp_watch.history.as_known import AsKnown
from smartapp_watch.history.database import History, open_in_memory
from smartapp_watch.history.finality import Arrived
from smartapp_watch.metrics.due import GIVE_UP_AFTER
from smartapp_watch.metrics.period import Granularity, Period, periods_between
from smartapp_watch.metrics.report import Unit
from smartapp_watch.rules.baseline import companions, companions_of
from smartapp_watch.rules.rule import Change, Late, Rule, Scale, Threshold, Unusual
from smartapp_watch.rules.verdict import Verdict

FACTORS = (0.5, 0.75, 1.0, 1.25, 1.5)
"""Of the settings that are tried beside a rule's own."""

_FULL = 100
_PERIODS_A_DAY = {Granularity.HOUR: 24}
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Episode:
    """One alert that would have been. ``from_``: its first breach; ``to``: the period that ended it.

    ``peak``: the value that lay farthest from what is usual. ``state``: how it ended, or stands.
    """

    rule: str
    app_id: int | None
    dimensions: Dimensions
    texts: tuple[tuple[str, str], ...]
    from_: Period
    to: Period | None
    peak: float | None
    state: State


@dataclass(frozen=True, slots=True)
class Backtest:
    """The episodes of ``days`` days, in the order they began."""

    episodes: tuple[Episode, ...]
    rules: tuple[Rule, ...]
    days: int

    @property
    def per_week(self) -> dict[str, float]:
        """How many alerts a week each rule would have told of."""
        return {
            rule.name: round(7 * sum(each.rule == rule.name for each in self.episodes) / self.days, 2)
            for rule in self.rules
        }


def backtest(
    history: History, scope: Scope, now: datetime, days: int = 60, *, of: Collection[str] | None = None
) -> Backtest:
    """Judge the ``days`` newest final days with the scope's rules, each as it was known when it was final.

    ``of``: the names of the rules that are asked about, in place of all. Those that they are judged beside
    are replayed too, since what one of them finds unusual is no baseline of another.
    """
    rules = tuple(rule for rule in scope.rules if of is None or rule.name in of)
    names = {rule.name for rule in rules}
    past = _Past(AsKnown(history.observations, now, scope.horizon))
    found = [
        episode
        for group in companions(scope.rules)
        if any(rule in rules for rule in group)
        for episode in _Replay(history, scope, group, now, days, past).run()
        if episode.rule in names
    ]
    found.sort(key=lambda each: (each.from_.first, each.rule, each.app_id or 0, str(each.dimensions)))
    return Backtest(tuple(found), rules, days)


def count_with_factors(
    history: History, scope: Scope, rule: Rule, now: datetime, days: int = 60
) -> dict[float, int]:
    """How many episodes the rule would have had with its amount or limit times each of FACTORS."""
    counts = {}
    past = _Past(AsKnown(history.observations, now, scope.horizon))
    for factor in FACTORS:
        other = scaled(rule, factor)
        if other is not None:
            group = companions_of(other, scope.rules)
            episodes = _Replay(history, scope, group, now, days, past).run()
            counts[factor] = sum(each.rule == rule.name for each in episodes)
    return counts


def scaled(rule: Rule, factor: float) -> Rule | None:
    """The rule with another amount, limit or score; None where nothing could ever reach that."""
    match rule.condition:
        case Threshold() as condition:
            limit = condition.limit * factor
            if rule.metric.unit is Unit.PERCENT and limit > _FULL:
                return None
            clears_at = None if condition.clears_at is None else condition.clears_at * factor
            return replace(rule, condition=replace(condition, limit=limit, clears_at=clears_at))
        case Change() as condition:
            amount = condition.amount * factor
            if condition.scale is not Scale.UNITS and amount > _FULL:
                return None
            clears_by = None if condition.clears_by is None else condition.clears_by * factor
            return replace(rule, condition=replace(condition, amount=amount, clears_by=clears_by))
        case Unusual() as condition:
            return replace(rule, condition=replace(condition, score=condition.score * factor))
        case Late():
            return None


@dataclass(frozen=True, slots=True)
class _Past:
    """What is known of the past, at any time.

    ``surprising``: by table, the mini-programs that not everything was known of when it was final.
    ``arrived``: by moment, how far periods had come.
    """

    known: AsKnown
    surprising: dict[str, set[int | None]] = field(default_factory=dict)
    arrived: dict[datetime, dict[object, Arrived]] = field(default_factory=dict)


@dataclass(slots=True)
class _Replay:
    """One rule and its companions over the past.

    ``past``: what the replays of one backtest share. ``peaks``: of each series' periods in breach, by rule,
    the deviation and the value.
    """

    history: History
    scope: Scope
    rules: tuple[Rule, ...]
    now: datetime
    days: int
    past: _Past
    peaks: dict[tuple[str, SeriesKey], dict[Period, tuple[float, float | None]]] = field(default_factory=dict)

    @property
    def rule(self) -> Rule:
        """Any of them: all are of one table."""
        return self.rules[0]

    def run(self) -> list[Episode]:
        """The episodes. Where nothing final was ever corrected, one look gives what a look a day gives."""
        moments = self._moments()
        surprising = self._surprising(moments[0])
        stepwise = [each for each in self.scope.apps if each.app.id in surprising]
        at_once = [each for each in self.scope.apps if each.app.id not in surprising]
        with open_in_memory({}) as scratch, open_in_memory({}) as other:
            self._copy_fleet(self.history, scratch)
            if self.rule.table.report.of_platform:
                self._judge(scratch, [], moments)
            else:
                self._judge(scratch, at_once, self._few(moments))
            self._copy_fleet(scratch, other)
            if stepwise and not self.rule.table.report.of_platform:
                self._judge(other, stepwise, moments)
            # Of a fleet, those that are judged at once are nearly all; it is to be counted once.
            others = (alert for alert in other.alerts.all_alerts() if not is_of_fleet(alert.dimensions))
            alerts = [*scratch.alerts.all_alerts(), *others]
        return [self._episode(alert) for alert in alerts if self._is_meant(alert)]

    def _judge(self, scratch: History, apps: Sequence[Watched], moments: Sequence[datetime]) -> None:
        scope = replace(self.scope, apps=tuple(apps))
        # Lateness is about when figures came, which is not on record of what was filled in later.
        known = AsKnown(self.history.observations, self.now) if self._is_late else self.past.known
        since = None
        for moment in moments:
            with scratch.transaction():
                session = self._session(scratch, known.then(moment), moment)
                list(judge_rules(self.rules, scope, session, since))
            since = moment

    def _surprising(self, first: datetime) -> set[int | None]:
        """The mini-programs that not everything was known of when it was final."""
        if self._is_late:
            return {each.app.id for each in self.scope.apps}
        table, every, settle = self.rule.table, self.rule.every, self.scope.horizon.settle
        if table.name not in self.past.surprising:
            oldest = Period.newest_closed(first, every).shift(-2 * periods_back(every))
            periods = periods_between(oldest, Period.newest_closed(self.now, every))
            settled = {period: period.closes() + settle for period in periods}
            corrections = self.history.observations.corrections
            self.past.surprising[table.name] = corrections.surprising(table, settled, GIVE_UP_AFTER)
        return self.past.surprising[table.name]

    def _copy_fleet(self, source: History, target: History) -> None:
        """What is on record of the fleet is what the daemon judged by."""
        back = periods_back(self.rule.every) + self.days * _PERIODS_A_DAY.get(self.rule.every, 1)
        newest = Period.newest_closed(self.now, self.rule.every)
        for rule in self.rules:
            if rule.needs_fleet or rule.moves_with_fleet:
                target.alerts.fleets.copy(source.alerts.fleets, rule, newest.shift(-back), newest)

    @property
    def _is_late(self) -> bool:
        return isinstance(self.rule.condition, Late)

    def _few(self, moments: Sequence[datetime]) -> list[datetime]:
        """Of moments a day apart: as many as it takes that an evaluation reaches back to the one before."""
        stride = max(1, (periods_back(self.rule.every) - 1) // _PERIODS_A_DAY.get(self.rule.every, 1))
        return sorted({*moments[::stride], moments[-1]})

    def _is_meant(self, alert: Alert) -> bool:
        """Whether an alert was told of, and not over before the days that are looked at."""
        first = self._newest_final().shift(1 - self.days)
        is_over = alert.state not in OPEN and alert.period.last < first.first
        return alert.state is not State.PENDING and not is_over

    def _newest_final(self) -> Period:
        return Period.newest_closed(self.now - self.scope.horizon.settle)

    def _moments(self) -> list[datetime]:
        """When the rule is asked: when each day is final, and now, with all corrections that came since."""
        found = {self.now}
        newest = self._newest_final()
        for day in periods_between(newest.shift(1 - self.days), newest):
            found.add(day.closes() + self.scope.horizon.settle + _MINUTE)
            if isinstance(self.rule.condition, Late):
                after = datetime.combine(day.shift(1).first, self.rule.condition.after, self.scope.zone)
                found.add(after + _MINUTE)
        return sorted(each for each in found if each <= self.now)

    def _session(self, scratch: History, knowledge: AsKnown, moment: datetime) -> Session:
        return Session(
            knowledge=knowledge,
            alerts=scratch.alerts,
            horizon=self.scope.horizon,
            calendar=self.scope.calendar,
            now=moment,
            witness=self._remember,
            shared=self.past.arrived.setdefault(moment, {}),
        )

    def _remember(self, given: Given) -> None:
        if given.judgement.verdict is Verdict.BREACH:
            peaks = self.peaks.setdefault((given.rule.name, given.key), {})
            peaks[given.period] = (given.judgement.deviation, given.judgement.figures.value)

    def _episode(self, alert: Alert) -> Episode:
        to = None if alert.state in OPEN else alert.period
        breaches = self.peaks.get((alert.rule, (alert.app_id, alert.dimensions)), {})
        within = [
            each
            for period, each in breaches.items()
            if alert.since <= period and (to is None or period <= to)
        ]
        peak = max(within, default=(0.0, alert.figures.value), key=lambda each: each[0])[1]
        return Episode(
            alert.rule, alert.app_id, alert.dimensions, alert.texts, alert.since, to, peak, alert.state
        )


def differences(old: Sequence[Episode], new: Sequence[Episode]) -> tuple[list[Episode], list[Episode]]:
    """The episodes that only ``old`` has, and those that only ``new`` has: none of the other overlaps."""
    return (
        [each for each in old if not any(_overlap(each, other) for other in new)],
        [each for each in new if not any(_overlap(each, other) for other in old)],
    )


def _overlap(one: Episode, other: Episode) -> bool:
    if (one.rule, one.app_id, one.dimensions) != (other.rule, other.app_id, other.dimensions):
        return False
    if one.from_.granularity is not other.from_.granularity:
        return False
    return (one.to is None or other.from_ < one.to) and (other.to is None or one.from_ < other.to)
