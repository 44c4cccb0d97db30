"""What a digest holds beside alerts: figures, what is missing of them, and how the service fared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Total:
    """One figure of the fleet, or of a mini-program, over a period.

    ``before``: the same over the period that it is compared with; ``comparable``: the part of ``value`` that
    ``before`` speaks of, since a mini-program that one of the periods knows nothing of must not look like a
    change. ``usual``: the median of four such periods before; ``usual_of``: the part of ``value`` that it
    speaks of. ``a_day``: a day's average; a user who came on two days would be counted twice in a sum.
    ``daily``: one value a day up to the last of the period, oldest first; None where nothing is known of the
    day. Of a mini-program only where it is shown.
    """

    metric: str
    value: float | None
    before: float | None = None
    daily: tuple[float | None, ...] = ()
    comparable: float | None = None
    a_day: bool = False
    usual: float | None = None
    usual_of: float | None = None

    @property
    def change_percent(self) -> float | None:
        """How far what can be compared moved, in per cent; None where nothing can."""
        return _percent(self.comparable, self.before)

    @property
    def from_usual_percent(self) -> float | None:
        """How far it is from what is usual, in per cent; None where nobody can say."""
        return _percent(self.usual_of, self.usual)


def _percent(now: float | None, before: float | None) -> float | None:
    return None if now is None or not before else 100 * (now - before) / before


@dataclass(frozen=True, slots=True)
class AppLine:
    """One mini-program in a digest: its totals over the period, how many of its days are known, how many
    alerts it has open, and of how many of its series there were near misses."""

    app_id: int
    name: str
    totals: tuple[Total, ...]
    days_known: int
    alerts: int = 0
    near_misses: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """Days that nothing is known of, and of whom: ``count`` mini-programs, some of them by ``names``.

    ``days``: as text, in the order of time. ``cause``: the kind of the error that the newest poll met (see
    :class:`~smartapp_watch.errors.ApiError`), or one of the words below.
    """

    days: tuple[str, ...]
    cause: str
    names: tuple[str, ...]
    count: int


UNPOLLED = "unpolled"
"""No figures are polled of it: it has no token, or the report is not among its own."""
EMPTY = "empty"
"""The API was read and had no figures."""
STOPPED = "stopped"
"""The newest poll ended before its plan did."""
NOT_READ = ""
"""The API was not read, and nobody knows why: it is too early, or the service was down."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Queries that brought nothing, for one reason: of ``count`` mini-programs, some of them by ``names``; of
    none where it is the platform's report. ``period``: as text, of several ``2026-11-19..2026-11-22``.
    ``kind``: the error's; ``message``: in the API's words."""

    report: str
    period: str
    kind: str
    message: str
    names: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How many alerts there are of each kind, how many :class:`Unread`, and how many series with near misses;
    a digest names some of them."""

    open: int = 0
    opened: int = 0
    closed: int = 0
    silenced: int = 0
    shadowed: int = 0
    flapping: int = 0
    unread: int = 0
    near_misses: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """How people answered the alerts that began in a period: ``acked`` of them, half of those within
    ``median_seconds`` of being told."""

    acked: int = 0
    median_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Polls:
    """The polls of a period: ``runs`` of them sent ``calls`` requests, ``retried`` of which were another try;
    ``failed`` queries brought nothing."""

    runs: int = 0
    calls: int = 0
    failed: int = 0
    retried: int = 0


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Messages that a receiver did not get: they wait, or were given up; ``error``: the newest, in the
    platform's words."""

    receiver: str
    count: int
    given_up: bool
    error: str


@dataclass(frozen=True, slots=True)
class ReceiverOff:
    """A receiver that gets nothing until somebody changes something."""

    name: str
    since: datetime
    error: str
