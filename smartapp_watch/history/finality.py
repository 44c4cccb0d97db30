"""For whom the values of a rule's periods are final, asked of a whole set of mini-programs at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from smartapp_watch.history.knowledge import Knowledge
from smartapp_watch.history.reading_log import Arrivals, Awaited, CellKey
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.rule import Rule, Where
from smartapp_watch.rules.verdict import Reason

Arrived = dict[Period, dict[str, Arrivals]]
"""How far each period came, by scene."""

_NOBODY = Arrivals(set(), set(), set(), set())


@dataclass
class Finality:
    """What is known as of ``now`` of a rule's cell ``nth`` (1 where there is none) of these mini-programs.

    ``arrived``: what was found out; rules on the same cell and mini-programs may share it.
    """

    knowledge: Knowledge
    horizon: Horizon
    rule: Rule
    nth: int
    ids: list[int | None]
    now: datetime
    arrived: Arrived = field(default_factory=dict)
    _complete: dict[Period, set[int | None]] = field(default_factory=dict)

    def ready(self, among: set[int | None], period: Period) -> set[int | None]:
        """Those for whom the period is a step: its value is final, or nobody waits for it any longer."""
        if self.horizon.is_given_up(period, self.nth, self.now):
            return set(among)
        return among & self.complete(period)

    def complete(self, period: Period) -> set[int | None]:
        """Those for whom everything is final that the period's value is made of."""
        found = self._complete.get(period)
        if found is None:
            arrived = [each for day in days_of(self.rule, period) for each in self.arrivals(day).values()]
            found = set.intersection(*(each.final for each in arrived))
            if self.nth > 1:
                found = found & self._with_cell(period)
            self._complete[period] = found
        return found

    def may_become_final(self, among: set[int | None], period: Period) -> set[int | None]:
        """Those with values that are not final, or with a cell that is missing from final ones.

        A period without values needs no such mark: that they came is on record.
        """
        if self.nth > 1:
            return among - self.complete(period)
        return among & self.provisional(days_of(self.rule, period))

    def provisional(self, periods: Iterable[Period]) -> set[int | None]:
        """Those with values of one of the periods that are not final."""
        arrived = (each for period in self._stored(periods) for each in self.arrivals(period).values())
        return set().union(*(each.provisional for each in arrived))

    def doubtful(self, periods: Iterable[Period]) -> set[int | None]:
        """Those of whom not everything that is stored of these periods is known."""
        arrived = (each for period in self._stored(periods) for each in self.arrivals(period).values())
        return set().union(*(each.doubtful for each in arrived))

    def is_final(self, app_id: int | None, scene: str, period: Period) -> bool:
        """Whether what was read of the period is final: a value, or that there is none."""
        return app_id in self.arrivals(period).get(scene, _NOBODY).final

    def why_not(self, app_id: int | None, scene: str, period: Period) -> Reason:
        """Why nothing that was read of the period is final."""
        arrived = self.arrivals(period).get(scene, _NOBODY)
        if app_id not in arrived.final | arrived.provisional | arrived.empty:
            return Reason.NOT_FETCHED
        if self._is_unripe(period):
            return Reason.UNRIPE
        return Reason.PROVISIONAL if app_id in arrived.provisional else Reason.ABSENT

    def provisional_cells(self, periods: Sequence[Period], app_ids: list[int] | None) -> set[CellKey]:
        """The cells that were read too early, and that no reading since has had a value for."""
        if not self.doubtful(periods):
            return set()
        found = self.knowledge.unconfirmed(self.rule.table, periods, app_ids)
        settled = {str(period): self.horizon.final_from(period, self.nth) for period in periods}
        return {cell for cell, read_at in found.items() if read_at < settled[cell[1]]}

    def read_ahead(self, periods: Sequence[Period]) -> None:
        """Ask how all of these came at once. As to figures, everybody is in doubt, then."""
        arrived = {
            period: {scene: Arrivals(set(), set(), set(), set()) for scene in self.scenes}
            for period in periods
        }
        for scene in self.scenes:
            readings = self.knowledge.maturity(self.rule.table, periods, scene, self._app_ids)
            for (app_id, _), reading in readings.items():
                found = arrived[reading.period][scene]
                is_final = self.horizon.is_final(reading.period, self.nth, reading.state)
                is_final = is_final and not self._is_unripe(reading.period)
                place = found.empty if not reading.rows else found.final if is_final else found.provisional
                place.add(app_id)
                found.doubtful.add(app_id)
        self.arrived.update(arrived)

    def arrivals(self, period: Period) -> dict[str, Arrivals]:
        """Of whom values came, by scene."""
        found = self.arrived.get(period)
        if found is None:
            found = self.arrived[period] = dict(self._ask(period))
        return found

    def forget_before(self, period: Period) -> None:
        """Give back the memory of earlier periods."""
        for each in [each for each in self._complete if each < period]:
            del self._complete[each]

    @cached_property
    def scenes(self) -> tuple[str, ...]:
        """The scenes whose readings decide: those that ``where`` names, else all scenes together."""
        if not self.rule.table.report.of_platform:
            return ("",)
        named = [
            pattern for where in self.rule.where if where.column == "scene" for pattern in where.patterns
        ]
        return tuple(named) or ("",)

    @cached_property
    def where(self) -> tuple[Where, ...]:
        """Which rows are meant."""
        cell = (Where("nth", (str(self.nth),)),) if self.nth > 1 else ()
        return (*self.rule.where, *cell)

    def _ask(self, period: Period) -> Iterator[tuple[str, Arrivals]]:
        since = self.horizon.final_from(period, self.nth)
        for scene in self.scenes:
            awaited = Awaited(self.rule.table, period, since, scene)
            found = self.knowledge.arrivals(awaited, self._app_ids)
            if len(found.final) == len(self._everybody):
                found = found._replace(final=self._everybody)  # one set for nearly all periods
            if self._is_unripe(period):
                found = found._replace(final=set(), provisional=found.final | found.provisional)
            yield scene, found

    def _stored(self, periods: Iterable[Period]) -> Iterator[Period]:
        """Those of the periods that anything may be stored of; before a history begins, that is a saving."""
        return (each for each in periods if each in self.arrived or (self.oldest and self.oldest <= each))

    @cached_property
    def oldest(self) -> Period | None:
        """The oldest period that anything was known of; None where nothing is."""
        return self.knowledge.oldest(self.rule.table)

    def _is_unripe(self, period: Period) -> bool:
        return period.closes(self.nth) > self.now

    def _with_cell(self, period: Period) -> set[int | None]:
        """Those with a final value in the cohort's cell."""
        metric = self.rule.metric.name
        provisional = self.provisional_cells([period], self._app_ids)
        return {
            row.app_id
            for row in self.knowledge.rows(self.rule.table, [period], [metric], self.where, self._app_ids)
            if row.values[0] is not None
            and (row.app_id, row.period, row.dimensions, metric) not in provisional
        }

    @cached_property
    def _everybody(self) -> set[int | None]:
        return set(self.ids)

    @cached_property
    def _app_ids(self) -> list[int] | None:
        return None if self.ids == [None] else numbers(self.ids)


def days_of(rule: Rule, period: Period) -> list[Period]:
    """The periods whose values are added up; the period alone, unless the rule has a window."""
    return [period.shift(-days) for days in range(rule.window)]


def numbers(app_ids: Iterable[int | None]) -> list[int]:
    """The mini-programs without the platform."""
    return [each for each in app_ids if each is not None]
