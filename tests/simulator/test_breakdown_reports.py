"""Regions, terminals, pages, habits, attributes, sources and the platform."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.spans import Span
from smartapp_watch.simulator.world import World
from tests.simulator.asking import NEWS, SHOP, YOUNG, Ask

_SUNDAY = date(2026, 11, 22)
_MONDAY = date(2026, 11, 16)
_shared_world = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
_days = st.dates(date(2026, 6, 1), _SUNDAY)
_lengths = st.integers(0, 20)

_TERMINALS = ("terminal_brand", "terminal_device", "terminal_os", "terminal_screen", "terminal_network")


def _all_rows(ask: Ask, report: str, first: date, last: date, **given: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while True:
        data = ask(report, first, last, start_index=len(rows), **given)
        rows += data["data_list"]
        if len(rows) >= data["total"]:
            return rows


@_shared_world
@given(day=_days, kind=st.sampled_from(("region", *_TERMINALS)))
def test_shares_add_up_and_sessions_are_those_of_the_trend(ask: Ask, day: date, kind: str) -> None:
    report, chosen = ("region", {}) if kind == "region" else ("terminal", {"terminal_type": kind})
    rows = _all_rows(ask, report, day, day, **chosen)
    total = ask(report, day, day, **chosen)["sum"]
    sessions = next(
        field for field in total if field.endswith("session_count") or field == "session_count_district"
    )
    assert sum(row[sessions] for row in rows) == total[sessions]
    assert total[sessions] == ask("user_trend", day, day)["sum"]["session_count"]
    for field in (field for field in total if field.endswith("_ratio")):
        assert total[field] == 100
        assert sum(row[field] for row in rows) == pytest.approx(100, abs=0.2)
    assert [row[sessions] for row in rows] == sorted((row[sessions] for row in rows), reverse=True)


def test_provinces_and_devices_need_two_pages(ask: Ask) -> None:
    for report, chosen, total in (
        ("region", {}, 34),
        ("terminal", {"terminal_type": "terminal_device"}, 24),
    ):
        first = ask(report, _MONDAY, _SUNDAY, **chosen)
        second = ask(report, _MONDAY, _SUNDAY, start_index=20, **chosen)
        assert (first["offset"], second["offset"]) == (0, 20)
        assert first["total"] == second["total"] == total
        assert len(first["data_list"]) == 20
        assert len({row["name"] for row in first["data_list"] + second["data_list"]}) == total


@pytest.mark.parametrize(
    ("report", "field", "chosen"),
    [
        ("region", "session_count_district", {}),
        ("terminal", "accumulative_session_count", {}),
        ("visit_page", "pv_count", {}),
        ("visit_page", "exit_count", {}),
        ("visit_character", "session_count", {}),
        ("visit_character", "user_count", {"character_type": "frequency"}),
    ],
)
def test_a_range_is_one_aggregate_of_its_days(
    ask: Ask, report: str, field: str, chosen: dict[str, str]
) -> None:
    key = "pageName" if report == "visit_page" else "name"
    days: dict[str, int] = {}
    for day in Span(_MONDAY, _SUNDAY).days:
        for row in _all_rows(ask, report, day, day, **chosen):
            days[row[key]] = days.get(row[key], 0) + row[field]
    week = {row[key]: row[field] for row in _all_rows(ask, report, _MONDAY, _SUNDAY, **chosen)}
    assert week == days


@_shared_world
@given(first=_days, length=_lengths, app=st.sampled_from([SHOP, NEWS, YOUNG]))
def test_exit_rates_of_pages_are_exits_of_views(ask: Ask, first: date, length: int, app: int) -> None:
    last = first + timedelta(days=length)
    rows = _all_rows(ask, "visit_page", first, last, app=app)
    total = ask("visit_page", first, last, app=app)["sum"]
    for row in (*rows, *([total] if rows else [])):
        assert row["bounce_ratio"] == pytest.approx(100 * row["exit_count"] / row["pv_count"], abs=0.0051)
        assert row["pv_count"] >= max(row["entry_count"], row["exit_count"], row["pv_user_count"])
    for field in ("pv_count", "pv_user_count", "entry_count", "exit_count") if rows else ():
        assert total[field] == sum(row[field] for row in rows)


def test_an_app_can_have_more_pages_than_fit_on_one(ask: Ask) -> None:
    rows = _all_rows(ask, "visit_page", _SUNDAY, _SUNDAY, app=NEWS)
    assert 20 < len(rows) <= 45
    assert len({row["pageId"] for row in rows}) == len(rows)
    assert ask("visit_page", _SUNDAY, _SUNDAY, app=NEWS, start_index=100)["data_list"] == []


@_shared_world
@given(day=_days, kind=st.sampled_from(["depth", "time", "interval", "frequency"]))
def test_the_steps_of_a_habit_are_all_sessions_or_all_users(ask: Ask, day: date, kind: str) -> None:
    data = ask("visit_character", day, day, character_type=kind)
    trend = ask("user_trend", day, day)["sum"]
    field = "user_count" if kind == "frequency" else "session_count"
    whole = trend["session_count" if kind in {"depth", "time"} else "user_count"]
    assert sum(row[field] for row in data["data_list"]) == data["sum"][field] == whole
    assert sum(row[f"{field}_ratio"] for row in data["data_list"]) == pytest.approx(100, abs=0.1)


def test_who_comes_for_the_first_time_is_new(ask: Ask) -> None:
    steps = ask("visit_character", _SUNDAY, _SUNDAY, character_type="interval")["data_list"]
    assert steps[0]["session_count"] == ask("user_trend", _SUNDAY, _SUNDAY)["sum"]["new_user_count"]


def test_ages_and_sexes_are_everybody_and_interests_are_the_ten_commonest(ask: Ask) -> None:
    (row,) = ask("visit_attribute", _MONDAY, _SUNDAY)["data_list"]
    shares = {kind: sum(value["count_ratio"] for value in values) for kind, values in row.items()}
    assert shares["age"] == pytest.approx(100, abs=0.1)
    assert shares["sex"] == pytest.approx(100, abs=0.1)
    assert 40 < shares["interest"] < 80


@_shared_world
@given(first=_days, length=_lengths)
def test_a_group_of_sources_is_its_scenes_together(ask: Ask, first: date, length: int) -> None:
    groups = _all_rows(ask, "source", first, first + timedelta(days=length))
    for field in ("new_user_scale", "user_scale", "session_scale"):
        assert sum(group[field] for group in groups) == pytest.approx(100, abs=0.2)
    for group in (group for group in groups if group["name"]):
        for field in ("new_user_count", "user_count"):
            assert group[field] == sum(child[field] for child in group["name"])
        for field in ("user_scale", "session_scale"):
            assert group[field] == pytest.approx(sum(child[field] for child in group["name"]), abs=0.03)
    assert all(group["session_count_per_user"] >= 1 for group in groups)
    trend = ask("user_trend", first, first)["sum"]
    of_day = _all_rows(ask, "source", first, first)
    assert sum(group["new_user_count"] for group in of_day) == trend["new_user_count"]


def test_the_platform_is_its_apps_together(ask: Ask) -> None:
    (row,) = ask("tp_data", _SUNDAY, _SUNDAY)["result"]
    activity = [ask("activity_user", _SUNDAY, _SUNDAY, app=app)["sum"] for app in (SHOP, NEWS, YOUNG)]
    trend = [ask("user_trend", _SUNDAY, _SUNDAY, app=app)["sum"] for app in (SHOP, NEWS, YOUNG)]
    pages = [ask("visit_page", _SUNDAY, _SUNDAY, app=app)["sum"] for app in (SHOP, NEWS, YOUNG)]
    assert row["data"] == "20261122"
    assert int(row["tp_day_app_count"]) == 3
    for metric, figures, field in (
        ("tp_day_user_count", activity, "user_count"),
        ("tp_week_user_count", activity, "weekly_user_count"),
        ("tp_month_user_count", activity, "monthly_user_count"),
        ("tp_day_new_user_count", trend, "new_user_count"),
        ("tp_day_session_count", trend, "session_count"),
        ("tp_day_page_count", pages, "pv_count"),
    ):
        assert int(row[metric]) == sum(one[field] for one in figures)


def test_the_platform_can_be_asked_for_one_scene_and_some_metrics(ask: Ask) -> None:
    chosen = {"metrics": "tp_day_user_count,tp_day_page_count"}
    everything = ask("tp_data", _SUNDAY, _SUNDAY, **chosen)["result"][0]
    shares = ask("tp_data", _SUNDAY, _SUNDAY, scene="11600000", **chosen)["result"][0]
    nothing = ask("tp_data", _SUNDAY, _SUNDAY, scene="99", **chosen)["result"][0]
    assert list(shares) == ["data", "tp_day_user_count", "tp_day_page_count"]
    assert 0.01 < int(shares["tp_day_user_count"]) / int(everything["tp_day_user_count"]) < 0.1
    assert nothing["tp_day_user_count"] == "0"


def test_the_platform_answers_oldest_first_and_as_many_rows_as_wanted(ask: Ask) -> None:
    first = date(2026, 9, 1)
    usual = ask("tp_data", first, _SUNDAY)
    chosen = ask("tp_data", first, _SUNDAY, max_results=50, start_index=40)
    assert (usual["total"], len(usual["result"]), usual["result"][0]["data"]) == (83, 20, "20260901")
    assert (chosen["offset"], len(chosen["result"]), chosen["result"][-1]["data"]) == (40, 43, "20261122")


def test_a_day_that_the_platform_does_not_know_yet_has_dashes(ask: Ask, now: Any) -> None:
    rows = ask("tp_data", _SUNDAY, _SUNDAY + timedelta(days=3), now=now.replace(hour=6))["result"]
    assert [row.pop("data") for row in rows] == ["20261122"]
    assert set(rows[0].values()) == {"--"}


def test_apps_that_nobody_used_are_not_counted(ask: Ask, apps: tuple[SimulatedApp, ...]) -> None:
    world = World(1, (SimulatedApp(1), SimulatedApp(2, created=date(2026, 11, 20))))
    rows = ask("tp_data", date(2026, 11, 19), date(2026, 11, 20), world=world)["result"]
    assert [row["tp_day_app_count"] for row in rows] == ["1", "2"]
