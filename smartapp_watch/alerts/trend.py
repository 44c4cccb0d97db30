"""How a series went before an alert, and what stands beside it, as far as a message shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trend:
    """How a series went, oldest first; the last is the period that an alert judged.

    ``values``: None where nothing is known. ``lows`` and ``highs``: between what each value would have been
    usual, None where too little is known to say; where a rule has a limit, both are the limit.
    """

    periods: tuple[str, ...]
    values: tuple[float | None, ...]
    lows: tuple[float | None, ...]
    highs: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """Another figure of the same series and period, with the median of the same weekdays before it."""

    metric: str
    value: float
    usual: float | None = None
