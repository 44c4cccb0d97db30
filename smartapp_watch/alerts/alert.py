"""An alert: the state of one rule on one series, its episodes, and what happens to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.rule import Severity
from smartapp_watch.rules.verdict import Figures


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


__all__ = [
    "OPEN",
    "Alert",
    "Dimensions",
    "Event",
    "EventType",
    "Figures",
    "State",
    "fleet_dimensions",
    "is_of_fleet",
]

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


_OF_FLEET = ("scope", "fleet")


def fleet_dimensions(dimensions: Dimensions = ()) -> Dimensions:
    """What the alert of a whole fleet has in place of a series' ``dimensions``: of these, the cell alone."""
    return (_OF_FLEET, *(each for each in dimensions if each[0] == "nth"))


def is_of_fleet(dimensions: Dimensions) -> bool:
    """Whether an alert with these dimensions is the whole fleet's."""
    return dimensions[:1] == (_OF_FLEET,)


@dataclass(frozen=True, slots=True)
class Alert:
    """One episode of a rule on a series: pending, open or over.

    ``id``: the history's number of it; 0 before it has one. ``app_id``: None for the platform, and for a
    whole fleet, which ``dimensions`` then name.
    ``period``: the newest judged; ``since``: the first in breach. ``texts``: the row's words (a page's
    path), pairs of (column, text). ``breaches``: periods in breach. ``clears``, ``unknowns``: clear periods
    that count towards its end, unknown verdicts in a row.
    ``told``: the deviation that people were last told of. ``reason``: why it was closed.
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
    clears: int = 0
    unknowns: int = 0
    told: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """A step of an alert that is told; ``sequence`` numbers the events of one type within an episode."""

    type: EventType
    alert: Alert
    reason: str = ""
    sequence: int = 1
    id: int = 0
