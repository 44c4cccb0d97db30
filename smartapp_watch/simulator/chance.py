"""Reproducible chance: a stream for whatever is decided, so that the order of asking decides nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from random import Random

_EXACT_BELOW = 9.0  # variance under which the bell curve would be too crude for a binomial


def stream(*parts: object) -> Random:
    """A generator of its own for whatever ``parts`` name; equal parts give equal numbers."""
    return Random("/".join(map(str, parts)))


def binomial(chance: Random, trials: int, probability: float, noise: float = 1.0) -> int:
    """How many of ``trials`` succeed; ``noise`` scales the scatter around the mean, 0 takes it out."""
    if trials <= 0 or probability <= 0:
        return 0
    if probability >= 1:
        return trials
    variance = trials * probability * (1 - probability)
    if variance >= _EXACT_BELOW or noise != 1:
        drawn = trials * probability + noise * math.sqrt(variance) * chance.gauss(0, 1)
        return min(trials, max(0, round(drawn)))
    if probability > 0.5:  # noqa: PLR2004
        return trials - _invert(chance.random(), trials, 1 - probability)
    return _invert(chance.random(), trials, probability)


def _invert(rank: float, trials: int, probability: float) -> int:
    odds = probability / (1 - probability)
    mass = (1 - probability) ** trials
    successes = 0
    while rank > mass and successes < trials:
        rank -= mass
        mass *= odds * (trials - successes) / (successes + 1)
        successes += 1
    return successes


def split(chance: Random, count: int, weights: Sequence[float], noise: float = 1.0) -> list[int]:
    """``count`` dealt out at random in proportion to ``weights``; the parts add up to it exactly."""
    parts = [0] * len(weights)
    receivers = [index for index, weight in enumerate(weights) if weight > 0]
    ahead = accumulate(weights[index] for index in reversed(receivers))
    for index, still in zip(receivers[:-1], reversed(list(ahead)), strict=False):
        parts[index] = binomial(chance, count, weights[index] / still, noise)
        count -= parts[index]
    if receivers:
        parts[receivers[-1]] = count
    return parts


def wobble(chance: Random, spread: float) -> float:
    """A factor around 1 whose logarithm scatters by ``spread``; never beyond three times that."""
    return math.exp(spread * min(3.0, max(-3.0, chance.gauss(0, 1))))
