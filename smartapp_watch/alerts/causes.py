"""Which breakdowns tell why a figure moved, and what they say of it. Pure.

Sessions are what is broken down, and the views of pages: a user who comes from two regions is counted in
both, a session is in one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from smartapp_watch.rules.contribution import (
    Part,
    Weighed,
    clear_carriers,
    parts_of_count,
    parts_of_mean,
    shifts_of_mix,
    standing_out,
)

MOST = 3
"""So many causes are told, and of one breakdown so many:"""
_MOST_OF_ONE = 2

AGO = 60
"""Days after which somebody who was not seen again counts as lost: what moved the figure lies so far back."""


class Way(StrEnum):
    """How a figure is broken down."""

    COUNT = "count"
    """It moves with the sessions: whose sessions changed."""
    MEAN = "mean"
    """It is a mean over sessions: whose sessions are others in length, or in number."""
    AUDIENCE = "audience"
    """It is a property of the users of a day: whose share of the sessions is another than usual."""


_WAYS: Mapping[str, Way] = {
    "user_trend.new_user_count": Way.COUNT,
    "user_trend.old_user_count": Way.COUNT,
    "user_trend.user_count": Way.COUNT,
    "user_trend.session_count": Way.COUNT,
    "user_trend.average_session_time": Way.MEAN,
    "user_trend.session_time_per_person": Way.MEAN,
    "user_trend.new_user_ratio": Way.AUDIENCE,
    "user_trend.old_user_ratio": Way.AUDIENCE,
    "activity_user.user_count": Way.COUNT,
    "activity_user.daily_activity_degree": Way.COUNT,
    "retained_user.active_user_count": Way.COUNT,
    "retained_user.retained_user_count": Way.COUNT,
    "retained_user.retained_ratio": Way.AUDIENCE,
}

_OF_LOST = ("activity_user.lost_ratio", "activity_user.lost_user_count")


def way_of(metric: str) -> Way | None:
    """How ``report.field`` is broken down; None where no breakdown tells anything of it.

    Actives of 7 and 30 days are not: their days overlap, and a change is one day's in no more than part.
    """
    return _WAYS.get(metric)


def is_of_lost_users(metric: str) -> bool:
    """Whether today's figure tells of those who came :data:`AGO` days ago."""
    return metric in _OF_LOST


@dataclass(frozen=True, slots=True)
class Cause:
    """One value of a breakdown that carries much of a change.

    ``place``: what it is broken down by: ``source``, ``region``, ``brand`` … ``share``: of the change, 1 is
    all of it (AUDIENCE: of the sessions now). ``usual``: of the sessions as they usually are. ``rate``: the
    part of ``share`` that it carries because it is itself another, of a mean.
    """

    way: Way
    place: str
    value: str
    share: float
    usual: float
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those who count as lost by now if they never came back: the new users of a week, days as text.

    ``usual``: how many are new in a usual week before.
    """

    first: str
    last: str
    new_users: float
    usual: float


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a change comes from: the ``values`` that carry it, the most telling first, or the ``cohort``."""

    values: tuple[Cause, ...] = ()
    cohort: Cohort | None = None


NOWHERE = Origin()
"""Nothing is known of where a change comes from, or nothing stands out."""


Day = Mapping[str, tuple[float, float | None]]
"""By value: how many sessions, and how long one is in the mean; None where nobody says."""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The sessions of the present and of the days that it is compared with, by the values of ``place``."""

    place: str
    present: Day
    past: Sequence[Day]


def causes_of(way: Way, change: float, breakdowns: Iterable[Breakdown]) -> tuple[Cause, ...]:
    """What stands out in the breakdowns, the most telling first; ``change``: the figure's own.

    Nothing where what is broken down went the other way than the figure: it is not what moved it.
    """
    found = [cause for each in breakdowns for cause in _of_one(way, change, each)]
    return tuple(sorted(found, key=lambda cause: -abs(cause.share - cause.usual))[:MOST])


def _of_one(way: Way, change: float, each: Breakdown) -> list[Cause]:
    match way:
        case Way.COUNT:
            parts = parts_of_count(_weights(each.present), [_weights(one) for one in each.past])
            told = standing_out(parts) if _goes_with(parts, change) else []
        case Way.MEAN:
            parts = _parts_of_mean(each)
            told = clear_carriers(parts) if _goes_with(parts, change) else []
        case Way.AUDIENCE:
            told = shifts_of_mix(_weights(each.present), [_weights(one) for one in each.past])
    return [_cause(way, each.place, part) for part in told[:_MOST_OF_ONE]]


def _parts_of_mean(each: Breakdown) -> list[Part[str]]:
    """Nothing where a length of the present is not known; such days of the past are left out."""
    present, past = _means(each.present), map(_means, each.past)
    return parts_of_mean(present, [one for one in past if one is not None]) if present is not None else []


def _means(day: Day) -> dict[str, Weighed] | None:
    """What there are sessions of, with their length; None where one of these is not known."""
    known = {value: (weight, mean) for value, (weight, mean) in day.items() if mean is not None}
    return known if all(value in known for value, (weight, _) in day.items() if weight) else None


def _goes_with(parts: Sequence[Part[str]], change: float) -> bool:
    return sum(part.amount for part in parts) * Fraction(change) > 0


def _cause(way: Way, place: str, part: Part[str]) -> Cause:
    of_rate = float(part.share * part.rate / part.amount) if part.rate else 0.0
    return Cause(way, place, part.value, float(part.share), float(part.usual), of_rate)


def _weights(day: Day) -> dict[str, float]:
    return {value: weight for value, (weight, _) in day.items()}
