"""A test of a rule, as it stands beside it: values in, states and events out."""

from __future__ import annotations

from dataclasses import dataclass

from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.notation import Cell
from smartapp_watch.rules.rule import Rule

ANY = "any"
"""A state that a test does not ask about."""


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One ``[[test]]``. ``values``: one a period, oldest first. ``counts``: other columns of the same row.

    ``start``: the first period. ``real_days``: whether the calendar's holidays count; without a written
    start every day is ordinary. ``expect``: the state after each period (``ANY``: whatever); empty where
    only ``expect_last``, the state at the end, or ``events`` (period and type, in order) are asked about;
    None is not asked about.
    """

    rule: Rule
    name: str
    values: tuple[Cell, ...]
    counts: tuple[tuple[str, tuple[float | None, ...]], ...]
    start: Period
    real_days: bool = False
    expect: tuple[str, ...] = ()
    expect_last: str = ""
    events: tuple[str, ...] | None = None
    file: str = ""
    line: int = 0

    @property
    def steps(self) -> int:
        """How many periods pass until the last value and the last correction are there."""
        corrections = [number + cell.after + 1 for number, cell in enumerate(self.values) if cell.after]
        return max([len(self.values), *corrections])
