"""Whether the source itself is late, which one finds out by asking a few. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from smartapp_watch.metrics.observation import Reading
from smartapp_watch.metrics.plan import Errand

_APPS_UNTIL_SOURCE_IS_LATE = 50


@dataclass(slots=True)
class Lateness:
    """The source is late with a table when 50 mini-programs that had figures lately have no newest ones.

    One that is dead or new says nothing: it would have none from a source in time either.
    """

    _empty: Counter[str] = field(default_factory=Counter)
    _arrived: set[str] = field(default_factory=set)

    def see(self, errand: Errand, reading: Reading) -> None:
        """Take one answer into account."""
        awaited, table = errand.awaited, errand.query.table
        if awaited is None:
            return
        rows = (row for row in reading.observations if row.period.first == awaited.first)
        if any(row.holds_value(table) for row in rows):
            self._arrived.add(table.name)
        elif errand.lively:
            self._empty[table.name] += 1

    def narrow(self, errand: Errand) -> Errand | None:
        """What there is use in asking: without the newest figures where the source is late with them."""
        name = errand.query.table.name
        is_late = name not in self._arrived and self._empty[name] >= _APPS_UNTIL_SOURCE_IS_LATE
        if errand.awaited is None or not is_late:
            return errand
        return replace(errand, query=errand.rest, awaited=None, rest=None) if errand.rest else None
