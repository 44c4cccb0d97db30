"""What is known when."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from smartapp_watch.simulator.answers import Answers
from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.spans import BEIJING
from smartapp_watch.simulator.world import Early, World
from tests.simulator.asking import SHOP, Ask

_SUNDAY = date(2026, 11, 22)
_FRIDAY = date(2026, 11, 20)


def _at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=BEIJING)


def _names(data: dict[str, Any]) -> list[str]:
    return [row["name"] for row in data["data_list"]]


def test_yesterday_appears_at_seven_in_beijing(ask: Ask) -> None:
    early = ask("user_trend", _FRIDAY, _SUNDAY, now=_at(6, 59))
    late = ask("user_trend", _FRIDAY, _SUNDAY, now=_at(7))
    assert _names(early) == ["2026/11/21", "2026/11/20"]
    assert _names(late) == ["2026/11/22", "2026/11/21", "2026/11/20"]


def test_today_and_the_future_are_never_served(ask: Ask) -> None:
    for report in ("user_trend", "activity_user", "retained_user"):
        data = ask(report, _SUNDAY, date(2026, 12, 24), now=_at(23, 59))
        assert _names(data) == ["2026/11/22"]
    assert ask("tp_data", date(2026, 11, 23), date(2026, 11, 25), now=_at(23))["total"] == 0


@pytest.mark.parametrize("report", ["user_trend", "activity_user", "retained_user"])
def test_before_that_its_row_may_hold_dashes_only(
    ask: Ask, apps: tuple[SimulatedApp, ...], report: str
) -> None:
    world = World(7, apps, early=Early.DASHES)
    data = ask(report, _SUNDAY, date(2026, 11, 23), world=world, now=_at(6))
    (row,) = data["data_list"]
    assert row.pop("name") == "2026/11/22"
    assert set(row.values()) == {"--"}
    assert set(data["sum"].values()) == {"--"}


def test_the_hours_of_a_day_that_is_not_known_are_absent_or_dashes(
    ask: Ask, apps: tuple[SimulatedApp, ...]
) -> None:
    assert ask("user_trend", _SUNDAY, _SUNDAY, gran="hour", now=_at(6))["total"] == 0
    dashes = World(7, apps, early=Early.DASHES)
    data = ask("user_trend", _SUNDAY, _SUNDAY, gran="hour", now=_at(6), world=dashes)
    assert data["total"] == 24
    assert {row["user_count"] for row in data["data_list"]} == {"--"}


@pytest.mark.parametrize("report", ["region", "terminal", "visit_page", "visit_character", "source"])
def test_a_breakdown_of_an_unknown_day_is_empty(ask: Ask, report: str) -> None:
    data = ask(report, _SUNDAY, _SUNDAY, now=_at(6))
    assert (data["total"], data["data_list"]) == (0, [])
    assert set(data.get("sum", {"": "--"}).values()) == {"--"}
    assert ask("visit_attribute", _SUNDAY, _SUNDAY, now=_at(6)) == {"data_list": []}


def test_the_first_figures_of_a_day_are_final(ask: Ask) -> None:
    early, late = (ask("user_trend", _SUNDAY, _SUNDAY, now=_at(hour)) for hour in (7, 23))
    assert early == late


def test_with_corrections_the_first_figures_are_up_to_one_per_cent_off(
    ask: Ask, apps: tuple[SimulatedApp, ...]
) -> None:
    world = World(7, apps, corrections=True)
    for report, field in (
        ("user_trend", "user_count"),
        ("activity_user", "user_count"),
        ("region", "session_count_district"),
        ("visit_page", "pv_count"),
    ):
        early, just_before, late, next_day = (
            ask(report, _SUNDAY, _SUNDAY, world=world, now=_at(7) + timedelta(hours=hours))["sum"][field]
            for hours in (0, 6.9, 7, 40)
        )
        assert early == just_before != late == next_day
        assert abs(early / late - 1) < 0.013


def test_with_corrections_the_counts_still_agree(ask: Ask, apps: tuple[SimulatedApp, ...]) -> None:
    world = World(7, apps, corrections=True)
    trend = ask("user_trend", _SUNDAY, _SUNDAY, world=world, now=_at(8))["sum"]
    activity = ask("activity_user", date(2026, 11, 21), _SUNDAY, world=world, now=_at(8))["data_list"]
    assert activity[0]["user_count"] == trend["user_count"]
    grown = activity[0]["accumulative_user_count"] - activity[1]["accumulative_user_count"]
    assert grown == trend["new_user_count"]


def test_the_newest_change_is_the_newest_of_midnight_publication_and_correction() -> None:
    world = World(1, (SimulatedApp(SHOP),), corrections=True)
    moments = {world.last_change(_at(0) + timedelta(minutes=minutes)) for minutes in range(24 * 60)}
    assert moments == {_at(0), _at(7), _at(14)}


@pytest.mark.parametrize(
    ("report", "field"),
    [("region", "session_count_district"), ("visit_page", "pv_count"), ("user_trend", "session_count")],
)
def test_one_simulator_that_runs_on_serves_the_corrected_figures(
    ask: Ask, apps: tuple[SimulatedApp, ...], report: str, field: str
) -> None:
    world = World(7, apps, corrections=True)
    answers = Answers(world)
    early, late = (ask(report, _SUNDAY, _SUNDAY, answers=answers, now=_at(hour)) for hour in (8, 15))
    assert early["sum"][field] != late["sum"][field]
    assert late == ask(report, _SUNDAY, _SUNDAY, world=World(7, apps), now=_at(15))
