"""The tests of rules, tested: what the values lead to, and how that is compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from smartapp_watch.alerts.alert import State
from smartapp_watch.config.load import load
from smartapp_watch.evaluate.rule_tests import Outcome, coverage, run_test, sample_series
from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.metrics.report import Table
from smartapp_watch.rules.notation import read_series, read_words
from smartapp_watch.rules.rule import Late, Rule, Where
from smartapp_watch.rules.rule_test import ANY, RuleTest
from smartapp_watch.rules.verdict import Verdict
from tests.build import above, change, rule

DROP = rule("user_trend.user_count", change("drops_by 30% against last_week"), name="users-drop")
LAST = Period.parse("2026-11-22")


def trial(
    watched: Rule,
    values: str,
    expect: str = "",
    events: Sequence[str] | None = None,
    *,
    counts: Sequence[tuple[str, float]] = (),
    start: str = "",
    last: str = "",
) -> RuleTest:
    cells = read_series(values)
    first = Period.parse(start) if start else LAST.shift(1 - len(cells))
    return RuleTest(
        rule=watched,
        name="a",
        values=cells,
        counts=tuple((column, (count,) * len(cells)) for column, count in counts),
        start=first,
        real_days=bool(start),
        expect=read_words(expect, frozenset({*State, ANY})) if expect else (),
        expect_last=last,
        events=None if events is None else tuple(events),
    )


def states(outcome: Outcome) -> str:
    return " ".join(step.state for step in outcome.steps)


def test_a_drop_fires_on_its_day() -> None:
    outcome = run_test(trial(DROP, "100x7 100 60 100", "okx8 firing ok"))
    assert outcome.passed
    assert outcome.events == ("2026-11-21 fire", "2026-11-22 resolve")


def test_what_was_expected_and_did_not_come_fails_on_its_day() -> None:
    outcome = run_test(trial(DROP, "100x7 80", "okx7 firing"))
    assert not outcome.passed
    (wrong,) = [step for step in outcome.steps if not step.is_right]
    assert (str(wrong.period), wrong.expected, wrong.state) == ("2026-11-22", "firing", State.OK)
    assert wrong.judgement is not None
    assert wrong.judgement.verdict is Verdict.CLEAR
    assert (wrong.judgement.figures.value, wrong.judgement.figures.baseline) == (80, 100)


def test_events_are_compared_as_a_whole() -> None:
    assert run_test(trial(DROP, "100x7 60", events=["2026-11-22 fire"])).passed
    assert not run_test(trial(DROP, "100x7 60", events=[])).passed
    assert not run_test(trial(DROP, "100x7 80", events=["2026-11-22 fire"])).passed


def test_any_state_is_right_where_the_test_does_not_ask() -> None:
    assert run_test(trial(DROP, "100x7 60 100", "anyx8 ok")).passed
    assert run_test(trial(DROP, "100x7 60 100", last="ok")).passed
    assert not run_test(trial(DROP, "100x7 60 100", last="firing")).passed


def test_a_gap_is_unknown_and_never_zero() -> None:
    assert run_test(trial(DROP, "100x7 _x4", "okx11", events=[])).passed


def test_a_period_waits_for_a_gap_before_it_until_nobody_does() -> None:
    assert run_test(trial(DROP, "100x7 _ 60 _", "okx9 firing", ["2026-11-21 fire"])).passed


def test_what_is_read_too_early_is_not_judged() -> None:
    assert states(run_test(trial(DROP, "100x7 ~0"))) == " ".join(["ok"] * 8)


def test_zeros_that_are_there_again_are_believed() -> None:
    assert run_test(trial(DROP, "100x7 0", "okx7 firing")).passed


def test_a_correction_takes_back_what_was_told() -> None:
    outcome = run_test(trial(DROP, "100x7 60>95@+1", "okx7 firing ok"))
    assert outcome.passed
    assert outcome.events == ("2026-11-22 fire", "2026-11-22 retract")


def test_a_correction_may_make_an_alert() -> None:
    assert run_test(trial(DROP, "100x7 95>60@+2", "okx7 ok ok firing", ["2026-11-22 fire"])).passed


def test_early_and_then_settled_is_judged_when_it_is_settled() -> None:
    assert run_test(trial(DROP, "100x7 ~60>60@+1 100")).passed


def test_a_written_start_means_its_holidays() -> None:
    # 1 October 2026 is a holiday: the day is excluded.
    values = "100x14 60"
    assert run_test(trial(DROP, values, start="2026-09-17", last="ok")).passed
    assert run_test(trial(DROP, values, last="firing")).passed


def test_counts_decide_what_is_too_few_and_what_may_be_chance() -> None:
    exits = rule(
        "visit_page.bounce_ratio", change("rises_by 10pp against last_week"), at_least=[("pv_count", 100)]
    )
    few = [("pv_count", 200), ("exit_count", 0)]
    assert run_test(trial(exits, "30x7 50", "okx7 firing", counts=few)).passed  # counts that make no ratio
    assert run_test(trial(exits, "30x7 50", "okx8", counts=[("pv_count", 50)])).passed


@pytest.mark.parametrize(
    ("metric", "where"),
    [
        ("visit_page.pv_count", [("page", "pages/checkout/*")]),
        ("retained_user.retained_ratio", [("nth", "2")]),
        ("retained_user.retained_ratio", [("nth", "7")]),
        ("source.user_count", []),
        ("source.user_count", [("scene", "*")]),
        ("source.user_count", [("name", "搜索[a-c]?")]),
        ("terminal.accumulative_session_count", [("terminal_type", "os")]),
        ("visit_attribute.count_ratio", [("attribute", "sex"), ("name", "*")]),
        ("region.session_count_district", []),
        ("tp_data.tp_day_user_count", []),
        ("tp_data.tp_day_user_count", [("scene", "11700000")]),
        ("activity_user.lost_ratio", []),
    ],
)
def test_a_row_that_the_rule_watches_is_made_for_every_report(
    metric: str, where: list[tuple[str, str]]
) -> None:
    watched = rule(metric, above(50), where=where)
    assert run_test(trial(watched, "10 60 10", "ok firing ok")).passed


def test_hours_weeks_and_months_pass_one_by_one() -> None:
    report = DROP.table.report
    for granularity, start in (("hour", "2026-11-21T20"), ("week", "2026-W40"), ("month", "2026-05")):
        watched = Rule(
            name="a", table=Table(report, Granularity(granularity)), metric=DROP.metric, condition=above(50)
        )
        test = trial(watched, "10x3 60 10 60", "okx3 firing ok firing", start=start)
        outcome = run_test(replace(test, real_days=False))
        assert outcome.passed, states(outcome)


def test_lateness_is_asked_about_at_its_hour() -> None:
    late = rule("user_trend.new_user_count", Late(time(14)), name="late")
    assert run_test(trial(late, "5x7 _ 5 ?", "okx7 firing ok firing")).passed


def test_a_pattern_makes_a_text_that_it_matches() -> None:
    watched = rule("visit_page.pv_count", above(1), where=[("page", "pages/[ab]?/*")])
    dimensions, texts = sample_series(watched)
    assert dimensions == ("x",)
    assert texts[0] == "pages/ax/x"
    assert Where("page", ("pages/[ab]?/*",)) in watched.where


def test_coverage_asks_for_a_firing_and_a_quiet_test_that_pass() -> None:
    fires = run_test(trial(DROP, "100x7 60", last="firing"))
    quiet = run_test(trial(DROP, "100x7 80", last="ok"))
    wrong = run_test(trial(DROP, "100x7 60", last="ok"))
    assert [each.lacks for each in coverage([DROP], [fires, quiet])] == [[]]
    (lacking,) = coverage([DROP], [fires, wrong])
    assert (lacking.firing, lacking.quiet) == (True, False)
    (nothing,) = coverage([DROP], [wrong])
    assert (nothing.firing, nothing.quiet) == (False, False)


def test_the_test_in_the_guide_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_1", "45.token")
    guide = (Path(__file__).parents[1] / "rules" / "README.md").read_text(encoding="utf-8")
    (example,) = [text for text in re.findall(r"```toml\n(.*?)```", guide, re.DOTALL) if "[[test]]" in text]
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.toml").write_text(example, encoding="utf-8")
    app = '[[apps]]\nid = "1"\naccess_token = { env = "APP_1" }\n'
    (tmp_path / "watch.toml").write_text(app, encoding="utf-8")
    (test,) = load(tmp_path / "watch.toml").tests
    assert run_test(test).passed
