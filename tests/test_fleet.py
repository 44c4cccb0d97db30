"""A fleet that moves as one: one alert of all, and what is each mini-program's own is still seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from zlib import crc32

import pytest

from smartapp_watch.alerts.alert import Alert, EventType, State, is_of_fleet
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.evaluate import Scope, evaluate
from smartapp_watch.evaluate.backtest import backtest
from smartapp_watch.evaluate.explain import explain
from smartapp_watch.history.database import History, open_in_memory
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import App, Observation, Query, Reading
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.rule import Direction, Scale, Unusual
from tests.build import DAY, change, rule
from tests.daily import noon_after, scope, tell

NEW_USERS = "user_trend.new_user_count"
ODD = rule(NEW_USERS, Unusual(Direction.DROP, by_at_least=10, scale=Scale.PERCENT), name="odd")
FALL = rule(NEW_USERS, change("drops_by 15% against 4_weeks"), name="fall")
WEEKS = 9
DAYS = 7 * WEEKS + 1
MANY = 220

Figure = Callable[[int, Period], int]
"""The new users of a mini-program (1 and up) on a day."""


def apps(count: int) -> tuple[App, ...]:
    return tuple(App(number) for number in range(1, count + 1))


def usual(app: int, day: Period) -> int:
    """A level of its own, and noise of 6 % that is another each day."""
    noise = crc32(f"{app} {day}".encode()) % 120 / 1000
    return round((500 + 20 * (app % 50)) * (0.94 + noise))


def save(history: History, count: int, figure: Figure, day: Period, days: int = 1) -> None:
    """What the API says of the days up to one, read when that is final."""
    for app in apps(count):
        values = [figure(app.id, day.shift(number - days + 1)) for number in range(days)]
        history.observations.save(tell(app, values, day), noon_after(day))


@pytest.fixture
def history() -> Iterator[History]:
    with open_in_memory() as opened:
        yield opened


def begin(history: History, watched: Scope) -> None:
    """Nine quiet weeks up to the day before yesterday's, judged."""
    save(history, len(watched.apps), usual, DAY.shift(-1), DAYS)
    told = evaluate(history, watched, noon_after(DAY.shift(-1)))
    assert [notice for _, notice in told if is_of_fleet(notice.dimensions)] == []


def next_day(history: History, watched: Scope, figure: Figure, day: Period = DAY) -> list[AlertNotice]:
    """What is told of one more day, by anybody."""
    save(history, len(watched.apps), figure, day)
    return [notice for _, notice in evaluate(history, watched, noon_after(day))]


def queued(history: History) -> int:
    return sum(1 for _ in history._connection.select("SELECT 1 FROM outbox"))


def open_ones(history: History) -> list[Alert]:
    return history.alerts.open_alerts()


def a_fifth_less(app: int, day: Period) -> int:
    return round(0.8 * usual(app, day))


def a_fifth_less_and_one_is_down(app: int, day: Period) -> int:
    return 100 if app == 7 else a_fifth_less(app, day)


@pytest.mark.parametrize("watching", [FALL, ODD], ids=["change", "unusual"])
def test_a_day_that_is_lower_everywhere_is_one_message(history: History, watching: object) -> None:
    watched = scope(FALL if watching is FALL else ODD, apps=apps(MANY))
    begin(history, watched)
    before = queued(history)
    next_day(history, watched, a_fifth_less)
    [alert] = [each for each in open_ones(history) if is_of_fleet(each.dimensions)]
    assert queued(history) == before + 1
    assert alert.figures.change_percent == pytest.approx(-20, abs=2)


def test_it_is_over_when_the_fleet_is_back(history: History) -> None:
    watched = scope(FALL, apps=apps(MANY))
    begin(history, watched)
    next_day(history, watched, a_fifth_less)
    told = next_day(history, watched, usual, DAY.shift(1))
    assert [notice.type for notice in told if is_of_fleet(notice.dimensions)] == [EventType.RESOLVE]


def test_what_is_worse_than_its_fleet_waits_for_the_end_of_the_fleets_alert(history: History) -> None:
    watched = scope(FALL, apps=apps(MANY))
    begin(history, watched)
    next_day(history, watched, a_fifth_less_and_one_is_down)
    [own] = [each for each in open_ones(history) if each.app_id == 7]
    assert own.state is State.FIRING
    assert own.figures.baseline == pytest.approx(0.8 * 640, rel=0.1)
    before = queued(history)
    [found] = explain(history, watched, FALL, app_id=7, period=DAY, now=noon_after(DAY))
    assert "of the whole fleet" in found.told
    assert found.evidence.fleet.shift == pytest.approx(0.8, abs=0.02)
    assert queued(history) == before

    def only_one_is_down(app: int, day: Period) -> int:
        return 100 if app == 7 else usual(app, day)

    told = next_day(history, watched, only_one_is_down, DAY.shift(1))
    assert [(each.type, each.reason) for each in told if each.app_id == 7] == [
        (EventType.FIRE, "fleet alert ended")
    ]


