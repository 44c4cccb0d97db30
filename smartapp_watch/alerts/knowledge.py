"""What people know of an alert, what would be news to them, and what they are still owed. Pure.

Where every event was told, people know the state. Where some were held back, they know something else; then
what they are owed is the difference between the two, as one event.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from smartapp_watch.alerts.alert import OPEN, EventType, State
from smartapp_watch.alerts.silence import Hold


class Knowledge(StrEnum):
    """What people were told of an alert last. Nothing: also that it was withdrawn."""

    NOTHING = "nothing"
    OPEN = "open"
    OVER = "over"


_MAKES_KNOWN = {
    EventType.FIRE: Knowledge.OPEN,
    EventType.REOPEN: Knowledge.OPEN,
    EventType.WORSE: Knowledge.OPEN,
    EventType.STALE: Knowledge.OPEN,
    EventType.RESOLVE: Knowledge.OVER,
    EventType.CLOSED: Knowledge.OVER,
    EventType.RETRACT: Knowledge.NOTHING,
}

_NEWS_TO = {
    EventType.FIRE: (Knowledge.NOTHING, Knowledge.OVER),
    EventType.REOPEN: (Knowledge.OVER,),
    EventType.WORSE: (Knowledge.OPEN,),
    EventType.STALE: (Knowledge.OPEN,),
    EventType.RESOLVE: (Knowledge.OPEN,),
    EventType.CLOSED: (Knowledge.OPEN,),
    EventType.RETRACT: (Knowledge.OPEN, Knowledge.OVER),
}

_ENDED = {
    Hold.SILENCE: "silence ended",
    Hold.MAINTENANCE: "maintenance ended",
    Hold.SHADOW: "shadow ended",
    Hold.FLAPPING: "",
    Hold.SOURCE_LATE: "",
    Hold.FLEET: "fleet alert ended",
    Hold.UNKNOWN: "",
}


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of an alert on record; ``held``: why it was not told, None where it was."""

    type: EventType
    reason: str = ""
    held: Hold | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """What is to be told now, though it happened earlier."""

    type: EventType
    reason: str


def known(story: Iterable[Happened]) -> Knowledge:
    """What people know after everything that happened to an alert, oldest first."""
    told = [each.type for each in story if each.held is None]
    return _MAKES_KNOWN[told[-1]] if told else Knowledge.NOTHING


def is_news(knowledge: Knowledge, kind: EventType) -> bool:
    """Whether an event tells people something, given what they know."""
    return knowledge in _NEWS_TO[kind]


def owed(story: Iterable[Happened], state: State) -> Owed | None:
    """What people have to be told so that they know how an alert stands; None where they do."""
    story = tuple(story)
    held = _held_last(story)
    kind = _difference(known(story), state, {each.type for each in held})
    if kind is None:
        return None
    reason = next((each.reason for each in reversed(held) if each.type is kind), "")
    if kind is EventType.FIRE or not reason:
        reason = next((_ENDED[each.held] for each in reversed(held) if each.held and _ENDED[each.held]), "")
    return Owed(kind, reason)


def _held_last(story: tuple[Happened, ...]) -> list[Happened]:
    """What was held back since something was told."""
    held: list[Happened] = []
    for each in story:
        held = [] if each.held is None else [*held, each]
    return held


def _difference(knowledge: Knowledge, state: State, held: set[EventType]) -> EventType | None:
    if state in (State.RETRACTED, State.PENDING, State.OK):
        return None if knowledge is Knowledge.NOTHING else EventType.RETRACT
    if state not in OPEN:
        end = EventType.RESOLVE if state is State.RESOLVED else EventType.CLOSED
        return end if knowledge is Knowledge.OPEN else None
    match knowledge:
        case Knowledge.NOTHING:
            return EventType.FIRE
        case Knowledge.OVER:
            return EventType.REOPEN
        case Knowledge.OPEN:
            now = {State.STALE: EventType.STALE, State.FIRING: EventType.WORSE}.get(state)
            return now if now in held else None
