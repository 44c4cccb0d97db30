"""When the values of a period are final, and when a period should be read. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from smartapp_watch.metrics.period import Granularity, Period, beijing_day
from smartapp_watch.metrics.report import Table

GIVE_UP_AFTER = timedelta(hours=48)
"""How long after ``settle`` a value may still be waited for."""

_LEAST_PERIODS = {Granularity.WEEK: 9, Granularity.MONTH: 3}
_DAYS = {Granularity.WEEK: 7, Granularity.MONTH: 30}


@dataclass(frozen=True, slots=True)
class ReadState:
    """When a period of a table was read for an app, and how many of its rows held a value."""

    last_read: datetime
    rows: int


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far back figures are wanted, and how they settle; from ``[poll]``."""

    history_days: int
    settle: timedelta
    recheck_days: int

    def oldest(self, table: Table, now: datetime) -> Period:
        """The oldest period that a new mini-program is filled with: whole weeks and months."""
        newest = Period.newest_closed(now, table.granularity)
        if table.granularity in _DAYS:
            wanted = -(-self.history_days // _DAYS[table.granularity])
            return newest.shift(1 - max(wanted, _LEAST_PERIODS[table.granularity]))
        return Period(table.granularity, newest.first - timedelta(days=self.history_days - 1))

    def is_final(self, period: Period, nth: int, last_read: datetime) -> bool:
        """Whether a reading at ``last_read`` of a period (a cohort's ``nth`` cell) is to be relied on."""
        return last_read >= period.closes(nth) + self.settle

    def is_given_up(self, period: Period, nth: int, now: datetime) -> bool:
        """Whether nobody waits for the value any longer."""
        return now >= period.closes(nth) + self.settle + GIVE_UP_AFTER

    def is_due(
        self, table: Table, period: Period, state: ReadState | None, now: datetime, *, quiet: bool = False
    ) -> bool:
        """Whether a closed period should be read at ``now``.

        ``quiet``: the mini-program has had no data for a week, and is asked for missing ones once a day.
        """
        if state is None:
            return True
        if any(state.last_read < moment <= now for moment in self._moments(table, period)):
            return True
        if now - period.closes(table.report.last_nth) > timedelta(days=self.recheck_days):
            return False
        seen_today = beijing_day(state.last_read) == beijing_day(now)
        if state.rows < _rows_expected(table, period, now):
            return state.last_read < now and not (quiet and seen_today)
        return table.report.reads_ranges(table.granularity) and not seen_today

    def _moments(self, table: Table, period: Period) -> Iterator[datetime]:
        """Each moment from which on a new reading brings more: a cell closes, a cell settles."""
        for nth in _cells(table):
            closes = period.closes(nth)
            yield closes
            yield closes + self.settle


def _cells(table: Table) -> range:
    """The cells of a cohort; a period of any other table counts as one."""
    return range(2, table.report.last_nth + 1) if table.report.last_nth > 1 else range(1, 2)


def _rows_expected(table: Table, period: Period, now: datetime) -> int:
    """How many rows with a value a reading should have brought at the least: a cohort's closed cells."""
    return sum(period.closes(nth) <= now for nth in _cells(table))
