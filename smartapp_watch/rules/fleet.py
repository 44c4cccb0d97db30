"""What all series of a rule have in common at a period, and when that is an alert of its own. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import NormalDist, median

from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.rules.baseline import Episode
from smartapp_watch.rules.interval import fleet_correlation
from smartapp_watch.rules.judge import Evidence, Fleet, Point, along, baseline_of, weeks_of_counts
from smartapp_watch.rules.rule import Change, Direction, Rule, Unusual
from smartapp_watch.rules.score import fleet_noise, scatter_of
from smartapp_watch.rules.verdict import Figures, Judgement, Reason, Verdict

LEAST_SERIES = 200
"""So many mini-programs, and series that can be judged, are a fleet; fewer are judged each by itself."""
LEAST_OF_SAMPLE = 100
"""Under so many sampled series their median says little of the fleet's."""

FALSE_ALARMS = 5
"""Of an ``unusual`` rule: how many a period chance may bring about, in a fleet of any size."""
SHARE_IN_BREACH = 0.02
"""Where more of a fleet are in breach, something happened to the fleet."""

BREACHING, ELIGIBLE = "breaching", "eligible"
"""The counts of a fleet's alert: how many series are in breach, of how many that can be judged."""

_LEAST_WEEKS = 3
_BAND = 3.5
"""How many of its usual spreads from 1 a fleet may be before it counts as shifted."""
_LEAST_BAND = 0.05
_BAND_OF_HOLIDAY = 0.3
"""No year's holidays are like another's, and of few years nobody knows how much they differ."""
_A_WEEK = {Granularity.HOUR: 7 * 24, Granularity.DAY: 7, Granularity.WEEK: 1, Granularity.MONTH: 1}
_ONCE = 1.0
"""The deviation of a fleet's alert: always the same, so that it is never told of as worse."""

_Pair = tuple[Evidence, float]
"""A series that can be judged, and its baseline."""


@dataclass(slots=True)
class Shifts:
    """When a fleet was outside its band, as far as its periods were noted, in the order of time.

    ``most``: so many periods in a row may be no past of others; more of them are a new level. It is a week:
    of the same weekdays two in a row would tell nothing any more of how far a fleet goes up and down.
    """

    most: int
    _since: list[Period] = field(default_factory=list)
    _over: list[Episode] = field(default_factory=list)

    @classmethod
    def of(cls, rule: Rule) -> Shifts:
        """Of a rule's fleet, none of whose periods is noted yet."""
        return cls(_A_WEEK[rule.every])

    def note(self, period: Period, fleet: Fleet) -> None:
        """Take in what the fleet had in common at the next period; nothing where it was no fleet."""
        if fleet.eligible < LEAST_SERIES:
            return
        if fleet.shift != 1:
            self._since.append(period)
        elif self._since:
            self._over.extend(self._present(period))
            self._since.clear()

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """The periods that are no past of others, if there are enough without them."""
        return (*self._over, *self._present(None))

    def _present(self, until: Period | None) -> list[Episode]:
        since = self._since
        return [Episode(since[0], until)] if since and len(since) <= self.most else []


def fleet_of(rule: Rule, period: Period, evidences: Sequence[Evidence], each_stands_for: float = 0) -> Fleet:
    """What these series have in common at ``period``, as far as the rule's condition asks for it.

    ``each_stands_for``: how many of a fleet's series one of the sample stands for; 0 where there is no fleet.
    """
    if rule.tests_significance:
        weeks = (weeks_of_counts(rule, period, evidence) for evidence in evidences)
        return Fleet(correlation=fleet_correlation(weeks))
    shift, eligible = 1.0, 0
    if rule.moves_with_fleet and each_stands_for:
        pairs = list(_eligible(rule, period, evidences))
        eligible = round(len(pairs) * each_stands_for)
        if len(pairs) >= LEAST_OF_SAMPLE and eligible >= LEAST_SERIES:
            shift = _shift(pairs)
    if not isinstance(rule.condition, Unusual):
        return Fleet(shift=shift, eligible=eligible)
    noise = fleet_noise(
        (evidence.present.value, shift * median(point.value for point in evidence.past.values()))
        for evidence in evidences
        if isinstance(evidence.present, Point) and evidence.past
    )
    cut = cut_of(eligible, rule.condition.direction) if eligible >= LEAST_SERIES else 0.0
    return Fleet(noise, shift=shift, cut=cut, eligible=eligible)


def cut_of(series: int, direction: Direction) -> float:
    """The score beyond which chance puts FALSE_ALARMS of so many series, at the most."""
    sides = 2 if direction is Direction.EITHER else 1
    return max(0.0, -NormalDist().inv_cdf(min(0.5, FALSE_ALARMS / sides / series)))


def judge_fleet(rule: Rule, fleet: Fleet, breaching: int) -> Judgement:
    """The verdict on the fleet itself; ``breaching``: how many of its series are in breach.

    A breach is a shift the way that the rule watches, or that too many are in breach.
    """
    if fleet.eligible < LEAST_SERIES or not isinstance(rule.condition, Change | Unusual):
        return Judgement(Verdict.UNKNOWN, reason=Reason.THIN_BASELINE)
    counts = ((BREACHING, float(breaching)), (ELIGIBLE, float(fleet.eligible)))
    figures = Figures(change_percent=None if fleet.shift == 1 else 100 * (fleet.shift - 1), counts=counts)
    shifted = along(rule.condition.direction, fleet.shift - 1) > 0
    if shifted or breaching > SHARE_IN_BREACH * fleet.eligible:
        return Judgement(Verdict.BREACH, figures, deviation=_ONCE)
    return Judgement(Verdict.CLEAR, figures)


def _eligible(rule: Rule, period: Period, evidences: Sequence[Evidence]) -> list[_Pair]:
    found = ((evidence, baseline_of(rule, period, evidence)) for evidence in evidences)
    return [(evidence, baseline) for evidence, baseline in found if baseline]


def _shift(pairs: Sequence[_Pair]) -> float:
    """How many times what is usual the fleet is at; 1 where that is within its own ups and downs."""
    now = median(
        evidence.present.value / baseline
        for evidence, baseline in pairs
        if isinstance(evidence.present, Point)
    )
    weeks: dict[Period, list[float]] = {}
    for evidence, baseline in pairs:
        for period, point in evidence.past.items():
            weeks.setdefault(period, []).append(point.value / baseline)
    usual = [median(ratios) for ratios in weeks.values() if 2 * len(ratios) >= len(pairs)]
    band = _BAND_OF_HOLIDAY if pairs[0][0].is_of_holiday else _LEAST_BAND
    if len(usual) >= _LEAST_WEEKS:
        band = max(band, _BAND * scatter_of(usual))
    elif band == _LEAST_BAND:
        return 1.0
    return now if now > 0 and abs(now - 1) > band else 1.0
