"""Whether a ratio moved by more than chance: score intervals on sample sizes that allow for real noise.

Shares here run from 0 to 1, unlike the API's ratios, which are per cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from math import hypot, sqrt
from statistics import NormalDist, median

from smartapp_watch.rules.rule import Direction

CONFIDENCE = 0.99
"""Two-sided: either bound alone is passed by chance in one period of 200."""
LEAST_WEEKS = 4
"""Under so many weeks a series' own overdispersion is not worth estimating."""

_TOLERANCE = 1e-9
"""Of comparisons: 45.06 - 45 is more than 0.06 in binary."""
_ASSUMED_OVERDISPERSION = 2.0
_PSEUDO_PERIODS = 20

Counts = tuple[float, float]
"""The part and the whole that a ratio is made of, in this order."""


def difference_interval(
    k1: float, n1: float, k0: float, n0: float, phi: float, *, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Lowest and highest plausible k1/n1 - k0/n0, as shares between -1 and 1.

    Newcombe's hybrid score interval, method 10 of "Interval estimation for the difference between
    independent proportions", Statistics in Medicine 17 (1998), 873-890, of samples of n1/phi and n0/phi.
    ValueError as for ``score_interval``.
    """
    low1, high1 = score_interval(k1, n1, phi, confidence=confidence)
    low0, high0 = score_interval(k0, n0, phi, confidence=confidence)
    p1, p0 = k1 / n1, k0 / n0
    difference = p1 - p0
    return difference - hypot(p1 - low1, high0 - p0), difference + hypot(high1 - p1, p0 - low0)


def score_interval(
    part: float, whole: float, phi: float = 1.0, *, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Lowest and highest plausible share behind ``part`` of ``whole``, for a sample of whole/phi.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
    American Statistical Association 22 (1927), 209-212. ValueError where part of whole is no share, or
    ``phi`` is under 1.
    """
    if not (0 <= part <= whole and whole > 0 and phi >= 1):
        raise ValueError(f"no score interval for {part:g} of {whole:g} with an overdispersion of {phi:g}")
    share, size, z = part / whole, whole / phi, _quantile(confidence)
    scale = 1 + z * z / size
    centre = share + z * z / (2 * size)
    reach = z * sqrt(share * (1 - share) / size + (z / (2 * size)) ** 2)
    return max(0.0, (centre - reach) / scale), min(1.0, (centre + reach) / scale)


@cache
def _quantile(confidence: float) -> float:
    """How many standard deviations each way hold so much of a normal distribution: 2.576 for 0.99."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def is_beyond_chance(
    direction: Direction, part: float, whole: float, baseline: Sequence[Counts], phi: float
) -> bool:
    """Whether the present's share lies so far from the pooled baseline's that chance is no explanation.

    A rise needs all of the interval above 0, a drop all of it below, EITHER one of the two. With nothing
    counted on one side, nothing is beyond chance.
    """
    pooled_part, pooled_whole = _pool(baseline)
    if not whole or not pooled_whole:
        return False
    low, high = difference_interval(part, whole, pooled_part, pooled_whole, phi)
    match direction:
        case Direction.RISE:
            return low > 0
        case Direction.DROP:
            return high < 0
        case Direction.EITHER:
            return low > 0 or high < 0


def is_consistent(ratio: float, part: float, whole: float) -> bool:
    """Whether ``ratio`` (per cent) is what part of whole makes, to within half a count and its rounding.

    Where it is not, the counts are not those that the ratio is made of, and no interval follows from them.
    """
    if not (0 <= part <= whole and whole > 0):
        return False
    return abs(ratio - 100 * part / whole) <= 50 / whole + 0.01 + _TOLERANCE


def overdispersion(weeks: Sequence[Counts]) -> float:
    """How many times the variance of these shares is what counting alone gives them; at least 1.

    Pearson's chi-squared over its degrees of freedom (McCullagh & Nelder, "Generalized Linear Models",
    1989, 4.5). ``weeks``: the same weekday in each of several weeks; those that counted nothing are passed
    over.
    """
    counted = [(part, whole) for part, whole in weeks if whole > 0]
    part_of_all, all_ = _pool(counted)
    if len(counted) < 2 or not 0 < part_of_all < all_:  # noqa: PLR2004 - one week varies from nothing
        return 1.0
    share = part_of_all / all_
    squares = sum((part - whole * share) ** 2 / whole for part, whole in counted)
    return max(1.0, squares / (share * (1 - share)) / (len(counted) - 1))


def fleet_correlation(series: Iterable[Sequence[Counts]]) -> float | None:
    """How much of a share's variance is real day-to-day noise, by the median series; None where none tells.

    Overdispersion grows with the counts: noise of variance s² makes it 1 + (n - 1) s² / (p (1 - p)). So what
    series of different sizes have in common is (overdispersion - 1) / (n - 1), the intra-class correlation,
    not the overdispersion itself: one median of that would be too much for small pages and too little for
    large ones (at n = 100,000 and 3 points of noise, 9 % false alarms in place of 0.4 %).
    """
    found = []
    for weeks in series:
        counted = [whole for _, whole in weeks if whole > 0]
        mean = sum(counted) / len(counted) if counted else 0.0
        if len(counted) >= LEAST_WEEKS and mean > 1:
            found.append((overdispersion(weeks) - 1) / (mean - 1))
    return median(found) if found else None


def expected_overdispersion(correlation: float | None, whole: float) -> float:
    """The overdispersion of a series of this size, by what the fleet tells; 2 where there is no fleet."""
    return _ASSUMED_OVERDISPERSION if correlation is None else 1 + correlation * max(0.0, whole - 1)


def shrunk(phi_hat: float, weeks: int, expected: float, pseudo: float = _PSEUDO_PERIODS) -> float:
    """The overdispersion to judge a series by: its own estimate, drawn towards the ``expected`` one.

    The mean of ``phi_hat``, weighted by its ``weeks`` - 1 degrees of freedom, and of the expected one,
    weighted by ``pseudo`` of them, as variances are moderated in G. K. Smyth, "Linear models and empirical
    Bayes methods", Statistical Applications in Genetics and Molecular Biology 3 (2004), 3: of 8 weeks,
    7/27 is the series' own. Under 4 weeks it is the expected one alone.
    """
    if weeks < LEAST_WEEKS:
        return expected
    own = weeks - 1
    return (own * phi_hat + pseudo * expected) / (own + pseudo)


def _pool(counts: Iterable[Counts]) -> Counts:
    pairs = list(counts)
    return sum(part for part, _ in pairs), sum(whole for _, whole in pairs)
