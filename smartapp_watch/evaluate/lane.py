"""One rule on a set of mini-programs: which periods are to be judged, and judging each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from smartapp_watch.alerts.alert import Alert, Event
from smartapp_watch.alerts.fold import Fold, Recorded
from smartapp_watch.alerts.lifecycle import Subject
from smartapp_watch.history.alert_log import AlertLog, Judged, SeriesKey
from smartapp_watch.history.window import Knowledge, Window
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.rules.baseline import Episode, meaning_among
from smartapp_watch.rules.calendar import Calendar
from smartapp_watch.rules.judge import Evidence, Fleet, judge
from smartapp_watch.rules.rule import Rule
from smartapp_watch.rules.verdict import Judgement, Verdict

_PERIODS_BACK = 120
_HOURS_A_DAY = 24
"""How far back a rule is folded when it is judged first, or once more."""

_SERIES_OF_A_FLEET = 200
_SHARE_OF_A_FLEET = 0.95
"""How many series tell what the fleet has in common; the first few that are ready may be any."""

_EXCLUDED = Judgement(Verdict.EXCLUDED)


@dataclass(frozen=True, slots=True)
class Given:
    """A rule's verdict on a series at a period, what it rests on, and the alert before and after it."""

    rule: Rule
    key: SeriesKey
    period: Period
    evidence: Evidence
    judgement: Judgement
    before: Alert | None
    after: Alert | None


@dataclass(frozen=True, slots=True)
class Session:
    """What an evaluation works with, and as of when; ``until``: the last period to judge, if any.

    ``witness``: is shown every verdict as it is given, and what it led to.
    """

    knowledge: Knowledge
    alerts: AlertLog
    horizon: Horizon
    calendar: Calendar
    now: datetime
    until: Period | None = None
    witness: Callable[[Given], None] | None = None


def periods_back(every: Granularity) -> int:
    """How far back the past is judged again: 120 days, weeks or months, and the hours of 120 days."""
    return _PERIODS_BACK * (_HOURS_A_DAY if every is Granularity.HOUR else 1)


@dataclass(frozen=True, slots=True)
class Task:
    """Where judging a mini-program begins.

    ``replayed``: over the past once more, since the rule is new or changed (``rule_changed``), or data that
    were judged are not what they were.
    """

    start: Period
    replayed: bool = False
    rule_changed: bool = False
    judged: Period | None = None
    stepped: Period | None = None

    def once_more(self, first: Period) -> Task:
        """The same over the past once more, from ``first`` on: a rule beside this one is judged so."""
        if self.replayed:
            return self
        judged = self.start.shift(-1)
        return Task(first, replayed=True, judged=judged, stepped=judged)


Tasks = dict[int | None, Task]
Record = dict[SeriesKey, tuple[Recorded, ...]]


