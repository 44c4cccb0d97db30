"""What can be made to happen in a simulated world, to one app, from a day on or until another."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that happens to one app from ``first`` to ``last``, both included; None has no end."""

    app_id: int
    first: date
    last: date | None = field(default=None, kw_only=True)

    def covers(self, day: date) -> bool:
        """Whether it lasts on ``day``."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionDrop(Incident):
    """Cohorts of these days come back less, by ``factor``; on their ``nth`` day only, None on all."""

    factor: float
    nth: int | None = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LostRatioRise(Incident):
    """The share of lost users stands ``points`` percentage points higher."""

    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitRateRise(Incident):
    """Visits end on ``page`` more often, by ``points`` percentage points."""

    page: str
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersDrop(Incident):
    """New and returning users are fewer (or more) by ``factor``."""

    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUsersDrop(Incident):
    """New users are fewer (or more) by ``factor``; returning ones come as ever."""

    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLost(Incident):
    """Nobody comes from the source ``scene`` any more, and the app has so many users less."""

    scene: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFewer(Incident):
    """Users of one region, brand, network … or hour come less, by ``factor``, and the app has so many less.

    ``kind``: what a day is broken down by, a key of BREAKDOWNS, or ``hour`` with the number as ``value``.
    """

    kind: str
    value: str
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTimeDrop(Incident):
    """A session is shorter (or longer) by ``factor``."""

    factor: float


@dataclass(frozen=True, slots=True)
class AllZero(Incident):
    """The figures of these days are zeros, as when a batch was not done."""


@dataclass(frozen=True, slots=True)
class Stopped(Incident):
    """These days have no rows at all."""
