"""Judging one rule on a set of mini-programs, period by period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from smartapp_watch.alerts.alert import Event
from smartapp_watch.alerts.fold import Fold, Recorded
from smartapp_watch.alerts.lifecycle import Subject
from smartapp_watch.alerts.near_miss import NearMiss
from smartapp_watch.evaluate.lane import Given, Lane, Record, Task, Tasks, write_outcome
from smartapp_watch.history.alert_log import Judged, SeriesKey
from smartapp_watch.history.window import Window
from smartapp_watch.metrics.period import Period, periods_between
from smartapp_watch.rules.baseline import Episode, candidates
from smartapp_watch.rules.calendar import Calendar
from smartapp_watch.rules.fleet import Shifts, fleet_of
from smartapp_watch.rules.judge import Evidence, Fleet, judge
from smartapp_watch.rules.rule import Unusual
from smartapp_watch.rules.verdict import Judgement, Reason, Verdict

_SERIES_OF_A_FLEET = 200
_SHARE_OF_A_FLEET = 0.95
"""How many series tell what the fleet has in common; the first few that are ready may be any."""
_SERIES_OF_A_SAMPLE = 300
_APPS_OF_A_SAMPLE = 15
"""How many are looked at, where there are more: the median of 300 lies within 4 % of that of all."""

_GOLDEN = 2654435769


@dataclass(slots=True)
class Walk:
    """One lane's judging of a set of mini-programs: ``look``, then ``step``, a period at a time; ``finish``.

    ``record``: the episodes on record. ``calendar``: that of all of them. A mini-program stops at its first
    period that is not ready; ``reached`` is how far they came.
    """

    lane: Lane
    tasks: Tasks
    record: Record
    calendar: Calendar
    window: Window = field(init=False)
    shifts: Shifts = field(init=False)
    going: set[int | None] = field(default_factory=set)
    reached: dict[Period, set[int | None]] = field(default_factory=dict)
    folds: dict[SeriesKey, Fold] = field(default_factory=dict)
    _seen: dict[SeriesKey, tuple[Episode, ...]] = field(default_factory=dict)
    _moved: set[SeriesKey] = field(default_factory=set)
    _open: set[SeriesKey] = field(default_factory=set)
    _disturbed: dict[Period, set[SeriesKey]] = field(default_factory=dict)
    _began: dict[Period, list[SeriesKey]] = field(default_factory=dict)
    _starting: dict[Period, set[int | None]] = field(default_factory=dict)
    _stepped: dict[Period, set[int | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lane, session = self.lane, self.lane.session
        everybody = set().union(*self.tasks.values())
        self.window = Window(
            knowledge=session.knowledge,
            horizon=session.horizon,
            calendar=self.calendar,
            rule=lane.rule,
            nth=lane.nth,
            ids=[*everybody],
            now=session.now,
            arrived=session.arrived(lane.rule, lane.nth, everybody),
            span=(min(task.start for task in self.tasks), lane.newest_closed()),
        )
        self.shifts = self._earlier_shifts(min(task.start for task in self.tasks))
        for task, members in self.tasks.items():
            self._starting.setdefault(task.start, set()).update(members)
            if task.stepped is not None:
                self._stepped.setdefault(task.stepped, set()).update(members)
        for key, record in self.record.items():
            if key[0] in everybody:
                self._take_up(key, record)

    def _take_up(self, key: SeriesKey, record: tuple[Recorded, ...]) -> None:
        """Go on from what is on record of a series."""
        if self._task_of(key[0]).replayed or any(each.is_open for each in record):
            self._fold(key)
        self._note_episodes(key, Fold(self.lane.rule, record).episodes)
        for each in record:
            self._began.setdefault(each.alert.since, []).append(key)

    def _earlier_shifts(self, start: Period) -> Shifts:
        """When the fleet was outside its band, as far as what is judged from ``start`` on looks back."""
        lane = self.lane
        shifts = Shifts.of(lane.rule)
        if lane.is_fleet:
            first = min(candidates(lane.rule, start), default=start).shift(-shifts.most)
            for period, fleet in lane.session.alerts.fleets.shifts(lane.rule, lane.name, first, start):
                shifts.note(period, fleet)
        return shifts

    def look(self) -> None:
        """Note the episodes as they are before a period is judged, for the walks beside this one, too."""
        for key in self._moved:
            self._note_episodes(key, self.folds[key].episodes)
        self._moved.clear()

    def seen(self, key: SeriesKey) -> tuple[Episode, ...]:
        """The episodes of a series as ``look`` found them."""
        return self._seen.get(key, ())

    def _note_episodes(self, key: SeriesKey, episodes: tuple[Episode, ...]) -> None:
        known = self._seen.get(key, ())
        self._seen[key] = episodes
        for each in episodes:
            if each.until is None:
                self._open.add(key)
            elif each not in known:
                for period in periods_between(each.since, each.until.shift(-1)):
                    self._disturbed.setdefault(period, set()).add(key)

    def step(self, period: Period, beside: Sequence[Walk] = ()) -> None:
        """Judge the mini-programs whose turn it is, and that are ready; ``beside``: the companions' walks."""
        self.going |= self._starting.pop(period, set())
        ready = self.window.finality.ready(self.going, period)
        if self._waits(ready, period):
            ready = set()
        for stepped, app_ids in self._stepped.items():
            if period <= stepped:
                ready |= self.going & app_ids
        self._note_given_up(ready, period)
        self.going &= ready
        self.reached[period] = ready
        before = period.shift(-1)
        self.reached[before] = self.reached.get(before, set()) - ready
        self._judge_period(ready, period, beside)
        self.window.forget_before(period)

    def finish(self) -> list[Event]:
        """Write what came of it, and answer what is to be told."""
        lane = self.lane
        for period, reached in self.reached.items():
            for meaning, members in lane.meanings(reached):
                if members:
                    judged = Judged(period, meaning, members)
                    lane.session.alerts.save_judged(lane.rule.name, lane.name, judged)
        return [event for fold in self.folds.values() for event in write_outcome(lane.session, fold)]

    def _task_of(self, app_id: int | None) -> Task:
        return next(task for task, members in self.tasks.items() if app_id in members)

    def _note_given_up(self, ready: set[int | None], period: Period) -> None:
        """Keep in mind whose period is a step only because nobody waits any longer: it may yet come."""
        lane = self.lane
        given_up = self.window.finality.may_become_final(ready, period)
        lane.session.alerts.save_given_up(lane.rule.name, lane.name, period, given_up)

    def _judge_period(self, ready: set[int | None], period: Period, beside: Sequence[Walk]) -> None:
        window = self.window
        excluded = window.lookback.why_not(period)
        fleet = None if excluded else self._fleet(ready, period, beside)
        keys = window.series(
            ready,
            period,
            alerting=[key for key, fold in self.folds.items() if fold.alert],
            # What was told of these may have to be taken back.
            wanted=[key for key in self._began.get(period, ()) if key in self.folds],
            disturbed={key for walk in (self, *beside) for key in walk.disturbed(period)},
            closely=self.lane.session.closely,
            shift=fleet.shift if fleet else 1.0,
            common=self.shifts.episodes,
        )
        evidences = self._evidences(keys, period, beside)
        if fleet is not None:
            self.shifts.note(period, fleet)
        near: list[NearMiss] = []
        for key, known in evidences.items():
            evidence = known if fleet is None else replace(known, fleet=fleet)
            judgement = excluded or judge(self.lane.rule, period, evidence)
            fold = self.folds.get(key)
            before = fold.alert if fold else None
            if fold is not None or judgement.verdict is Verdict.BREACH:
                fold = self._fold(key)
                fold.step(Subject(key[0], key[1], window.texts(key, period)), period, judgement)
            if judgement.reason is Reason.UNDER_CUT:
                near.append(self._near_miss(key, period, judgement))
            witness = self.lane.session.witness
            if witness:
                after = fold.newest if fold else None
                witness(Given(self.lane.rule, key, period, evidence, judgement, before, after))
        if isinstance(self.lane.rule.condition, Unusual):
            self.lane.session.alerts.near_misses.save(self.lane.rule, self.lane.name, period, ready, near)

    def _near_miss(self, key: SeriesKey, period: Period, judgement: Judgement) -> NearMiss:
        return NearMiss(
            *key,
            texts=self.window.texts(key, period),
            period=period,
            figures=judgement.figures,
            score=judgement.score,
            at=self.lane.session.now,
        )

    def disturbed(self, period: Period) -> Iterator[SeriesKey]:
        """The series with an episode, before ``period`` was judged, among what that may be compared with.

        Those whose episode turned out to be none are still named: that they are judged does no harm.
        """
        yield from self._open
        for each in self.window.lookback.candidates(period):
            yield from self._disturbed.get(each, ())

    def _evidences(
        self, keys: Iterable[SeriesKey], period: Period, beside: Sequence[Walk]
    ) -> dict[SeriesKey, Evidence]:
        common = self.shifts.episodes
        return {
            key: self.window.evidence(
                key, period, self.seen(key), tuple(each for walk in beside for each in walk.seen(key)), common
            )
            for key in keys
        }

    def _waits(self, ready: set[int | None], period: Period) -> bool:
        """Whether too few of a fleet are there yet to tell whether a figure is the fleet's or its own."""
        lane = self.lane
        before = candidates(lane.rule, period)
        if not lane.is_fleet or not before or self.window.lookback.why_not(period):
            return False
        if lane.session.alerts.fleets.find(lane.rule, lane.name, period) is not None:
            return False
        usual = self.going & self.window.finality.complete(before[0])
        return len(ready & usual) < _SHARE_OF_A_FLEET * len(usual)

    def _fleet(self, ready: set[int | None], period: Period, beside: Sequence[Walk]) -> Fleet | None:
        """What the fleet has in common at the period, as it was found when that was judged first."""
        lane, fleets = self.lane, self.lane.session.alerts.fleets
        if not lane.rule.needs_fleet and not lane.rule.moves_with_fleet:
            return None
        known = fleets.find(lane.rule, lane.name, period)
        if known is not None or not (lane.rule.needs_fleet or lane.is_fleet):
            return known
        evidences, apps = self._sample(ready, period, beside)
        stands_for = lane.size / apps if lane.is_fleet and apps else 0
        if len(evidences) >= _SERIES_OF_A_FLEET or len(evidences) >= _SHARE_OF_A_FLEET * len(self.window.ids):
            known = fleet_of(lane.rule, period, evidences, stands_for)
            fleets.save(lane.rule, lane.name, period, known)
            return known
        return fleets.newest(lane.rule, lane.name, period) or fleet_of(lane.rule, period, evidences)

    def _sample(
        self, ready: set[int | None], period: Period, beside: Sequence[Walk]
    ) -> tuple[list[Evidence], int]:
        """Enough series to tell what the fleet has in common: all of some mini-programs, always the same.

        With how many mini-programs they are of.
        """
        order = sorted(ready, key=_scatter)
        found: list[Evidence] = []
        begin, end = 0, _APPS_OF_A_SAMPLE
        while begin < len(order) and len(found) < _SERIES_OF_A_SAMPLE:
            some = set(order[begin:end])
            keys = self.window.series(some, period, closely=some)
            found += self._evidences(keys, period, beside).values()
            # As many more as it takes, if they have as many series each.
            more = end * (_SERIES_OF_A_SAMPLE - len(found)) // (len(found) or 1)
            begin, end = end, end + max(more, 1)
        return found, min(begin, len(order))

    def _fold(self, key: SeriesKey) -> Fold:
        self._moved.add(key)
        if key not in self.folds:
            task = self._task_of(key[0])
            record = self.record.get(key, ())
            if task.replayed:
                record = tuple(each for each in record if each.is_open or each.alert.since >= task.start)
            self.folds[key] = Fold(self.lane.rule, record, task.replayed, task.rule_changed, task.judged)
        return self.folds[key]


def _scatter(app_id: int | None) -> int:
    """An order that has nothing to do with that of the numbers, which are given out in the order of time."""
    return (app_id or 0) * _GOLDEN % 2**32
