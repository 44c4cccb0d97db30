from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.breakdowns import Breakdowns
from smartapp_watch.simulator.incidents import (
    AllZero,
    ExitRateRise,
    Incident,
    LostRatioRise,
    NewUsersDrop,
    PartFewer,
    RetentionDrop,
    SessionTimeDrop,
    SourceLost,
    Stopped,
    UsersDrop,
)
from smartapp_watch.simulator.world import World
from tests.simulator.asking import NEWS, SHOP, Ask

_DAY = date(2026, 11, 18)
_BEFORE, _AFTER = _DAY - timedelta(days=1), _DAY + timedelta(days=1)
_PAGE = "pages/pay/result"


@pytest.fixture
def compare(ask: Ask, apps: tuple[SimulatedApp, ...], world: World) -> Any:
    """``compare(report, incident, day)``: the data of a day without and with the incident."""

    def compare(report: str, incident: Incident, day: date = _DAY, **given: object) -> tuple[Any, Any]:
        changed = World(world.seed, apps, (incident,), begins=world.begins)
        return ask(report, day, day, **given), ask(report, day, day, world=changed, **given)

    return compare


def _page(data: Any, path: str = _PAGE) -> Any:
    return next(row for row in data["data_list"] if row["pageName"] == path)


@pytest.mark.parametrize("report", ["user_trend", "activity_user", "retained_user", "visit_page", "source"])
def test_an_incident_changes_nothing_outside_its_days_and_app(compare: Any, report: str) -> None:
    for incident in (
        UsersDrop(SHOP, _DAY, last=_DAY, factor=0.2),
        ExitRateRise(SHOP, _DAY, last=_DAY, page=_PAGE, points=20),
        LostRatioRise(SHOP, _DAY, last=_DAY, points=3),
    ):
        for day, app in ((_BEFORE - timedelta(days=9), SHOP), (_DAY, NEWS)):
            quiet, struck = compare(report, incident, day, app=app)
            assert quiet == struck


def test_next_day_retention_falls_for_the_cohorts_of_these_days(compare: Any) -> None:
    incident = RetentionDrop(SHOP, _DAY, factor=0.5)
    quiet, struck = compare("retained_user", incident)
    before, after = quiet["data_list"][0], struck["data_list"][0]
    assert after["第2天"] / before["第2天"] == pytest.approx(0.5, abs=0.06)
    assert (after["第3天"], after["active_user_count"]) == (before["第3天"], before["active_user_count"])
    quiet, struck = compare("retained_user", incident, _BEFORE)
    assert quiet == struck


def test_retention_can_fall_for_every_day(compare: Any) -> None:
    quiet, struck = compare("retained_user", RetentionDrop(SHOP, _DAY, factor=0.3, nth=None))
    for cell in ("第2天", "第3天", "第4天"):
        assert struck["data_list"][0][cell] < 0.5 * quiet["data_list"][0][cell]


def test_lost_ratio_rises_by_points_together_with_its_count(compare: Any) -> None:
    quiet, struck = compare("activity_user", LostRatioRise(SHOP, _DAY, points=1.6))
    assert struck["sum"]["lost_ratio"] - quiet["sum"]["lost_ratio"] == pytest.approx(1.6, abs=0.02)
    assert struck["sum"]["lost_user_count"] > quiet["sum"]["lost_user_count"]
    assert struck["sum"]["user_count"] == quiet["sum"]["user_count"]


def test_one_page_is_left_more_often_and_the_others_are_not(compare: Any) -> None:
    quiet, struck = compare("visit_page", ExitRateRise(SHOP, _DAY, page=_PAGE, points=20))
    assert _page(struck)["bounce_ratio"] - _page(quiet)["bounce_ratio"] == pytest.approx(20, abs=6)
    for row in struck["data_list"]:
        if row["pageName"] != _PAGE:
            before = _page(quiet, row["pageName"])["bounce_ratio"]
            assert row["bounce_ratio"] == pytest.approx(before, abs=8)
    assert struck["sum"]["entry_count"] == quiet["sum"]["entry_count"]


def test_an_exit_rate_is_back_after_the_last_day(compare: Any) -> None:
    incident = ExitRateRise(SHOP, _BEFORE, last=_DAY, page=_PAGE, points=30)
    for day, change in ((_BEFORE, 30), (_DAY, 30), (_AFTER, 0)):
        quiet, struck = compare("visit_page", incident, day)
        assert _page(struck)["bounce_ratio"] - _page(quiet)["bounce_ratio"] == pytest.approx(change, abs=7)


def test_users_drop_by_a_factor(compare: Any) -> None:
    quiet, struck = compare("user_trend", UsersDrop(SHOP, _DAY, factor=0.4))
    assert struck["sum"]["user_count"] == pytest.approx(0.4 * quiet["sum"]["user_count"], rel=0.01)
    assert struck["sum"]["new_user_ratio"] == pytest.approx(quiet["sum"]["new_user_ratio"], abs=0.2)


