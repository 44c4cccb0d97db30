"""The figures that everything served is made of, and how days become ranges."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_RETURNING = 1.0 / 0.65  # with it, thirty equal days hold nine times as many returning users as one


@dataclass(frozen=True, slots=True)
class Figures:
    """Users, sessions and time of an app, or of a part of it, over some time; ``seconds`` is the total."""

    new: int = 0
    old: int = 0
    sessions: int = 0
    seconds: int = 0

    @property
    def users(self) -> int:
        return self.new + self.old


@dataclass(frozen=True, slots=True)
class PageFigures:
    """One page's views; ``seconds`` is the total time on it."""

    views: int = 0
    users: int = 0
    seconds: int = 0
    entries: int = 0
    exits: int = 0


def distinct(counts: Iterable[int]) -> int:
    """How many different people come on days with so many visitors each.

    A norm between the largest day (all the same people) and the sum (never the same), so it neither falls
    when a day is added nor exceeds either bound.
    """
    powers: float = sum(math.pow(count, _RETURNING) for count in counts)
    return round(math.pow(powers, 1 / _RETURNING))


def over_days(days: Iterable[Figures]) -> Figures:
    """The figures of a range: somebody is new once, and returning users are counted once."""
    listed = list(days)
    if len(listed) == 1:
        return listed[0]
    return Figures(
        sum(day.new for day in listed),
        distinct(day.old for day in listed),
        sum(day.sessions for day in listed),
        sum(day.seconds for day in listed),
    )


def added(parts: Iterable[Figures]) -> Figures:
    """The plain sum: whoever appears in two parts is counted in both."""
    listed = list(parts)
    return Figures(
        sum(part.new for part in listed),
        sum(part.old for part in listed),
        sum(part.sessions for part in listed),
        sum(part.seconds for part in listed),
    )


def pages_over_days(days: Iterable[PageFigures]) -> PageFigures:
    """A page's figures over a range; visitors of several days are counted once."""
    listed = list(days)
    if len(listed) == 1:
        return listed[0]
    return PageFigures(
        sum(day.views for day in listed),
        distinct(day.users for day in listed),
        sum(day.seconds for day in listed),
        sum(day.entries for day in listed),
        sum(day.exits for day in listed),
    )


def percent(part: float, whole: float) -> int | float:
    """What per cent ``part`` is of ``whole``, with two decimals; 0 of nothing."""
    return tidy(100 * part / whole) if whole else 0


def per(amount: float, count: int) -> int:
    """``amount`` for each of ``count``, in whole units; 0 of nothing."""
    return round(amount / count) if count else 0


def tidy(value: float) -> int | float:
    """Two decimals, and none where they are zero, as the API writes its numbers."""
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded
