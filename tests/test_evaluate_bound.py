"""Sparing what cannot be in breach changes nothing: the same comes of it as of judging every series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from smartapp_watch.alerts.alert import Alert
from smartapp_watch.evaluate import Scope, evaluate, lane
from smartapp_watch.evaluate.backtest import Episode, backtest
from smartapp_watch.history import window
from smartapp_watch.history.database import History, open_in_memory
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import App, Observation, Query, Reading
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules import fleet
from smartapp_watch.rules.bound import bound_of
from smartapp_watch.rules.calendar import Calendar, DayKind
from smartapp_watch.rules.occasion import Occasion
from smartapp_watch.rules.rule import Direction, Rule, Scale, Unusual
from tests.build import DAY, above, below, change, rule
from tests.daily import noon_after, scope

APPS = (App(1), App(2), App(3))
HOLIDAYS = Calendar({DAY.shift(-number).first: DayKind.HOLIDAY for number in (2, 8, 9, 16, 22, 30)})
ORDINARY = Calendar({DAY.shift(-number).first: DayKind.ORDINARY for number in range(200)})
WORKED = Calendar(
    {**ORDINARY.overrides, **{DAY.shift(-number).first: DayKind.MAKE_UP for number in (0, 1, 8, 14)}}
)
"""The newest two days are a weekend that is worked; so are one before it, and half of another."""
OF_SOME = Calendar(
    ORDINARY.overrides,
    tuple(
        Occasion("own", DAY.shift(-back).first, DAY.shift(-back).first, excludes=True, apps=apps)
        for back, apps in ((1, ("3",)), (7, ("1",)), (8, ("1", "2")), (14, ("2",)), (16, ("3",)))
    ),
).among(APPS)
"""Days that are left out for one mini-program or two, as days of an alert, and as the past of others."""
TREND, PAGES, RETENTION = TABLES["user_trend"], TABLES["visit_page"], TABLES["retained_user"]
DAYS, LIVE = 64, 4

CONDITIONS = [
    above(120),
    below(70),
    *map(
        change,
        (
            "rises_by 20% against 4_weeks",
            "drops_by 20% against 4_weeks",
            "drops_by 30% against last_week",
            "changes_by 25% against 4_weeks",
            "rises_by 30 against previous",
            "drops_by 15 against 8_weeks",
        ),
    ),
    Unusual(Direction.EITHER, score=2.0, weeks=5),
    Unusual(Direction.DROP, score=1.5, weeks=6, by_at_least=10, scale=Scale.PERCENT),
]
OF_RATIOS = [
    above(45),
    below(30),
    change("rises_by 8pp against 4_weeks"),
    change("drops_by 20% against 4_weeks"),
    change("changes_by 3pp against last_week"),
    change("drops_by 6pp against previous"),
]
FLOORS = {
    "user_trend.user_count": ["user_count", "session_count"],
    "user_trend.average_session_time": ["session_count"],
    "user_trend.new_user_ratio": ["user_count"],
    "visit_page.bounce_ratio": ["pv_count"],
    "visit_page.pv_count": ["pv_count"],
    "retained_user.retained_ratio": ["active_user_count"],
}
COUNTED = ("user_trend.user_count", "user_trend.average_session_time", "visit_page.pv_count")


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    metric = draw(st.sampled_from(sorted(FLOORS)))
    floors = [(draw(st.sampled_from(FLOORS[metric])), draw(st.sampled_from([90, 105])))]
    return replace(
        rule(
            metric,
            draw(st.sampled_from(CONDITIONS if metric in COUNTED else OF_RATIOS)),
            name=draw(st.sampled_from(["a", "b"])),
            at_least=draw(st.sampled_from([[], floors])),
            where=[("nth", "2")] if metric.startswith("retained") else [],
            for_=draw(st.sampled_from([1, 1, 2])),
        ),
        keep=draw(st.sampled_from([1, 2])),
        window=draw(st.sampled_from([1, 1, 1, 2])) if metric == "user_trend.user_count" else 1,
        significant=draw(st.booleans()),
    )


value = st.sampled_from([100, 100, 100, 104, 97, 110, 130, 82, 60, 0, None])
Weeks = list[int | None]
"""How many users there were on one of the live days and on that weekday before, newest first."""
Later = tuple[int, int, int | None]
"""A reading after the first: on which of the live days, of how many days before, and what it said."""

live_days = st.integers(0, LIVE - 1)
WEEKS = 9
weeks = st.lists(value, min_size=WEEKS, max_size=WEEKS)
histories = st.lists(weeks, min_size=LIVE * len(APPS), max_size=LIVE * len(APPS))
laters = st.lists(st.tuples(live_days, st.integers(0, 30), value), max_size=5)


def readings(app: App, day: Period, users: int | None) -> Iterator[Reading]:
    """What the API says of a day that had so many users, give or take."""
    part = None if users is None else min(users, 40 + (users - 100) // 3 if users else 0)
    no_ratio = users in {0, 110, None}  # the API says "--" at times
    ratio = None if part is None or no_ratio or not users else round(100 * part / users, 2)
    trend = {
        **dict.fromkeys(("user_count", "session_count"), users),
        "new_user_count": part,
        "new_user_ratio": ratio,
        "average_session_time": users,
    }
    pages = {"pv_count": users, "exit_count": part, "bounce_ratio": ratio}
    cells = {"active_user_count": users, "retained_user_count": part, "retained_ratio": ratio}
    for table, values, dimensions in (
        (TREND, trend, [()]),
        (PAGES, pages, [("p1",), ("p2",)] if (users or 0) % 2 else [("p1",)]),
        (RETENTION, cells, [(2,)]),
    ):
        metrics = [values.get(metric.name) for metric in table.report.metrics]
        rows = tuple(
            Observation(day, each, (None,) * len(table.report.texts), tuple(metrics)) for each in dimensions
        )
        yield Reading(Query(table, app.id, day, day), () if users is None else rows)


def save(history: History, app: App, day: Period, users: int | None, hours: float) -> None:
    for reading in readings(app, day, users):
        nth = min(2, reading.query.table.report.last_nth)
        history.observations.save(reading, day.closes(nth) + timedelta(hours=hours))


Outcome = tuple[list[tuple[str, ...]], list[Alert], list[Episode]]


def play(watched: Scope, odd: Sequence[Weeks], later: Sequence[Later]) -> Outcome:
    """Fill a history in, judge all of it, live on for some days, and look back."""
    told: list[tuple[str, ...]] = []
    users = {
        (place % len(APPS), DAYS + place // len(APPS) - 7 * week): each
        for place, values in enumerate(odd)
        for week, each in enumerate(values)
    }
    days = [DAY.shift(number - DAYS - LIVE + 1) for number in range(DAYS + LIVE)]
    with open_in_memory() as history:
        for number, day in enumerate(days):
            live = number - DAYS
            for place, app in enumerate(APPS):
                turn, true = (number + app.id) % 12, users.get((place, number), 100)
                if turn == 1:  # read when it was not done
                    save(history, app, day, 60, 4)
                # Or read before it settled, and not again.
                save(history, app, day, true, 5 if turn == 0 else 12)
            for when, back, now_users in later if live >= 0 else ():
                if when == live:
                    save(history, APPS[back % 3], day.shift(-back), now_users, 13 + 24 * back)
            if live >= -1:
                events = evaluate(history, watched, noon_after(day) + timedelta(hours=2))
                told += sorted((*_shown(event.alert), str(event.type), event.reason) for event, _ in events)
        alerts = sorted((replace(each, id=0) for each in history.alerts.all_alerts()), key=_shown)
        now = noon_after(DAY) + timedelta(hours=3)
        return told, alerts, list(backtest(history, watched, now, days=20).episodes)


def _shown(alert: Alert) -> tuple[str, ...]:
    return (alert.rule, str(alert.app_id), str(alert.dimensions), str(alert.since), str(alert.period))


@contextmanager
def judging_everything() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window, "bound_of", lambda _: None)
        yield


@contextmanager
def a_fleet_of_three() -> Iterator[None]:
    """Enough to be judged as a whole, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fleet, "LEAST_SERIES", len(APPS))
        patch.setattr(fleet, "LEAST_OF_SAMPLE", len(APPS))
        patch.setattr(lane, "LEAST_SERIES", len(APPS))
        patch.setattr("smartapp_watch.evaluate.LEAST_SERIES", len(APPS))
        yield


