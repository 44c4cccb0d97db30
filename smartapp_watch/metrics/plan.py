"""What to ask the API for: the history compared with what should be there. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple, Protocol

from smartapp_watch.metrics.due import Horizon, Need, ReadState
from smartapp_watch.metrics.observation import Query
from smartapp_watch.metrics.period import Granularity, Period, beijing_day, periods_between
from smartapp_watch.metrics.report import Table

PAGE = 20
"""Rows that the API serves a call: a range of so many periods is one call."""

_LIVELY_DAYS = 7
_LIVELY_PERIODS = 2
_SPANS_KEPT = 256

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

    @property
    def is_of_today(self) -> bool:
        """Whether it asks for the newest figures there can be; else it fills in what is older."""
        return self.awaited is not None


class Readings(Protocol):
    """What is known of how one table was read, for all mini-programs at once."""

    def lively(self, since: Period) -> Set[AppId]:
        """Who has values in any period from ``since`` on."""

    def met(self, period: Period, need: Need) -> Set[AppId]:
        """Whose reading of ``period`` meets ``need``; whom it leaves out, ``unmet`` tells of."""

    def unmet(self, period: Period, need: Need) -> Mapping[AppId, ReadState]:
        """The other readings of ``period``, some of which may meet it still."""


class Due(NamedTuple):
    """What is due of one target: places in the schedule, each a bit. ``owed``: the last that is owed.

    ``again``: those of them that were read since anything could change, in vain so far.
    """

    places: int = 0
    again: int = 0
    owed: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """The periods of one query; ``rest``: the last of them that is owed, where ``awaited`` is late.

    ``again``: there is no more to hope for than that what was missing a while ago has come.
    """

    first: Period
    last: Period
    awaited: Period | None = None
    rest: Period | None = None
    again: bool = False


class TablePlan:
    """What is due of one table (and scene): a few bits for each target, of which queries are made late.

    It goes by the period, and looks at single targets only where something is due: in most cycles of a large
    fleet hardly anything is.
    """

    def __init__(
        self, targets: Collection[Target], readings: Readings, horizon: Horizon, now: datetime
    ) -> None:
        """``targets``: at least one, all of one table and scene."""
        any_target = next(iter(targets))
        self.table = any_target.table
        self._scene = any_target.scene
        self._schedule = _Schedule(self.table, horizon, now)
        everybody = frozenset(target.app_id for target in targets)
        self._lively = everybody & readings.lively(self._schedule.lively_since)
        self._due = _Marks(self._schedule, self._lively).find(everybody, readings)

    @property
    def apps(self) -> Set[AppId]:
        """Of whom anything is due."""
        return self._due.keys()

    @property
    def reads_ranges(self) -> bool:
        """Whether one call brings many periods."""
        return self.table.report.reads_ranges(self.table.granularity)

    def due(self, app_id: AppId) -> Due | None:
        """What is due of one, if anything is; of most the same."""
        return self._due.get(app_id)

    def spans(self, due: Due) -> tuple[Span, ...]:
        """It as queries, newest first."""
        return self._schedule.spans(due)

    def errand(self, app_id: AppId, span: Span) -> Errand:
        """One query of a mini-program."""
        query = Query(self.table, app_id, span.first, span.last, self._scene)
        rest = replace(query, last=span.rest) if span.rest else None
        return Errand(query, span.awaited, rest, app_id in self._lively)


class _Marks:
    """Finds what is due, period by period."""

    def __init__(self, schedule: _Schedule, lively: Set[AppId]) -> None:
        self._schedule = schedule
        self._lively = lively
        self._places: dict[AppId, int] = {}
        self._again: dict[AppId, int] = {}
        self._owed: dict[AppId, int] = {}

    def find(self, everybody: Set[AppId], readings: Readings) -> dict[AppId, Due]:
        for place, wanted in enumerate(self._schedule.wanted):
            in_doubt = everybody - readings.met(wanted.period, wanted.need)
            states = readings.unmet(wanted.period, wanted.need) if in_doubt else {}
            if wanted.required:
                self._mark(in_doubt - states.keys(), place, owed=wanted.owed is not None)
            for app_id in in_doubt & states.keys():
                self._look(app_id, place, wanted, states[app_id])
        known: dict[Due, Due] = {}  # one for all of whom the same is due
        found = (
            (app_id, Due(places, self._again.get(app_id, 0), self._owed.get(app_id)))
            for app_id, places in self._places.items()
        )
        return {app_id: known.setdefault(due, due) for app_id, due in found}

    def _look(self, app_id: AppId, place: int, wanted: _Wanted, state: ReadState) -> None:
        quiet = self._schedule.has_quiet and app_id not in self._lively
        if wanted.need.is_met(state, quiet=quiet):
            return
        is_owed = wanted.owed is not None and not wanted.owed.is_met(state, quiet=quiet)
        self._mark((app_id,), place, owed=is_owed)
        if state.last_read >= wanted.need.read_since:
            self._again[app_id] = self._again.get(app_id, 0) | 1 << place

    def _mark(self, app_ids: Collection[AppId], place: int, *, owed: bool) -> None:
        bit = 1 << place
        for app_id in app_ids:
            self._places[app_id] = self._places.get(app_id, 0) | bit
        if owed:
            self._owed.update(dict.fromkeys(app_ids, place))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A period that should be there; one that is not ``required`` only where it was read before.

    ``owed``: what is due of it even where the source is late; None for what is late then.
    """

    period: Period
    need: Need
    owed: Need | None
    required: bool


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
        self.spans = lru_cache(_SPANS_KEPT)(self._spans)  # most mini-programs lack the same

    def _spans(self, due: Due) -> tuple[Span, ...]:
        places = [place for place in range(len(self.wanted)) if due.places >> place & 1]
        return tuple(self._divide(places, due))[::-1]

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

    def _divide(self, places: Sequence[int], due: Due) -> Iterator[Span]:
        """The due periods as spans, each a single query, in the order of time."""
        if not self._ranges:
            for _, of_day in groupby(places, key=lambda place: self.wanted[place].period.first):
                together = list(of_day)
                first, last = _whole_day(self.wanted[together[0]].period)
                yield self._span(first, last, together, due)
            return
        while places:
            end = self.wanted[places[0]].period.shift(PAGE)
            inside = [place for place in places if self.wanted[place].period < end]
            places = places[len(inside) :]
            first, last = (self.wanted[place].period for place in (inside[0], inside[-1]))
            yield self._span(*self._cover_recheck(first, last), inside, due)

    def _span(self, first: Period, last: Period, places: Sequence[int], due: Due) -> Span:
        again = all(due.again >> place & 1 for place in places)
        if not first <= self._awaited <= last:
            return Span(first, last, again=again)
        owed = None if due.owed is None else self.wanted[due.owed].period
        return Span(first, last, self._awaited, owed if owed and owed >= first else None, again)

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
