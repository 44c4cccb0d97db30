"""Rules on the same figure, judged side by side: what one of them finds unusual is no baseline of another.

They go in step: all judge a period by what all had found before it. So it does not matter which comes first,
and judging every day leads to the same as judging a year at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

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
        lane.record(min({task.start for task in mine.values()})) if mine else {}
        for lane, mine in zip(lanes, tasks, strict=True)
    ]
    events: list[Event] = []
    for batch, calendar in _batches(lanes, tasks, newest):
        walks = [
            Walk(lane, chosen, record, calendar)
            for lane, mine, record in zip(lanes, tasks, records, strict=True)
            if (chosen := {each: task for each, task in mine.items() if each in batch})
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
    again = {each for mine in tasks for each, task in mine.items() if task.replayed}
    together = (
        {each: task.once_more(first) if each in again else task for each, task in mine.items()}
        for mine in tasks
    )
    return [{each: task for each, task in mine.items() if task.start <= newest} for mine in together]


def _batches(
    lanes: Sequence[Lane], tasks: Sequence[Tasks], newest: Period
) -> Iterator[tuple[set[int | None], Calendar]]:
    """The mini-programs in sets that are judged at once, each of one calendar.

    Their size bounds the memory that their rows take.
    """
    behind = newest.shift(1 - _FEW_PERIODS)
    starts: dict[int | None, Period] = {}
    for mine in tasks:
        for each, task in mine.items():
            starts[each] = min(task.start, starts.get(each, task.start))
    reads_all = any(bound_of(lane.rule) is None for lane in lanes)
    at_once = _APPS_AT_ONCE_WHOSE_PAST_IS_READ if reads_all else _APPS_AT_ONCE
    few = [each for each, start in starts.items() if start >= behind]
    many = [each for each, start in starts.items() if start < behind]
    for chosen, size in ((few, _APPS_AT_ONCE), (many, at_once)):
        start = min((starts[each] for each in chosen), default=newest)
        for kin, calendar in _kindred(lanes[0], chosen, start, newest):
            for begin in range(0, len(kin), size):
                yield set(kin[begin : begin + size]), calendar


def _kindred(
    lane: Lane, ids: AppIds, start: Period, newest: Period
) -> list[tuple[list[int | None], Calendar]]:
    """The mini-programs in sets for which the same days are left out, the largest first.

    What the fleet has in common is learned from those that are judged first. Days that nothing judged from
    ``start`` on can be compared with make no difference.
    """
    first = start.shift(-periods_back(lane.rule.every)).first - _REACH
    last = newest.shift(lane.nth - 1).last
    by_calendar: dict[int, tuple[list[int | None], Calendar]] = {}
    for each in ids:
        own = lane.session.calendar.of(each)
        by_calendar.setdefault(id(own), ([], own))[0].append(each)
    by_days: dict[frozenset[date], tuple[list[int | None], Calendar]] = {}
    for members, own in by_calendar.values():
        by_days.setdefault(own.left_out(first, last), ([], own))[0].extend(members)
    return sorted(by_days.values(), key=lambda kin: -len(kin[0]))


def _walk(walks: Sequence[Walk], newest: Period) -> None:
    start = min({task.start for walk in walks for task in walk.tasks.values()})
    beside = [[other for other in walks if other is not walk] for walk in walks]
    for period in periods_between(start, newest):
        for walk in walks:
            walk.look()
        for walk, others in zip(walks, beside, strict=True):
            walk.lane.session.go_on()
            walk.step(period, others)