@dataclass(slots=True)
class Lane:
    """One rule on one retention cell (or on the one value that other reports have).

    ``since``: when the last evaluation was; what was learned from then on may change what it judged.
    ``companions``: the rules that are judged beside it, itself among them.
    """

    session: Session
    rule: Rule
    nth: int
    since: datetime | None
    companions: tuple[Rule, ...] = ()

    @property
    def name(self) -> str:
        """What the lane is called on record: the cell's number, or nothing."""
        return str(self.nth) if self.nth > 1 else ""

    @property
    def meaning(self) -> str:
        """What decides its verdicts."""
        return meaning_among(self.rule, self.companions)

    @property
    def first(self) -> Period | None:
        """The first period that is judged at all; None where nothing is stored."""
        stored = self.session.knowledge.oldest(self.rule.table)
        return stored and max(stored, self.newest_closed().shift(1 - periods_back(self.rule.every)))

    def newest_closed(self) -> Period:
        """The newest period that may be judged."""
        session = self.session
        newest = Period.newest_closed(session.now, self.rule.every).shift(1 - self.nth)
        if session.until is None:
            return newest
        last = Period.containing(session.until.last, self.rule.every)
        if self.rule.every is Granularity.HOUR:
            last = last.shift(session.until.hour if session.until.granularity is Granularity.HOUR else 23)
        return min(newest, last if last.last <= session.until.last else last.shift(-1))

    def tasks(self, ids: Iterable[int | None], first: Period) -> Tasks:
        """Where each mini-program begins; one that has nothing to judge, after the newest period."""
        newest = self.newest_closed()
        judged = {
            each.app_id: each for each in self.session.alerts.judged(self.rule.name) if each.lane == self.name
        }
        changed = self._came_late(self._changed(first), first)
        return {each: self._task(judged.get(each), changed.get(each), first, newest) for each in ids}

    def _task(self, judged: Judged | None, changed: Period | None, first: Period, newest: Period) -> Task:
        if judged is None:
            return Task(first, replayed=True)
        if judged.meaning != self.meaning:
            return Task(first, replayed=True, rule_changed=True, stepped=judged.period)
        if changed is not None and changed <= judged.period <= newest:
            return Task(first, replayed=True, judged=judged.period, stepped=judged.period)
        return Task(max(first, judged.period.shift(1)))

    def _changed(self, first: Period) -> Mapping[int | None, Period]:
        """The first period of each mini-program that more, or something else, is known of since last time."""
        if self.since is None:
            return {}
        return self.session.knowledge.changed(self.rule.table, self.since, first)

    def _came_late(self, changed: Mapping[int | None, Period], first: Period) -> dict[int | None, Period]:
        """``changed``, and the periods that were given up and are final by now."""
        session, found = self.session, dict(changed)
        waiting = session.alerts.take_given_up(self.rule.name, self.name, first)
        for period in sorted(waiting):
            readings = session.knowledge.maturity(
                self.rule.table,
                [period],
                app_ids=[each for each in waiting[period] if each is not None] or None,
            )
            came = {
                app_id
                for (app_id, _), reading in readings.items()
                if app_id in waiting[period]
                and reading.rows
                and session.horizon.is_final(period, self.nth, reading.state)
            }
            session.alerts.save_given_up(self.rule.name, self.name, period, waiting[period] - came)
            found.update({each: min(period, found.get(each, period)) for each in came})
        return found

    def record(self) -> Record:
        """The episodes on record; those of another granularity are another rule's, under the same name."""
        newest = self.newest_closed()
        found = self.session.alerts.record(self.rule.name, newest.shift(-2 * periods_back(self.rule.every)))
        mine: Record = {}
        for key, record in found.items():
            if self.nth == 1 or ("nth", self.nth) in key[1]:
                mine[key] = tuple(each for each in record if each.alert.since.granularity is self.rule.every)
        return mine


