"""Trend, activity and retention: rows, ranges and cells."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartapp_watch.simulator.spans import BEIJING
from tests.simulator.asking import NEWS, SHOP, YOUNG, Ask

_SUNDAY = date(2026, 11, 22)
_shared_world = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
_days = st.dates(date(2026, 6, 1), _SUNDAY)


@_shared_world
@given(first=_days, length=st.integers(0, 70), gran=st.sampled_from(["day", "week", "month", "hour"]))
def test_ratios_of_the_trend_agree_with_its_counts(ask: Ask, first: date, length: int, gran: str) -> None:
    data = ask("user_trend", first, first + timedelta(days=length), gran=gran)
    for row in (data["sum"], *data["data_list"]):
        assert row["user_count"] == row["new_user_count"] + row["old_user_count"]
        assert row["session_count"] >= row["user_count"]
        if row["user_count"]:
            assert row["new_user_ratio"] == pytest.approx(
                100 * row["new_user_count"] / row["user_count"], abs=0.0051
            )
            assert row["new_user_ratio"] + row["old_user_ratio"] == pytest.approx(100, abs=0.011)
            sessions = row["session_count"] / row["user_count"]
            slack = 0.5 * sessions + 0.51  # both times are rounded to a second
            assert abs(row["session_time_per_person"] - row["average_session_time"] * sessions) <= slack


def test_days_weeks_and_months_are_newest_first(ask: Ask) -> None:
    first = date(2026, 9, 30)
    names = {
        gran: [row["name"] for row in ask("user_trend", first, _SUNDAY, gran=gran)["data_list"]]
        for gran in ("day", "week", "month")
    }
    assert names["day"][:2] == ["2026/11/22", "2026/11/21"]
    assert names["week"][0] == "2026/11/16 - 2026/11/22"
    assert names["week"][-1] == "2026/09/30 - 2026/10/04"
    assert names["month"] == ["2026/11", "2026/10", "2026/09"]


def test_a_cut_week_holds_its_days_of_the_range_only(ask: Ask) -> None:
    tuesday = date(2026, 11, 17)
    cut = ask("user_trend", tuesday, _SUNDAY, gran="week")["data_list"][0]
    whole = ask("user_trend", tuesday - timedelta(days=1), _SUNDAY, gran="week")["data_list"][0]
    monday = ask("user_trend", tuesday - timedelta(days=1), tuesday - timedelta(days=1))["data_list"][0]
    assert cut["name"] == "2026/11/17 - 2026/11/22"
    assert whole["session_count"] == cut["session_count"] + monday["session_count"]


def test_a_range_counts_sessions_and_new_users_up_and_returning_users_once(ask: Ask) -> None:
    data = ask("user_trend", date(2026, 11, 16), _SUNDAY)
    for field in ("new_user_count", "session_count"):
        assert data["sum"][field] == sum(row[field] for row in data["data_list"])
    old = [row["old_user_count"] for row in data["data_list"]]
    assert max(old) < data["sum"]["old_user_count"] < sum(old)


def test_hours_are_the_24_of_the_day_added_up_over_the_range(ask: Ask) -> None:
    days = [
        ask("user_trend", day, day, gran="hour", start_index=start)
        for day in (_SUNDAY - timedelta(days=1), _SUNDAY)
        for start in (0, 20)
    ]
    both = [
        ask("user_trend", _SUNDAY - timedelta(days=1), _SUNDAY, gran="hour", start_index=start)
        for start in (0, 20)
    ]
    assert [data["total"] for data in both] == [24, 24]
    hours = [row for data in both for row in data["data_list"]]
    assert (hours[0]["name"], hours[23]["name"]) == ("00:00 - 00:59", "23:00 - 23:59")
    for hour in hours:
        single = [row for data in days for row in data["data_list"] if row["name"] == hour["name"]]
        assert hour["session_count"] == sum(row["session_count"] for row in single)
    assert sum(hour["session_count"] for hour in hours) == both[0]["sum"]["session_count"]


@_shared_world
@given(first=_days, length=st.integers(0, 19), app=st.sampled_from([SHOP, NEWS, YOUNG]))
def test_activity_is_made_of_its_counts(ask: Ask, first: date, length: int, app: int) -> None:
    data = ask("activity_user", first, first + timedelta(days=length), app=app)
    for row in data["data_list"]:
        ever = row["accumulative_user_count"]
        assert row["user_count"] <= row["weekly_user_count"] <= row["monthly_user_count"] <= ever
        for ratio, part, whole in (
            ("daily_activity_degree", row["user_count"], ever),
            ("weekly_activity_degree", row["weekly_user_count"], ever),
            ("monthly_activity_degree", row["monthly_user_count"], ever),
            ("lost_ratio", row["lost_user_count"], ever),
            ("day_month_activity_degree", row["user_count"], row["monthly_user_count"]),
        ):
            assert row[ratio] == pytest.approx(100 * part / whole, abs=0.0051)
    if data["data_list"]:
        newest = {field: value for field, value in data["data_list"][0].items() if field != "name"}
        assert data["sum"] == newest


def test_lost_ratio_moves_by_fractions_of_a_point(ask: Ask) -> None:
    rows = [
        row
        for start in range(0, 160, 20)
        for row in ask("activity_user", date(2026, 6, 15), _SUNDAY, start_index=start)["data_list"]
    ]
    ratios = [row["lost_ratio"] for row in rows]
    assert all(abs(a - b) < 0.3 for a, b in zip(ratios, ratios[7:], strict=False))


def test_a_week_of_the_trend_has_the_users_of_the_rolling_week(ask: Ask) -> None:
    week = ask("user_trend", date(2026, 11, 16), _SUNDAY, gran="week")["data_list"][0]
    day = ask("activity_user", _SUNDAY, _SUNDAY)["data_list"][0]
    cohort = ask("retained_user", date(2026, 11, 16), _SUNDAY, gran="week")["data_list"][0]
    assert week["user_count"] == day["weekly_user_count"] == cohort["active_user_count"]


def test_a_cell_is_no_value_until_its_day_is_known(ask: Ask) -> None:
    data = ask("retained_user", date(2026, 11, 10), _SUNDAY)
    closed = {
        row["name"]: sum(value != "--" for field, value in row.items() if field.startswith("第"))
        for row in data["data_list"]
    }
    assert next(iter(closed)) == "2026/11/10"
    assert closed["2026/11/22"] == 0
    assert closed["2026/11/21"] == 1
    assert closed["2026/11/15"] == 7
    assert closed["2026/11/14"] == closed["2026/11/10"] == 8


@pytest.mark.parametrize(
    ("gran", "first", "now", "closed"),
    [
        ("week", date(2026, 11, 9), datetime(2026, 11, 23, 6, tzinfo=BEIJING), 0),
        ("week", date(2026, 11, 9), datetime(2026, 11, 23, 7, tzinfo=BEIJING), 1),
        ("week", date(2026, 11, 11), datetime(2026, 11, 23, 7, tzinfo=BEIJING), 1),
        ("month", date(2026, 10, 1), datetime(2026, 11, 30, 23, tzinfo=BEIJING), 0),
        ("month", date(2026, 10, 1), datetime(2026, 12, 1, 7, tzinfo=BEIJING), 1),
        ("month", date(2026, 8, 20), datetime(2026, 12, 1, 7, tzinfo=BEIJING), 3),
    ],
)
def test_cells_of_weeks_and_months_ripen_with_the_whole_period(
    ask: Ask, gran: str, first: date, now: datetime, closed: int
) -> None:
    row = ask("retained_user", first, first + timedelta(days=40), gran=gran, now=now)["data_list"][0]
    cells = [value for field, value in row.items() if field.startswith("第")]
    assert [value != "--" for value in cells] == [True] * closed + [False] * (8 - closed)


@_shared_world
@given(first=_days, gran=st.sampled_from(["day", "week", "month"]))
def test_retention_ratios_are_of_active_users(ask: Ask, first: date, gran: str) -> None:
    last = min(first + timedelta(days=19), _SUNDAY)
    counts = ask("retained_user", first, last, gran=gran, report_type="count")["data_list"]
    ratios = ask("retained_user", first, last, gran=gran, report_type="ratio")["data_list"]
    for count, ratio in zip(counts, ratios, strict=True):
        assert count["active_user_count"] == ratio["active_user_count"]
        for field in (field for field in count if field.startswith("第")):
            if count[field] == "--":
                assert ratio[field] == "--"
            else:
                expected = 100 * count[field] / count["active_user_count"]
                assert ratio[field] == pytest.approx(expected, abs=0.0051)
                assert count[field] <= count["active_user_count"]


def test_a_cell_never_changes_once_it_is_there(ask: Ask, now: datetime) -> None:
    before = ask("retained_user", date(2026, 11, 15), _SUNDAY, now=now)["data_list"]
    after = ask("retained_user", date(2026, 11, 15), _SUNDAY, now=now + timedelta(days=30))["data_list"]
    for earlier, later in zip(before, after, strict=True):
        assert "--" not in later.values()
        assert {field: later[field] for field, value in earlier.items() if value != "--"} == {
            field: value for field, value in earlier.items() if value != "--"
        }


def test_days_before_an_app_was_created_have_no_rows(ask: Ask) -> None:
    for report in ("user_trend", "activity_user", "retained_user"):
        data = ask(report, date(2026, 10, 20), date(2026, 11, 3), app=YOUNG)
        assert sorted(row["name"] for row in data["data_list"]) == ["2026/11/02", "2026/11/03"]
    assert ask("visit_page", date(2026, 10, 20), date(2026, 10, 20), app=YOUNG)["total"] == 0
