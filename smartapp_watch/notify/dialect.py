"""What the chat robots differ in, and what they have in common: a body of so many bytes. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.message import Picture, RobotMessage
from smartapp_watch.notify.text import ELLIPSIS
from smartapp_watch.notify.words import MORE

Payload = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a platform's error code stands for; see DeliveryError."""

    of_receiver: bool = True
    permanent: bool = False
    retry_after: float | None = None


USELESS = Refusal(permanent=True)
"""No message gets through until somebody changes the robot or the settings."""

UNFIT = Refusal(of_receiver=False, permanent=True)
"""This message will never be taken."""

UNKNOWN = Refusal(of_receiver=False)
"""Nobody knows: this message is tried again, and holds up no other."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One platform's robots.

    ``codes`` and ``words``: the keys of an answer's error code (0: taken) and of its words. ``refusals``:
    what the codes stand for. ``most``: how many messages it takes ``within`` so many seconds. ``payload``:
    the JSON of a message. ``sign``: address and JSON with a signature in them, of (address, JSON, secret,
    present time). ``picture``: the JSON of a picture that follows its message; None where none is taken.
    """

    platform: str
    codes: tuple[str, ...]
    words: tuple[str, ...]
    refusals: Mapping[int, Refusal]
    most: int
    within: float
    payload: Callable[[RobotMessage, Language], Payload]
    sign: Callable[[str, Payload, str, datetime], tuple[str, Payload]]
    picture: Callable[[Picture], Payload | None]


def write(payload: object) -> bytes:
    """JSON as it is posted: Chinese takes three bytes, not six; half a surrogate pair is a ``?``."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def fit(lines: Sequence[str], room: int, language: Language, end: str = "\n") -> str:
    """The lines, joined by ``end``, in at most ``room`` bytes of a JSON text.

    What there is no room for is dropped in whole lines, from the end, and a last line says how many. Of a
    first line that is too long by itself, the beginning is kept.
    """
    if size(end.join(lines)) <= room:
        return end.join(lines)
    for kept in range(len(lines) - 1, 0, -1):
        text = end.join((*lines[:kept], MORE.in_(language).format(len(lines) - kept)))
        if size(text) <= room:
            return text
    return cut_to(lines[0], room)


def cut_to(text: str, room: int) -> str:
    """``text`` in at most ``room`` bytes, cut between characters, with an ellipsis where it was cut."""
    if size(text) <= room:
        return text
    room -= size(ELLIPSIS)
    kept = 0
    for character in text:
        room -= size(character)
        if room < 0:
            break
        kept += 1
    return text[:kept].rstrip() + ELLIPSIS


def size(text: str) -> int:
    """The bytes of ``text`` within JSON: no fewer than it has by itself."""
    return len(write(text)) - len('""')