def test_too_many_in_breach_are_one_alert(history: History) -> None:
    watched = scope(FALL, apps=apps(MANY))
    begin(history, watched)

    def some_are_down(app: int, day: Period) -> int:
        return 10 if app % 20 == 0 else usual(app, day)

    before = queued(history)
    next_day(history, watched, some_are_down)
    [alert] = [each for each in open_ones(history) if is_of_fleet(each.dimensions)]
    assert dict(alert.figures.counts)["breaching"] >= MANY / 20
    assert queued(history) == before + 1


def test_a_few_in_breach_are_told_of_each(history: History) -> None:
    watched = scope(FALL, apps=apps(MANY))
    begin(history, watched)

    def one_is_down(app: int, day: Period) -> int:
        return 10 if app == 7 else usual(app, day)

    assert [notice.app_id for notice in next_day(history, watched, one_is_down)] == [7]


def test_under_two_hundred_each_is_judged_by_itself(history: History) -> None:
    watched = scope(FALL, apps=apps(199))
    begin(history, watched)
    told = next_day(history, watched, a_fifth_less)
    assert len(told) > 100
    assert not any(is_of_fleet(notice.dimensions) for notice in told)


def test_nobody_is_judged_before_most_of_the_fleet_is_there(history: History) -> None:
    watched = scope(FALL, apps=apps(MANY))
    begin(history, watched)
    save(history, 200, a_fifth_less, DAY)
    assert evaluate(history, watched, noon_after(DAY)) == []
    for app in apps(MANY)[200:212]:
        history.observations.save(tell(app, [a_fifth_less(app.id, DAY)], DAY), noon_after(DAY))
    told = evaluate(history, watched, noon_after(DAY) + timedelta(hours=1))
    assert any(is_of_fleet(notice.dimensions) for _, notice in told)


def test_after_the_deadline_the_fleet_is_who_is_there(history: History) -> None:
    watched = scope(FALL, apps=apps(MANY))
    begin(history, watched)
    save(history, 200, a_fifth_less, DAY)
    told = evaluate(history, watched, noon_after(DAY.shift(3)))
    assert any(is_of_fleet(notice.dimensions) for _, notice in told)


def test_a_fleets_alert_is_replayed_the_same(history: History) -> None:
    watched = scope(FALL, apps=apps(MANY))
    begin(history, watched)
    next_day(history, watched, a_fifth_less)
    # A correction of one mini-program has its past judged again.
    history.observations.save(tell(App(5), [usual(5, DAY.shift(-3)) + 1], DAY.shift(-3)), noon_after(DAY))
    told = evaluate(history, watched, noon_after(DAY) + timedelta(hours=1))
    assert [notice for _, notice in told if is_of_fleet(notice.dimensions)] == []


def test_a_backtest_finds_the_same_alert_of_the_fleet(history: History) -> None:
    watched = scope(FALL, apps=apps(MANY))
    begin(history, watched)
    next_day(history, watched, a_fifth_less)
    found = backtest(history, watched, noon_after(DAY) + timedelta(hours=1), days=5)
    assert [each.from_ for each in found.episodes if is_of_fleet(each.dimensions)] == [DAY]


def test_a_rule_of_drops_says_nothing_of_a_fleet_that_rises(history: History) -> None:
    watched = scope(FALL, replace(FALL, name="another"), apps=apps(MANY))
    begin(history, watched)
    assert next_day(history, watched, lambda app, day: round(1.3 * usual(app, day))) == []


ECHO = rule(NEW_USERS, change("rises_by 15% against last_week"), name="echo")


def a_bad_day_and_a_week(history: History, watched: Scope) -> list[AlertNotice]:
    """What is told of a day on which all lose a fifth, and of the seven days after it."""
    begin(history, watched)
    told = next_day(history, watched, a_fifth_less)
    for back in range(1, 8):
        told += next_day(history, watched, usual, DAY.shift(back))
    return told


