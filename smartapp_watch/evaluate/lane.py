"""One rule on a set of mini-programs: which periods are to be judged, and judging each of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from smartapp_watch.alerts.alert import Alert, Event
from smartapp_watch.alerts.fold import Fold, Recorded
from smartapp_watch.errors import Stopped
from smartapp_watch.history.alert_log import AlertLog, SeriesKey
from smartapp_watch.history.finality import Arrived
from smartapp_watch.history.knowledge import Knowledge
from smartapp_watch.history.reading_log import Awaited
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.metrics.report import Table
from smartapp_watch.rules.baseline import meaning_among
from smartapp_watch.rules.calendar import Calendar
from smartapp_watch.rules.fleet import LEAST_SERIES
from smartapp_watch.rules.judge import Evidence
from smartapp_watch.rules.rule import Rule
from smartapp_watch.rules.verdict import Judgement

_STOPPED = "stopped while judging; the next evaluation begins anew"
_PERIODS_BACK = 120
"""How far back a rule is folded when it is judged first, or once more."""

_HOURS_A_DAY = 24

Changed = dict[Period, set[int | None]]
"""Whose past has changed from which period on, or an earlier one that names them, too."""


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

    ``witness``: is shown each verdict as it is given, and what it led to: every one on the mini-programs that
    are watched ``closely``; of others those that may be a breach, or mean something for an alert. ``shared``:
    what sessions with the same knowledge found out of how far periods came. ``stop``: once it is set, the
    work ends with Stopped.
    """

    knowledge: Knowledge
    alerts: AlertLog
    horizon: Horizon
    calendar: Calendar
    now: datetime
    until: Period | None = None
    witness: Callable[[Given], None] | None = None
    closely: frozenset[int | None] = frozenset()
    _changed: dict[tuple[str, Period], Changed] = field(default_factory=dict)
    shared: dict[object, Arrived] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def go_on(self) -> None:
        """Stopped where the process is stopping; to be asked often, as asking is a sign of life."""
        if self.stop.is_set():
            raise Stopped(_STOPPED)

    def arrived(self, rule: Rule, nth: int, ids: Iterable[int | None]) -> Arrived:
        """What rules on one table find out together of how far its periods came."""
        scenes = rule.where if rule.table.report.of_platform else ()
        return self.shared.setdefault((rule.table.name, nth, scenes, frozenset(ids)), {})

    def changed(self, table: Table, since: datetime | None, first: Period) -> Changed:
        """The first period, from ``first`` on, that became known, or was corrected, and of whom.

        ``since``: when it was asked last. Rules on one table share the answer.
        """
        if since is None:
            return {}
        if (table.name, first) not in self._changed:
            self._changed[table.name, first] = self.knowledge.changed(table, since, first)
        return self._changed[table.name, first]


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


Tasks = dict[Task, set[int | None]]
"""Few, of many mini-programs each: nearly all begin at the same period."""
Record = dict[SeriesKey, tuple[Recorded, ...]]


@dataclass(slots=True)
class Lane:
    """One rule on one retention cell (or on the one value that other reports have).

    ``since``: when the last evaluation was; what was learned from then on may change what it judged.
    ``companions``: the rules that are judged beside it, itself among them. ``size``: how many mini-programs
    the rule watches.
    """

    session: Session
    rule: Rule
    nth: int
    since: datetime | None
    companions: tuple[Rule, ...] = ()
    size: int = 0

    @property
    def is_fleet(self) -> bool:
        """Whether the mini-programs are enough to be judged as a whole, too."""
        return self.rule.moves_with_fleet and self.size >= LEAST_SERIES

    @property
    def name(self) -> str:
        """What the lane is called on record: the cell's number, or nothing."""
        return str(self.nth) if self.nth > 1 else ""

    def meanings(self, ids: set[int | None]) -> Iterator[tuple[str, set[int | None]]]:
        """What decides its verdicts on these mini-programs: the rules' meaning, and the days left out."""
        of_rules = meaning_among(self.rule, self.companions)
        if self.rule.every is Granularity.MONTH:
            yield of_rules, ids
            return
        for calendar, members in self.session.calendar.kin(ids):
            yield _meaning_with(of_rules, calendar.meaning), members

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
        newest, new = self.newest_closed(), set(ids)
        changed = self._came_late(self.session.changed(self.rule.table, self.since, first), first)
        tasks: Tasks = {}
        for judged in list(self.session.alerts.judged(self.rule.name, self.name)):
            known = new.intersection(judged.app_ids)
            new -= known
            corrected = set().union(
                *(each for period, each in changed.items() if period <= judged.period <= newest)
            )
            for meaning, members in self.meanings(known):
                is_same = meaning == judged.meaning
                for some, is_changed in ((members & corrected, True), (members - corrected, False)):
                    task = _task_after(judged.period, first, is_same=is_same, is_changed=is_changed)
                    tasks.setdefault(task, set()).update(some)
        tasks.setdefault(Task(first, replayed=True), set()).update(new)
        return {task: members for task, members in tasks.items() if members}

    def _came_late(self, changed: Changed, first: Period) -> Changed:
        """``changed``, and the periods that were given up and are final by now."""
        session, found = self.session, {period: set(each) for period, each in changed.items()}
        waiting = session.alerts.take_given_up(self.rule.name, self.name, first)
        for period in sorted(waiting):
            since = session.horizon.final_from(period, self.nth)
            arrived = session.knowledge.arrivals(Awaited(self.rule.table, period, since))
            came = waiting[period] & arrived.final
            session.alerts.save_given_up(self.rule.name, self.name, period, waiting[period] - came)
            found.setdefault(period, set()).update(came)
        return found

    def record(self, start: Period) -> Record:
        """The episodes on record that matter from ``start`` on, as baselines or to be taken back.

        Those of another granularity are another rule's, under the same name.
        """
        found = self.session.alerts.record(self.rule.name, start.shift(-periods_back(self.rule.every)))
        mine: Record = {}
        for key, record in found.items():
            if self.nth == 1 or ("nth", self.nth) in key[1]:
                mine[key] = tuple(each for each in record if each.alert.since.granularity is self.rule.every)
        return mine


@lru_cache(maxsize=1024)
def _meaning_with(of_rules: str, of_calendar: str) -> str:
    # Asked for each mini-program, and the same for nearly all of them.
    return sha256(repr((of_rules, of_calendar)).encode()).hexdigest()[:16] if of_calendar else of_rules


def write_outcome(session: Session, fold: Fold) -> list[Event]:
    """Write what came of a series' fold, and answer what is to be told."""
    outcome = fold.outcome()
    for alert in outcome.forgotten:
        session.alerts.forget(alert)
    saved = {alert.since: session.alerts.save(alert, session.now) for alert in outcome.alerts}
    return [
        session.alerts.add_event(replace(event, alert=saved[event.alert.since]), session.now)
        for event in outcome.events
    ]


def _task_after(judged: Period, first: Period, *, is_same: bool, is_changed: bool) -> Task:
    """What is to do for those that were judged up to a period, by the same rule or another."""
    if not is_same:
        return Task(first, replayed=True, rule_changed=True, stepped=judged)
    if is_changed:
        return Task(first, replayed=True, judged=judged, stepped=judged)
    return Task(max(first, judged.shift(1)))
