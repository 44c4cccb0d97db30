"""What is asked for and when: timelines of one mini-program's readings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon, Need, ReadState
from smartapp_watch.metrics.observation import Query
from smartapp_watch.metrics.period import BEIJING, Period
from smartapp_watch.metrics.plan import PAGE, Errand, TablePlan, Target
from smartapp_watch.metrics.report import Table

HORIZON = Horizon(history_days=60, settle=timedelta(hours=9), recheck_days=7)
NOON = datetime(2026, 11, 23, 12, tzinfo=BEIJING)

States = dict[Period, ReadState]


@dataclass
class Remembered:
    """The readings of the only mini-program there is, number 1."""

    states: States

    def lively(self, since: Period) -> set[int | None]:
        return {1} if any(state.rows and period >= since for period, state in self.states.items()) else set()

    def met(self, period: Period, need: Need) -> set[int | None]:
        state = self.states.get(period)
        return {1} if state and need.is_met(state) else set()

    def unmet(self, period: Period, need: Need) -> dict[int | None, ReadState]:
        state = self.states.get(period)
        return {1: state} if state and not need.is_met(state) else {}


def errands(table: Table, states: States, now: datetime) -> list[Errand]:
    found = TablePlan([Target(table, 1)], Remembered(states), HORIZON, now)
    due = found.due(1)
    return [found.errand(1, span) for span in found.spans(due)] if due else []


def plan(table: Table, states: States, now: datetime) -> list[Query]:
    return [errand.query for errand in errands(table, states, now)]


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


@pytest.mark.parametrize("name", ["user_trend_week", "user_trend_month"])
def test_a_new_week_or_month_is_asked_for_in_each_cycle(name: str) -> None:
    table = TABLES[name]
    first_of_both = datetime(2026, 6, 1, 6, 7, tzinfo=BEIJING)  # a Monday
    states = filled(table, first_of_both - timedelta(hours=12))
    newest = Period.newest_closed(first_of_both, table.granularity)
    read(states, plan(table, states, first_of_both), first_of_both)
    states[newest] = ReadState(first_of_both, rows=0)
    (query,) = plan(table, states, first_of_both + timedelta(minutes=30))
    assert newest in query.periods


def test_all_counts_0_are_read_again_six_hours_later() -> None:
    table = TABLES["visit_page"]
    states = filled(table, NOON)
    states[Period.parse("2026-11-22")] = ReadState(NOON, 1, zeros_since=NOON)
    assert plan(table, states, NOON + timedelta(hours=5)) == []
    later = NOON + timedelta(hours=6)
    assert days(plan(table, states, later)) == ["2026-11-22..2026-11-22"]
    states[Period.parse("2026-11-22")] = ReadState(later, 1, zeros_since=NOON)
    assert plan(table, states, later) == []


def rests(table: Table, states: States, now: datetime) -> list[str]:
    return days([errand.rest for errand in errands(table, states, now) if errand.rest])


EARLY = datetime(2026, 11, 24, 6, 7, tzinfo=BEIJING)


def test_when_yesterday_is_late_nothing_is_left_of_a_query_that_would_only_check_again() -> None:
    table = TABLES["user_trend"]
    (errand,) = errands(table, filled(table, NOON), EARLY)
    assert (errand.awaited, errand.rest, errand.lively) == (Period.parse("2026-11-23"), None, True)


def test_when_yesterday_is_late_what_is_missing_before_it_is_asked_for() -> None:
    table = TABLES["user_trend"]
    states = filled(table, NOON)
    del states[Period.parse("2026-11-20")]
    assert rests(table, states, EARLY) == ["2026-11-17..2026-11-20"]


def test_when_yesterday_is_late_what_has_settled_since_is_asked_for() -> None:
    table = TABLES["user_trend"]
    states = filled(table, datetime(2026, 11, 23, 8, 37, tzinfo=BEIJING))
    assert rests(table, states, EARLY) == ["2026-11-17..2026-11-22"]


def test_a_breakdown_of_a_day_that_is_late_is_not_asked_for_at_all() -> None:
    table = TABLES["visit_page"]
    states = filled(table, NOON)
    del states[Period.parse("2026-11-20")]
    newest, older = errands(table, states, EARLY)
    assert (newest.awaited, newest.rest) == (Period.parse("2026-11-23"), None)
    assert (older.awaited, older.rest) == (None, None)


def test_the_newest_cohort_that_can_have_figures_is_the_one_before_yesterdays() -> None:
    table = TABLES["retained_user"]
    (errand,) = errands(table, filled(table, NOON), EARLY)
    assert (errand.awaited, errand.rest) == (Period.parse("2026-11-22"), None)


def test_cells_that_were_missing_yesterday_are_owed_whether_todays_are_late_or_not() -> None:
    table = TABLES["retained_user"]
    states = filled(table, NOON)
    states[Period.parse("2026-11-19")] = ReadState(NOON, rows=0)
    (rest,) = rests(table, states, EARLY)
    assert rest.endswith("..2026-11-19")


def test_a_mini_program_without_figures_for_a_week_says_nothing_about_the_source() -> None:
    table = TABLES["visit_page"]
    states = filled(table, NOON - timedelta(days=8))
    read(states, plan(table, states, NOON), NOON, rows=0)
    assert [errand.lively for errand in errands(table, states, EARLY)] == [False] * 7


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
