"""Runs the tests of rules: their values go into a history as readings, and are judged period by period."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from smartapp_watch.alerts.alert import Alert, EventType, State
from smartapp_watch.evaluate import Scope, Watched, judge_rules
from smartapp_watch.evaluate.lane import Given, Session
from smartapp_watch.history.database import History, open_in_memory
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import App, Observation, Query, Reading
from smartapp_watch.metrics.period import BEIJING, Granularity, Period
from smartapp_watch.metrics.report import Dimension, Layout
from smartapp_watch.rules.calendar import Calendar, DayKind
from smartapp_watch.rules.rule import Late, Rule
from smartapp_watch.rules.rule_test import ANY, RuleTest
from smartapp_watch.rules.verdict import Judgement

APP = App(1)
HORIZON = Horizon(history_days=60, settle=timedelta(hours=9), recheck_days=7)

_BEFORE = 70
"""Days before the first value that a rule may look at."""
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one period: the state after it, and the verdict, if it was judged by then.

    ``expected``: empty where the test does not ask.
    """

    period: Period
    state: State
    expected: str
    judgement: Judgement | None

    @property
    def is_right(self) -> bool:
        """Whether it is as expected."""
        return self.expected in ("", ANY, self.state)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a test. ``events``: period and type, in order."""

    test: RuleTest
    steps: tuple[Step, ...]
    events: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether all is as expected."""
        events = self.test.events is None or self.events == self.test.events
        return events and all(step.is_right for step in self.steps)

    @property
    def fired(self) -> bool:
        """Whether anything was told."""
        return any(event.endswith(f" {EventType.FIRE}") for event in self.events)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which kinds of passing tests a rule lacks."""

    rule: Rule
    firing: bool
    quiet: bool

    @property
    def lacks(self) -> list[str]:
        """The kinds that it lacks: ``firing``, ``quiet``."""
        return [kind for kind, there in (("firing", self.firing), ("quiet", self.quiet)) if not there]


def coverage(rules: Iterable[Rule], outcomes: Sequence[Outcome]) -> list[Coverage]:
    """For each rule, whether a passing test has it fire, and another one has it stay quiet."""
    passed = [outcome for outcome in outcomes if outcome.passed]
    firing = {outcome.test.rule.name for outcome in passed if outcome.fired}
    quiet = {outcome.test.rule.name for outcome in passed if not outcome.fired}
    return [Coverage(rule, rule.name in firing, rule.name in quiet) for rule in rules]


def run_test(test: RuleTest) -> Outcome:
    """Feed a test's values to its rule, and compare what comes of them."""
    with open_in_memory() as history:
        return _Run(test, history).run()