def test_new_users_drop_and_returning_ones_stay(compare: Any) -> None:
    quiet, struck = compare("user_trend", NewUsersDrop(SHOP, _DAY, factor=0.25))
    assert struck["sum"]["new_user_count"] == pytest.approx(0.25 * quiet["sum"]["new_user_count"], abs=1)
    assert struck["sum"]["old_user_count"] == quiet["sum"]["old_user_count"]


def test_a_lost_source_is_gone_with_its_users(compare: Any) -> None:
    incident = SourceLost(SHOP, _DAY, scene="10810012")
    quiet, struck = compare("source", incident)
    scenes = [
        {child["sceneId"] for row in data["data_list"] for child in row["name"]} for data in (quiet, struck)
    ]
    assert scenes[0] - scenes[1] == {"10810012"}
    before, after = compare("user_trend", incident)
    assert after["sum"]["user_count"] == pytest.approx(0.86 * before["sum"]["user_count"], rel=0.02)


def test_a_part_comes_less_and_the_app_has_so_many_less(compare: Any) -> None:
    lost = PartFewer(SHOP, _DAY, kind="region", value="广东", factor=0.5)
    quiet, struck = compare("region", lost)
    before, after = (
        {row["name"]: row["session_count_district"] for row in data["data_list"]} for data in (quiet, struck)
    )
    assert after["广东"] == pytest.approx(0.5 * before["广东"], rel=0.2)
    assert after["山东"] == pytest.approx(before["山东"], rel=0.1)
    missing = before["广东"] - after["广东"]
    before, after = (data["sum"]["session_count"] for data in compare("user_trend", lost))
    assert before - after == pytest.approx(missing, rel=0.1)


def test_an_hour_comes_less(compare: Any) -> None:
    lost = PartFewer(SHOP, _DAY, kind="hour", value="20", factor=0)
    quiet, struck = compare("user_trend", lost, gran="hour", start_index=20)
    assert quiet["data_list"][0]["session_count"] > 0
    assert struck["data_list"][0]["session_count"] == 0


def test_sessions_are_shorter_by_a_factor(compare: Any) -> None:
    quiet, struck = compare("user_trend", SessionTimeDrop(SHOP, _DAY, factor=0.5))
    assert struck["sum"]["average_session_time"] == pytest.approx(
        0.5 * quiet["sum"]["average_session_time"], abs=1
    )
    assert struck["sum"]["session_count"] == quiet["sum"]["session_count"]


def test_an_all_zero_day_has_rows_of_zeros(compare: Any) -> None:
    _, trend = compare("user_trend", AllZero(SHOP, _DAY, last=_DAY))
    assert trend["total"] == 1
    assert set(trend["sum"].values()) == {0}
    _, region = compare("region", AllZero(SHOP, _DAY, last=_DAY))
    assert region["total"] == 34
    _, pages = compare("visit_page", AllZero(SHOP, _DAY, last=_DAY))
    assert (pages["total"], pages["sum"]["pv_count"]) == (0, 0)
    _, cohort = compare("retained_user", AllZero(SHOP, _DAY, last=_DAY), _BEFORE)
    assert cohort["data_list"][0]["第2天"] == 0


def test_a_stopped_app_has_no_rows(compare: Any, ask: Ask, apps: tuple[SimulatedApp, ...]) -> None:
    for report in ("user_trend", "activity_user", "retained_user", "region", "visit_page", "source"):
        _, struck = compare(report, Stopped(SHOP, _DAY))
        assert (struck["total"], struck["data_list"]) == (0, [])
    world = World(7, apps, (Stopped(SHOP, _DAY),))
    rows = ask("user_trend", _BEFORE, _AFTER, world=world)["data_list"]
    assert [row["name"] for row in rows] == ["2026/11/17"]


def test_quiet_apps_stay_within_what_the_usual_rules_allow(now: datetime) -> None:
    """What a demonstration relies on: nothing but the incidents looks like one."""
    app = SimulatedApp(SHOP, users=12_000)
    world = World(1, (app,))
    breakdowns = Breakdowns(world)
    week = timedelta(days=7)
    for offset in range(14):
        day = _DAY - timedelta(days=offset)
        today, before = world.day(app, day), world.day(app, day - week)
        assert today is not None
        assert before is not None
        assert abs(today.users / before.users - 1) < 0.25
        pages = zip(*(breakdowns.pages(app, [one], now) for one in (day, day - week)), strict=True)
        for page, earlier in pages:
            assert abs(page.exits / page.views - earlier.exits / earlier.views) < 0.09
