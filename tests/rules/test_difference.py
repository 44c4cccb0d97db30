"""What an edit of rules changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.rules.difference import ChangeKind, RuleChange, compare
from smartapp_watch.rules.rule import Change, Rule, Selector, SelectorKind, Severity, Where
from tests.build import above, change, rule

DROP = rule("user_trend.user_count", change("drops_by 30% against 4_weeks"), name="drop")
assert isinstance(DROP.condition, Change)


def only(new: Rule) -> RuleChange:
    (found,) = compare([DROP], [new])
    return found


def test_where_a_rule_stands_is_no_change() -> None:
    assert compare([DROP], [replace(DROP, file="rules/other.toml", line=99)]) == []


def test_rules_are_known_by_their_names() -> None:
    assert compare([DROP], [replace(DROP, name="fall")]) == [
        RuleChange("drop", ChangeKind.GONE),
        RuleChange("fall", ChangeKind.NEW),
    ]


@pytest.mark.parametrize(
    ("edited", "key", "old", "new"),
    [
        (replace(DROP, severity=Severity.INFO), "severity", "warning", "info"),
        (replace(DROP, description="a"), "description", "", "a"),
        (replace(DROP, runbook="https://a.example"), "runbook", "", "https://a.example"),
        (replace(DROP, shadow=True), "mode", "live", "shadow"),
    ],
)
def test_words_alone_are_no_other_meaning(edited: Rule, key: str, old: str, new: str) -> None:
    assert only(edited) == RuleChange("drop", ChangeKind.WORDS, ((key, old, new),))


@pytest.mark.parametrize(
    ("edited", "key", "new"),
    [
        (replace(DROP, condition=above(5)), "condition", "above 5"),
        (
            replace(DROP, condition=replace(DROP.condition, clears_by=10)),
            "condition",
            "drops_by 30% against 4_weeks, clears at 10",
        ),
        (replace(DROP, for_=2), "for", "2"),
        (replace(DROP, keep=2), "keep", "2"),
        (replace(DROP, window=7), "window", "7"),
        (replace(DROP, significant=False), "significant", "False"),
        (replace(DROP, at_least=(("user_count", 50),)), "at_least", "user_count 50"),
        (replace(DROP, where=(Where("page", ("a*", "b")),)), "where", "page = a* or b"),
        (replace(DROP, apps=(Selector(SelectorKind.TAG, "vip"),)), "apps", "tag:vip"),
        (replace(DROP, table=TABLES["user_trend_week"]), "every", "week"),
        (
            replace(DROP, metric=TABLES["user_trend"].report.metric("session_count")),
            "metric",
            "user_trend.session_count",
        ),
    ],
)
def test_what_decides_verdicts_is_another_meaning(edited: Rule, key: str, new: str) -> None:
    found = only(edited)
    assert found.kind is ChangeKind.MEANING
    assert [(name, after) for name, _, after in found.keys] == [(key, new)]
