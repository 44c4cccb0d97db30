"""Calls that go wrong: the ten ways in which the API, or the way to it, has been seen to fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import count

from smartapp_watch.simulator.call import Call


class FaultKind(StrEnum):
    """One way to fail.

    The two that only a second reading can mend, NULL_DATA and DISAGREEING_PAGES, stand far from each other:
    in turn, they do not both hit one reading and its repetition.
    """

    SERVER_ERROR = "server_error"
    """HTTP 500 with a page of HTML."""
    HTML = "html"
    """HTTP 200 with a page of HTML."""
    NULL_DATA = "null_data"
    """errno 0 with ``data`` null."""
    CUT_OFF = "cut_off"
    """JSON that ends in the middle, with a matching Content-Length."""
    RESET = "reset"
    """The connection is reset instead of an answer."""
    TRICKLE = "trickle"
    """The answer comes byte by byte, slower than anyone waits."""
    EMPTY = "empty"
    """HTTP 200 with an empty body."""
    DISAGREEING_PAGES = "disagreeing_pages"
    """A page with a row twice, or with another ``total`` than the others, by turns."""
    BUSY = "busy"
    """errno 5000."""
    UNAVAILABLE = "unavailable"
    """error_code 2."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of a script's own."""

    body: bytes
    status: int = 200
    content_type: str = "application/json; charset=utf-8"

    @classmethod
    def of(cls, document: object, status: int = 200) -> Answer:
        """The document as JSON."""
        return cls(json.dumps(document, ensure_ascii=False).encode(), status)


Script = Callable[[Call], "Answer | FaultKind | None"]
"""What becomes of a call; None is the ordinary answer."""


class Faults:
    """Every ``every``-th call fails, in the ways of ``kinds`` in turn; 0 is never."""

    def __init__(self, every: int, kinds: tuple[FaultKind, ...] = tuple(FaultKind)) -> None:
        self._script = _in_turn(every, kinds)

    @classmethod
    def script(cls, script: Script) -> Faults:
        """Faults that a test decides on, call by call."""
        faults = cls(0)
        faults._script = script
        return faults

    def strike(self, call: Call) -> Answer | FaultKind | None:
        """What becomes of the call."""
        return self._script(call)


def _in_turn(every: int, kinds: tuple[FaultKind, ...]) -> Script:
    turns = count()
    calls = count(1)

    def strike(_: Call) -> FaultKind | None:
        if not every or next(calls) % every:
            return None
        return kinds[next(turns) % len(kinds)]

    return strike
