"""What a condition means: verdicts of single series, with worked numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.rules.baseline import Episode
from smartapp_watch.rules.judge import Evidence, Point, judge
from smartapp_watch.rules.rule import Rule
from smartapp_watch.rules.verdict import Judgement, Reason, Verdict
from tests.build import DAY, above, below, change, evidence, rule

NEW_USERS = rule(
    "user_trend.new_user_count", change("drops_by 30% against 4_weeks"), at_least=[("new_user_count", 50)]
)
EXIT_RATE = rule(
    "visit_page.bounce_ratio", change("rises_by 5pp against 4_weeks"), at_least=[("pv_count", 200)]
)
LOST = rule("activity_user.lost_ratio", change("rises_by 1pp against last_week"))


def verdict(watched: Rule, known: Evidence) -> tuple[Verdict, Reason | None]:
    judgement = judge(watched, DAY, known)
    return judgement.verdict, judgement.reason


def test_a_drop_from_the_median_of_four_weeks_is_a_breach() -> None:
    judgement = judge(NEW_USERS, DAY, evidence(NEW_USERS, 69, [100, 90, 500, 100]))
    assert judgement.verdict is Verdict.BREACH
    assert judgement.figures.baseline == 100
    assert judgement.figures.change == -31
    assert judgement.figures.change_percent == -31
    assert judgement.deviation == 31


@pytest.mark.parametrize(
    ("words", "value", "expected"),
    [
        ("drops_by 30% against 4_weeks", 70, Verdict.BREACH),
        ("drops_by 30% against 4_weeks", 71, Verdict.CLEAR),
        ("drops_by 30% against 4_weeks", 200, Verdict.CLEAR),
        ("rises_by 30% against 4_weeks", 130, Verdict.BREACH),
        ("rises_by 30% against 4_weeks", 129, Verdict.CLEAR),
        ("changes_by 30% against 4_weeks", 70, Verdict.BREACH),
        ("changes_by 30% against 4_weeks", 130, Verdict.BREACH),
        ("changes_by 30% against 4_weeks", 100, Verdict.CLEAR),
        ("drops_by 25 against 4_weeks", 75, Verdict.BREACH),
        ("drops_by 25 against 4_weeks", 76, Verdict.CLEAR),
    ],
)
def test_a_change_counts_from_its_amount_on(words: str, value: float, expected: Verdict) -> None:
    watched = replace(NEW_USERS, condition=change(words))
    assert verdict(watched, evidence(watched, value, [100, 100, 100, 100]))[0] is expected


def test_points_and_percent_of_a_ratio_are_different_things() -> None:
    weeks = [40.0, 40.0, 40.0, 40.0]
    points = replace(EXIT_RATE, condition=change("rises_by 5pp against 4_weeks"))
    percent = replace(EXIT_RATE, condition=change("rises_by 5% against 4_weeks"))
    assert verdict(points, evidence(points, 43.0, weeks))[0] is Verdict.CLEAR
    assert verdict(percent, evidence(percent, 43.0, weeks))[0] is Verdict.BREACH


def test_a_point_is_a_point_in_binary_too() -> None:
    assert verdict(LOST, evidence(LOST, 40.1, [39.1]))[0] is Verdict.BREACH


def test_last_week_takes_the_newest_of_four_weeks_that_is_there() -> None:
    judgement = judge(LOST, DAY, evidence(LOST, 41.0, [None, None, 39.0, 20.0]))
    assert judgement.figures.baseline == 39.0
    assert verdict(LOST, evidence(LOST, 41.0, [None] * 4 + [39.0])) == (Verdict.UNKNOWN, Reason.THIN_BASELINE)


def test_four_weeks_reach_back_eight_and_need_three() -> None:
    known = evidence(NEW_USERS, 100, [None, None, None, None, None, 100, 100, 100])
    assert judge(NEW_USERS, DAY, known).verdict is Verdict.CLEAR
    assert verdict(NEW_USERS, evidence(NEW_USERS, 1, [100, 100])) == (Verdict.UNKNOWN, Reason.THIN_BASELINE)


def test_the_newest_four_make_the_median() -> None:
    judgement = judge(NEW_USERS, DAY, evidence(NEW_USERS, 100, [100, 100, 100, 100, 900, 900, 900, 900]))
    assert judgement.figures.baseline == 100


def test_a_drop_to_nothing_is_seen_though_the_present_is_below_the_floor() -> None:
    assert verdict(NEW_USERS, evidence(NEW_USERS, 0, [100, 100, 100]))[0] is Verdict.BREACH


def test_a_small_baseline_is_unknown_for_a_drop_and_never_clear() -> None:
    assert verdict(NEW_USERS, evidence(NEW_USERS, 1, [10, 10, 10])) == (Verdict.UNKNOWN, Reason.LOW_VOLUME)
    assert verdict(NEW_USERS, evidence(NEW_USERS, 10, [10, 10, 10])) == (Verdict.UNKNOWN, Reason.LOW_VOLUME)


def test_a_rise_is_judged_by_the_presents_volume() -> None:
    watched = replace(NEW_USERS, condition=change("rises_by 30% against 4_weeks"))
    assert verdict(watched, evidence(watched, 60, [1, 1, 1]))[0] is Verdict.BREACH
    assert verdict(watched, evidence(watched, 49, [1, 1, 1])) == (Verdict.UNKNOWN, Reason.LOW_VOLUME)


def test_a_ratio_needs_volume_on_both_sides() -> None:
    weeks = [40.0, 40.0, 40.0]
    few_now = evidence(EXIT_RATE, 90.0, weeks, counts=199)
    few_then = evidence(EXIT_RATE, 90.0, weeks, past_counts=199)
    assert verdict(EXIT_RATE, few_now) == (Verdict.UNKNOWN, Reason.LOW_VOLUME)
    assert verdict(EXIT_RATE, few_then) == (Verdict.UNKNOWN, Reason.LOW_VOLUME)
    assert (
        verdict(EXIT_RATE, evidence(EXIT_RATE, 90.0, weeks, counts=200, past_counts=200))[0] is Verdict.BREACH
    )


def test_what_appears_from_nothing_is_a_rise() -> None:
    watched = replace(NEW_USERS, condition=change("rises_by 30% against 4_weeks"))
    judgement = judge(watched, DAY, evidence(watched, 50, [0, 0, 0]))
    assert judgement.verdict is Verdict.BREACH
    assert judgement.figures.change_percent is None


def test_nothing_against_nothing_is_clear() -> None:
    watched = replace(NEW_USERS, at_least=(), condition=change("changes_by 30% against 4_weeks"))
    assert verdict(watched, evidence(watched, 0, [0, 0, 0]))[0] is Verdict.CLEAR


@pytest.mark.parametrize("reason", list(Reason))
def test_what_has_no_value_is_unknown_with_its_reason(reason: Reason) -> None:
    assert verdict(NEW_USERS, evidence(NEW_USERS, reason, [100] * 4)) == (Verdict.UNKNOWN, reason)


@pytest.mark.parametrize(
    ("value", "expected"), [(30.1, Verdict.BREACH), (30.0, Verdict.CLEAR), (29.9, Verdict.CLEAR)]
)
def test_above_is_above(value: float, expected: Verdict) -> None:
    watched = rule("activity_user.lost_ratio", above(30))
    assert verdict(watched, evidence(watched, value))[0] is expected


@pytest.mark.parametrize(("value", "expected"), [(29.9, Verdict.BREACH), (30.0, Verdict.CLEAR)])
def test_below_is_below(value: float, expected: Verdict) -> None:
    watched = rule("user_trend.average_session_time", below(30))
    assert verdict(watched, evidence(watched, value))[0] is expected


def test_a_threshold_has_a_floor_as_well() -> None:
    watched = rule("visit_page.bounce_ratio", above(80), at_least=[("pv_count", 200)])
    assert verdict(watched, evidence(watched, 99.0, counts=3)) == (Verdict.UNKNOWN, Reason.LOW_VOLUME)
    assert judge(watched, DAY, evidence(watched, 99.0)).deviation == pytest.approx(19)


def test_an_outage_casts_no_echo_a_week_later() -> None:
    """A week after an outage the usual number of users is no rise: the outage is no baseline."""
    watched = rule("user_trend.new_user_count", change("rises_by 30% against last_week"))
    known = evidence(watched, 100, [10, 100, 100, 100])
    assert judge(watched, DAY, known).verdict is Verdict.BREACH
    outage = Episode(DAY.weeks_before(1), DAY.weeks_before(1).shift(1))
    assert judge(watched, DAY, replace(known, episodes=(outage,))).verdict is Verdict.CLEAR


def test_a_lasting_drop_does_not_become_what_is_usual() -> None:
    known = evidence(NEW_USERS, 60, [60, 60, 60, 100, 100, 100, 100])
    assert judge(NEW_USERS, DAY, known).verdict is Verdict.CLEAR
    lasting = Episode(DAY.weeks_before(3))
    assert judge(NEW_USERS, DAY, replace(known, episodes=(lasting,))).verdict is Verdict.BREACH


def test_against_the_previous_period_an_open_episode_keeps_its_first_comparison() -> None:
    watched = rule("user_trend.new_user_count", change("drops_by 30% against previous"))
    usual, second_bad_day = Point(100, {}), Point(55, {})
    past = {DAY.shift(-2): usual, DAY.shift(-1): Point(60, {})}
    opened = (Episode(DAY.shift(-1)),)
    assert judge(watched, DAY, Evidence(second_bad_day, past)).verdict is Verdict.CLEAR
    assert judge(watched, DAY, Evidence(second_bad_day, past, opened)).verdict is Verdict.BREACH


def test_the_counts_behind_a_ratio_are_told() -> None:
    point = Point(61.0, {"exit_count": 2318, "pv_count": 3800})
    past = {DAY.weeks_before(week): Point(40.0, {"pv_count": 3000}) for week in (1, 2, 3)}
    judgement = judge(EXIT_RATE, DAY, Evidence(point, past))
    assert judgement.figures.counts == (("exit_count", 2318), ("pv_count", 3800))


WEEKS = st.lists(st.one_of(st.none(), st.floats(0, 1e6)), max_size=8)
CONDITIONS = st.builds(
    lambda key, amount, scale, against: change(f"{key} {amount}{scale} against {against}"),
    st.sampled_from(["rises_by", "drops_by", "changes_by"]),
    st.integers(1, 90),
    st.sampled_from(["", "%"]),
    st.sampled_from(["last_week", "4_weeks"]),
)


@given(CONDITIONS.map(lambda condition: replace(NEW_USERS, condition=condition)), st.floats(0, 1e6), WEEKS)
def test_every_series_has_a_verdict_and_unknown_has_a_reason(
    watched: Rule, value: float, weeks: list[float | None]
) -> None:
    judgement: Judgement = judge(watched, DAY, evidence(watched, value, weeks))
    assert (judgement.verdict is Verdict.UNKNOWN) == (judgement.reason is not None)
    assert judgement.figures.value == value


@given(st.floats(1, 1e6), st.floats(1, 1e6), st.lists(st.floats(60, 1e6), min_size=3, max_size=8))
def test_less_is_never_less_of_a_drop(one: float, other: float, weeks: list[float]) -> None:
    low, high = sorted((one, other))
    if judge(NEW_USERS, DAY, evidence(NEW_USERS, high, weeks)).verdict is Verdict.BREACH:
        assert judge(NEW_USERS, DAY, evidence(NEW_USERS, low, weeks)).verdict is Verdict.BREACH


def test_another_rules_episodes_are_no_baseline_unless_too_few_values_remain() -> None:
    watched = rule("user_trend.user_count", change("rises_by 30% against 4_weeks"))
    known = evidence(watched, 100, [60, 60, 60, 60, 60, 100, 100, 100])
    noisy = Episode(DAY.weeks_before(5), DAY)
    assert judge(watched, DAY, known).verdict is Verdict.BREACH
    assert judge(watched, DAY, replace(known, others=(noisy,))).verdict is Verdict.CLEAR
    noisier = Episode(DAY.weeks_before(6), DAY)
    assert judge(watched, DAY, replace(known, others=(noisier,))).verdict is Verdict.BREACH
