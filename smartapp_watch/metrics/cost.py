"""What it costs to keep a table up to date once its history is filled. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from smartapp_watch.metrics.due import Horizon, Need, ReadState
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.plan import AppId, TablePlan, Target
from smartapp_watch.metrics.report import Table

_ALL_ROWS = 1000
_DAY = timedelta(days=1)


def calls_a_day(table: Table, horizon: Horizon, polls: Sequence[datetime]) -> int:
    """The calls that ``polls``, those of one day, make for one mini-program whose figures come in time.

    At the least: rows that fill several pages take a call each.
    """
    # What is older than what is looked at again costs nothing any more.
    recent = replace(horizon, history_days=min(horizon.history_days, horizon.recheck_days + 1))
    readings = _Remembered()
    _poll(table, recent, readings, polls[-1] - _DAY)
    return sum(_poll(table, recent, readings, poll) for poll in polls)


def _poll(table: Table, horizon: Horizon, readings: _Remembered, now: datetime) -> int:
    plan = TablePlan([Target(table, None)], readings, horizon, now)
    due = plan.due(None)
    if due is None:
        return 0
    spans = plan.spans(due)
    for span in spans:
        periods = plan.errand(None, span).query.periods
        readings.states.update({period: ReadState(now, _ALL_ROWS) for period in periods})
    return len(spans) * table.report.calls


@dataclass(frozen=True, slots=True)
class _Remembered:
    """The readings of the only mini-program there is; each brought everything."""

    states: dict[Period, ReadState] = field(default_factory=dict)

    def lively(self, _since: Period) -> Set[AppId]:
        return {None}

    def met(self, period: Period, need: Need) -> Set[AppId]:
        state = self.states.get(period)
        return {None} if state and need.is_met(state) else set()

    def unmet(self, period: Period, need: Need) -> Mapping[AppId, ReadState]:
        state = self.states.get(period)
        return {None: state} if state and not need.is_met(state) else {}
