"""Rules on the same figure: what one of them finds unusual is no baseline of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartapp_watch.alerts.alert import OPEN, State
from smartapp_watch.evaluate import evaluate
from smartapp_watch.evaluate.backtest import backtest
from smartapp_watch.evaluate.explain import explain
from smartapp_watch.history.database import History, open_in_memory
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.rule import Rule
from tests.build import DAY, below, change, rule
from tests.daily import APP, DROP, WEEKS_OF_100, live, noon_after, scope, tell, told

RISE = rule("user_trend.new_user_count", change("rises_by 30% against last_week"), name="new-users-rise")
OUTAGE = [60, 60]
WEEK_AFTER = [*WEEKS_OF_100, *OUTAGE, *[100] * 7]


def kinds(found: Sequence[tuple[str, str, str]]) -> list[str]:
    return [kind for kind, _, _ in found]


def rules_that_fired(history: History) -> set[str]:
    return {alert.rule for alert in history.alerts.all_alerts()}


def test_what_follows_an_outage_is_a_rise_to_a_rule_that_is_alone(history: History) -> None:
    live(history, WEEK_AFTER, scope(RISE))
    assert rules_that_fired(history) == {RISE.name}


@pytest.mark.parametrize("rules", [(DROP, RISE), (RISE, DROP)])
def test_an_outage_that_one_rule_saw_has_no_echo_in_another(
    history: History, rules: tuple[Rule, ...]
) -> None:
    assert kinds(live(history, WEEK_AFTER, scope(*rules))) == ["fire", "resolve"]
    assert rules_that_fired(history) == {DROP.name}


def test_a_limit_says_nothing_of_what_is_usual(history: History) -> None:
    limit = rule("user_trend.new_user_count", below(80), name="few-new-users")
    live(history, WEEK_AFTER, scope(limit, RISE))
    assert rules_that_fired(history) == {limit.name, RISE.name}


def test_an_outage_that_was_none_makes_the_other_rule_judge_again(history: History) -> None:
    live(history, [*WEEKS_OF_100, 60, *[100] * 7], scope(DROP, RISE))
    later = noon_after(DAY) + timedelta(hours=2)
    history.observations.save(tell(APP, [75], DAY.shift(-7)), later)
    found = evaluate(history, scope(DROP, RISE), later)
    assert sorted((event.type, notice.rule) for event, notice in found) == [
        ("fire", RISE.name),
        ("retract", DROP.name),
    ]


def test_a_rule_that_comes_beside_another_closes_what_was_an_echo(history: History) -> None:
    live(history, WEEK_AFTER[:-1], scope(RISE))
    assert [alert.state for alert in history.alerts.open_alerts()] == [State.FIRING]
    found = evaluate(history, scope(RISE, DROP), noon_after(DAY))
    assert [(event.type, event.reason, notice.rule) for event, notice in found] == [
        ("closed", "rule changed", RISE.name)
    ]
    assert evaluate(history, scope(RISE, DROP), noon_after(DAY)) == []


def test_a_backtest_of_one_rule_knows_the_alerts_of_the_others(history: History) -> None:
    history.observations.save(tell(APP, WEEK_AFTER), noon_after(DAY))
    alone = backtest(history, scope(RISE), noon_after(DAY), 20)
    beside = backtest(history, scope(DROP, RISE), noon_after(DAY), 20, of=[RISE.name])
    assert [each.rule for each in alone.episodes] == [RISE.name]
    assert (beside.episodes, [each.name for each in beside.rules]) == ((), [RISE.name])


def test_explain_says_which_days_were_left_out_for_another_rule(history: History) -> None:
    live(history, WEEK_AFTER, scope(DROP, RISE))
    (found,) = explain(history, scope(DROP, RISE), RISE, app_id=APP.id, period=DAY, now=noon_after(DAY))
    assert [each.why_not for each in found.account.candidates][:2] == ["another rule's episode", ""]
    assert found.judgement is not None
    assert found.judgement.verdict == "clear"


RULES = (
    DROP,
    RISE,
    rule("user_trend.new_user_count", change("changes_by 30% against previous"), name="moves", for_=2),
    replace(RISE, name="rises-and-stays", for_=3, keep=2),
)


def episodes(history: History) -> set[tuple[str, Period, Period | None, State]]:
    return {
        (each.rule, each.since, None if each.state in OPEN else each.period, each.state)
        for each in history.alerts.all_alerts()
        if each.state is not State.PENDING
    }


@settings(max_examples=25)
@given(
    st.lists(st.sampled_from([100, 100, 100, 60, 40, 150, None]), min_size=20, max_size=40),
    st.permutations(RULES),
)
def test_a_day_at_a_time_leads_to_the_same_as_all_at_once_in_any_order(
    values: list[int | None], mixed: list[Rule]
) -> None:
    values = [*WEEKS_OF_100[:28], *values]
    with open_in_memory() as daily, open_in_memory() as at_once:
        live(daily, values, scope(*RULES))
        at_once.observations.save(tell(APP, values), noon_after(DAY))
        evaluate(at_once, scope(*mixed), noon_after(DAY))
        assert episodes(daily) == episodes(at_once)
        late = noon_after(DAY) + timedelta(hours=1)
        daily.observations.save(tell(APP, [99], DAY.shift(-len(values) + 1)), late)
        assert told(evaluate(daily, scope(*mixed), late)) == []
