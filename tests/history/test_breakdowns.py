"""Where a change comes from, read from a real history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from smartapp_watch.alerts.causes import NOWHERE, Cohort, Day, Way
from smartapp_watch.history.breakdowns import breakdowns_of, trace
from smartapp_watch.history.database import History
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import Observation, Query, Reading
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Table
from tests.build import DAY, above, change, rule
from tests.daily import APP, DROP, noon_after
from tests.history.made import row

TREND, HOURS = TABLES["user_trend"], TABLES["user_trend_hour"]
SOURCE, TERMINAL, PAGES = TABLES["source"], TABLES["terminal"], TABLES["visit_page"]
WEEKS = [DAY.weeks_before(weeks) for weeks in range(1, 9)]
KEPT = rule("retained_user.retained_ratio", change("drops_by 20% against 4_weeks"), name="kept")
TIME = rule("user_trend.average_session_time", change("drops_by 20% against 4_weeks"), name="time")
LOST = rule("activity_user.lost_ratio", above(30), name="lost")


def save(history: History, table: Table, day: Period, rows: Sequence[Observation]) -> None:
    history.observations.save(Reading(Query(table, APP.id, day, day), tuple(rows)), noon_after(DAY))


def brands(history: History, day: Period, **sessions: int) -> None:
    rows = [
        row(TERMINAL, str(day), "brand", name, accumulative_session_count=count, average_use_time=60)
        for name, count in sessions.items()
    ]
    save(history, TERMINAL, day, rows)


def found(history: History, place: str) -> tuple[Day, int]:
    """What a breakdown says of the day, and with how many days it is compared."""
    (each,) = (
        each for each in breakdowns_of(history.observations, APP.id, DAY, WEEKS) if each.place == place
    )
    return dict(each.present), len(each.past)


def test_the_brand_that_nobody_came_with_any_more_is_named(history: History) -> None:
    for week in WEEKS:
        brands(history, week, 华为=1000, 苹果=800)
    brands(history, DAY, 华为=20, 苹果=790)
    origin = trace(history.observations, DROP, APP.id, DAY, change=-900, usual=WEEKS)
    (cause,) = origin.values
    assert (cause.way, cause.place, cause.value) == (Way.COUNT, "brand", "华为")
    assert cause.share == pytest.approx(980 / 990)
    assert cause.usual == pytest.approx(1000 / 1800)


def test_sessions_that_went_the_other_way_did_not_move_the_figure(history: History) -> None:
    for week in WEEKS:
        brands(history, week, 华为=1000, 苹果=800)
    brands(history, DAY, 华为=20, 苹果=790)
    assert trace(history.observations, DROP, APP.id, DAY, change=900, usual=WEEKS) == NOWHERE


def test_of_a_mean_it_is_said_whether_the_sessions_are_others_or_their_number(history: History) -> None:
    for day, length in ((DAY, 30), *((week, 60) for week in WEEKS)):
        rows = [
            row(TERMINAL, str(day), "brand", name, accumulative_session_count=500, average_use_time=mean)
            for name, mean in (("华为", length), ("苹果", 60))
        ]
        save(history, TERMINAL, day, rows)
    (cause,) = trace(history.observations, TIME, APP.id, DAY, change=-15, usual=WEEKS).values
    assert (cause.value, cause.share, cause.rate) == ("华为", 1, 1)


@pytest.mark.parametrize("unknown", [DAY, WEEKS[0]], ids=["now", "a week before"])
def test_a_length_that_nobody_says_is_no_zero(history: History, unknown: Period) -> None:
    for day, length in ((DAY, 30), *((week, 60) for week in WEEKS)):
        rows = [
            row(TERMINAL, str(day), "brand", "华为", accumulative_session_count=500, average_use_time=length),
            row(
                TERMINAL,
                *(str(day), "brand", "苹果"),
                accumulative_session_count=500,
                average_use_time=None if day == unknown else 60,
            ),
        ]
        save(history, TERMINAL, day, rows)
    causes = trace(history.observations, TIME, APP.id, DAY, change=-15, usual=WEEKS).values
    assert [(each.value, each.share) for each in causes] == ([] if unknown == DAY else [("华为", 1)])


@pytest.mark.parametrize("unknown", [DAY, WEEKS[0]], ids=["now", "a week before"])
def test_a_count_that_nobody_says_is_no_zero(history: History, unknown: Period) -> None:
    for day in (DAY, *WEEKS):
        rows = [
            row(TERMINAL, str(day), "brand", "华为", accumulative_session_count=1000),
            row(
                TERMINAL,
                *(str(day), "brand", "苹果"),
                accumulative_session_count=None if day == unknown else 500,
                average_use_time=60,
            ),
        ]
        save(history, TERMINAL, day, rows)
    assert trace(history.observations, DROP, APP.id, DAY, change=-500, usual=WEEKS) == NOWHERE
    if unknown != DAY:
        assert trace(history.observations, DROP, APP.id, DAY, change=500, usual=WEEKS) == NOWHERE


def test_of_retention_the_cohort_s_audience_is_looked_at(history: History) -> None:
    for week in WEEKS:
        brands(history, week, 华为=1000, 苹果=1000)
    brands(history, DAY, 华为=1000, 苹果=3000)
    causes = trace(history.observations, KEPT, APP.id, DAY, change=-5, usual=WEEKS).values
    assert [(each.way, each.value, each.share, each.usual) for each in causes] == [
        (Way.AUDIENCE, "华为", 0.25, 0.5),
        (Way.AUDIENCE, "苹果", 0.75, 0.5),
    ]


def test_of_lost_users_the_new_ones_of_the_week_that_ended_60_days_before_are_told(history: History) -> None:
    last = DAY.shift(-60)
    for number in range(35):
        day = last.shift(-number)
        save(history, TREND, day, [row(TREND, str(day), new_user_count=300 if number < 7 else 100)])
    origin = trace(history.observations, LOST, APP.id, DAY, change=1, usual=WEEKS)
    assert origin.cohort == Cohort(str(last.shift(-6)), str(last), 2100, 700)


def test_a_week_that_is_not_known_whole_tells_nothing_of_lost_users(history: History) -> None:
    last = DAY.shift(-60)
    for number in range(1, 35):
        day = last.shift(-number)
        save(history, TREND, day, [row(TREND, str(day), new_user_count=100)])
    assert trace(history.observations, LOST, APP.id, DAY, change=1, usual=WEEKS) == NOWHERE


def test_sources_are_told_by_their_scenes_and_groups_without_any_by_themselves(history: History) -> None:
    save(history, TREND, DAY, [row(TREND, str(DAY), session_count=1000)])
    save(history, TREND, WEEKS[0], [row(TREND, str(WEEKS[0]), session_count=2000)])
    for day in (DAY, WEEKS[0]):
        rows = [
            row(SOURCE, str(day), "37", "", session_scale=60),
            row(SOURCE, str(day), "37", "1081", texts=("自然结果",), session_scale=45),
            row(SOURCE, str(day), "37", "1082", texts=("单卡",), session_scale=15),
            row(SOURCE, str(day), "13", "", session_scale=40),
        ]
        save(history, SOURCE, day, rows)
    assert found(history, "source") == ({"自然结果": (450, None), "单卡": (150, None), "13": (400, None)}, 1)


def test_where_the_day_s_sessions_are_not_known_shares_of_them_count_nothing(history: History) -> None:
    for day in (DAY, WEEKS[0]):
        save(history, SOURCE, day, [row(SOURCE, str(day), "13", "", session_scale=40)])
    assert not list(breakdowns_of(history.observations, APP.id, DAY, WEEKS))


def test_pages_are_told_by_their_paths_and_their_total_is_none(history: History) -> None:
    for day in (DAY, WEEKS[0]):
        rows = [
            row(PAGES, str(day), "", pv_count=300),
            row(PAGES, str(day), "1", texts=("pages/a", None), pv_count=100),
            row(PAGES, str(day), "2", texts=("pages/a", None), pv_count=50),
            row(PAGES, str(day), "3", pv_count=150),
        ]
        save(history, PAGES, day, rows)
    assert found(history, "page") == ({"pages/a": (150, None), "3": (150, None)}, 1)


def test_hours_are_compared_as_far_as_the_day_is_there(history: History) -> None:
    for day in (DAY, WEEKS[2]):
        for hour in range(24):
            period = f"{day}T{hour:02d}"
            reading = Reading(
                Query(HOURS, APP.id, Period.parse(period), Period.parse(period)),
                (row(HOURS, period, session_count=hour, average_session_time=60),),
            )
            history.observations.save(reading, noon_after(DAY) + timedelta(hours=1))
    present, days = found(history, "hour")
    assert (present["21"], len(present), days) == ((21, 60), 24, 1)


def test_at_most_four_days_are_compared_with_and_a_day_alone_with_none(history: History) -> None:
    brands(history, DAY, 华为=1)
    assert not list(breakdowns_of(history.observations, APP.id, DAY, WEEKS))
    for week in WEEKS[1:]:
        brands(history, week, 华为=1)
    assert found(history, "brand") == ({"华为": (1, 60)}, 4)
