"""Explanations: why it fired, why not, and why nobody was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from smartapp_watch.alerts.alert import State
from smartapp_watch.alerts.routing import Route
from smartapp_watch.alerts.silence import Matchers
from smartapp_watch.evaluate import Scope, Watched, evaluate
from smartapp_watch.evaluate.explain import Explanation, explain
from smartapp_watch.history.database import History
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import App, Observation, Query, Reading
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.calendar import Calendar, DayKind
from smartapp_watch.rules.rule import Direction, Late, Rule, Unusual
from smartapp_watch.rules.verdict import Reason, Verdict
from tests.build import DAY, change, rule

TREND, PAGES, RETAINED = TABLES["user_trend"], TABLES["visit_page"], TABLES["retained_user"]
APP = App(15263713, "预约挂号")
HORIZON = Horizon(60, timedelta(hours=9), 7)
PLAIN = {DAY.shift(-days).first: DayKind.ORDINARY for days in range(-30, 200)}
DROP = rule(
    "user_trend.user_count",
    change("drops_by 30% against 4_weeks"),
    name="users-drop",
    at_least=[("user_count", 50)],
)
EXITS = rule(
    "visit_page.bounce_ratio",
    change("rises_by 10pp against last_week"),
    name="exits",
    at_least=[("pv_count", 100)],
)


def scope_of(*rules: Rule, receivers: tuple[str, ...] = ("ops",)) -> Scope:
    routes = (Route(receivers),) if receivers else ()
    apps = (Watched(APP, frozenset(TABLES)),)
    return Scope(rules or (DROP,), apps, routes, HORIZON, of_platform=True, calendar=Calendar(PLAIN))


def noon_after(day: Period) -> datetime:
    return day.closes() + timedelta(hours=12)


def save(history: History, values: Sequence[int | None], last: Period = DAY) -> None:
    """Users of the days up to ``last``, each read on the noon after it."""
    for number, value in enumerate(values):
        day = last.shift(number - len(values) + 1)
        cells = (None, None, None, None, value, None, None, None)
        rows = () if value is None else (Observation(day, (), (), cells),)
        history.observations.save(Reading(Query(TREND, APP.id, day, day), rows), noon_after(day))


def save_pages(history: History, exits: dict[str, Sequence[int]], views: int = 1000) -> None:
    count = max(map(len, exits.values()))
    for number in range(count):
        day = DAY.shift(number - count + 1)
        rows = tuple(
            Observation(
                day,
                (page,),
                (f"pages/{page}", None),
                (views, None, None, None, None, 100 * each[number] / views, None, each[number]),
            )
            for page, each in exits.items()
            if number < len(each)
        )
        history.observations.save(Reading(Query(PAGES, APP.id, day, day), rows), noon_after(day))


def why(
    history: History,
    watched: Rule = DROP,
    period: Period = DAY,
    *,
    now: datetime | None = None,
    scope: Scope | None = None,
) -> Explanation:
    (found,) = explain(
        history,
        scope or scope_of(watched),
        watched,
        app_id=APP.id,
        period=period,
        now=now or noon_after(DAY),
    )
    return found


def test_a_breach_is_explained_by_its_value_its_baseline_and_the_state(history: History) -> None:
    save(history, [100] * 35 + [60])
    evaluate(history, scope_of(), noon_after(DAY))
    found = why(history)
    assert found.judgement is not None
    assert found.judgement.verdict is Verdict.BREACH
    figures = found.judgement.figures
    assert (figures.value, figures.baseline, figures.change_percent) == (60, 100, -40)
    assert [each.why_not for each in found.account.candidates] == [""] * 4 + ["newer ones are enough"] + [
        "not_fetched"
    ] * 3
    assert (found.before, found.after) == (State.OK, State.FIRING)
    assert found.alert is not None
    assert [each.type for each in found.events] == ["fire"]


def test_each_candidate_says_why_it_is_no_baseline(history: History) -> None:
    values: list[int | None] = [*[100] * 64]
    values[-8] = 20  # an episode of its own
    values[-22] = None  # nothing was there
    save(history, values)
    holiday = dict(PLAIN)
    holiday[DAY.weeks_before(2).first] = DayKind.HOLIDAY
    found = why(history, scope=replace(scope_of(), calendar=Calendar(holiday)))
    reasons = {each.period: each.why_not for each in found.account.candidates}
    assert [reasons[DAY.weeks_before(week)] for week in range(1, 5)] == [
        "own episode",
        "excluded day",
        "absent",
        "",
    ]
    assert [each.value for each in found.account.candidates][:1] == [20]


def test_a_floor_that_is_not_met_is_named(history: History) -> None:
    save(history, [40] * 35 + [10])
    found = why(history)
    assert found.judgement is not None
    assert (found.judgement.verdict, found.judgement.reason) == (Verdict.UNKNOWN, Reason.LOW_VOLUME)
    (guard,) = found.account.guards
    assert (guard.column, guard.floor, guard.side, guard.value, guard.is_met) == (
        "user_count",
        50,
        "baseline",
        40,
        False,
    )


def test_a_value_that_is_too_young_is_not_judged_and_says_so(history: History) -> None:
    save(history, [100] * 35)
    day = DAY.shift(1)
    cells = (None, None, None, None, 10, None, None, None)
    early = day.closes() + timedelta(hours=1)
    history.observations.save(
        Reading(Query(TREND, APP.id, day, day), (Observation(day, (), (), cells),)), early
    )
    found = why(history, period=day, now=early)
    assert found.judgement is None
    assert found.evidence.present is Reason.PROVISIONAL
    assert found.told == "nothing: the period is not judged"


def test_a_period_that_nobody_asked_for_is_not_judged(history: History) -> None:
    save(history, [100] * 35)
    found = why(history, period=DAY.shift(1))
    assert (found.judgement, found.evidence.present) == (None, Reason.NOT_FETCHED)


def test_chance_is_told_with_its_interval(history: History) -> None:
    save_pages(history, {"home": [400] * 35 + [520]}, views=1000)
    found = why(history, EXITS)
    tested = found.account.significance
    assert tested is not None
    assert (tested.share, tested.baseline_share) == (52, 40)
    assert tested.low < 12 < tested.high
    assert tested.dispersion >= 1
    assert tested.consistent
    assert found.judgement is not None
    assert tested.beyond_chance == (found.judgement.verdict is Verdict.BREACH)
    assert {guard.side for guard in found.account.guards} == {"present", "baseline"}


def test_a_change_that_may_be_chance_is_held(history: History) -> None:
    save_pages(history, {"home": [48] * 35 + [60]}, views=120)
    found = why(history, EXITS)
    assert found.judgement is not None
    assert found.judgement.verdict is Verdict.HOLD
    assert found.account.significance is not None
    assert not found.account.significance.beyond_chance


def test_a_score_is_told_with_its_spread(history: History) -> None:
    save(history, [1000] * 63 + [500])
    odd = rule("user_trend.user_count", Unusual(Direction.DROP), name="odd")
    found = why(history, odd)
    scored = found.account.scored
    assert scored is not None
    assert scored.score < -scored.cut
    assert scored.noise == 0.12


def test_the_pages_of_an_app_are_explained_those_in_alert_first(history: History) -> None:
    save_pages(history, {"home": [400] * 35 + [420], "pay": [400] * 35 + [700], "old": [400] * 35 + [100]})
    evaluate(history, scope_of(EXITS), noon_after(DAY))
    found = explain(history, scope_of(EXITS), EXITS, app_id=APP.id, period=DAY, now=noon_after(DAY))
    assert [dict(each.texts)["page"] for each in found] == ["pages/pay", "pages/old", "pages/home"]
    (only,) = explain(
        history,
        scope_of(EXITS),
        EXITS,
        app_id=APP.id,
        period=DAY,
        now=noon_after(DAY),
        dimensions=(("page_id", "old"),),
    )
    assert only.alert is None


def test_a_retention_cell_is_explained_by_itself(history: History) -> None:
    drop = rule(
        "retained_user.retained_ratio",
        change("drops_by 30% against last_week"),
        where=[("nth", "2")],
        name="back",
    )
    for number in range(36):
        day = DAY.shift(number - 35)
        rows = (Observation(day, (2,), (), (1000, None, 5.0 if day == DAY else 20.0)),)
        history.observations.save(Reading(Query(RETAINED, APP.id, day, day), rows), noon_after(day.shift(1)))
    found = why(history, drop, now=noon_after(DAY.shift(1)))
    assert found.dimensions == (("nth", 2),)
    assert found.judgement is not None
    assert found.judgement.verdict is Verdict.BREACH
    assert why(history, drop, DAY.shift(1), now=noon_after(DAY.shift(1))).judgement is None


def test_lateness_is_explained_by_what_is_there(history: History) -> None:
    late = rule("user_trend.user_count", Late(datetime(2026, 1, 1, 14).time()), name="late")  # noqa: DTZ001
    save(history, [100] * 10)
    assert why(history, late).evidence.present is Reason.PROVISIONAL
    assert why(history, late, DAY.shift(1)).evidence.present is Reason.ABSENT


class TestWhoWasTold:
    """What became of an alert, in one sentence."""

    @pytest.fixture(autouse=True)
    def _dropped(self, history: History) -> None:
        save(history, [100] * 35 + [60])

    def test_a_receiver_that_took_it(self, history: History) -> None:
        evaluate(history, scope_of(), noon_after(DAY))
        (message,) = history.outbox.due(noon_after(DAY))
        assert why(history).told == "fire to ops (queued)"
        history.outbox.mark_sent(message, "1", noon_after(DAY))
        assert why(history).told == "fire to ops (sent)"

    def test_a_receiver_that_refused_it(self, history: History) -> None:
        evaluate(history, scope_of(), noon_after(DAY))
        (message,) = history.outbox.due(noon_after(DAY))
        history.outbox.mark_dead(message, "channel_not_found", noon_after(DAY))
        found = why(history)
        assert found.told == "fire to ops (dead: channel_not_found)"
        assert [each.tries for each in found.deliveries] == [1]

    def test_no_route(self, history: History) -> None:
        nobody = scope_of(receivers=())
        evaluate(history, nobody, noon_after(DAY))
        assert why(history, scope=nobody).told == "nobody: no route takes it"

    def test_routes_that_came_later(self, history: History) -> None:
        evaluate(history, scope_of(receivers=()), noon_after(DAY))
        assert why(history).told == "nobody: no message was queued: the routes were others then"

    def test_a_silence(self, history: History) -> None:
        begins = noon_after(DAY) - timedelta(hours=1)
        matchers = Matchers(rules=("users-*",))
        history.silences.add(matchers, begins, begins + timedelta(days=1), "a launch", "ana")
        evaluate(history, scope_of(), noon_after(DAY))
        found = why(history)
        assert found.told.startswith("held back: silence 1")
        assert found.held.startswith("silence 1")
        assert why(history, now=noon_after(DAY) + timedelta(days=1)).held == ""

    def test_a_rule_in_shadow(self, history: History) -> None:
        shadow = replace(DROP, shadow=True)
        evaluate(history, scope_of(shadow), noon_after(DAY))
        assert "shadow" in why(history, shadow).told
        assert "shadow" in why(history, shadow).held

    def test_an_alert_that_waits_for_more_days(self, history: History) -> None:
        patient = replace(DROP, for_=3)
        evaluate(history, scope_of(patient), noon_after(DAY))
        assert why(history, patient).told == "nothing yet: 1 of 3 periods in breach"

    def test_a_breach_that_nothing_has_judged_yet(self, history: History) -> None:
        assert why(history).told == (
            "nothing yet: by today's data there is an alert, the next evaluate tells of it"
        )

    def test_an_alert_that_was_over_before_it_was_judged(self, history: History) -> None:
        save(history, [100], DAY.shift(1))
        evaluate(history, scope_of(), noon_after(DAY.shift(1)))
        found = why(history, now=noon_after(DAY.shift(1)))
        assert found.told == "nothing: it was over when it was first judged, and nothing of the past is told"

    def test_no_alert(self, history: History) -> None:
        evaluate(history, scope_of(), noon_after(DAY))
        assert why(history, period=DAY.shift(-1)).told == "nothing: there is no alert"


def test_explaining_changes_nothing(history: History) -> None:
    save(history, [100] * 35 + [60])
    why(history)
    assert history.alerts.all_alerts() == []


def test_the_fleet_is_as_it_was_when_it_was_judged(history: History) -> None:
    odd = rule("user_trend.user_count", Unusual(Direction.DROP), name="odd")
    save(history, [1000] * 63 + [500])
    evaluate(history, scope_of(odd), noon_after(DAY))
    known = history.alerts.fleets.find(odd, "", DAY)
    assert known is not None
    assert why(history, odd).evidence.fleet == known


def test_what_carries_a_change_is_explained_as_it_was_told(history: History) -> None:
    """Also where a companion's alert keeps a week out of what is usual."""
    rises = rule("user_trend.user_count", change("rises_by 30% against 4_weeks"), name="users-rise")
    watched = scope_of(DROP, rises)
    save(history, [*[100] * 49, 200, *[100] * 6, 50])
    for weeks in range(6):
        day = DAY.weeks_before(weeks)
        brands = {0: (500, 500), 1: (6000, 0)}.get(weeks, (1000, 1000))
        rows = tuple(
            Observation(day, ("brand", name), (), (count, None, None, None, None))
            for name, count in zip(("华为", "苹果"), brands, strict=True)
        )
        reading = Reading(Query(TABLES["terminal"], APP.id, day, day), rows)
        history.observations.save(reading, noon_after(day))
    for day in (DAY.weeks_before(1), DAY):
        told = evaluate(history, watched, noon_after(day))
    assert [notice.origin.values for _, notice in told if notice.rule == DROP.name] == [()]
    assert why(history, scope=watched).origin.values == ()