def test_a_bad_day_of_all_is_no_past_so_that_a_week_later_nobody_has_risen(history: History) -> None:
    watched = scope(FALL, ECHO, apps=apps(MANY))
    told = a_bad_day_and_a_week(history, watched)
    assert [(each.rule, each.type) for each in told if is_of_fleet(each.dimensions)] == [
        ("fall", EventType.FIRE),
        ("fall", EventType.RESOLVE),
    ]
    assert [each.rule for each in told if each.rule == "echo"] == []
    a_week_later, now = DAY.shift(7), noon_after(DAY.shift(7))
    [found] = explain(history, watched, ECHO, app_id=3, period=a_week_later, now=now)
    assert found.evidence.fleet.shift == 1
    reasons = {each.period: each.why_not for each in found.account.candidates}
    assert reasons[DAY] == "the whole fleet had moved"
    assert reasons[DAY.shift(-7)] == ""


def test_a_bad_day_of_all_is_no_past_in_a_backtest_and_a_replay_either(history: History) -> None:
    watched = scope(FALL, ECHO, apps=apps(MANY))
    a_bad_day_and_a_week(history, watched)
    now = noon_after(DAY.shift(7)) + timedelta(hours=1)
    found = backtest(history, watched, now, days=10).episodes
    assert [(each.rule, each.from_) for each in found if is_of_fleet(each.dimensions)] == [("fall", DAY)]
    assert [each for each in found if each.rule == "echo"] == []
    history.observations.save(tell(App(5), [usual(5, DAY.shift(-3)) + 1], DAY.shift(-3)), now)
    assert evaluate(history, watched, now) == []


def test_a_level_at_which_all_stay_is_usual_in_the_end(history: History) -> None:
    watched = scope(rule(NEW_USERS, change("drops_by 15% against last_week"), name="fall"), apps=apps(MANY))
    begin(history, watched)
    shifts = []
    for number in range(10):
        next_day(history, watched, a_fifth_less, DAY.shift(number))
        [known] = history.alerts.fleets.shifts(watched.rules[0], "", DAY.shift(number), DAY.shift(number + 1))
        shifts.append(known[1].shift)
    assert [round(each, 1) for each in shifts] == [0.8] * 8 + [1] * 2


EITHER_WAY = rule(NEW_USERS, change("changes_by 30% against 4_weeks"), name="either-way")
ODD_EITHER_WAY = rule(NEW_USERS, Unusual(Direction.EITHER, by_at_least=30, scale=Scale.PERCENT), name="odd")


@pytest.mark.parametrize("times", [0.8, 1.25])
def test_a_rule_of_both_directions_tells_of_a_fleet_that_moves_either_way(
    history: History, times: float
) -> None:
    watched = scope(EITHER_WAY, ODD_EITHER_WAY, apps=apps(MANY))
    begin(history, watched)
    told = next_day(history, watched, lambda app, day: round(times * usual(app, day)))
    assert sorted(each.rule for each in told if is_of_fleet(each.dimensions)) == ["either-way", "odd"]
    moved = [each.figures.change_percent for each in told if is_of_fleet(each.dimensions)]
    assert moved == pytest.approx([100 * times - 100] * 2, abs=3)


def test_against_the_day_before_nothing_is_taken_out_of_a_fleet_that_moves(history: History) -> None:
    previous = rule(NEW_USERS, change("drops_by 15% against previous"), name="previous")
    watched = scope(previous, apps=apps(MANY))
    save(history, MANY, usual, DAY.shift(-1), 14)
    evaluate(history, watched, noon_after(DAY.shift(-1)))
    next_day(history, watched, a_fifth_less)
    [alert] = [each for each in open_ones(history) if is_of_fleet(each.dimensions)]
    assert alert.figures.change_percent is None
    assert dict(alert.figures.counts)["breaching"] > MANY / 2


def test_a_sample_that_lacks_less_than_one_mini_program_has_is_completed(history: History) -> None:
    """Of eight pages each, 37 mini-programs have 296 series of the 300 that are wanted."""
    table, pages = TABLES["visit_page"], [f"p{number}" for number in range(8)]
    columns = {"pv_count": 1000, "exit_count": 400, "bounce_ratio": 40.0}
    values = tuple(columns.get(metric.name) for metric in table.report.metrics)
    for app in apps(40):
        for day in (DAY.shift(-7), DAY):
            rows = tuple(Observation(day, (page,), (page, None), values) for page in pages)
            history.observations.save(Reading(Query(table, app.id, day, day), rows), noon_after(day))
    watched = scope(rule("visit_page.bounce_ratio", change("rises_by 5pp against last_week")), apps=apps(40))
    assert evaluate(history, watched, noon_after(DAY)) == []
