"""What came near to an alert in a digest's period: unusual for a series, though not for one of so many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field
from datetime import datetime

from smartapp_watch.alerts.alert import Alert, Dimensions, Event, EventType, State
from smartapp_watch.alerts.near_miss import NearMiss, Recurring, by_series
from smartapp_watch.alerts.notification import AlertNotice, NearMisses
from smartapp_watch.alerts.silence import Quiet, in_force, silenced_by
from smartapp_watch.clock import first_after
from smartapp_watch.digest.told import Told
from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.rules.rule import Rule, Unusual

RULES = 5
SERIES = 5
"""Of how many rules, and of how many series of each, something is said."""

_LAST_HOUR = 23


@dataclass(frozen=True, slots=True)
class Near:
    """The near misses of a digest: ``rules``, that with the strongest first, each with its strongest series;
    ``of_app``: how many series of each mini-program."""

    rules: tuple[NearMisses, ...]
    of_app: Counter[int | None]


def find_near_misses(told: Told) -> Near:
    """Those of series that had no alert in the period, and that nothing kept from being told.

    As of an alert, that is a silence or a maintenance window when they were judged first, or the shadow.
    """
    search = _Search(told, told.series())
    found = [(rule, series) for rule in told.scope.rules if (series := search.series_of(rule))]
    found.sort(key=lambda pair: -abs(pair[1][0].strongest.score))
    return Near(
        tuple(search.tell(rule, series) for rule, series in found),
        Counter(each.strongest.app_id for _, series in found for each in series),
    )


@dataclass(slots=True)
class _Search:
    """``alerted``: the series that had an alert; ``quiets``: what was in force, by moment."""

    told: Told
    alerted: Set[tuple[str, int | None, Dimensions]]
    quiets: dict[datetime, tuple[Quiet, ...]] = field(default_factory=dict)

    def series_of(self, rule: Rule) -> list[Recurring]:
        """The series of a rule, the strongest first."""
        if not isinstance(rule.condition, Unusual):
            return []
        known = self.told.history.alerts.near_misses.between(rule, *_span(self.told.period, rule.every))
        return by_series(each for each in known if self._is_told(rule, each))

    def tell(self, rule: Rule, series: list[Recurring]) -> NearMisses:
        """What is said of a rule's series."""
        return NearMisses(rule.name, tuple(self._notice(rule, each) for each in series[:SERIES]), len(series))

    def _is_told(self, rule: Rule, each: NearMiss) -> bool:
        app = self.told.apps.get(each.app_id or 0)
        return (
            app is not None
            and self.told.period.first <= each.period.last <= self.told.period.last
            and (rule.name, each.app_id, each.dimensions) not in self.alerted
            and silenced_by(self._in_force(each.at), rule, app) is None
        )

    def _in_force(self, at: datetime) -> tuple[Quiet, ...]:
        if at not in self.quiets:
            silences = self.told.history.silences.not_over(at)
            self.quiets[at] = in_force(silences, self.told.scope.maintenance, at, first_after)
        return self.quiets[at]

    def _notice(self, rule: Rule, series: Recurring) -> AlertNotice:
        """It is told of like an alert that began at its strongest, though it is none and has no number."""
        each = series.strongest
        like = Alert(
            id=0,
            rule=rule.name,
            app_id=each.app_id,
            dimensions=each.dimensions,
            state=State.OK,
            severity=rule.severity,
            since=each.period,
            period=each.period,
            figures=each.figures,
            texts=each.texts,
            breaches=series.periods,
        )
        return AlertNotice.of(rule, self.told.apps[each.app_id or 0], Event(EventType.FIRE, like))


def _span(period: Period, every: Granularity) -> tuple[Period, Period]:
    """The first and the last period of ``every`` that may end within ``period``."""
    first, last = (Period.containing(day, every) for day in (period.first, period.last))
    return first, last.shift(_LAST_HOUR) if every is Granularity.HOUR else last
