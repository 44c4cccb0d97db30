"""How unusual a count or a duration is: its distance from the median, in spreads that have a floor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import copysign, inf, sqrt
from statistics import median

from smartapp_watch.metrics.report import Unit

LEAST_BASELINE = 5
"""Under so many baseline values the baseline is thin, and there is no score."""

_TO_DEVIATION = 1.4826
"""Turns the median distance of normal values into their standard deviation: 1 / 0.6745."""
_OF_MEDIAN = 1.57
"""Times 1/W: the variance of a median of W normal values, in variances of one of them: pi/2."""

_LARGE = 1000
"""From this baseline on counting alone makes under 3.2 % of noise, so that the rest can be seen."""
_LEAST_SERIES = 20
LEAST_NOISE = 0.05
"""A fleet's noise is never taken for less."""
ASSUMED_NOISE = 0.12


@dataclass(frozen=True, slots=True)
class Score:
    """``score`` spreads lie between a value and the ``baseline``; it is negative under the baseline.

    ``baseline`` and ``spread`` are in the metric's unit. Infinite where the spread is 0 and the value is
    not the baseline.
    """

    score: float
    baseline: float
    spread: float


def score(value: float, baseline_values: Sequence[float], noise: float, unit: Unit) -> Score:
    """The score of ``value`` against the clean same weekdays before it.

    ``noise``: the fleet's, as a share of the baseline. The median distance of few values is often far too
    small by chance, and 0 where half of them are equal; so the spread is never less than a fleet's usual
    noise and, of counts, the noise of counting. On top comes the error of the baseline itself (McGill,
    Tukey & Larsen, "Variations of box plots", American Statistician 32 (1978), 12-16, on the spread of
    medians). ValueError under ``LEAST_BASELINE`` values.
    """
    if len(baseline_values) < LEAST_BASELINE:
        raise ValueError(f"a score needs {LEAST_BASELINE} baseline values, there are {len(baseline_values)}")
    baseline, spread = _spread(baseline_values, noise, unit)
    return Score(_divide(value - baseline, spread), baseline, spread)


def score_of_holiday(value: float, years: Sequence[float], noise: float, unit: Unit) -> Score:
    """The score of ``value`` against the same holiday of earlier years, be it one, as it would be now.

    The fewer years, the wider the spread. No two years are alike, so their noise is never taken for less
    than what is assumed of a fleet; and a spread grows with the level, so that three times as much is as far
    away as a third.
    """
    baseline, spread = _spread(years, max(noise, ASSUMED_NOISE), unit)
    spread *= max(1.0, value / baseline if baseline > 0 else 1.0)
    return Score(_divide(value - baseline, spread), baseline, spread)


def _spread(baseline_values: Sequence[float], noise: float, unit: Unit) -> tuple[float, float]:
    """The baseline, and the spread of one more value around it."""
    baseline = median(baseline_values)
    scatter = scatter_of(baseline_values)
    counting = baseline + 1 if unit is Unit.COUNT else 0.0
    variance = max(scatter**2, counting + (noise * baseline) ** 2)
    return baseline, sqrt((1 + _OF_MEDIAN / len(baseline_values)) * variance)


def scatter_of(values: Sequence[float]) -> float:
    """The standard deviation of values without regard to a few that lie far out."""
    middle = median(values)
    return _TO_DEVIATION * median(abs(each - middle) for each in values)


def fleet_noise(pairs: Iterable[tuple[float, float]]) -> float:
    """The noise of a fleet on an ordinary day, as a share of the baseline: 0.12 is 12 %.

    ``pairs``: each series' (value, baseline) of one period; where the whole fleet shifted, the baseline
    with the shift. Only series whose baseline is large count; with few of those it is 0.12.
    """
    distances = [abs(value - baseline) / baseline for value, baseline in pairs if baseline >= _LARGE]
    if len(distances) < _LEAST_SERIES:
        return ASSUMED_NOISE
    return max(LEAST_NOISE, _TO_DEVIATION * median(distances))


def _divide(distance: float, spread: float) -> float:
    if spread > 0:
        return distance / spread
    return copysign(inf, distance) if distance else 0.0
