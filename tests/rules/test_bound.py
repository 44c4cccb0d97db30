"""What a breach takes at the least."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from smartapp_watch.rules.bound import bound_of, votes
from smartapp_watch.rules.rule import Direction, Late, Rule, Unusual
from tests.build import above, below, change, rule

USERS = "user_trend.user_count"
RATIO = "visit_page.bounce_ratio"


@pytest.mark.parametrize(
    "unbounded",
    [
        rule("tp_data.tp_day_user_count", change("drops_by 20% against 4_weeks")),
        replace(rule(USERS, change("drops_by 20% against 4_weeks")), window=7),
        rule("visit_page.pv_count", change("drops_by 50% against 4_weeks")),
        rule(USERS, Late(time(14))),
    ],
)
def test_some_rules_have_every_series_judged(unbounded: Rule) -> None:
    assert bound_of(unbounded) is None


@pytest.mark.parametrize(
    ("condition", "least", "most"), [(above(30), 30, None), (below(10), None, 10)], ids=["above", "below"]
)
def test_a_limit_bounds_the_present(condition: object, least: float | None, most: float | None) -> None:
    bound = bound_of(rule(RATIO, condition, at_least=[("pv_count", 500)]))  # type: ignore[arg-type]
    assert bound is not None
    assert (bound.least, bound.most, bound.floors) == (least, most, (("pv_count", 500),))


@pytest.mark.parametrize(
    ("metric", "words", "present", "past"),
    [
        (USERS, "rises_by 20% against 4_weeks", True, None),
        (USERS, "drops_by 20% against 4_weeks", False, 500),
        (USERS, "changes_by 20% against 4_weeks", False, None),
        ("user_trend.new_user_ratio", "drops_by 5pp against 4_weeks", True, None),
    ],
)
def test_a_floor_is_that_of_the_side_that_has_to_reach_it(
    metric: str, words: str, present: bool, past: float | None
) -> None:
    floors = [("user_count", 500.0)]
    bound = bound_of(rule(metric, change(words), at_least=floors))
    assert bound is not None
    assert bound.distance is not None
    assert bound.floors == (tuple(floors) if present else ())
    assert bound.distance.floor == past


def test_what_is_unusual_moves_by_more_than_the_least_noise_of_a_fleet() -> None:
    bound = bound_of(rule(USERS, Unusual(Direction.DROP, score=3.5, by_at_least=10)))
    assert bound is not None
    assert bound.distance is not None
    assert bound.distance.share == pytest.approx(0.175)


@pytest.mark.parametrize(("values", "needed"), [(1, 1), (3, 2), (4, 2), (5, 3), (8, 4)])
def test_a_median_is_beyond_where_half_of_its_values_are(values: int, needed: int) -> None:
    assert votes(values) == needed
