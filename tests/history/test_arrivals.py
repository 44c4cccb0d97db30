"""How far a period came, asked of a fleet at once: the same as asked of each reading."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from smartapp_watch.history.as_known import AsKnown
from smartapp_watch.history.database import open_in_memory
from smartapp_watch.history.knowledge import Knowledge
from smartapp_watch.history.reading_log import Arrivals, Awaited
from smartapp_watch.metrics.due import is_final_since
from smartapp_watch.metrics.observation import Observation, Reading
from tests.history.made import DAY, TREND, period, reading, row

CLOSES = period(DAY).closes()
HOUR = timedelta(hours=1)
AWAITED = Awaited(TREND, period(DAY), CLOSES + 9 * HOUR)
APPS = [1, 2, 3]


@st.composite
def readings(draw: st.DrawFn) -> tuple[Reading, datetime]:
    """One reading of one mini-program: with values, without one of them, all zeros, or empty."""
    app_id, at = draw(st.sampled_from(APPS)), CLOSES + draw(st.integers(1, 30)) * HOUR
    users, new = draw(st.sampled_from([(5, 3), (6, 3), (5, None), (0, 0), (None, None)]))
    one = row(TREND, DAY, user_count=users, new_user_count=new)
    if users == 0:
        one = Observation(period(DAY), (), (), (0,) * len(TREND.report.metrics))
    return reading(TREND, app_id, *([] if users is None else [one])), at


def places(arrivals: Arrivals) -> dict[str, set[int | None]]:
    return {name: getattr(arrivals, name) for name in ("final", "provisional", "empty")}


def one_by_one(known: Knowledge) -> dict[str, set[int | None]]:
    found: dict[str, set[int | None]] = {"final": set(), "provisional": set(), "empty": set()}
    for each in known.maturity(TREND, [period(DAY)]).values():
        is_final = is_final_since(AWAITED.final_from, each.state)
        found["empty" if not each.rows else "final" if is_final else "provisional"].add(each.app_id)
    return found


@settings(max_examples=80)
@given(st.lists(readings(), max_size=8), st.integers(0, 31))
def test_a_fleet_is_told_what_each_reading_says(saved: list[tuple[Reading, datetime]], hours: int) -> None:
    with open_in_memory() as history:
        for each, at in sorted(saved, key=lambda one: one[1]):
            history.observations.save(each, at)
        then = AsKnown(history.observations, CLOSES + hours * HOUR)
        for known in (history.observations, then):
            assert places(known.arrivals(AWAITED)) == one_by_one(known)
            assert places(known.arrivals(AWAITED, APPS)) == one_by_one(known)


@settings(max_examples=60)
@given(st.lists(readings(), max_size=8), st.integers(0, 31))
def test_of_whom_nothing_is_in_doubt_the_rows_are_those_that_are_stored(
    saved: list[tuple[Reading, datetime]], hours: int
) -> None:
    with open_in_memory() as history:
        for each, at in sorted(saved, key=lambda one: one[1]):
            history.observations.save(each, at)
        then = AsKnown(history.observations, CLOSES + hours * HOUR)
        days, columns = [period(DAY)], ("user_count", "new_user_count")
        arrivals = then.arrivals(AWAITED, APPS)
        sure = sorted(each for each in APPS if each not in arrivals.doubtful)
        assert set(then.rows(TREND, days, columns, (), sure)) == set(
            history.observations.rows(TREND, days, columns, (), sure)
        )
        assert not any(cell[0] in sure for cell in then.unconfirmed(TREND, days))
