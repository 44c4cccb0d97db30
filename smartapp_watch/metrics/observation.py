"""What travels from the API to the history, and the mini-programs it is about."""

from __future__ import annotations

from dataclasses import dataclass

from smartapp_watch.metrics.period import Period, periods_between
from smartapp_watch.metrics.report import Table


@dataclass(frozen=True, slots=True)
class App:
    """A mini-program as the operator lists it."""

    id: int
    name: str = ""
    tags: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """Its name, or its number where it has none."""
        return self.name or str(self.id)


@dataclass(frozen=True, slots=True)
class Observation:
    """One row of a report, in the order of the table's columns.

    ``dimensions``: one value a dimension of the report (``""`` is the total). ``texts``: one a text column.
    ``values``: one a metric, in its unit; None where the API had no value (``"--"``).
    """

    period: Period
    dimensions: tuple[str | int, ...]
    texts: tuple[str | None, ...]
    values: tuple[int | float | None, ...]

    @property
    def has_value(self) -> bool:
        """Whether any metric has a value."""
        return any(value is not None for value in self.values)

    def holds_value(self, table: Table) -> bool:
        """Whether the row says anything of its own: any metric but those of the whole cohort has a value."""
        pairs = zip(table.report.metrics, self.values, strict=True)
        return any(value is not None and not metric.of_cohort for metric, value in pairs)


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of the API: the periods ``first`` to ``last`` of one table, for one app.

    ``app_id``: None for the platform's report, of which ``scene`` names one scene (``""``: all together).
    Where the table cannot be read by ranges, ``first`` and ``last`` lie in one day.
    """

    table: Table
    app_id: int | None
    first: Period
    last: Period
    scene: str = ""

    @property
    def periods(self) -> tuple[Period, ...]:
        """Every period that is asked for, in the order of time."""
        return tuple(periods_between(self.first, self.last))


@dataclass(frozen=True, slots=True)
class Reading:
    """A complete answer of the API: every row of every period of the query.

    ``notes``: what was odd about it, but acceptable.
    """

    query: Query
    observations: tuple[Observation, ...]
    notes: tuple[str, ...] = ()
