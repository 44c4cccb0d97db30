"""Whether a ratio moved by more than chance: published figures, laws, and a simulated fleet."""

from __future__ import annotations

from math import sqrt
from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.rules.interval import (
    Counts,
    difference_interval,
    expected_overdispersion,
    fleet_correlation,
    is_beyond_chance,
    is_consistent,
    overdispersion,
    score_interval,
    shrunk,
)
from smartapp_watch.rules.rule import Direction

COUNTS = st.integers(1, 100_000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole)))
PHI = st.floats(1, 1000)
ROUNDING = 1e-9


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
        ((0, 10), (0, 10), (-0.2775, 0.2775)),
        ((10, 10), (0, 20), (0.6791, 1.0000)),
        ((10, 10), (0, 10), (0.6075, 1.0000)),
    ],
)
def test_the_interval_is_newcombes_method_10(
    now: Counts, before: Counts, expected: tuple[float, float]
) -> None:
    """Newcombe 1998, table II, at 95 %."""
    found = difference_interval(*now, *before, 1, confidence=0.95)
    assert found == pytest.approx(expected, abs=0.00005)


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_the_interval_of_one_share_is_wilsons(part: int, whole: int, expected: tuple[float, float]) -> None:
    """Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, at 95 %."""
    assert score_interval(part, whole, confidence=0.95) == pytest.approx(expected, abs=0.00005)


@given(COUNTS, COUNTS, PHI)
def test_the_interval_holds_the_difference_and_stays_between_all_and_nothing(
    now: Counts, before: Counts, phi: float
) -> None:
    low, high = difference_interval(*now, *before, phi)
    assert -1 - ROUNDING <= low <= now[0] / now[1] - before[0] / before[1] <= high <= 1 + ROUNDING


@given(COUNTS, COUNTS, PHI)
def test_swapping_the_sides_mirrors_the_interval(now: Counts, before: Counts, phi: float) -> None:
    low, high = difference_interval(*now, *before, phi)
    assert difference_interval(*before, *now, phi) == pytest.approx((-high, -low), abs=ROUNDING)


@given(COUNTS, COUNTS, PHI, st.floats(1, 50))
def test_more_noise_widens_the_interval_on_both_sides(
    now: Counts, before: Counts, phi: float, factor: float
) -> None:
    low, high = difference_interval(*now, *before, phi)
    wider_low, wider_high = difference_interval(*now, *before, phi * factor)
    assert wider_low <= low + ROUNDING
    assert wider_high >= high - ROUNDING


@given(COUNTS, COUNTS, PHI)
def test_more_confidence_widens_the_interval_on_both_sides(now: Counts, before: Counts, phi: float) -> None:
    low, high = difference_interval(*now, *before, phi, confidence=0.95)
    wider_low, wider_high = difference_interval(*now, *before, phi, confidence=0.99)
    assert wider_low <= low + ROUNDING
    assert wider_high >= high - ROUNDING


@given(COUNTS, COUNTS, st.integers(1, 50))
def test_noise_of_phi_is_a_sample_smaller_by_phi(now: Counts, before: Counts, phi: int) -> None:
    larger = difference_interval(now[0] * phi, now[1] * phi, before[0] * phi, before[1] * phi, phi)
    assert larger == pytest.approx(difference_interval(*now, *before, 1), abs=ROUNDING)


@pytest.mark.parametrize(("part", "whole", "phi"), [(5, 4, 1), (-1, 4, 1), (0, 0, 1), (1, 4, 0.5)])
def test_what_is_no_share_has_no_interval(part: float, whole: float, phi: float) -> None:
    with pytest.raises(ValueError, match="no score interval"):
        score_interval(part, whole, phi)
    with pytest.raises(ValueError, match="no score interval"):
        difference_interval(part, whole, 1, 4, phi)


def test_a_page_that_goes_from_two_exits_to_four_is_chance() -> None:
    assert not is_beyond_chance(Direction.RISE, 4, 10, [(2, 10)] * 4, 1)


