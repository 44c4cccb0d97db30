"""How unusual a value is: worked numbers, laws, and how often chance alone looks unusual."""

from __future__ import annotations

from math import inf, isfinite, sqrt
from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.metrics.report import Unit
from smartapp_watch.rules.score import LEAST_BASELINE, fleet_noise, score

ERROR_OF_MEDIAN = 1 + 1.57 / 8
VALUES = st.lists(st.integers(0, 1_000_000), min_size=LEAST_BASELINE, max_size=8)
NOISE = st.floats(0.05, 0.5)


def test_the_spread_is_the_scatter_where_that_is_more_than_the_floor() -> None:
    """The median is 1000, the distances 400 (four times) and 200 (four times): a scatter of 1.4826 * 300."""
    found = score(400, [600, 600, 800, 800, 1200, 1200, 1400, 1400], 0.12, Unit.COUNT)
    assert found.baseline == 1000
    assert found.spread == pytest.approx(1.4826 * 300 * sqrt(ERROR_OF_MEDIAN))
    assert found.score == pytest.approx(-600 / found.spread)


def test_where_all_values_are_equal_the_floor_is_the_spread() -> None:
    found = score(130, [100] * 8, 0.12, Unit.COUNT)
    assert found.spread == pytest.approx(sqrt(ERROR_OF_MEDIAN * (101 + 144)))
    assert found.score == pytest.approx(30 / found.spread)


def test_seconds_have_no_noise_of_counting() -> None:
    assert score(130, [100] * 8, 0.12, Unit.SECONDS).spread == pytest.approx(12 * sqrt(ERROR_OF_MEDIAN))
    assert score(130, [100] * 8, 0.12, Unit.NUMBER).spread == pytest.approx(12 * sqrt(ERROR_OF_MEDIAN))


def test_a_shorter_baseline_is_a_less_certain_one() -> None:
    long, short = (score(130, [100] * weeks, 0.12, Unit.SECONDS) for weeks in (8, 5))
    assert short.spread / long.spread == pytest.approx(sqrt((1 + 1.57 / 5) / ERROR_OF_MEDIAN))


def test_small_counts_are_never_unusual_by_a_handful() -> None:
    """From 2 visitors to 4 or to none, from none to 3, from 9 to 1: that is counting."""
    for usual, value in [(2, 4), (2, 0), (0, 3), (9, 1)]:
        assert abs(score(value, [usual] * 8, 0.12, Unit.COUNT).score) < 3.5
    assert score(0, [40] * 8, 0.12, Unit.COUNT).score < -3.5
    assert score(10, [0] * 8, 0.12, Unit.COUNT).score > 3.5


def test_seconds_that_were_always_nothing_have_no_measure() -> None:
    assert score(0, [0] * 8, 0.12, Unit.SECONDS).score == 0
    assert score(5, [0] * 8, 0.12, Unit.SECONDS).score == inf


def test_a_thin_baseline_has_no_score() -> None:
    assert isfinite(score(1, [1] * LEAST_BASELINE, 0.12, Unit.COUNT).score)
    with pytest.raises(ValueError, match="needs 5 baseline values, there are 4"):
        score(1, [1] * (LEAST_BASELINE - 1), 0.12, Unit.COUNT)


def test_one_outage_among_the_weeks_does_not_hide_the_next() -> None:
    steady = [1000, 990, 1010, 1005, 995, 1002, 998]
    assert score(100, [*steady, 0], 0.12, Unit.COUNT).score < -3.5


@given(st.integers(0, 1_000_000), VALUES, NOISE)
def test_the_score_is_the_distance_in_spreads(value: int, values: list[int], noise: float) -> None:
    found = score(value, values, noise, Unit.COUNT)
    assert isfinite(found.score)
    assert found.baseline == median(values)
    assert found.score * found.spread == pytest.approx(value - found.baseline, abs=1e-6)


