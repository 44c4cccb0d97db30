"""An alert: the state of one rule on one series, its episodes, and what happens to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.rule import Severity


class State(StrEnum):
    """Where the fold of verdicts stands; the last three only end an episode."""

    OK = "ok"
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"
    STALE = "stale"
    RESOLVED = "resolved"
    RETRACTED = "retracted"
    CLOSED = "closed"


OPEN = (State.PENDING, State.FIRING, State.RECOVERING, State.STALE)
"""The states of an episode that is not over."""

Dimensions = tuple[tuple[str, str | int], ...]
"""The dimension values of a series, as pairs of (column, value) in the order of the table."""


class EventType(StrEnum):
    """What happened to an alert and is told."""

    FIRE = "fire"
    WORSE = "worse"
    RESOLVE = "resolve"
    STALE = "stale"
    RETRACT = "retract"
    REOPEN = "reopen"
    CLOSED = "closed"


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


@dataclass(frozen=True, slots=True)
class Alert:
    """One episode of a rule on a series: pending, open or over.

    ``id``: the history's number of it; 0 before it has one. ``app_id``: None for the platform.
    ``texts``: the row's words (a page's path), pairs of (column, text). ``breaches``: periods in breach.
    """

    id: int
    rule: str
    app_id: int | None
    dimensions: Dimensions
    state: State
    severity: Severity
    since: Period
    period: Period
    figures: Figures
    texts: tuple[tuple[str, str], ...] = ()
    breaches: int = 1


@dataclass(frozen=True, slots=True)
class Event:
    """A step of an alert that is told; ``sequence`` numbers the events of one type within an episode."""

    type: EventType
    alert: Alert
    reason: str = ""
    sequence: int = 1
    id: int = 0
