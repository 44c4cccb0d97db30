"""What to ask the API for: the history compared with what should be there. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from smartapp_watch.metrics.due import Horizon, ReadState
from smartapp_watch.metrics.observation import Query
from smartapp_watch.metrics.period import Granularity, Period, periods_between
from smartapp_watch.metrics.report import Table

PAGE = 20
"""Rows that the API serves a call: a range of so many periods is one call."""

_QUIET_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Target:
    """One table wanted of one mini-program (None: of the platform, whose ``scene`` it is)."""

    table: Table
    app_id: int | None
    scene: str = ""


def plan_queries(
    target: Target, states: Mapping[Period, ReadState], horizon: Horizon, now: datetime
) -> list[Query]:
    """The queries that bring what is missing of ``target`` or may still change, newest first.

    ``states``: what was read of it before, by period.
    """
    table = target.table
    newest = Period.newest_closed(now, table.granularity)
    oldest = horizon.oldest(table, now)
    wanted = sorted({*periods_between(oldest, newest), *_ripening(table, states, oldest)})
    quiet = _is_quiet(states, now)
    due = [period for period in wanted if horizon.is_due(table, period, states.get(period), now, quiet=quiet)]
    spans = list(_spans(table, due))
    if spans and table.report.reads_ranges(table.granularity):
        spans[-1] = _cover_recheck(spans[-1], newest, oldest, horizon)
    return [Query(table, target.app_id, first, last, target.scene) for first, last in reversed(spans)]


def _ripening(table: Table, states: Mapping[Period, ReadState], oldest: Period) -> Iterator[Period]:
    """Cohorts older than the horizon that were read before: they are followed until their last cell."""
    for steps in range(1, table.report.last_nth + 1):
        cohort = oldest.shift(-steps)
        if cohort in states:
            yield cohort


def _is_quiet(states: Mapping[Period, ReadState], now: datetime) -> bool:
    newest = max((period for period, state in states.items() if state.rows), default=None)
    return bool(states) and (newest is None or now - newest.closes() > _QUIET_AFTER)


def _spans(table: Table, due: list[Period]) -> Iterator[tuple[Period, Period]]:
    """The due periods as (first, last) pairs, each a single query, in the order of time."""
    if not table.report.reads_ranges(table.granularity):
        for _, of_day in groupby(due, key=lambda period: period.first):
            periods = list(of_day)
            yield _whole_day(periods[0])
        return
    while due:
        end = due[0].shift(PAGE)
        inside = [period for period in due if period < end]
        yield inside[0], inside[-1]
        due = due[len(inside) :]


def _whole_day(period: Period) -> tuple[Period, Period]:
    if period.granularity is Granularity.HOUR:
        return Period(period.granularity, period.first, 0), Period(period.granularity, period.first, 23)
    return period, period


def _cover_recheck(
    span: tuple[Period, Period], newest: Period, oldest: Period, horizon: Horizon
) -> tuple[Period, Period]:
    """The newest span, widened over the days in which corrections still come: that costs no further call."""
    first, last = span
    if last != newest:
        return span
    while first > oldest and last.first - first.first < timedelta(days=horizon.recheck_days - 1):
        if first.shift(-1) < last.shift(1 - PAGE):
            break
        first = first.shift(-1)
    return first, last