def columns(app: int, day: int, *values: int | None) -> list[Weeks]:
    """What is usual everywhere, but for one app (1 to 3) on a live day and its weekday before."""
    usual: list[Weeks] = [[100] * WEEKS for _ in range(LIVE * len(APPS))]
    usual[app - 1 + day * len(APPS)][: len(values)] = values
    return usual


USERS = "user_trend.user_count"
DROP = rule(USERS, change("drops_by 30% against last_week"), name="a")
FALL = rule(USERS, change("drops_by 20% against 4_weeks"), name="a")
PLUNGE = rule(USERS, change("drops_by 40% against last_week"), name="b")
MOVE = rule(USERS, change("changes_by 25% against 4_weeks"), name="a", at_least=[("user_count", 105)])
SHARE = rule("user_trend.new_user_ratio", change("changes_by 3pp against last_week"), name="b")
VIEWS = rule("visit_page.pv_count", change("drops_by 30% against last_week"), name="a")
RISE = rule(USERS, change("rises_by 20% against 4_weeks"), name="a")
ODD = rule(USERS, Unusual(Direction.RISE, score=2.0), name="a")

Case = tuple[list[Rule], list[Weeks], list[Later], Calendar]


def assert_the_same_comes_of_it(case: Case) -> Outcome:
    watched, odd, later, calendar = case
    sparing = replace(scope(*watched, apps=APPS), calendar=calendar)
    found = play(sparing, odd, later)
    with judging_everything():
        assert play(sparing, odd, later) == found
    return found


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(([DROP], columns(1, 0, 60, 60), [], ORDINARY), id="an alert of its own a week ago"),
        pytest.param(([DROP, PLUNGE], columns(1, 0, 58, 65), [], ORDINARY), id="an alert of another rule"),
        pytest.param(([DROP], columns(3, 0, 60, 60), [], ORDINARY), id="a week ago it was not final"),
        pytest.param(
            ([replace(SHARE, significant=False)], columns(2, 2, 60, 110), [], ORDINARY),
            id="a cell of a week ago is not final",
        ),
        pytest.param(([DROP], columns(1, 0, 60, None), [], ORDINARY), id="a week ago nothing was read"),
        pytest.param(
            ([FALL], columns(1, 0, 82, None, 130, 82, 82, 130), [], ORDINARY), id="a gap among four weeks"
        ),
        pytest.param(([DROP], columns(3, 2, 60, 60, 100), [], HOLIDAYS), id="a week ago was a holiday"),
        pytest.param(([DROP], columns(1, 3, 60, 60, 100), [], OF_SOME), id="a week ago was left out for it"),
        pytest.param(([DROP], columns(1, 2, 60), [], WORKED), id="a Saturday that is worked"),
        pytest.param(([DROP], columns(1, 3, 60), [], WORKED), id="a Sunday that is worked"),
        pytest.param(
            ([FALL], columns(1, 0, 82, 130, 130, 82, 82), [], ORDINARY), id="just half of the weeks"
        ),
        pytest.param(([FALL], columns(1, 0, 100, 100, 100, 79), [], ORDINARY), id="just far enough"),
        pytest.param(
            ([replace(DROP, at_least=(("user_count", 90.0),))], columns(1, 0, 60), [], ORDINARY),
            id="too few now, enough before",
        ),
        pytest.param(([MOVE], columns(1, 0, 140), [], ORDINARY), id="too few before, enough now"),
        pytest.param(([VIEWS], columns(1, 0, 60, 97), [], ORDINARY), id="a page that is gone"),
        pytest.param(([DROP], columns(2, 0, 60), [(1, 1, 100)], ORDINARY), id="what was told is corrected"),
        pytest.param(
            ([DROP], columns(1, 0, 82, None, 130), [(1, 15, 100)], ORDINARY),
            id="what it was compared with is corrected",
        ),
    ],
)
def test_no_trap_keeps_a_breach_from_being_judged(case: Case) -> None:
    _, alerts, _ = assert_the_same_comes_of_it(case)
    assert alerts