@dataclass(slots=True)
class Walk:
    """One lane's judging of a set of mini-programs: ``look``, then ``step``, a period at a time; ``finish``.

    ``record``: the episodes on record. A mini-program stops at its first period that is not ready;
    ``reached`` is how far each of them came.
    """

    lane: Lane
    tasks: Tasks
    record: Record
    window: Window = field(init=False)
    going: set[int | None] = field(init=False)
    reached: dict[int | None, Period] = field(default_factory=dict)
    folds: dict[SeriesKey, Fold] = field(default_factory=dict)
    _seen: dict[SeriesKey, tuple[Episode, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lane, session = self.lane, self.lane.session
        self.window = Window(
            knowledge=session.knowledge,
            horizon=session.horizon,
            calendar=session.calendar,
            rule=lane.rule,
            nth=lane.nth,
            ids=[*self.tasks],
            now=session.now,
        )
        self.going = set(self.tasks)
        for key, record in self.record.items():
            if key[0] in self.tasks and (self.tasks[key[0]].replayed or any(each.is_open for each in record)):
                self._fold(key)

    def look(self) -> None:
        """Note the episodes as they are before a period is judged, for the walks beside this one."""
        self._seen = {key: fold.episodes for key, fold in self.folds.items()}

    def seen(self, key: SeriesKey) -> tuple[Episode, ...]:
        """The episodes of a series as ``look`` found them."""
        found = self._seen.get(key)
        return self._recorded(key) if found is None else found

    def step(self, period: Period, beside: Sequence[Walk] = ()) -> None:
        """Judge the mini-programs whose turn it is, and that are ready; ``beside``: the companions' walks."""
        active = {each for each in self.going if self.tasks[each].start <= period}
        ready = {
            each for each in active if self._was_step(each, period) or self.window.is_ready(each, period)
        }
        self._note_given_up(ready, period)
        self.going -= active - ready
        self.reached.update(dict.fromkeys(ready, period))
        alerting = [key for key, fold in self.folds.items() if fold.alert]
        self._judge_period(self.window.series(ready, period, alerting), period, beside)
        self.window.forget_before(period)

    def finish(self) -> list[Event]:
        """Write what came of it, and answer what is to be told."""
        lane = self.lane
        meaning = lane.meaning
        lane.session.alerts.save_judged(
            lane.rule.name,
            [Judged(each, lane.name, period, meaning) for each, period in self.reached.items()],
        )
        return [event for fold in self.folds.values() for event in self._write(fold)]

    def _was_step(self, app_id: int | None, period: Period) -> bool:
        stepped = self.tasks[app_id].stepped
        return stepped is not None and period <= stepped

    def _note_given_up(self, ready: set[int | None], period: Period) -> None:
        """Keep in mind whose period is a step only because nobody waits any longer: it may yet come."""
        lane = self.lane
        given_up = [each for each in ready if self.window.may_become_final(each, period)]
        lane.session.alerts.save_given_up(lane.rule.name, lane.name, period, given_up)

    def _judge_period(self, keys: set[SeriesKey], period: Period, beside: Sequence[Walk]) -> None:
        window = self.window
        evidences = {
            key: window.evidence(
                key, period, self._episodes(key), tuple(each for walk in beside for each in walk.seen(key))
            )
            for key in keys
        }
        excluded = window.excludes(period)
        fleet = None if excluded else self._fleet(evidences.values(), period)
        for key, known in evidences.items():
            evidence = known if fleet is None else replace(known, fleet=fleet)
            judgement = _EXCLUDED if excluded else judge(self.lane.rule, period, evidence)
            fold = self.folds.get(key)
            before = fold.alert if fold else None
            if fold is not None or judgement.verdict is Verdict.BREACH:
                fold = self._fold(key)
                fold.step(Subject(key[0], key[1], window.texts(key, period)), period, judgement)
            witness = self.lane.session.witness
            if witness:
                after = fold.newest if fold else None
                witness(Given(self.lane.rule, key, period, evidence, judgement, before, after))

    def _episodes(self, key: SeriesKey) -> tuple[Episode, ...]:
        fold = self.folds.get(key)
        return self._recorded(key) if fold is None else fold.episodes

    def _recorded(self, key: SeriesKey) -> tuple[Episode, ...]:
        record = self.record.get(key) if key[0] in self.tasks else None
        return Fold(self.lane.rule, record).episodes if record else ()

    def _fleet(self, evidences: Iterable[Evidence], period: Period) -> Fleet | None:
        """What the fleet has in common at the period, as it was found when that was judged first."""
        lane, alerts = self.lane, self.lane.session.alerts
        if not lane.rule.needs_fleet:
            return None
        known = alerts.fleet(lane.rule, lane.name, period)
        if known is not None:
            return known
        evidences = list(evidences)
        if len(evidences) >= _SERIES_OF_A_FLEET or len(evidences) >= _SHARE_OF_A_FLEET * len(self.tasks):
            known = self.window.fleet(evidences, period)
            alerts.save_fleet(lane.rule, lane.name, period, known)
            return known
        return alerts.newest_fleet(lane.rule, lane.name, period) or self.window.fleet(evidences, period)

    def _fold(self, key: SeriesKey) -> Fold:
        if key not in self.folds:
            task = self.tasks[key[0]]
            record = self.record.get(key, ())
            if task.replayed:
                record = tuple(each for each in record if each.is_open or each.alert.since >= task.start)
            self.folds[key] = Fold(self.lane.rule, record, task.replayed, task.rule_changed, task.judged)
        return self.folds[key]

    def _write(self, fold: Fold) -> list[Event]:
        session = self.lane.session
        outcome = fold.outcome()
        for alert in outcome.forgotten:
            session.alerts.forget(alert)
        saved = {alert.since: session.alerts.save(alert, session.now) for alert in outcome.alerts}
        return [
            session.alerts.add_event(replace(event, alert=saved[event.alert.since]), session.now)
            for event in outcome.events
        ]
