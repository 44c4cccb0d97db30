"""What a breach takes at the least, in terms that a database can check for a whole fleet at once. Pure.

The condition (:mod:`smartapp_watch.rules.judge`) stays the only authority: a bound may let pass what turns
out to be no breach, but never holds back what could be one. It only spares judging what is plainly quiet.
"""

from __future__ import annotations

from dataclasses import dataclass

from smartapp_watch.metrics.report import Unit
from smartapp_watch.rules.baseline import Choice, choice_of
from smartapp_watch.rules.rule import Change, Direction, Late, Rule, Scale, Threshold, Unusual
from smartapp_watch.rules.score import LEAST_NOISE

_SLACK = 1e-6
"""Of amounts, in units and in per cent: far more than what rounding does to them, and than any tolerance."""


@dataclass(frozen=True, slots=True)
class Distance:
    """How far the present lies from an earlier value that has part in a breach, the way of ``direction``.

    At least ``amount``, and at least ``share`` of the earlier value, which is ``floor`` or more. Each of
    these cuts the earlier values at one point; so a baseline, being a median, passes only where half of the
    values that it is made of do.
    """

    direction: Direction
    amount: float
    share: float
    floor: float | None


@dataclass(frozen=True, slots=True)
class Bound:
    """What has to hold for a breach, if no alert is open.

    ``least`` and ``most``: the present value's limits. ``floors``: pairs of (column, smallest count) of the
    present's row. ``distance``: of the values that make the baseline, which ``choice`` picks.
    """

    least: float | None = None
    most: float | None = None
    floors: tuple[tuple[str, float], ...] = ()
    distance: Distance | None = None
    choice: Choice | None = None


def bound_of(rule: Rule) -> Bound | None:
    """What a breach of the rule takes; None where every series has to be judged.

    Those are the platform's few, sums over a window, and counts by a dimension, whose absence is a zero.
    """
    report = rule.table.report
    may_vanish = rule.table.is_breakdown and rule.metric.unit is Unit.COUNT
    if report.of_platform or rule.window > 1 or may_vanish:
        return None
    match rule.condition:
        case Threshold(direction=Direction.RISE, limit=limit):
            return Bound(least=limit, floors=rule.at_least)
        case Threshold(limit=limit):
            return Bound(most=limit, floors=rule.at_least)
        case Change() | Unusual() as condition:
            distance = _distance(rule, condition)
            return Bound(floors=_floors(rule, condition), distance=distance, choice=choice_of(rule))
        case Late():
            return None


def votes(values: int) -> int:
    """How many of so many values lie beyond a limit at the least, where their median does."""
    return (values + 1) // 2


def _distance(rule: Rule, condition: Change | Unusual) -> Distance:
    if isinstance(condition, Change):
        amount, share = condition.amount, 0.0
    else:
        # A spread is never less than the least noise of a fleet.
        amount, share = condition.by_at_least, condition.score * LEAST_NOISE
    if condition.scale is Scale.PERCENT:
        amount, share = 0.0, max(share, amount / 100)
    share = max(0.0, share - _SLACK / 100)
    return Distance(condition.direction, amount - _SLACK, share, _floor(rule, condition))


def _floor(rule: Rule, condition: Change | Unusual) -> float | None:
    """What a count has to have been, to be enough of a baseline for a drop."""
    if condition.direction is not Direction.DROP or rule.metric.unit is Unit.PERCENT:
        return None
    return dict(rule.at_least).get(rule.metric.name)


def _floors(rule: Rule, condition: Change | Unusual) -> tuple[tuple[str, float], ...]:
    """The counts that the present must reach: those of rises, and of ratios."""
    of_present = rule.metric.unit is Unit.PERCENT or condition.direction is Direction.RISE
    return rule.at_least if of_present else ()