@dataclass(slots=True)
class _Run:
    test: RuleTest
    history: History
    judged: dict[Period, Judgement] = field(default_factory=dict)

    def run(self) -> Outcome:
        test = self.test
        states: list[State] = []
        events: list[str] = []
        since = None
        for number in range(test.steps):
            moment = self._moment(number)
            with self.history.transaction():
                self._read(number, moment)
                told = [*judge_rules((test.rule,), self._scope(), self._session(moment), since)]
            events += [f"{event.alert.period} {event.type}" for event in told]
            states.append(self._state())
            since = moment
        return Outcome(test, tuple(self._steps(states)), tuple(events))

    def _steps(self, states: list[State]) -> list[Step]:
        test = self.test
        expected = [*test.expect, *[""] * (len(states) - len(test.expect))]
        if test.expect_last:
            expected[-1] = test.expect_last
        periods = [test.start.shift(number) for number in range(len(states))]
        return [
            Step(period, state, wanted, self.judged.get(period))
            for period, state, wanted in zip(periods, states, expected, strict=True)
        ]

    def _scope(self) -> Scope:
        apps = (Watched(APP, frozenset({self.test.rule.table.name})),)
        rule = self.test.rule
        return Scope((rule,), apps, (), HORIZON, of_platform=True)

    def _session(self, moment: datetime) -> Session:
        return Session(
            knowledge=self.history.observations,
            alerts=self.history.alerts,
            horizon=HORIZON,
            calendar=_calendar(self.test),
            now=moment,
            witness=self._remember,
            closely=frozenset({APP.id, None}),
        )

    def _remember(self, given: Given) -> None:
        self.judged[given.period] = given.judgement

    def _state(self) -> State:
        alerts: list[Alert] = self.history.alerts.open_alerts()
        return alerts[0].state if alerts else State.OK

    def _moment(self, number: int) -> datetime:
        """When the rule is asked about a period: when it is final; of lateness, at its hour."""
        period, rule = self.test.start.shift(number), self.test.rule
        if isinstance(rule.condition, Late):
            return datetime.combine(period.shift(1).first, rule.condition.after, BEIJING) + _MINUTE
        hours = period.hour if period.granularity is Granularity.HOUR else 0
        return period.closes(rule.cells[0]) + HORIZON.settle + (1 + hours) * _MINUTE

    def _read(self, number: int, moment: datetime) -> None:
        """Save what is read by then: the period itself, and corrections of earlier ones."""
        for each, cell in enumerate(self.test.values):
            period = self.test.start.shift(each)
            if each == number and cell.read:
                # As a daemon, which asks several times: zeros are believed when they are repeated.
                self._save(each, cell.value, period.closes(self.test.rule.cells[0]) + _MINUTE)
                if not cell.early and not isinstance(self.test.rule.condition, Late):
                    self._save(each, cell.value, moment)
            elif cell.later is not None and each + cell.after == number:
                self._save(each, cell.later, moment)

    def _save(self, number: int, value: float | None, at: datetime) -> None:
        rule, period = self.test.rule, self.test.start.shift(number)
        query = Query(rule.table, APP.id, period, period)
        if rule.table.report.of_platform:
            query = Query(rule.table, None, period, period, scene=str(sample_series(rule)[0][0]))
        rows = [] if value is None else [self._row(number, value)]
        self.history.observations.save(Reading(query, tuple(rows)), at)

    def _row(self, number: int, value: float) -> Observation:
        rule = self.test.rule
        cells: Mapping[str, float | None] = {
            rule.metric.name: value,
            **{column: series[number] for column, series in self.test.counts},
        }
        dimensions, texts = sample_series(rule)
        values = tuple(_whole(cells.get(metric.name)) for metric in rule.table.report.metrics)
        return Observation(self.test.start.shift(number), dimensions, texts, values)


def sample_series(rule: Rule) -> tuple[tuple[str | int, ...], tuple[str | None, ...]]:
    """Dimension values and words of one row that the rule watches."""
    patterns = {where.column: where.patterns[0] for where in rule.where}
    report = rule.table.report
    words = tuple(_sample(patterns[text.name]) if text.name in patterns else None for text in report.texts)
    is_total = report.of_platform or (report.layout is Layout.SOURCES and not any(words))
    dimensions: list[str | int] = []
    for dimension in report.dimensions:
        is_last = dimension is report.dimensions[-1]
        if dimension.integer:
            dimensions.append(rule.cells[0])
        elif dimension.name in patterns:
            dimensions.append(_sample_value(dimension, patterns[dimension.name]))
        else:
            dimensions.append("" if is_last and is_total else _sample_value(dimension, "*"))
    return tuple(dimensions), words


def _sample_value(dimension: Dimension, pattern: str) -> str:
    known = [stored for _, stored in dimension.variants]
    return next((value for value in known if pattern in (value, "*")), _sample(pattern))


def _sample(pattern: str) -> str:
    """A text that the pattern matches."""
    return (
        re.sub(r"\[(!?)(.)[^\]]*\]", lambda each: "~" if each[1] else each[2], pattern)
        .replace("*", "x")
        .replace("?", "x")
    )


def _whole(value: float | None) -> int | float | None:
    return int(value) if value is not None and value == int(value) else value


def _calendar(test: RuleTest) -> Calendar:
    """The official one, where the test says when it begins; else one whose every day is ordinary."""
    if test.real_days:
        return Calendar()
    first = test.start.first - timedelta(days=_BEFORE)
    last = test.start.shift(test.steps).last
    days = (last - first).days + 1
    return Calendar({first + timedelta(days=number): DayKind.ORDINARY for number in range(days)})
