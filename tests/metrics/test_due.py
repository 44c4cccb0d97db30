"""How long it takes until figures are final."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.metrics.due import LEAST_SETTLE, UNLEARNED_SETTLE, learned_settle

HOURS = st.floats(0, 200).map(lambda hours: timedelta(hours=hours))


def test_until_enough_is_known_it_is_longer_than_a_day() -> None:
    assert learned_settle([timedelta(hours=8)] * 99) == UNLEARNED_SETTLE == timedelta(hours=26)


def test_it_is_nine_hours_at_the_least() -> None:
    assert learned_settle([timedelta(hours=8)] * 100) == LEAST_SETTLE == timedelta(hours=9)


@pytest.mark.parametrize(("late", "expected"), [(1, 10), (2, 30)])
def test_one_straggler_in_a_hundred_does_not_count(late: int, expected: int) -> None:
    ages = [timedelta(hours=10)] * (100 - late) + [timedelta(hours=30)] * late
    assert learned_settle(ages) == timedelta(hours=expected)


@given(st.lists(HOURS, min_size=100, max_size=300))
def test_it_covers_99_of_100_and_is_no_longer_than_the_longest(ages: list[timedelta]) -> None:
    settle = learned_settle(ages)
    assert sum(age <= settle for age in ages) >= 0.99 * len(ages)
    assert settle <= max(*ages, LEAST_SETTLE)
