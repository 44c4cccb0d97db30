"""How a verdict came about, step by step: what was compared with what, and every guard in between. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Unit
from smartapp_watch.rules.baseline import choice_of, clean
from smartapp_watch.rules.interval import difference_interval, is_beyond_chance, is_consistent
from smartapp_watch.rules.judge import (
    LEAST_OF_HOLIDAY,
    Evidence,
    Point,
    baseline_periods,
    counts_behind,
    dispersion_of,
    score_among,
)
from smartapp_watch.rules.precedent import candidates_by, choice_by
from smartapp_watch.rules.rule import Change, Direction, Rule, Unusual
from smartapp_watch.rules.score import ASSUMED_NOISE, LEAST_BASELINE


@dataclass(frozen=True, slots=True)
class Candidate:
    """A period that the present might be compared with; ``why_not``: empty where it is in the baseline."""

    period: Period
    value: float | None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Guard:
    """A floor of ``at_least``; ``side``: whether it is about the present or the baseline (its median)."""

    column: str
    floor: float
    side: str
    value: float

    @property
    def is_met(self) -> bool:
        """Whether there is enough to judge."""
        return self.value >= self.floor


@dataclass(frozen=True, slots=True)
class Significance:
    """Whether a ratio moved by more than chance; shares and bounds of their difference in per cent.

    ``dispersion``: how many times the variance of counting alone. ``consistent``: whether the counts make
    the ratio; where they do not, the condition alone judges.
    """

    share: float
    baseline_share: float
    low: float
    high: float
    dispersion: float
    consistent: bool
    beyond_chance: bool


@dataclass(frozen=True, slots=True)
class Scored:
    """How unusual a value is: ``score`` spreads from the median; ``cut``: from where on it is a breach, in a
    fleet perhaps more than the ``own`` score of the rule."""

    score: float
    spread: float
    cut: float
    noise: float
    own: float


@dataclass(frozen=True, slots=True)
class Account:
    """Everything a verdict rests on. ``least``: how many baseline values are needed."""

    candidates: tuple[Candidate, ...] = ()
    least: int = 0
    guards: tuple[Guard, ...] = ()
    significance: Significance | None = None
    scored: Scored | None = None


def account_for(
    rule: Rule, period: Period, evidence: Evidence, unusable: Mapping[Period, str] | None = None
) -> Account:
    """How the rule's verdict at ``period`` comes about; ``unusable``: why candidates have no value."""
    found = tuple(_candidates(rule, period, evidence, unusable or {}))
    chosen = [evidence.past[each.period] for each in found if not each.why_not]
    choice = choice_by(rule, evidence.looked_back_from(period))
    if not isinstance(evidence.present, Point):
        return Account(found, choice.least if choice else 0)
    return Account(
        found,
        choice.least if choice else 0,
        tuple(_guards(rule, evidence.present, chosen)),
        _significance(rule, period, evidence, evidence.present, chosen),
        _score(rule, evidence, evidence.present, chosen),
    )


def _candidates(
    rule: Rule, period: Period, evidence: Evidence, unusable: Mapping[Period, str]
) -> Iterator[Candidate]:
    if choice_of(rule) is None:
        return
    open_since = next((each.since for each in evidence.episodes if each.until is None), None)
    everything = candidates_by(rule, evidence.looked_back_from(period), open_since)
    usable = set(clean(everything, evidence.episodes))
    among_all = set(clean(everything, evidence.common))
    undisturbed = among_all & set(clean(everything, evidence.others))
    chosen = baseline_periods(rule, period, evidence)
    for each in everything:
        point = evidence.past.get(each)
        if each in chosen:
            why_not = ""
        elif each not in usable:
            why_not = "own episode"
        elif point is None:
            why_not = unusable.get(each, "unknown")
        elif each not in undisturbed and undisturbed.issuperset(chosen):
            why_not = "another rule's episode" if each in among_all else "the whole fleet had moved"
        else:
            why_not = "newer ones are enough"
        yield Candidate(each, point.value if point else None, why_not)


def _guards(rule: Rule, present: Point, chosen: list[Point]) -> Iterator[Guard]:
    """The floors on the side that decides: the baseline of a drop, the present of a rise, both of a ratio."""
    of_ratio = rule.metric.unit is Unit.PERCENT
    compares = isinstance(rule.condition, Change | Unusual)
    falls = compares and bool(chosen) and _falls(rule, present, chosen)
    for column, floor in rule.at_least:
        if compares and chosen and (of_ratio or falls):
            usual = median(point.counts.get(column) or 0 for point in chosen)
            yield Guard(column, floor, "baseline", usual)
        if not falls or of_ratio:
            yield Guard(column, floor, "present", present.counts.get(column) or 0)


def _falls(rule: Rule, present: Point, chosen: list[Point]) -> bool:
    direction = rule.condition.direction if isinstance(rule.condition, Change | Unusual) else Direction.RISE
    if direction is not Direction.EITHER:
        return direction is Direction.DROP
    return present.value < median(point.value for point in chosen)


def _significance(
    rule: Rule, period: Period, evidence: Evidence, present: Point, chosen: list[Point]
) -> Significance | None:
    if not rule.tests_significance or not isinstance(rule.condition, Change):
        return None
    now = counts_behind(rule, present)
    before = [pair for pair in (counts_behind(rule, point) for point in chosen) if pair]
    if now is None or not before:
        return None
    part, whole = (sum(each) for each in zip(*before, strict=True))
    if not whole:
        return None
    dispersion = dispersion_of(rule, period, evidence)
    low, high = difference_interval(*now, part, whole, dispersion)
    return Significance(
        share=100 * now[0] / now[1],
        baseline_share=100 * part / whole,
        low=100 * low,
        high=100 * high,
        dispersion=dispersion,
        consistent=is_consistent(present.value, *now),
        beyond_chance=is_beyond_chance(rule.condition.direction, *now, before, dispersion),
    )


def _score(rule: Rule, evidence: Evidence, present: Point, chosen: list[Point]) -> Scored | None:
    own = rule.condition.score if isinstance(rule.condition, Unusual) else 0.0
    noise = evidence.fleet.noise
    if evidence.is_of_holiday and chosen:
        own, noise = max(own, LEAST_OF_HOLIDAY), max(noise, ASSUMED_NOISE)
    elif not own or len(chosen) < LEAST_BASELINE:
        return None
    found = score_among(rule, present, chosen, evidence)
    return Scored(found.score, found.spread, max(own, evidence.fleet.cut), noise, own)