@settings(max_examples=20, phases=[Phase.reuse, Phase.generate])
@given(
    st.tuples(
        st.lists(rules(), min_size=1, max_size=2, unique_by=lambda each: each.name),
        histories,
        laters,
        st.sampled_from([HOLIDAYS, ORDINARY, OF_SOME, WORKED]),
    )
)
def test_what_is_spared_would_have_come_to_nothing(case: Case) -> None:
    assert_the_same_comes_of_it(case)


@pytest.mark.parametrize("week", [0, 1], ids=["a new day", "a day of many"])
@pytest.mark.parametrize("watched", [RISE, ODD], ids=["change", "unusual"])
def test_who_stands_still_where_a_fleet_falls_is_judged(watched: Rule, week: int) -> None:
    odd = columns(2, 3, *[100] * week, 60)
    odd[2 + 3 * len(APPS)][week] = 60
    with a_fleet_of_three():
        _, alerts, _ = assert_the_same_comes_of_it(([watched], odd, [], ORDINARY))
    assert {each.since for each in alerts if each.app_id == 1} == {DAY.shift(-7 * week)}


@settings(max_examples=20, phases=[Phase.reuse, Phase.generate])
@given(
    st.tuples(
        st.lists(rules(), min_size=1, max_size=2, unique_by=lambda each: each.name),
        histories,
        laters,
        st.sampled_from([HOLIDAYS, ORDINARY, WORKED]),
    )
)
def test_what_is_spared_of_a_fleet_would_have_come_to_nothing(case: Case) -> None:
    with a_fleet_of_three():
        assert_the_same_comes_of_it(case)


def test_who_falls_where_all_had_fallen_a_week_ago_is_judged() -> None:
    odd = columns(1, 3, 60, 60)
    for app in (1, 2):
        odd[app + 3 * len(APPS)][1] = 60
    with a_fleet_of_three():
        _, alerts, _ = assert_the_same_comes_of_it(([DROP], odd, [], ORDINARY))
    assert {each.since for each in alerts if each.app_id == 1} == {DAY}


def test_what_is_plainly_quiet_is_spared() -> None:
    drop = rule("user_trend.user_count", change("drops_by 20% against 4_weeks"))
    with open_in_memory() as history, pytest.MonkeyPatch.context() as patch:
        for number in range(DAYS):
            save(history, APPS[0], DAY.shift(-number), 100 + number % 2, 12)
        patch.setattr("smartapp_watch.evaluate.walk.judge", None)
        assert evaluate(history, scope(drop, apps=APPS[:1]), noon_after(DAY)) == []
    assert bound_of(drop) is not None
