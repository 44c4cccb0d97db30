"""The meaning of a condition: one pure function of one series at one period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Unit
from smartapp_watch.rules.baseline import Episode, candidates, clean, least, most
from smartapp_watch.rules.rule import Change, Direction, Rule, Scale, Threshold
from smartapp_watch.rules.verdict import Figures, Judgement, Reason, Verdict

_TOLERANCE = 1e-9
"""Of comparisons: 40.1 - 39.1 is not 1 in binary, and must count as 1."""


@dataclass(frozen=True, slots=True)
class Point:
    """A final value of a series at a period, with the row's counts by column."""

    value: float
    counts: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a series when a period of it is judged.

    ``present``: its value at the period, or why there is none. ``past``: the final values of earlier
    periods, as far as there are any. ``episodes``: the series' own earlier episodes and the open one.
    """

    present: Point | Reason
    past: Mapping[Period, Point] = field(default_factory=dict)
    episodes: tuple[Episode, ...] = ()


def judge(rule: Rule, period: Period, evidence: Evidence) -> Judgement:
    """The verdict of ``rule`` on a series at ``period``."""
    present = evidence.present
    if isinstance(present, Reason):
        return Judgement(Verdict.UNKNOWN, reason=present)
    if isinstance(rule.condition, Threshold):
        return _judge_threshold(rule, rule.condition, present)
    chosen = _choose_baseline(rule, rule.condition, period, evidence)
    return _judge_change(rule, rule.condition, present, chosen)


def _judge_threshold(rule: Rule, condition: Threshold, present: Point) -> Judgement:
    figures = Figures(present.value, counts=_shown_counts(rule, present))
    if not _reaches(present, rule.at_least):
        return Judgement(Verdict.UNKNOWN, figures, Reason.LOW_VOLUME)
    over = present.value - condition.limit
    beyond = over if condition.direction is Direction.RISE else -over
    if beyond > _TOLERANCE:
        return Judgement(Verdict.BREACH, figures, deviation=beyond)
    return Judgement(Verdict.CLEAR, figures)


def _choose_baseline(rule: Rule, condition: Change, period: Period, evidence: Evidence) -> list[Point]:
    """The values that make the baseline, newest first."""
    open_since = next((episode.since for episode in evidence.episodes if episode.until is None), None)
    usable = clean(candidates(rule, period, open_since), evidence.episodes)
    return [evidence.past[each] for each in usable if each in evidence.past][: most(condition.against)]


def _judge_change(rule: Rule, condition: Change, present: Point, chosen: list[Point]) -> Judgement:
    counts = _shown_counts(rule, present)
    if len(chosen) < least(condition.against):
        return Judgement(Verdict.UNKNOWN, Figures(present.value, counts=counts), Reason.THIN_BASELINE)
    baseline = median(point.value for point in chosen)
    change = present.value - baseline
    percent = 100 * change / baseline if baseline else None
    figures = Figures(present.value, baseline, change, percent, counts)
    if not _is_enough(rule, condition.direction, change, present, chosen):
        return Judgement(Verdict.UNKNOWN, figures, Reason.LOW_VOLUME)
    moved = _along(condition.direction, change)
    size = _size(condition.scale, moved, baseline)
    if moved > _TOLERANCE and size >= condition.amount - _TOLERANCE:
        return Judgement(Verdict.BREACH, figures, deviation=abs(change))
    return Judgement(Verdict.CLEAR, figures)


def _along(direction: Direction, change: float) -> float:
    """How far the change goes the way that is watched."""
    match direction:
        case Direction.RISE:
            return change
        case Direction.DROP:
            return -change
        case Direction.EITHER:
            return abs(change)


def _size(scale: Scale, moved: float, baseline: float) -> float:
    """The move on the condition's scale. From a baseline of 0 any rise is larger than every percentage."""
    if scale is not Scale.PERCENT:
        return moved
    return 100 * moved / baseline if baseline > 0 else float("inf")


def _is_enough(rule: Rule, direction: Direction, change: float, present: Point, chosen: list[Point]) -> bool:
    """Whether the counts allow a judgement: the baseline's for drops, the present's for rises.

    A ratio needs both. On the wrong side the floor would silence just the drop to nothing that matters.
    """
    falls = direction is Direction.DROP or (direction is Direction.EITHER and change < 0)
    of_ratio = rule.metric.unit is Unit.PERCENT
    if (of_ratio or falls) and not _median_reaches(chosen, rule.at_least):
        return False
    return (falls and not of_ratio) or _reaches(present, rule.at_least)


def _reaches(point: Point, floors: tuple[tuple[str, float], ...]) -> bool:
    return all((point.counts.get(column) or 0) >= floor for column, floor in floors)


def _median_reaches(points: list[Point], floors: tuple[tuple[str, float], ...]) -> bool:
    return all(median(point.counts.get(column) or 0 for point in points) >= floor for column, floor in floors)


def _shown_counts(rule: Rule, point: Point) -> tuple[tuple[str, float], ...]:
    columns = dict.fromkeys((*(rule.metric.of or ()), *(column for column, _ in rule.at_least)))
    known = ((column, point.counts.get(column)) for column in columns if column != rule.metric.name)
    return tuple((column, count) for column, count in known if count is not None)