def test_a_rise_and_a_drop_are_told_apart() -> None:
    baseline = [(430, 1000), (470, 1000), (450, 1000)]
    assert is_beyond_chance(Direction.RISE, 600, 1000, baseline, 2)
    assert not is_beyond_chance(Direction.DROP, 600, 1000, baseline, 2)
    assert is_beyond_chance(Direction.DROP, 300, 1000, baseline, 2)
    assert not is_beyond_chance(Direction.RISE, 300, 1000, baseline, 2)
    assert [is_beyond_chance(Direction.EITHER, part, 1000, baseline, 2) for part in (300, 450, 600)] == [
        True,
        False,
        True,
    ]


def test_the_baseline_is_pooled_by_its_counts() -> None:
    """A mean of the shares would be 0.5, and 0.5 of the present nothing new."""
    assert is_beyond_chance(Direction.RISE, 5000, 10_000, [(3_000, 10_000), (7, 10)], 1)


def test_chance_is_judged_at_99_per_cent() -> None:
    """Bounds of 56/70 against 48/80: [0.0524, 0.3339] at 95 %, [0.0054, 0.3718] at 99 %; 55/70 holds 0."""
    assert is_beyond_chance(Direction.RISE, 56, 70, [(48, 80)], 1)
    assert not is_beyond_chance(Direction.RISE, 55, 70, [(48, 80)], 1)
    assert is_beyond_chance(Direction.DROP, 48, 80, [(56, 70)], 1)
    assert not is_beyond_chance(Direction.DROP, 48, 80, [(55, 70)], 1)
    assert difference_interval(55, 70, 48, 80, 1, confidence=0.95)[0] > 0


@pytest.mark.parametrize(("now", "baseline"), [((0, 0), [(1, 2)]), ((1, 2), [(0, 0)]), ((1, 2), [])])
def test_where_nothing_was_counted_nothing_is_beyond_chance(now: Counts, baseline: list[Counts]) -> None:
    assert not is_beyond_chance(Direction.EITHER, *now, baseline, 1)


@pytest.mark.parametrize(
    ("ratio", "part", "whole", "expected"),
    [
        (33.33, 1, 3, True),
        (45.06, 450, 1000, True),
        (45.07, 450, 1000, False),
        (44.94, 450, 1000, True),
        (44.93, 450, 1000, False),
        (0.45, 450, 1000, False),
        (120.0, 6, 5, False),
        (0.0, 0, 0, False),
    ],
)
def test_a_ratio_must_be_its_counts_to_half_a_count(
    ratio: float, part: float, whole: float, expected: bool
) -> None:
    assert is_consistent(ratio, part, whole) is expected


@given(COUNTS)
def test_a_ratio_rounded_to_two_digits_is_consistent(counts: Counts) -> None:
    part, whole = counts
    assert is_consistent(round(100 * part / whole, 2), part, whole)


def test_overdispersion_is_pearsons_chi_squared_over_its_degrees_of_freedom() -> None:
    """Around 0.5 of 100 the variance is 25; the squares are 100, 100, 0, 0, and 200 / 25 / 3 = 8/3."""
    assert overdispersion([(60, 100), (40, 100), (50, 100), (50, 100)]) == pytest.approx(8 / 3)


def test_overdispersion_weighs_weeks_by_their_size() -> None:
    """The share is 130/400; (40-32.5)^2/100 + (90-97.5)^2/300 = 0.75, over 0.325 * 0.675."""
    expected = 0.75 / (0.325 * 0.675)
    assert overdispersion([(40, 100), (90, 300)]) == pytest.approx(expected)


@pytest.mark.parametrize(
    "weeks",
    [
        [],
        [(7, 10)],
        [(5, 10), (5, 10), (5, 10)],
        [(0, 10), (0, 20)],
        [(10, 10), (20, 20)],
        [(0, 0), (7, 10)],
        [(7, 5), (9, 5)],
    ],
)
def test_what_cannot_vary_has_no_overdispersion(weeks: list[Counts]) -> None:
    assert overdispersion(weeks) == 1


def test_a_week_that_counted_nothing_does_not_count() -> None:
    weeks = [(60, 100), (40, 100), (50, 100)]
    assert overdispersion([*weeks, (0, 0)]) == overdispersion(weeks)


