"""What to ask the API for: the history compared with what should be there. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Protocol

from smartapp_watch.metrics.due import Horizon, Need, ReadState
from smartapp_watch.metrics.observation import Query
from smartapp_watch.metrics.period import Granularity, Period, beijing_day, periods_between
from smartapp_watch.metrics.report import Table

PAGE = 20
"""Rows that the API serves a call: a range of so many periods is one call."""

_LIVELY_DAYS = 7
_LIVELY_PERIODS = 2

AppId = int | None


@dataclass(frozen=True, slots=True)
class Target:
    """One table wanted of one mini-program (None: of the platform, whose ``scene`` it is)."""

    table: Table
    app_id: AppId
    scene: str = ""


@dataclass(frozen=True, slots=True)
class Errand:
    """A query, and what becomes of it where the source turns out to be late with its newest figures.

    ``awaited``: the newest period that may have figures, if it is asked for. ``rest``: the query for what is
    due without that, if anything is. ``lively``: the mini-program had figures lately, so that it says
    something about the source where it has none now.
    """

    query: Query
    awaited: Period | None = None
    rest: Query | None = None
    lively: bool = False


class Readings(Protocol):
    """What is known of how one table was read, for all mini-programs at once."""

    def lively(self, since: Period) -> Set[AppId]:
        """Who has values in any period from ``since`` on."""

    def met(self, period: Period, need: Need) -> Set[AppId]:
        """Whose reading of ``period`` meets ``need``; whom it leaves out, ``unmet`` tells of."""

    def unmet(self, period: Period, need: Need) -> Mapping[AppId, ReadState]:
        """The other readings of ``period``, some of which may meet it still."""


def plan_table(
    targets: Sequence[Target], readings: Readings, horizon: Horizon, now: datetime
) -> Iterator[Errand]:
    """The queries that bring what is missing or may still change; those of each target newest first.

    ``targets``: of one table (and scene). It goes by the period, and looks at single ones only where
    something is due: in most cycles of a large fleet hardly anything is.
    """
    schedule = _Schedule(targets[0].table, horizon, now)
    lively = readings.lively(schedule.lively_since)
    due: dict[AppId, _Due] = {target.app_id: _Due() for target in targets}
    everybody = frozenset(due)
    for place, wanted in enumerate(schedule.wanted):
        in_doubt = everybody - readings.met(wanted.period, wanted.need)
        states = readings.unmet(wanted.period, wanted.need) if in_doubt else {}
        for app_id in in_doubt:
            state, quiet = states.get(app_id), schedule.has_quiet and app_id not in lively
            if wanted.is_due(state, quiet=quiet):
                due[app_id].add(place, owed=wanted.is_owed(state, quiet=quiet))
    for target in targets:
        yield from schedule.errands(target, due[target.app_id], target.app_id in lively)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A period that should be there; one that is not ``required`` only where it was read before.

    ``owed``: what is due of it even where the source is late; None for what is late then.
    """

    period: Period
    need: Need
    owed: Need | None
    required: bool

    def is_due(self, state: ReadState | None, *, quiet: bool) -> bool:
        return self.required if state is None else not self.need.is_met(state, quiet=quiet)

    def is_owed(self, state: ReadState | None, *, quiet: bool) -> bool:
        return self.owed is not None and (state is None or not self.owed.is_met(state, quiet=quiet))


@dataclass(slots=True)
class _Due:
    """What is due of one target, as places in the schedule; ``owed``: the last of them that is owed."""

    places: list[int] = field(default_factory=list)
    owed: int | None = None

    def add(self, place: int, *, owed: bool) -> None:
        self.places.append(place)
        if owed:
            self.owed = place


@dataclass(frozen=True, slots=True)
class _Span:
    """The periods of one query; ``rest``: the last of them that is owed, where ``awaited`` is late."""

    first: Period
    last: Period
    awaited: Period | None = None
    rest: Period | None = None


class _Schedule:
    """What is wanted of one table at one time: made once, for every mini-program."""

    def __init__(self, table: Table, horizon: Horizon, now: datetime) -> None:
        self._table = table
        self._recheck_days = horizon.recheck_days
        self._ranges = table.report.reads_ranges(table.granularity)
        self._newest = Period.newest_closed(now, table.granularity)
        self._oldest = horizon.oldest(table, now)
        # A cohort's own period is not served: the newest that has figures is the one before.
        self._awaited = self._newest.shift(-1) if table.report.last_nth > 1 else self._newest
        self.has_quiet = table.granularity in (Granularity.DAY, Granularity.HOUR)
        week_ago = Period.containing(beijing_day(now - timedelta(days=_LIVELY_DAYS)), table.granularity)
        self.lively_since = week_ago if self.has_quiet else self._newest.shift(-_LIVELY_PERIODS)
        self.wanted = tuple(self._want(period, horizon, now) for period in self._periods())
        self._spans: dict[tuple[int | None, ...], tuple[_Span, ...]] = {}

    def errands(self, target: Target, due: _Due, lively: bool) -> Iterator[Errand]:
        """The queries for what is due of ``target``, newest first."""
        key = (due.owed, *due.places)  # most mini-programs lack the same
        if key not in self._spans:
            owed = None if due.owed is None else self.wanted[due.owed].period
            periods = [self.wanted[place].period for place in due.places]
            self._spans[key] = tuple(self._divide(periods, owed))
        for span in reversed(self._spans[key]):
            query = Query(target.table, target.app_id, span.first, span.last, target.scene)
            rest = replace(query, last=span.rest) if span.rest else None
            yield Errand(query, span.awaited, rest, lively)

    def _periods(self) -> Iterator[Period]:
        """All that are of interest: cohorts older than the horizon are followed until their last cell."""
        cells = self._table.report.last_nth
        return periods_between(self._oldest.shift(-cells) if cells > 1 else self._oldest, self._newest)

    def _want(self, period: Period, horizon: Horizon, now: datetime) -> _Wanted:
        can_be_owed = self._ranges and period < self._awaited
        return _Wanted(
            period,
            horizon.need(self._table, period, now),
            horizon.need(self._table, period, now, without=self._newest) if can_be_owed else None,
            required=period >= self._oldest,
        )

    def _divide(self, due: Sequence[Period], owed: Period | None) -> Iterator[_Span]:
        """The due periods as spans, each a single query, in the order of time."""
        if not self._ranges:
            for _, of_day in groupby(due, key=lambda period: period.first):
                yield self._await(*_whole_day(next(of_day)))
            return
        while due:
            inside = [period for period in due if period < due[0].shift(PAGE)]
            due = due[len(inside) :]
            yield self._await(*self._cover_recheck(inside[0], inside[-1]), owed)

    def _await(self, first: Period, last: Period, owed: Period | None = None) -> _Span:
        if not first <= self._awaited <= last:
            return _Span(first, last)
        return _Span(first, last, self._awaited, owed if owed and owed >= first else None)

    def _cover_recheck(self, first: Period, last: Period) -> tuple[Period, Period]:
        """The newest span, widened over the days in which corrections come: that costs no further call."""
        days = timedelta(days=self._recheck_days - 1)
        if last == self._newest:
            while first > self._oldest and last.first - first.first < days and first > last.shift(1 - PAGE):
                first = first.shift(-1)
        return first, last


def _whole_day(period: Period) -> tuple[Period, Period]:
    if period.granularity is Granularity.HOUR:
        return Period(period.granularity, period.first, 0), Period(period.granularity, period.first, 23)
    return period, period
