"""What a rule looks back on from each period: which earlier ones, by which calendar, and how far. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.rules.baseline import candidates, choice_of, same_weekdays
from smartapp_watch.rules.calendar import Calendar
from smartapp_watch.rules.precedent import Precedents, candidates_by, precedents_of
from smartapp_watch.rules.rule import Rule
from smartapp_watch.rules.verdict import Judgement, Reason, Verdict


@dataclass(slots=True)
class Lookback:
    """One rule on a retention cell (``nth``; 1 where there is none), by one calendar.

    ``oldest``: tells the oldest period that anything is known of, if there is one. It is asked for holidays
    alone.
    """

    rule: Rule
    calendar: Calendar
    nth: int
    oldest: Callable[[], Period | None]
    _known: dict[Period, Precedents | None] = field(default_factory=dict)

    def excludes(self, period: Period) -> bool:
        """Whether a period is no past of ordinary ones; of a cohort, by its own day or that of its cell."""
        return self.calendar.excludes(period) or self.calendar.excludes(period.shift(self.nth - 1))

    def precedents(self, period: Period) -> Precedents | None:
        """Where the past of a period lies, as far as anything is known; None where it is left out."""
        if period not in self._known:
            found = precedents_of(self.rule, self.calendar, period, self.nth)
            if found and found.years:
                oldest = self.oldest()
                reached = tuple(each for each in found.years if oldest and oldest <= each.period)
                found = replace(found, years=reached)
            self._known[period] = found
        return self._known[period]

    def why_not(self, period: Period) -> Judgement | None:
        """The verdict on every series of a period that is not judged; None where it is."""
        found = self.precedents(period)
        if found is None:
            return Judgement(Verdict.EXCLUDED)
        if found.holiday and not found.years:
            return Judgement(Verdict.EXCLUDED, reason=Reason.NO_EARLIER_HOLIDAY)
        return None

    def candidates(self, period: Period, open_since: Period | None = None) -> tuple[Period, ...]:
        """The periods that one may be compared with, newest first, be anything known of them or not."""
        return candidates_by(self.rule, self._of(period), open_since)

    def past(self, period: Period, open_since: Period | None = None) -> Iterator[Period]:
        """Every period that what is known of this one is made of."""
        of = self._of(period)
        yield from candidates_by(self.rule, of, open_since)
        yield from same_weekdays(self.rule, of.of)
        if of.of != period:
            yield from candidates(self.rule, period, open_since)
            yield from same_weekdays(self.rule, period)
        for level in (of.level if of.years else (), *(each.level for each in of.years)):
            yield from level

    def kind(self, period: Period) -> tuple[int, int] | None:
        """What periods have in common that are compared with one another: the weekday and hour, or nothing.

        None of those that have no part in it: holidays, and what the calendar has left out.
        """
        found = self.precedents(period)
        if found is None or found.holiday:
            return None
        choice, of = choice_of(self.rule), found.of
        by_weekday = of.granularity in (Granularity.DAY, Granularity.HOUR)
        return (of.first.weekday(), of.hour) if choice and choice.weeks and by_weekday else (0, 0)

    def _of(self, period: Period) -> Precedents:
        return self.precedents(period) or Precedents(period)
