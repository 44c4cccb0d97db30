"""The meaning of a condition: one pure function of one series at one period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Unit
from smartapp_watch.rules.baseline import Episode, clean, same_weekdays
from smartapp_watch.rules.interval import (
    Counts,
    expected_overdispersion,
    is_beyond_chance,
    is_consistent,
    overdispersion,
    shrunk,
)
from smartapp_watch.rules.precedent import Precedents, candidates_by, choice_by
from smartapp_watch.rules.rule import Change, Direction, Late, Rule, Scale, Threshold, Unusual
from smartapp_watch.rules.score import ASSUMED_NOISE, Score, score, score_of_holiday
from smartapp_watch.rules.verdict import Figures, Judgement, Reason, Verdict

LEAST_OF_HOLIDAY = 3.5
"""The score that any breach takes on a holiday."""

_TOLERANCE = 1e-9
"""Of comparisons: 40.1 - 39.1 is not 1 in binary, and must count as 1."""


@dataclass(frozen=True, slots=True)
class Point:
    """A final value of a series at a period, with the row's counts by column."""

    value: float
    counts: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Fleet:
    """What all series of a rule have in common at a period.

    ``noise``: the relative scatter of counts. ``correlation``: how much of a ratio's variance is noise from
    day to day; None where too few series tell. ``shift``: how many times what is usual the fleet is at.
    ``cut``: the least score that is a breach. ``eligible``: how many of its series can be judged; 0 where
    they are too few to be a fleet.
    """

    noise: float = ASSUMED_NOISE
    correlation: float | None = None
    shift: float = 1.0
    cut: float = 0.0
    eligible: int = 0

    def expected(self, usual: float) -> float:
        """What is to be expected where ``usual`` is usual, and the fleet is where it is."""
        return usual if self.shift == 1 else self.shift * usual


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a series when a period of it is judged.

    ``present``: its value at the period, or why there is none. ``past``: the final values of earlier
    periods, as far as there are any. ``episodes``: the series' own earlier episodes and the open one.
    ``others``: those of other rules that compare the same figure with its past. ``precedents``: where its
    past lies, if not on the same weekdays; of a holiday, ``past`` is what the same days would be now, and
    ``level`` what ordinary days are like now.
    """

    present: Point | Reason
    past: Mapping[Period, Point] = field(default_factory=dict)
    episodes: tuple[Episode, ...] = ()
    fleet: Fleet = Fleet()
    others: tuple[Episode, ...] = ()
    precedents: Precedents | None = None
    level: float | None = None
    common: tuple[Episode, ...] = ()
    """When the whole fleet was outside its band: that says what happened to all, and not what is usual."""

    def looked_back_from(self, period: Period) -> Precedents:
        """Where the past of ``period`` lies."""
        return self.precedents or Precedents(period)

    @property
    def is_of_holiday(self) -> bool:
        """Whether the period is a holiday, compared with other years."""
        return self.precedents is not None and bool(self.precedents.holiday)


def judge(rule: Rule, period: Period, evidence: Evidence) -> Judgement:
    """The verdict of ``rule`` on a series at ``period``."""
    found = _judge_alone(rule, period, evidence)
    precedents = evidence.looked_back_from(period)
    if found.verdict is not Verdict.BREACH or precedents.of == period:
        return found
    # Not everybody works on a weekend that is worked: it lies between a workday and a weekend.
    as_weekend = _judge_alone(rule, period, replace(evidence, precedents=None))
    return found if as_weekend.verdict is Verdict.BREACH else replace(found, verdict=Verdict.HOLD)


def _judge_alone(rule: Rule, period: Period, evidence: Evidence) -> Judgement:
    """The verdict by one kind of days."""
    present = evidence.present
    if evidence.is_of_holiday and not choose_baseline(rule, period, evidence):
        return Judgement(Verdict.EXCLUDED, reason=Reason.NO_EARLIER_HOLIDAY)
    if isinstance(present, Reason):
        return Judgement(Verdict.UNKNOWN, reason=present)
    match rule.condition:
        case Threshold() as condition:
            return _judge_threshold(rule, condition, present)
        case Change() as condition:
            return _judge_change(rule, condition, period, present, evidence)
        case Unusual() as condition:
            return _judge_unusual(rule, condition, period, present, evidence)
        case Late():
            raise ValueError("lateness is judged by the clock, not by values")


def _judge_threshold(rule: Rule, condition: Threshold, present: Point) -> Judgement:
    figures = Figures(present.value, counts=_shown_counts(rule, present))
    if not _reaches(present, rule.at_least):
        return Judgement(Verdict.UNKNOWN, figures, Reason.LOW_VOLUME)
    sign = 1 if condition.direction is Direction.RISE else -1
    beyond = sign * (present.value - condition.limit)
    if beyond > _TOLERANCE:
        return Judgement(Verdict.BREACH, figures, deviation=beyond)
    if condition.clears_at is not None and sign * (present.value - condition.clears_at) > _TOLERANCE:
        return Judgement(Verdict.HOLD, figures)
    return Judgement(Verdict.CLEAR, figures)


def _judge_change(
    rule: Rule, condition: Change, period: Period, present: Point, evidence: Evidence
) -> Judgement:
    compared = _compare(rule, condition.direction, period, present, evidence)
    if isinstance(compared, Judgement):
        return compared
    figures, chosen = compared
    moved = along(condition.direction, figures.change or 0.0)
    size = _size(condition.scale, moved, figures.baseline or 0.0)
    if moved > _TOLERANCE and size >= condition.amount - _TOLERANCE:
        if _may_be_chance(rule, condition.direction, period, chosen, evidence) or _may_be_the_year(
            rule, present, chosen, evidence
        ):
            return Judgement(Verdict.HOLD, figures)
        return Judgement(Verdict.BREACH, figures, deviation=moved)
    over = condition.amount if condition.clears_by is None else condition.clears_by
    if moved > _TOLERANCE and size > over + _TOLERANCE:
        return Judgement(Verdict.HOLD, figures)
    return Judgement(Verdict.CLEAR, figures)


def _judge_unusual(
    rule: Rule, condition: Unusual, period: Period, present: Point, evidence: Evidence
) -> Judgement:
    compared = _compare(rule, condition.direction, period, present, evidence)
    if isinstance(compared, Judgement):
        return compared
    figures, chosen = compared
    moved = along(condition.direction, figures.change or 0.0)
    scored = score_among(rule, present, chosen, evidence)
    enough = _size(condition.scale, moved, figures.baseline or 0.0) >= condition.by_at_least - _TOLERANCE
    if moved > _TOLERANCE and enough and abs(scored.score) >= condition.score:
        if _may_be_the_year(rule, present, chosen, evidence):
            return Judgement(Verdict.HOLD, figures)
        if abs(scored.score) < evidence.fleet.cut:
            return Judgement(Verdict.HOLD, figures, Reason.UNDER_CUT, score=scored.score)
        return Judgement(Verdict.BREACH, figures, deviation=moved)
    return Judgement(Verdict.CLEAR, figures)


def score_among(rule: Rule, present: Point, chosen: Sequence[Point], evidence: Evidence) -> Score:
    """The score of the present against a baseline, where the fleet is where it is."""
    fleet = evidence.fleet
    values = [fleet.expected(each.value) for each in chosen]
    measure = score_of_holiday if evidence.is_of_holiday else score
    return measure(present.value, values, fleet.noise, rule.metric.unit)


def _may_be_the_year(rule: Rule, present: Point, chosen: Sequence[Point], evidence: Evidence) -> bool:
    """Whether a holiday's change may come from what was peculiar to the holiday of other years, or of this.

    Few years say little, so it has to be far beyond their scatter. And it has to go the same way, as far as
    the condition asks, from the ordinary days of this year: what was an outage on that day a year ago, or a
    campaign, is then no alarm now.
    """
    if not evidence.is_of_holiday:
        return False
    scored = score_among(rule, present, chosen, evidence)
    if abs(scored.score) < LEAST_OF_HOLIDAY or evidence.level is None:
        return True
    condition = rule.condition
    amount = condition.amount if isinstance(condition, Change) else 0.0
    if isinstance(condition, Unusual):
        amount = condition.by_at_least
    moved = (present.value - evidence.level) * (1 if scored.score > 0 else -1)
    scale = condition.scale if isinstance(condition, Change | Unusual) else Scale.UNITS
    return moved <= _TOLERANCE or _size(scale, moved, evidence.level) < amount - _TOLERANCE


def _compare(
    rule: Rule, direction: Direction, period: Period, present: Point, evidence: Evidence
) -> tuple[Figures, list[Point]] | Judgement:
    """The present beside its baseline; a verdict where there is too little of either."""
    counts = _shown_counts(rule, present)
    chosen = choose_baseline(rule, period, evidence)
    if not chosen:
        return Judgement(Verdict.UNKNOWN, Figures(present.value, counts=counts), Reason.THIN_BASELINE)
    baseline = evidence.fleet.expected(median(point.value for point in chosen))
    figures = Figures.against(baseline, present.value, counts)
    if not _is_enough(rule, direction, present.value - baseline, present, chosen):
        return Judgement(Verdict.UNKNOWN, figures, Reason.LOW_VOLUME)
    return figures, chosen


def choose_baseline(rule: Rule, period: Period, evidence: Evidence) -> list[Point]:
    """The values that make the baseline, newest first; none where there are too few."""
    choice = choice_by(rule, evidence.looked_back_from(period))
    chosen = [evidence.past[each] for each in baseline_periods(rule, period, evidence)]
    return chosen if choice is not None and len(chosen) >= choice.least else []


def baseline_of(rule: Rule, period: Period, evidence: Evidence) -> float | None:
    """What is usual of a series that can be judged: its baseline and floors are enough; else None."""
    chosen = choose_baseline(rule, period, evidence)
    if isinstance(evidence.present, Reason) or not chosen or not _median_reaches(chosen, rule.at_least):
        return None
    return median(point.value for point in chosen)


def baseline_periods(rule: Rule, period: Period, evidence: Evidence) -> list[Period]:
    """The periods whose values make the baseline, newest first, be they enough or not.

    Those in an alert of another rule, or on which the whole fleet had moved, are left out, unless too few
    remain: no rule, and no fleet, can blind another.
    """
    precedents = evidence.looked_back_from(period)
    choice = choice_by(rule, precedents)
    if choice is None:
        return []
    open_since = next((episode.since for episode in evidence.episodes if episode.until is None), None)
    usable = clean(candidates_by(rule, precedents, open_since), evidence.episodes)
    known = [each for each in usable if each in evidence.past]
    chosen = clean(known, (*evidence.others, *evidence.common))[: choice.most]
    return chosen if len(chosen) >= choice.least else known[: choice.most]


def _may_be_chance(
    rule: Rule, direction: Direction, period: Period, chosen: list[Point], evidence: Evidence
) -> bool:
    """Whether a ratio's change is within what chance and its own day-to-day noise explain, at 99 %.

    Where ratio and counts do not agree, the condition alone judges.
    """
    present = evidence.present
    if not rule.tests_significance or isinstance(present, Reason):
        return False
    now = counts_behind(rule, present)
    before = [pair for pair in (counts_behind(rule, point) for point in chosen) if pair]
    if now is None or not before or not is_consistent(present.value, *now):
        return False
    phi = dispersion_of(rule, period, evidence)
    return not is_beyond_chance(direction, *now, before, phi)


def dispersion_of(rule: Rule, period: Period, evidence: Evidence) -> float:
    """How much more than chance the ratio varies between the same weekdays; 1 is chance alone."""
    weeks = weeks_of_counts(rule, period, evidence)
    wholes = [whole for _, whole in weeks]
    size = sum(wholes) / len(wholes) if wholes else 0.0
    expected = expected_overdispersion(evidence.fleet.correlation, size)
    return shrunk(overdispersion(weeks), len(weeks), expected)


def weeks_of_counts(rule: Rule, period: Period, evidence: Evidence) -> list[Counts]:
    """The counts behind a ratio on the same weekdays, outside all episodes."""
    before = evidence.looked_back_from(period).of
    usable = clean(same_weekdays(rule, before), (*evidence.episodes, *evidence.others))
    points = (evidence.past[each] for each in usable if each in evidence.past)
    return [pair for pair in (counts_behind(rule, point) for point in points) if pair]


def counts_behind(rule: Rule, point: Point) -> tuple[float, float] | None:
    """The counts that a ratio is made of, where both are known and make one."""
    if rule.metric.of is None:
        return None
    part, whole = (point.counts.get(column) for column in rule.metric.of)
    if part is None or not whole or not 0 <= part <= whole:
        return None
    return part, whole


def along(direction: Direction, change: float) -> float:
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


def _is_enough(
    rule: Rule, direction: Direction, change: float, present: Point, chosen: Sequence[Point]
) -> bool:
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


def _median_reaches(points: Sequence[Point], floors: tuple[tuple[str, float], ...]) -> bool:
    return all(median(point.counts.get(column) or 0 for point in points) >= floor for column, floor in floors)


def _shown_counts(rule: Rule, point: Point) -> tuple[tuple[str, float], ...]:
    columns = dict.fromkeys((*(rule.metric.of or ()), *(column for column, _ in rule.at_least)))
    known = ((column, point.counts.get(column)) for column in columns if column != rule.metric.name)
    return tuple((column, count) for column, count in known if count is not None)
