"""An account of a verdict says what the verdict itself rests on."""

from __future__ import annotations

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.rules.account import account_for
from smartapp_watch.rules.baseline import Episode
from smartapp_watch.rules.judge import Evidence, Point, judge
from smartapp_watch.rules.rule import Direction, Unusual
from smartapp_watch.rules.verdict import Reason, Verdict
from tests.build import DAY, above, change, evidence, rule

AGAINST = ["last_week", "4_weeks", "8_weeks"]
weeks = st.lists(st.one_of(st.none(), st.integers(0, 200)), max_size=8)
directions = st.sampled_from(["rises_by", "drops_by", "changes_by"])


@given(st.integers(0, 200), weeks, directions, st.sampled_from(AGAINST), st.integers(1, 150))
def test_what_it_says_leads_to_the_verdict(
    present: int, past: list[int | None], direction: str, against: str, floor: int
) -> None:
    watched = rule(
        "user_trend.user_count",
        change(f"{direction} 30% against {against}"),
        at_least=[("user_count", floor)],
    )
    known = evidence(watched, present, past)
    judgement, account = judge(watched, DAY, known), account_for(watched, DAY, known)
    used = [each.value for each in account.candidates if not each.why_not and each.value is not None]
    assert (len(used) < account.least) == (judgement.reason is Reason.THIN_BASELINE)
    if judgement.reason is not Reason.THIN_BASELINE:
        assert median(used) == judgement.figures.baseline
        assert all(each.is_met for each in account.guards) == (judgement.reason is not Reason.LOW_VOLUME)


def test_a_ratio_is_guarded_on_both_sides() -> None:
    watched = rule(
        "visit_page.bounce_ratio",
        change("drops_by 5pp against last_week"),
        at_least=[("pv_count", 500)],
    )
    guards = account_for(watched, DAY, evidence(watched, 20, [30], counts=100, past_counts=1000)).guards
    assert [(each.side, each.value, each.is_met) for each in guards] == [
        ("baseline", 1000, True),
        ("present", 100, False),
    ]


def test_a_limit_is_guarded_at_the_present() -> None:
    watched = rule("visit_page.bounce_ratio", above(50), at_least=[("pv_count", 500)])
    account = account_for(watched, DAY, evidence(watched, 60, counts=100))
    assert [(each.side, each.is_met) for each in account.guards] == [("present", False)]
    assert account.candidates == ()


def test_own_episodes_and_other_reasons_are_told_apart() -> None:
    watched = rule("user_trend.user_count", change("drops_by 30% against last_week"))
    past = {DAY.weeks_before(week): Point(week, {}) for week in (1, 3, 4)}
    episode = Episode(DAY.weeks_before(1), DAY.weeks_before(1).shift(1))
    known = Evidence(Point(90, {}), past, (episode,))
    found = account_for(watched, DAY, known, {DAY.weeks_before(2): "excluded day"}).candidates
    assert [each.why_not for each in found] == ["own episode", "excluded day", "", "newer ones are enough"]


def test_without_a_value_there_is_nothing_to_account_for_but_the_candidates() -> None:
    watched = rule(
        "user_trend.user_count", change("drops_by 30% against last_week"), at_least=[("user_count", 5)]
    )
    account = account_for(watched, DAY, evidence(watched, Reason.ABSENT, [100]))
    assert (account.guards, account.significance, account.scored) == ((), None, None)
    assert account.candidates[0].value == 100


@pytest.mark.parametrize(("value", "verdict"), [(100, Verdict.BREACH), (900, Verdict.CLEAR)])
def test_a_score_beyond_its_cut_is_a_breach(value: float, verdict: Verdict) -> None:
    watched = rule("user_trend.user_count", Unusual(Direction.DROP))
    known = evidence(watched, value, [1000, 1010, 990, 1000, 1005, 995])
    scored = account_for(watched, DAY, known).scored
    assert scored is not None
    assert (scored.score <= -scored.cut) == (verdict is Verdict.BREACH)
    assert judge(watched, DAY, known).verdict is verdict


def test_too_few_values_have_no_score() -> None:
    watched = rule("user_trend.user_count", Unusual(Direction.DROP))
    assert account_for(watched, DAY, evidence(watched, 5, [1000] * 4)).scored is None