@given(st.integers(0, 1_000_000), VALUES, NOISE, st.sampled_from([0.001, 60, 1000]))
def test_the_unit_that_durations_are_measured_in_does_not_matter(
    value: int, values: list[int], noise: float, factor: float
) -> None:
    found = score(value, values, noise, Unit.SECONDS)
    scaled = score(value * factor, [each * factor for each in values], noise, Unit.SECONDS)
    assert scaled.score == pytest.approx(found.score)


@given(VALUES, NOISE)
def test_the_baseline_itself_scores_nothing_and_above_and_below_mirror_each_other(
    values: list[int], noise: float
) -> None:
    usual = median(values)
    assert score(usual, values, noise, Unit.COUNT).score == 0
    above, below = (score(usual + shift, values, noise, Unit.COUNT) for shift in (10, -10))
    assert above.score == pytest.approx(-below.score)


@given(st.integers(0, 1_000_000), VALUES, NOISE)
def test_a_noisier_fleet_never_makes_a_value_more_unusual(
    value: int, values: list[int], noise: float
) -> None:
    calm, noisy = (score(value, values, each, Unit.COUNT) for each in (noise, 2 * noise))
    assert abs(noisy.score) <= abs(calm.score)


@given(VALUES, NOISE, st.permutations(range(LEAST_BASELINE)))
def test_the_order_of_the_weeks_does_not_matter(values: list[int], noise: float, order: list[int]) -> None:
    values = values[:LEAST_BASELINE]
    shuffled = [values[index] for index in order]
    assert score(7, values, noise, Unit.COUNT) == score(7, shuffled, noise, Unit.COUNT)


def test_the_fleets_noise_is_the_median_distance_of_its_large_series() -> None:
    large = [(1000 * (1 + share / 100), 1000.0) for share in range(1, 22)]
    assert fleet_noise(large) == pytest.approx(1.4826 * 0.11)
    falling = [(1000 * (1 - share / 100), 1000.0) for share in range(1, 22)]
    assert fleet_noise(falling) == pytest.approx(1.4826 * 0.11)
    small = [(0.0, 999.0)] * 100
    assert fleet_noise([*large, *small]) == fleet_noise(large)


def test_the_fleets_noise_is_at_least_5_per_cent() -> None:
    assert fleet_noise([(1000, 1000)] * 20) == 0.05


def test_with_under_20_large_series_the_noise_is_taken_for_12_per_cent() -> None:
    assert fleet_noise([(1000, 1000)] * 19 + [(0, 999)] * 50) == 0.12
    assert fleet_noise([]) == 0.12


def test_the_fleets_noise_is_found_again() -> None:
    """Of values spread by 10 %; the baseline's own error comes with it: sqrt(1 + 1.57/8) times that."""
    random = Random(3)
    pairs = [
        (random.gauss(5000, 500), median(random.gauss(5000, 500) for _ in range(8))) for _ in range(4000)
    ]
    assert fleet_noise(pairs) == pytest.approx(0.1 * sqrt(ERROR_OF_MEDIAN), rel=0.05)


def test_the_floor_turns_one_false_alarm_in_20_periods_into_one_in_2000() -> None:
    """Nothing is ever wrong: counts of 10,000 with 12 % of noise, 8 weeks, both ways at 3.5.

    A normal distribution has 0.047 % out there. The bare median distance of 8 values finds 4.7 %.
    """
    random = Random(5)
    trials, bare, floored = 20_000, 0, 0
    for _ in range(trials):
        value, *weeks = (random.gauss(10_000, 1200) for _ in range(9))
        usual = median(weeks)
        scatter = 1.4826 * median(abs(each - usual) for each in weeks)
        bare += abs(value - usual) > 3.5 * scatter
        floored += abs(score(value, weeks, 0.12, Unit.COUNT).score) > 3.5
    assert 100 * bare / trials == pytest.approx(4.7, abs=0.5)
    assert 100 * floored / trials == pytest.approx(0.045, abs=0.04)
