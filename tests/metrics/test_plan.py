"""What is asked for and when: timelines of one mini-program's readings."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon, ReadState
from smartapp_watch.metrics.observation import Query
from smartapp_watch.metrics.period import BEIJING, Period
from smartapp_watch.metrics.plan import PAGE, Target, plan_queries
from smartapp_watch.metrics.report import Table

HORIZON = Horizon(history_days=60, settle=timedelta(hours=9), recheck_days=7)
NOON = datetime(2026, 11, 23, 12, tzinfo=BEIJING)

States = dict[Period, ReadState]


def plan(table: Table, states: States, now: datetime) -> list[Query]:
    return plan_queries(Target(table, 1), states, HORIZON, now)


def read(states: States, queries: list[Query], now: datetime, rows: int = 9) -> None:
    states.update({period: ReadState(now, rows) for query in queries for period in query.periods})


def filled(table: Table, now: datetime, rows: int = 9) -> States:
    states: States = {}
    read(states, plan(table, states, now), now, rows)
    return states


def days(queries: list[Query]) -> list[str]:
    return [f"{query.first}..{query.last}" for query in queries]


def test_sixty_days_of_a_report_with_a_time_axis_are_three_queries() -> None:
    assert days(plan(TABLES["user_trend"], {}, NOON)) == [
        "2026-11-03..2026-11-22",
        "2026-10-14..2026-11-02",
        "2026-09-24..2026-10-13",
    ]


def test_a_breakdown_is_read_day_by_day() -> None:
    queries = plan(TABLES["visit_page"], {}, NOON)
    assert len(queries) == 60
    assert all(query.first == query.last for query in queries)


def test_hours_are_read_a_whole_day_at_a_time() -> None:
    queries = plan(TABLES["user_trend_hour"], {}, NOON)
    assert len(queries) == 60
    assert days(queries)[0] == "2026-11-22T00..2026-11-22T23"


def test_weeks_and_months_are_whole_and_at_least_nine_and_three() -> None:
    assert days(plan(TABLES["user_trend_week"], {}, NOON)) == ["2026-W39..2026-W47"]
    assert days(plan(TABLES["user_trend_month"], {}, NOON)) == ["2026-08..2026-10"]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_second_poll_at_the_same_time_asks_for_nothing(table: Table) -> None:
    assert plan(table, filled(table, NOON), NOON) == []


@given(st.sampled_from(list(TABLES.values())), st.integers(0, 40), st.integers(1, 24 * 12))
def test_reading_what_is_planned_leaves_nothing_to_plan(table: Table, start: int, hours: int) -> None:
    states = filled(table, NOON + timedelta(hours=start))
    later = NOON + timedelta(hours=start + hours)
    read(states, plan(table, states, later), later)
    assert plan(table, states, later) == []


@given(st.sampled_from(list(TABLES.values())), st.data())
def test_no_query_needs_a_second_page_of_periods(table: Table, data: st.DataObject) -> None:
    states = filled(table, NOON)
    gone = data.draw(st.sets(st.sampled_from(sorted(states))))
    queries = plan(table, {key: state for key, state in states.items() if key not in gone}, NOON)
    asked = {period for query in queries for period in query.periods}
    assert gone <= asked
    assert all(len(query.periods) <= max(PAGE, 24) for query in queries)


def test_what_was_read_too_early_is_read_once_more_after_it_settled() -> None:
    table = TABLES["visit_page"]
    early = datetime(2026, 11, 23, 8, 7, tzinfo=BEIJING)
    states = filled(table, early)
    assert plan(table, states, early + timedelta(minutes=30)) == []
    settled = datetime(2026, 11, 23, 9, 7, tzinfo=BEIJING)
    assert days(plan(table, states, settled)) == ["2026-11-22..2026-11-22"]
    read(states, plan(table, states, settled), settled)
    assert plan(table, states, settled + timedelta(hours=5)) == []


def test_a_final_breakdown_is_not_read_again() -> None:
    table = TABLES["visit_page"]
    states = filled(table, NOON)
    tomorrow = NOON + timedelta(days=1)
    assert days(plan(table, states, tomorrow)) == ["2026-11-23..2026-11-23"]


def test_a_report_with_a_time_axis_is_read_over_the_recheck_days_once_a_day() -> None:
    table = TABLES["user_trend"]
    states = filled(table, NOON)
    tomorrow = NOON + timedelta(days=1)
    assert days(plan(table, states, tomorrow)) == ["2026-11-17..2026-11-23"]
    read(states, plan(table, states, tomorrow), tomorrow)
    assert plan(table, states, tomorrow + timedelta(hours=3)) == []


def test_an_empty_period_is_asked_for_in_each_cycle_until_it_is_old() -> None:
    table = TABLES["visit_page"]
    states = filled(table, NOON)
    for day in ("2026-11-20", "2026-10-01"):
        states[Period.parse(day)] = ReadState(NOON, rows=0)
    assert days(plan(table, states, NOON + timedelta(minutes=30))) == ["2026-11-20..2026-11-20"]


def test_an_app_without_data_for_a_week_is_asked_once_a_day() -> None:
    table = TABLES["visit_page"]
    states = filled(table, NOON, rows=0)
    assert plan(table, states, NOON + timedelta(minutes=30)) == []
    assert len(plan(table, states, NOON + timedelta(days=1))) == 7


def test_a_cohort_is_read_whenever_a_cell_closes_until_its_last_one_is_final() -> None:
    table = TABLES["retained_user"]
    cohort = Period.parse("2026-11-22")
    states: States = {}
    asked = []
    for day in range(25):
        now = NOON + timedelta(days=day)
        queries = plan(table, states, now)
        asked.append(any(cohort in query.periods for query in queries))
        read(states, queries, now)
    assert asked[:15] == [True] * 15  # to the ninth cell, and over the recheck days after it
    assert not any(asked[15:])


def test_a_monthly_cohort_is_followed_beyond_the_days_of_history() -> None:
    table = TABLES["retained_user_month"]
    states = filled(table, NOON)
    months_later = datetime(2027, 3, 2, 12, tzinfo=BEIJING)
    assert "2026-08" in days(plan(table, states, months_later))[-1]


def test_a_retention_cell_that_is_late_is_asked_for_in_each_cycle() -> None:
    table = TABLES["retained_user"]
    states = filled(table, NOON)
    yesterday = Period.parse("2026-11-21")  # its second day closed this morning
    states[yesterday] = ReadState(NOON, rows=0)
    (query,) = plan(table, states, NOON + timedelta(minutes=30))
    assert yesterday in query.periods


def test_a_machine_that_was_off_for_a_week_catches_up() -> None:
    table = TABLES["user_trend"]
    states = filled(table, NOON)
    back = NOON + timedelta(days=8)
    missing = {Period.parse(f"2026-11-{day}") for day in range(23, 31)}
    asked = {period for query in plan(table, states, back) for period in query.periods}
    assert missing <= asked


def test_what_the_default_reports_cost_a_day() -> None:
    """About 14 calls a mini-program, as two cycles see the day: one before it settles, one after."""
    names = ("user_trend", "activity_user", "retained_user", "visit_page", "source")
    total = 0
    for name in names:
        table = TABLES[name]
        states = filled(table, NOON)
        for hour in range(8, 24):
            now = datetime(2026, 11, 24, hour, 7, tzinfo=BEIJING)
            queries = plan(table, states, now)
            total += sum(query.table.report.calls for query in queries)
            read(states, queries, now)
    assert total <= 14
