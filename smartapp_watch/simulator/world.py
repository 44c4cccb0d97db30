"""A seeded world: what the mini-programs' figures are on each day, and from when on they are known.

The same seed, app and day give the same figures, whatever else was asked before.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from threading import Lock

from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.chance import stream
from smartapp_watch.simulator.day import make_day
from smartapp_watch.simulator.figures import Figures, over_days
from smartapp_watch.simulator.incidents import Incident, LostRatioRise, Stopped
from smartapp_watch.simulator.spans import BEIJING, Span

_DAY = timedelta(days=1)
_NEVER_LOST_BEFORE = 60  # days; lost is who has not come for so long
_USERS_BEFORE = 50  # times the users of a day, that apps as old as the world have had before it


class Early(StrEnum):
    """What yesterday looks like before its figures are there."""

    ABSENT = "absent"
    DASHES = "dashes"


class World:
    """The mini-programs and everything that ever happens to them.

    A day's figures are ``available`` so long after its end, and with ``corrections`` they are up to one per
    cent too small until ``corrected`` after its end. ``noise`` scales all scatter: 1 is lifelike, 0 is none.
    """

    def __init__(
        self,
        seed: int,
        apps: tuple[SimulatedApp, ...],
        incidents: tuple[Incident, ...] = (),
        *,
        begins: date = date(2025, 1, 1),
        available: timedelta = timedelta(hours=7),
        early: Early = Early.ABSENT,
        corrections: bool = False,
        corrected: timedelta = timedelta(hours=14),
        noise: float = 1.0,
    ) -> None:
        self.seed = seed
        self.apps = {app.id: app for app in apps}
        self.begins = begins
        self.early = early
        self.noise = noise
        self._incidents = {app.id: tuple(one for one in incidents if one.app_id == app.id) for app in apps}
        self._available = available
        self._corrections = corrections
        self._corrected = corrected
        self._days: dict[tuple[int, date, bool], Figures | None] = {}
        self._ever: dict[int, list[int]] = {app.id: [] for app in apps}
        self._ever_lock = Lock()

    def incidents(self, app: SimulatedApp, day: date) -> tuple[Incident, ...]:
        """What happens to the app on ``day``."""
        return tuple(one for one in self._incidents[app.id] if one.covers(day))

    def published(self, day: date, now: datetime) -> bool:
        """Whether the figures of ``day`` can be had."""
        return now >= _end_of(day) + self._available

    def awaited(self, day: date, now: datetime) -> bool:
        """Whether ``day`` is over, but its figures cannot be had yet."""
        return _end_of(day) <= now and not self.published(day, now)

    def is_first_version(self, day: date, now: datetime) -> bool:
        """Whether what is served for ``day`` will still be corrected."""
        return self._corrections and now < _end_of(day) + self._corrected

    def last_change(self, now: datetime) -> datetime:
        """The newest moment up to ``now`` at which anything became known or was corrected."""
        midnights = (
            (datetime.combine((now - after).astimezone(BEIJING).date(), time(), BEIJING), after)
            for after in (timedelta(), self._available, self._corrected)
        )
        return max(midnight + after for midnight, after in midnights)

    def exists(self, app: SimulatedApp, day: date) -> bool:
        """Whether the app has a row for ``day`` at all."""
        return day >= self._created(app) and not any(
            isinstance(one, Stopped) for one in self.incidents(app, day)
        )

    def day(self, app: SimulatedApp, day: date, *, first_version: bool = False) -> Figures | None:
        """The app's figures of one day, whenever they are known; None where it has no row."""
        key = (app.id, day, first_version)
        if key not in self._days:
            self._days[key] = self._make_day(app, day, first_version)
        return self._days[key]

    def figures(self, app: SimulatedApp, day: date, now: datetime) -> Figures | None:
        """The app's figures of one day as they are known at ``now``; None where they are not."""
        if not self.published(day, now):
            return None
        return self.day(app, day, first_version=self.is_first_version(day, now))

    def known_days(self, app: SimulatedApp, span: Span, now: datetime) -> tuple[date, ...]:
        """The days of a range that have figures at ``now``."""
        return tuple(day for day in span.days if self.figures(app, day, now) is not None)

    def over(self, app: SimulatedApp, span: Span, now: datetime) -> Figures | None:
        """The figures of a range; None where nothing of it is known."""
        days = [one for day in span.days if (one := self.figures(app, day, now)) is not None]
        if not days:
            return None
        whole = over_days(days)
        # Who was new within the range and came back in it is no second user.
        old = min(whole.old, self.users_ever(app, span.first - _DAY, now))
        return Figures(whole.new, old, whole.sessions, whole.seconds)

    def rolling(self, app: SimulatedApp, day: date, length: int, now: datetime) -> Figures:
        """The figures of the ``length`` days up to ``day``."""
        return self.over(app, Span(day - (length - 1) * _DAY, day), now) or Figures()

    def users_ever(self, app: SimulatedApp, day: date, now: datetime) -> int:
        """How many users the app has ever had at the end of ``day``."""
        final = day
        while self.is_first_version(final, now):
            final -= _DAY
        recent = (self.figures(app, later, now) for later in Span(final + _DAY, day).days)
        return self._users_ever(app, final) + sum(one.new for one in recent if one is not None)

    def lost_users(self, app: SimulatedApp, day: date, now: datetime) -> int:
        """How many of them have not come in the last 60 days."""
        age = (day - self._created(app)).days
        if self._is_younger(app) and age <= _NEVER_LOST_BEFORE:
            return 0
        grown = 1 - math.exp(-(age - _NEVER_LOST_BEFORE) / 400) if self._is_younger(app) else 1.0
        drift = 0.4 * math.sin(stream(self.seed, app.id, "drift").random() * 7 + day.toordinal() / 29)
        points = sum(one.points for one in self.incidents(app, day) if isinstance(one, LostRatioRise))
        ever = self.users_ever(app, day, now)
        lost = round(ever * (grown * (app.lost_ratio + drift) + points) / 100)
        return max(0, min(lost, ever - self.rolling(app, day, 30, now).users))

    def _make_day(self, app: SimulatedApp, day: date, first_version: bool = False) -> Figures | None:
        if not self.exists(app, day):
            return None
        incidents = self.incidents(app, day)
        return make_day(self.seed, app, day, incidents, noise=self.noise, first_version=first_version)

    def _is_younger(self, app: SimulatedApp) -> bool:
        return app.created is not None and app.created >= self.begins

    def _created(self, app: SimulatedApp) -> date:
        return max(app.created or self.begins, self.begins)

    def _users_ever(self, app: SimulatedApp, day: date) -> int:
        before = 0 if self._is_younger(app) else _USERS_BEFORE * app.users
        age = (day - self._created(app)).days
        if age < 0:
            return before
        with self._ever_lock:
            sums = self._ever[app.id]
            while len(sums) <= age:
                # Not remembered: of years of days, a large fleet would fill the memory.
                figures = self._make_day(app, self._created(app) + len(sums) * _DAY)
                sums.append((sums[-1] if sums else before) + (figures.new if figures else 0))
            return sums[age]


def _end_of(day: date) -> datetime:
    return datetime.combine(day + _DAY, time(), BEIJING).astimezone(UTC)
