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

_CLEARLY_MORE = Fraction(1, 10)
_SPREADS = 4
_OVERDISPERSION = 2
_NOISE = Fraction(1, 20)

Value = TypeVar("Value")
"""A dimension's value: whatever tells one from another."""

Weighed = tuple[float, float]
"""How much a value weighs, and the mean figure of what it weighs: sessions, and seconds of a session."""


@dataclass(frozen=True, slots=True)
class Part(Generic[Value]):
    """What one value of a dimension adds to a change, in the unit of what changed.

    ``present``: the count now, or of a mean how much of the weight it has now. ``usual``: its share of the
    whole before the change. ``mix``: what it adds because there is more or less of it; ``rate``: because it
    is itself another. Of a count, all is mix. ``share`` of the whole change, negative where the value went
    against it.
    """

    value: Value
    present: Fraction
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
    change = _sum(present) - whole_before
    if not change:
        return []
    return _largest_first(
        Part(
            value=value,
            present=now.get(value, Fraction()),
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
        return Part(value, weight_now, mix, rate, (mix + rate) / change, weight_before)

    return _largest_first(map(part, dict.fromkeys((*now.weights, *before.weights))))


def shifts_of_mix(present: Mapping[Value, float], past: Sequence[Mapping[Value, float]]) -> list[Part[Value]]:
    """The values that clearly have another share of the whole than in ``past``, the largest shift first.

    ``share`` is then the value's share of the whole now, and ``mix`` what it has more than usual.
    """
    now, before = _sum(present), sum(map(_sum, past), Fraction())
    if not now or not before:
        return []
    found = []
    for value in dict.fromkeys((*present, *(value for period in past for value in period))):
        count = Fraction(present.get(value, 0))
        usual = _mean(value, past) * len(past) / before
        part = Part(value, count, count / now - usual, Fraction(), count / now, usual)
        if abs(part.mix) >= LEAST_SHARE and _is_beyond_noise(part, now):
            found.append(part)
    return sorted(found, key=lambda part: abs(part.mix), reverse=True)


def carriers(parts: Sequence[Part[Value]]) -> list[Part[Value]]:
    """Those that are worth telling of: they go with the change, and carry enough of it."""
    return [part for part in parts if part.share >= LEAST_SHARE]


def clear_carriers(parts: Sequence[Part[Value]]) -> list[Part[Value]]:
    """The carriers that carry clearly more of a change than they would, had everything changed alike."""
    return [part for part in carriers(parts) if part.share - part.usual >= _CLEARLY_MORE]


def standing_out(parts: Sequence[Part[Value]]) -> list[Part[Value]]:
    """The carriers of a count's change that carry far more of it than their size lets expect.

    Had everything changed alike, each would carry its usual share. Counts differ from that by chance, and
    from day to day by more; what stands out is farther from it than both explain.
    """
    whole = sum((part.present for part in parts), Fraction())
    return [part for part in clear_carriers(parts) if _is_beyond_noise(part, whole)]


def _is_beyond_noise(part: Part[Value], whole: Fraction) -> bool:
    expected = part.usual * whole
    variance = _OVERDISPERSION * expected + 1 + (_NOISE * expected) ** 2
    return (part.present - expected) ** 2 >= _SPREADS**2 * variance


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


def _sum(counts: Mapping[Value, float]) -> Fraction:
    return sum(map(Fraction, counts.values()), Fraction())


def _mean(value: Value, periods: Sequence[Mapping[Value, float]]) -> Fraction:
    return sum((Fraction(period.get(value, 0)) for period in periods), Fraction()) / len(periods)


def _largest_first(parts: Iterable[Part[Value]]) -> list[Part[Value]]:
    return sorted(parts, key=lambda part: part.share, reverse=True)
