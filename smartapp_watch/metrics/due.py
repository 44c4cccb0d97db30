"""When the values of a period are final, and when a period should be read. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.metrics.report import Table

GIVE_UP_AFTER = timedelta(hours=48)
"""How long after ``settle`` a value may still be waited for."""

ZEROS_BELIEVED_AFTER = timedelta(hours=6)

LEAST_SETTLE = timedelta(hours=9)
UNLEARNED_SETTLE = timedelta(hours=26)
_LEARNED_FROM = 100
_LEARNED_SHARE = 0.99

_LEAST_PERIODS = {Granularity.WEEK: 9, Granularity.MONTH: 3}
_DAYS = {Granularity.WEEK: 7, Granularity.MONTH: 30}


@dataclass(frozen=True, slots=True)
class ReadState:
    """When a period of a table was read for an app, and how many of its rows held a value.

    ``zeros_since``: from when on every reading said that all counts are 0; None where one is not. A batch
    that is not done looks just like that, so it is believed when a later reading repeats it. ``valued_at``:
    the newest reading that brought a value; an empty one says nothing of what is there.
    """

    last_read: datetime
    rows: int
    zeros_since: datetime | None = None
    valued_at: datetime | None = None

    @property
    def is_believed(self) -> bool:
        """Whether it may be taken for what it says."""
        return self.zeros_since is None or self.last_read >= self.zeros_since + ZEROS_BELIEVED_AFTER


@dataclass(frozen=True, slots=True)
class Need:
    """What a period's reading has to be like, for no other to be wanted at ``now``; of every app the same.

    Not older than ``read_since``, the last moment from which on a reading brought more: the period or a cell
    closed, or settled, or the day's recheck came. And with ``rows`` rows that hold a value.
    """

    read_since: datetime
    rows: int
    now: datetime

    def is_met(self, state: ReadState, *, quiet: bool = False) -> bool:
        """Whether nothing more is wanted than the reading that left ``state``.

        ``quiet``: the mini-program has had no data for a week, and is asked for missing ones once a day.
        """
        if state.last_read < self.read_since or self._doubts(state):
            return False
        # An empty answer after one with values makes those no newer than they were.
        is_old = state.valued_at is not None and state.valued_at < self.read_since
        if state.rows >= self.rows and not is_old:
            return True
        return state.last_read >= (_midnight(self.now) if quiet else self.now)

    def _doubts(self, state: ReadState) -> bool:
        """Whether it is time to see if all counts are 0 still."""
        return state.zeros_since is not None and (
            not state.is_believed and state.zeros_since + ZEROS_BELIEVED_AFTER <= self.now
        )


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

    def is_final(self, period: Period, nth: int, state: ReadState) -> bool:
        """Whether what was read of a period (a cohort's ``nth`` cell) is to be relied on."""
        return is_final_since(self.final_from(period, nth), state)

    def final_from(self, period: Period, nth: int) -> datetime:
        """From when on a reading of a period (a cohort's ``nth`` cell) brings what is final."""
        return period.closes(nth) + self.settle

    def is_given_up(self, period: Period, nth: int, now: datetime) -> bool:
        """Whether nobody waits for the value any longer."""
        return now >= self.final_from(period, nth) + GIVE_UP_AFTER

    def need(self, table: Table, period: Period, now: datetime, *, without: Period | None = None) -> Need:
        """What readings of a closed period are measured by at ``now``.

        ``without``: leaving aside what comes with the end of that period, and mere rechecks; so it is what
        is owed even while the source is late with that period.
        """
        young = now - period.closes(table.report.last_nth) <= timedelta(days=self.recheck_days)
        closings = [closes for nth in _cells(table) if (closes := period.closes(nth)) <= now]
        moments = [period.closes()]
        if without is not None:
            closings = [closes for closes in closings if closes < without.closes()]
        elif young and table.report.reads_ranges(table.granularity):
            moments.append(_midnight(now))
        moments += closings
        moments += (settles for closes in closings if (settles := closes + self.settle) <= now)
        return Need(max(moments), len(closings) if young else 0, now)


def is_final_since(final_from: datetime, state: ReadState) -> bool:
    """Whether a reading is to be relied on, where one is from ``final_from`` on."""
    return state.is_believed and (state.valued_at or state.last_read) >= final_from


def _cells(table: Table) -> range:
    """The cells of a cohort; a period of any other table counts as one."""
    return range(2, table.report.last_nth + 1) if table.report.last_nth > 1 else range(1, 2)


def _midnight(now: datetime) -> datetime:
    """When the day began in Beijing."""
    return Period.newest_closed(now).closes()


def learned_settle(ages: Iterable[timedelta]) -> timedelta:
    """How long after its end a period is final, learned from when its figures changed last.

    ``ages``: one a period, from its end to the last change that was seen. It covers 99 % of them, and is 9
    hours at the least; until there are 100, it is 26 hours, beyond the corrections of a whole day.
    """
    seen = sorted(ages)
    if len(seen) < _LEARNED_FROM:
        return UNLEARNED_SETTLE
    return max(LEAST_SETTLE, seen[ceil(_LEARNED_SHARE * len(seen)) - 1])
