"""Which values of a dimension carry a change, and how much of it each one does. Pure.

Everything is reckoned in fractions, so that the parts add up to the change and not nearly so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

LEAST_SHARE = Fraction(3, 100)
"""A value that carries less of a change is not worth a line."""

Value = TypeVar("Value")
"""A dimension's value: whatever tells one from another."""

Weighed = tuple[float, float]
"""How much a value weighs, and the mean figure of what it weighs: sessions, and seconds of a session."""


@dataclass(frozen=True, slots=True)
class Part(Generic[Value]):
    """What one value of a dimension adds to a change, in the unit of what changed.

    ``mix``: because there is more or less of it; ``rate``: because it is itself another. Of a count, all
    is mix. ``share`` of the whole change, negative where the value went against it; ``usual``: its share
    of the whole before the change.
    """

    value: Value
    mix: Fraction
    rate: Fraction
    share: Fraction
    usual: Fraction

    @property
    def amount(self) -> Fraction:
        """All that it adds."""
        return self.mix + self.rate


def parts_of_count(
    present: Mapping[Value, float], past: Sequence[Mapping[Value, float]]
) -> list[Part[Value]]:
    """The parts of a count's change from the mean of ``past`` periods, the largest first.

    A value that is missing from a period counts 0 there. Empty where nothing changed, or there is no past.
    """
    if not past:
        return []
    now = {value: Fraction(count) for value, count in present.items()}
    before = {
        value: _mean(value, past) for value in dict.fromkeys((*now, *(each for one in past for each in one)))
    }
    whole_before = sum(before.values(), Fraction())
    change = sum(now.values(), Fraction()) - whole_before
    if not change:
        return []
    return _largest_first(
        Part(
            value=value,
            mix=(mix := now.get(value, Fraction()) - usual),
            rate=Fraction(),
            share=mix / change,
            usual=usual / whole_before if whole_before else Fraction(),
        )
        for value, usual in before.items()
    )


def parts_of_mean(
    present: Mapping[Value, Weighed], past: Sequence[Mapping[Value, Weighed]]
) -> list[Part[Value]]:
    """The parts of a weighed mean's change from that of all ``past`` periods together, the largest first.

    With the shares w of the weight and the means p, before (0) and now (1), and the whole's mean P: mix is
    (w1 - w0)(p0 - P0), rate w1(p1 - p0). A value that is new has no p0 of its own; the whole's stands in,
    so that all it adds is rate. Empty where the mean did not change, or one side has no weight.
    """
    now, before = _Whole.of([present]), _Whole.of(past)
    if now is None or before is None or now.mean == before.mean:
        return []
    change = now.mean - before.mean

    def part(value: Value) -> Part[Value]:
        weight_now, weight_before = now.share(value), before.share(value)
        usual = before.mean_of(value, before.mean)
        mix = (weight_now - weight_before) * (usual - before.mean)
        rate = weight_now * (now.mean_of(value, usual) - usual)
        return Part(value, mix, rate, (mix + rate) / change, weight_before)

    return _largest_first(map(part, dict.fromkeys((*now.weights, *before.weights))))


def carriers(parts: Sequence[Part[Value]]) -> list[Part[Value]]:
    """Those that are worth telling of: they go with the change, and carry enough of it."""
    return [part for part in parts if part.share >= LEAST_SHARE]


def unevenness(parts: Sequence[Part[Value]]) -> float:
    """How far the change is from one that takes the same percentage of every value: 0 to 1, and beyond it
    where values went against the change."""
    return float(sum(abs(part.share - part.usual) for part in parts) / 2)


@dataclass(frozen=True, slots=True)
class _Whole(Generic[Value]):
    """Weights, and sums of weight times figure, of every value."""

    weights: Mapping[Value, Fraction]
    sums: Mapping[Value, Fraction]

    @classmethod
    def of(cls, periods: Sequence[Mapping[Value, Weighed]]) -> _Whole[Value] | None:
        weights: dict[Value, Fraction] = {}
        sums: dict[Value, Fraction] = {}
        for period in periods:
            for value, (weight, figure) in period.items():
                weights[value] = weights.get(value, Fraction()) + Fraction(weight)
                sums[value] = sums.get(value, Fraction()) + Fraction(weight) * Fraction(figure)
        return cls(weights, sums) if sum(weights.values()) else None

    @property
    def weight(self) -> Fraction:
        return sum(self.weights.values(), Fraction())

    @property
    def mean(self) -> Fraction:
        return sum(self.sums.values(), Fraction()) / self.weight

    def share(self, value: Value) -> Fraction:
        return self.weights.get(value, Fraction()) / self.weight

    def mean_of(self, value: Value, otherwise: Fraction) -> Fraction:
        weight = self.weights.get(value)
        return self.sums[value] / weight if weight else otherwise


def _mean(value: Value, periods: Sequence[Mapping[Value, float]]) -> Fraction:
    return sum((Fraction(period.get(value, 0)) for period in periods), Fraction()) / len(periods)


def _largest_first(parts: Iterable[Part[Value]]) -> list[Part[Value]]:
    return sorted(parts, key=lambda part: part.share, reverse=True)