def test_of_eight_weeks_seven_parts_in_27_are_the_series_own() -> None:
    assert shrunk(10, 8, 3) == pytest.approx((7 * 10 + 20 * 3) / 27)
    assert shrunk(10, 4, 3) == pytest.approx((3 * 10 + 20 * 3) / 23)
    assert shrunk(10, 8, 3, pseudo=0) == 10


def test_under_four_weeks_what_is_expected_speaks_alone() -> None:
    assert shrunk(10, 3, 3.5) == 3.5


@given(PHI, st.integers(0, 60), PHI)
def test_the_shrunk_figure_lies_between_the_series_own_and_the_expected(
    own: float, weeks: int, expected: float
) -> None:
    found = shrunk(own, weeks, expected)
    assert min(own, expected) - ROUNDING <= found <= max(own, expected) * (1 + ROUNDING)


def test_the_fleets_correlation_is_the_median_of_series_with_four_weeks() -> None:
    calm = [(50, 100)] * 4
    wild = [(60, 100), (40, 100), (50, 100), (50, 100)]
    wilder = [(90, 100), (10, 100), (50, 100), (50, 100)]
    found = fleet_correlation([calm, wild, wilder, wilder[:3], wilder[:2]])
    assert found == pytest.approx((8 / 3 - 1) / 99)
    assert fleet_correlation([wilder[:3]]) is None
    assert fleet_correlation([]) is None
    assert fleet_correlation([[(1, 1)] * 8, [(0, 0)] * 8]) is None


def test_what_the_fleet_expects_of_a_series_grows_with_its_size() -> None:
    assert expected_overdispersion(None, 1000) == 2
    assert expected_overdispersion(0.0, 1000) == 1
    assert expected_overdispersion(0.0036, 1000) == pytest.approx(4.6, abs=0.01)
    assert expected_overdispersion(0.0036, 100_000) > 300


class NoisyPage:
    """A page whose true exit rate is 45 % give or take 3 points of real noise a day, seen 1000 times a day.

    Counting adds its own noise to that (binomial, by its normal approximation).
    """

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def day(self) -> Counts:
        share = self.random.gauss(0.45, 0.03)
        return round(self.random.gauss(1000 * share, sqrt(1000 * share * (1 - share)))), 1000

    def weeks(self) -> list[Counts]:
        return [self.day() for _ in range(8)]


def test_only_real_noise_taken_into_account_stops_the_false_alarms_of_a_noisy_page() -> None:
    """Against last week, with nothing ever wrong: some 15 %, 11.6 % and 0.5 % of periods fire."""
    page = NoisyPage(seed=7)
    expected = expected_overdispersion(fleet_correlation(page.weeks() for _ in range(200)), 1000)
    trials, alone, with_counting, with_noise = 10_000, 0, 0, 0
    for _ in range(trials):
        weeks, (part, whole) = page.weeks(), page.day()
        last_week = weeks[0]
        if 100 * (part / whole - last_week[0] / last_week[1]) < 5 - ROUNDING:
            continue
        phi = shrunk(overdispersion(weeks), len(weeks), expected)
        alone += 1
        with_counting += is_beyond_chance(Direction.RISE, part, whole, [last_week], 1)
        with_noise += is_beyond_chance(Direction.RISE, part, whole, [last_week], phi)
    assert 100 * alone / trials == pytest.approx(15.1, abs=1)
    assert 100 * with_counting / trials == pytest.approx(11.6, abs=1)
    assert 100 * with_noise / trials == pytest.approx(0.5, abs=0.25)


def test_the_estimated_overdispersion_is_that_of_the_noise() -> None:
    """Counting alone has a variance of 0.45 * 0.55 / 1000; the noise adds 0.03 squared: 4.6 times."""
    page = NoisyPage(seed=11)
    found = [overdispersion(page.weeks()) for _ in range(2000)]
    assert sum(found) / len(found) == pytest.approx(4.64, abs=0.2)
    assert median(found) == pytest.approx(4.2, abs=0.2)
