"""What a rule makes of one period of one series."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The outcome of judging a period. Unknown is neither clear nor zero: it says nothing."""

    BREACH = "breach"
    CLEAR = "clear"
    HOLD = "hold"
    UNKNOWN = "unknown"
    EXCLUDED = "excluded"


class Reason(StrEnum):
    """Why a verdict is unknown, or what kept a hold from being a breach, or a holiday from being judged."""

    ABSENT = "absent"
    """Asked for: there is no row, or it says "--"."""
    NOT_FETCHED = "not_fetched"
    PROVISIONAL = "provisional"
    """Read, but too early to be final."""
    UNRIPE = "unripe"
    """A retention cell whose period is not over."""
    LOW_VOLUME = "low_volume"
    THIN_BASELINE = "thin_baseline"
    NO_EARLIER_HOLIDAY = "no_earlier_holiday"
    """Of no earlier year is the same day of the holiday known, and the days before it."""
    UNDER_CUT = "under_cut"
    """A near miss: the rule's own score is reached, and its fleet's cut is not."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers behind a verdict, in the metric's unit.

    ``change``: value minus baseline (of a ratio: percentage points). ``change_percent``: of the baseline;
    None where that is 0 or unknown. ``counts``: pairs of (column, present value) of the counts behind the
    value: a ratio's part and whole, and the columns of ``at_least``.
    """

    value: float | None = None
    baseline: float | None = None
    change: float | None = None
    change_percent: float | None = None
    counts: tuple[tuple[str, float], ...] = ()

    @classmethod
    def against(cls, baseline: float, value: float, counts: tuple[tuple[str, float], ...] = ()) -> Figures:
        """A value beside what is usual."""
        change = value - baseline
        return cls(value, baseline, change, 100 * change / baseline if baseline else None, counts)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its numbers; ``reason`` is there where it is unknown, a near miss, or left out for it.

    ``deviation``: how far from what is usual, or beyond the limit; what "worse" is measured by. ``score``: of
    a near miss, how many of its usual spreads the value is away; below 0 where it is lower.
    """

    verdict: Verdict
    figures: Figures = Figures()
    reason: Reason | None = None
    deviation: float = 0.0
    score: float = 0.0
