"""What all series of a rule have in common at a period. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from statistics import median

from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.interval import fleet_correlation
from smartapp_watch.rules.judge import Evidence, Fleet, Point, weeks_of_counts
from smartapp_watch.rules.rule import Rule, Unusual
from smartapp_watch.rules.score import fleet_noise


def fleet_of(rule: Rule, period: Period, evidences: Iterable[Evidence]) -> Fleet:
    """What these series have in common at ``period``, as far as the rule's condition asks for it."""
    if isinstance(rule.condition, Unusual):
        return Fleet(noise=fleet_noise(_values_and_baselines(evidences)))
    if rule.tests_significance:
        weeks = (weeks_of_counts(rule, period, evidence) for evidence in evidences)
        return Fleet(correlation=fleet_correlation(weeks))
    return Fleet()


def _values_and_baselines(evidences: Iterable[Evidence]) -> Iterator[tuple[float, float]]:
    for evidence in evidences:
        if isinstance(evidence.present, Point) and evidence.past:
            yield evidence.present.value, median(point.value for point in evidence.past.values())
