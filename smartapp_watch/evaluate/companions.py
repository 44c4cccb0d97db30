"""Rules on the same figure, judged side by side: what one of them finds unusual is no baseline of another.

They go in step: all judge a period by what all had found before it. So it does not matter which comes first,
and judging every day leads to the same as judging a year at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import chain

from smartapp_watch.alerts.alert import Event
from smartapp_watch.evaluate.fleet_alert import judge_whole
from smartapp_watch.evaluate.lane import Lane, Tasks, periods_back
from smartapp_watch.evaluate.walk import Walk
from smartapp_watch.metrics.period import Period, periods_between
from smartapp_watch.rules.bound import bound_of
from smartapp_watch.rules.calendar import Calendar
from smartapp_watch.rules.holiday import YEARS

_FEW_PERIODS = 7
_APPS_AT_ONCE = 1000
_APPS_AT_ONCE_WHOSE_PAST_IS_READ = 200
_REACH = timedelta(weeks=53 * (YEARS + 1))
"""More than what stood before an open alert lies before its first breach, and all that a holiday looks at."""

AppIds = Iterable[int | None]


def judge_together(lanes: Sequence[Lane], watched: Sequence[AppIds]) -> list[Event]:
    """Judge what is ready, write it, and answer what is to be told; ``watched``: by each of the lanes.

    All lanes are of one table and one retention cell.
    """
    first, newest = lanes[0].first, lanes[0].newest_closed()
    if first is None:
        return []
    tasks = _tasks(lanes, watched, first, newest)
    records = [
        lane.record(min(task.start for task in mine)) if mine else {}
        for lane, mine in zip(lanes, tasks, strict=True)
    ]
    events: list[Event] = []
    for batch, calendar in _batches(lanes, tasks, dict.fromkeys(chain.from_iterable(watched)), newest):
        walks = [
            Walk(lane, chosen, record, calendar)
            for lane, mine, record in zip(lanes, tasks, records, strict=True)
            if (chosen := {task: some for task, members in mine.items() if (some := members & batch)})
        ]
        _walk(walks, newest)
        events += [event for walk in walks for event in walk.finish()]
    of_fleets = [
        event for lane, mine in zip(lanes, tasks, strict=True) for event in judge_whole(lane, mine, first)
    ]
    return of_fleets + events


def _tasks(lanes: Sequence[Lane], watched: Sequence[AppIds], first: Period, newest: Period) -> list[Tasks]:
    """What each lane has to judge; where one goes over a mini-program's past once more, all of them do."""
    tasks = [lane.tasks(ids, first) for lane, ids in zip(lanes, watched, strict=True)]
    again = set().union(*(members for mine in tasks for task, members in mine.items() if task.replayed))
    return [_in_step(mine, again, first, newest) for mine in tasks]


def _in_step(tasks: Tasks, again: set[int | None], first: Period, newest: Period) -> Tasks:
    found: Tasks = {}
    for task, members in tasks.items():
        for which, some in ((task.once_more(first), members & again), (task, members - again)):
            if some and which.start <= newest:
                found.setdefault(which, set()).update(some)
    return found


def _batches(
    lanes: Sequence[Lane], tasks: Sequence[Tasks], order: AppIds, newest: Period
) -> Iterator[tuple[set[int | None], Calendar]]:
    """The mini-programs, in this ``order``, in sets that are judged at once, each of one calendar.

    Their size bounds the memory that their rows take.
    """
    behind = newest.shift(1 - _FEW_PERIODS)
    all_tasks = [(task.start, members) for mine in tasks for task, members in mine.items()]
    lagging = set().union(*(members for start, members in all_tasks if start < behind))
    others = set().union(*(members for _, members in all_tasks)) - lagging
    reads_all = any(bound_of(lane.rule) is None for lane in lanes)
    at_once = _APPS_AT_ONCE_WHOSE_PAST_IS_READ if reads_all else _APPS_AT_ONCE
    for chosen, size in ((others, _APPS_AT_ONCE), (lagging, at_once)):
        start = min((start for start, members in all_tasks if not members.isdisjoint(chosen)), default=newest)
        for kin, calendar in _kindred(lanes[0], chosen, start, newest):
            in_order = [each for each in order if each in kin]
            for begin in range(0, len(in_order), size):
                yield set(in_order[begin : begin + size]), calendar


def _kindred(
    lane: Lane, ids: set[int | None], start: Period, newest: Period
) -> list[tuple[set[int | None], Calendar]]:
    """The mini-programs in sets for which the same days are left out, the largest first.

    What the fleet has in common is learned from those that are judged first. Days that nothing judged from
    ``start`` on can be compared with make no difference.
    """
    first = start.shift(-periods_back(lane.rule.every)).first - _REACH
    last = newest.shift(lane.nth - 1).last
    by_days: dict[frozenset[date], tuple[set[int | None], Calendar]] = {}
    for own, members in lane.session.calendar.kin(ids):
        by_days.setdefault(own.left_out(first, last), (set(), own))[0].update(members)
    return sorted(by_days.values(), key=lambda kin: -len(kin[0]))


def _walk(walks: Sequence[Walk], newest: Period) -> None:
    start = min(task.start for walk in walks for task in walk.tasks)
    beside = [[other for other in walks if other is not walk] for walk in walks]
    for period in periods_between(start, newest):
        for walk in walks:
            walk.look()
        for walk, others in zip(walks, beside, strict=True):
            walk.lane.session.go_on()
            walk.step(period, others)
