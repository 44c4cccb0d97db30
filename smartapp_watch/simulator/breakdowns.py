"""The parts of an app's days, added up over the days asked for; each day is dealt out once and remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import partial
from typing import Generic, TypeVar

from smartapp_watch.simulator import parts
from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.figures import Figures, PageFigures, added, over_days, pages_over_days
from smartapp_watch.simulator.vocabulary import ATTRIBUTES, BREAKDOWNS, HABITS
from smartapp_watch.simulator.world import World

Part = TypeVar("Part")


class _Remembered(Generic[Part]):
    def __init__(
        self, world: World, make: Callable[[World, SimulatedApp, date, Figures], tuple[Part, ...]]
    ) -> None:
        self._world = world
        self._make = make
        self._days: dict[tuple[int, date, bool], tuple[Part, ...]] = {}

    def columns(self, app: SimulatedApp, days: Iterable[date], now: datetime) -> list[tuple[Part, ...]]:
        """For each part, its figures on each of the known ones of ``days``."""
        known = ((day, self._world.figures(app, day, now)) for day in days)
        rows = [self._row(app, day, figures, now) for day, figures in known if figures is not None]
        return list(zip(*rows, strict=True))

    def _row(self, app: SimulatedApp, day: date, figures: Figures, now: datetime) -> tuple[Part, ...]:
        key = (app.id, day, self._world.is_first_version(day, now))
        if key not in self._days:
            self._days[key] = self._make(self._world, app, day, figures)
        return self._days[key]


class Breakdowns:
    """The parts of a world's days; every answer is empty where none of the days is known."""

    def __init__(self, world: World) -> None:
        self._kinds = {kind: _Remembered(world, partial(parts.split_kind, kind)) for kind in BREAKDOWNS}
        self._habits = {kind: _Remembered(world, partial(parts.split_habit, kind)) for kind in HABITS}
        self._users = {kind: _Remembered(world, partial(parts.split_users, kind)) for kind in ATTRIBUTES}
        self._sources = _Remembered(world, parts.split_sources)
        self._hours = _Remembered(world, parts.split_hours)
        self._pages = _Remembered(world, parts.split_pages)

    def kinds(self, kind: str, app: SimulatedApp, days: Iterable[date], now: datetime) -> list[Figures]:
        """The figures of each of BREAKDOWNS[kind], in that order."""
        return [over_days(column) for column in self._kinds[kind].columns(app, days, now)]

    def scenes(self, app: SimulatedApp, days: Iterable[date], now: datetime) -> list[Figures]:
        """The figures of each of SCENES, in that order."""
        return [over_days(column) for column in self._sources.columns(app, days, now)]

    def hours(self, app: SimulatedApp, days: Iterable[date], now: datetime) -> list[Figures]:
        """The figures of the 24 hours of the day, added up."""
        return [added(column) for column in self._hours.columns(app, days, now)]

    def pages(self, app: SimulatedApp, days: Iterable[date], now: datetime) -> list[PageFigures]:
        """The figures of each page of the app, in that order."""
        return [pages_over_days(column) for column in self._pages.columns(app, days, now)]

    def habits(self, kind: str, app: SimulatedApp, days: Iterable[date], now: datetime) -> list[int]:
        """The sessions or users in each of HABITS[kind]."""
        return [sum(column) for column in self._habits[kind].columns(app, days, now)]

    def attributes(self, kind: str, app: SimulatedApp, days: Iterable[date], now: datetime) -> list[int]:
        """The users in each of ATTRIBUTES[kind]."""
        return [sum(column) for column in self._users[kind].columns(app, days, now)]
