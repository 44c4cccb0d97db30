"""Rules that are edited, moved away and back, and what lasts long: timelines on a real history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from smartapp_watch.evaluate import evaluate
from smartapp_watch.history.database import History
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import Observation, Query, Reading
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.rule import Rule, Where
from tests.build import DAY, above, change, rule
from tests.daily import APP, DROP, WEEKS_OF_100, noon_after, scope, tell

RETENTION, PLATFORM = TABLES["retained_user"], TABLES["tp_data"]


def save(history: History, values: Sequence[int | None], last: Period, at: datetime | None = None) -> None:
    history.observations.save(tell(APP, values, last), at or noon_after(last))


def judge(history: History, day: Period, *rules: Rule) -> list[tuple[str, str]]:
    return [(notice.type, notice.reason) for _, notice in evaluate(history, scope(*rules), noon_after(day))]


def live(history: History, values: Sequence[int | None], watched: Rule, last: Period = DAY) -> list[str]:
    """Poll and judge every day at noon; all that was told, with the day it was told on."""
    told = []
    for number, value in enumerate(values):
        day = last.shift(number - len(values) + 1)
        save(history, [value], day)
        told += [f"{day} {kind}" for kind, _ in judge(history, day, watched)]
    return told


def test_a_rule_that_now_waits_longer_closes_its_alert_and_goes_on_judging(history: History) -> None:
    live(history, [*WEEKS_OF_100, 60], DROP)
    slower = replace(DROP, for_=3)
    assert judge(history, DAY, slower) == [("closed", "rule changed")]
    assert live(history, [100, 100, 60, 60, 60], slower, DAY.shift(5)) == ["2026-11-27 fire"]


def test_episodes_of_another_meaning_spoil_no_baseline(history: History) -> None:
    """Weekends are lower. Against the day before that is a drop each Saturday; by weeks it is none."""
    hasty = rule("user_trend.new_user_count", change("drops_by 30% against previous"), name=DROP.name)
    week = [100, 100, 100, 100, 100, 60, 60]
    live(history, week * 9, hasty, Period.parse("2026-11-22"))
    assert judge(history, DAY, DROP) == [("closed", "rule changed")]
    saturday = Period.parse("2026-11-28")
    assert live(history, [100, 100, 100, 100, 100, 6], DROP, saturday) == ["2026-11-28 fire"]


def test_a_rule_file_that_was_away_for_a_cycle_does_not_make_an_outage_usual(history: History) -> None:
    other = rule("activity_user.lost_ratio", above(90), name="other")
    live(history, [*WEEKS_OF_100, *[10] * 24], DROP)
    assert judge(history, DAY, other) == [("closed", "rule gone")]
    assert live(history, [10], DROP, DAY.shift(1)) == ["2026-11-23 fire"]


def test_a_lasting_change_ends_as_a_new_level_and_never_as_missing_data(history: History) -> None:
    spike = rule("user_trend.new_user_count", change("rises_by 30% against last_week"), name="spike")
    told = live(history, [*WEEKS_OF_100, *[200] * 40], spike)
    assert [line.split()[1] for line in told] == ["fire", "closed"]
    (alert,) = history.alerts.all_alerts()
    assert alert.reason == "new level"


def test_an_edit_that_finds_an_earlier_beginning_keeps_its_baseline(history: History) -> None:
    wide = rule("user_trend.new_user_count", change("drops_by 50% against 4_weeks"), name=DROP.name)
    live(history, [*WEEKS_OF_100, 70, 70, 45], wide)
    narrow = rule("user_trend.new_user_count", change("drops_by 20% against 4_weeks"), name=DROP.name)
    assert judge(history, DAY, narrow) == []
    (alert,) = history.alerts.open_alerts()
    assert str(alert.since) == "2026-11-20"
    assert live(history, [70] * 14, narrow, DAY.shift(14)) == []


def test_a_limit_that_stays_passed_stays_one_alert(history: History) -> None:
    low = rule("user_trend.new_user_count", above(90), name="low")
    assert [line.split()[1] for line in live(history, [10, *[100] * 60], low)] == ["fire"]


def test_an_alert_of_a_cell_that_the_rule_no_longer_watches_is_closed(history: History) -> None:
    next_day = rule("retained_user.retained_ratio", above(20), name="kept", where=[("nth", "2")])
    rows = (Observation(DAY, (2,), (), (1000, 300, 30.0)),)
    at = noon_after(DAY.shift(1))
    history.observations.save(Reading(Query(RETENTION, APP.id, DAY, DAY), rows), at)
    assert judge(history, DAY.shift(1), next_day) == [("fire", "")]
    third_day = replace(next_day, where=(Where("nth", ("3",)),))
    assert judge(history, DAY.shift(1), third_day) == [("closed", "rule changed")]


def test_a_rule_that_changes_its_granularity_closes_the_other_ones_alert(history: History) -> None:
    live(history, [*WEEKS_OF_100, 60], DROP)
    weekly = rule("user_trend_week.new_user_count", change("drops_by 30% against 4_weeks"), name=DROP.name)
    assert judge(history, DAY, weekly) == [("closed", "rule changed")]


@pytest.mark.parametrize(("until", "fires"), [("2026-W45", False), ("2026-W47", True), ("2026-11-22", True)])
def test_judging_up_to_a_week_judges_the_days_in_it(history: History, until: str, fires: bool) -> None:
    save(history, [*WEEKS_OF_100, 10], DAY)
    found = evaluate(history, scope(DROP), noon_after(DAY), until=Period.parse(until))
    assert bool(found) == fires


def test_an_answer_without_values_makes_nothing_final(history: History) -> None:
    """Half a batch is read at eight; at ten the API has no value at all: the half is still provisional."""
    live(history, WEEKS_OF_100, DROP)
    day = DAY.shift(1)
    save(history, [10], day, day.closes() + timedelta(hours=8))
    save(history, [None], day, day.closes() + timedelta(hours=10))
    assert evaluate(history, scope(DROP), day.closes() + timedelta(hours=10)) == []
    save(history, [98], day, day.closes() + timedelta(hours=14))
    assert evaluate(history, scope(DROP), day.closes() + timedelta(hours=14)) == []
    assert history.alerts.all_alerts() == []


def test_figures_of_an_outage_of_the_poll_are_judged_when_they_come(history: History) -> None:
    live(history, WEEKS_OF_100, DROP)
    silent = DAY.shift(5)
    assert judge(history, silent, DROP) == []
    save(history, [100, 100, 10, 10, 10], silent, noon_after(silent) + timedelta(hours=1))
    found = evaluate(history, scope(DROP), noon_after(silent) + timedelta(hours=1))
    assert [(notice.type, notice.since) for _, notice in found] == [("fire", "2026-11-25")]


def test_a_past_that_comes_after_the_newest_day_completes_its_baseline(history: History) -> None:
    save(history, [10], DAY)
    assert judge(history, DAY, DROP) == []
    save(history, WEEKS_OF_100, DAY.shift(-1), noon_after(DAY) + timedelta(hours=1))
    found = evaluate(history, scope(DROP), noon_after(DAY) + timedelta(hours=1))
    assert [(notice.type, notice.since) for _, notice in found] == [("fire", str(DAY))]


def save_scene(history: History, day: Period, scene: str, users: int, at: datetime) -> None:
    column = [metric.name for metric in PLATFORM.report.metrics].index("tp_day_user_count")
    values = tuple(users if place == column else None for place in range(18))
    query = Query(PLATFORM, None, day, day, scene)
    history.observations.save(Reading(query, (Observation(day, (scene,), (), values),)), at)


def test_a_scene_is_final_when_it_was_read_itself(history: History) -> None:
    users = rule(
        "tp_data.tp_day_user_count", change("drops_by 30% against 4_weeks"), where=[("scene", "11700000")]
    )
    for number in range(63, 0, -1):
        for scene in ("", "11700000"):
            save_scene(history, DAY.shift(-number), scene, 100, noon_after(DAY.shift(-number)))
    save_scene(history, DAY, "", 100, noon_after(DAY))
    save_scene(history, DAY, "11700000", 10, DAY.closes() + timedelta(hours=8))
    assert judge(history, DAY, users) == []
    save_scene(history, DAY, "11700000", 10, noon_after(DAY) + timedelta(hours=1))
    found = evaluate(history, scope(users), noon_after(DAY) + timedelta(hours=1))
    assert [notice.type for _, notice in found] == ["fire"]
