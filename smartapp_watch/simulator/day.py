"""How one day of one app comes about: the usual level, chance, and the incidents of the day."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date

from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.chance import stream, wobble
from smartapp_watch.simulator.figures import Figures
from smartapp_watch.simulator.holidays import day_factor
from smartapp_watch.simulator.incidents import (
    AllZero,
    Incident,
    NewUsersDrop,
    SessionTimeDrop,
    SourceLost,
    UsersDrop,
)
from smartapp_watch.simulator.vocabulary import SCENES
from smartapp_watch.simulator.weights import left_by_parts

_SETTLING_IN = 8  # days in which a new app's users turn from all new to the usual mixture


def make_day(
    seed: int,
    app: SimulatedApp,
    day: date,
    incidents: tuple[Incident, ...],
    *,
    noise: float,
    first_version: bool,
) -> Figures:
    """The app's figures of ``day``; as a ``first_version`` between 0.1 and 1 per cent too small."""
    if any(isinstance(one, AllZero) for one in incidents):
        return Figures()
    chance = stream(seed, app.id, day)
    level = app.users * day_factor(day) * wobble(chance, 0.045 * noise) * _level(incidents)
    level *= left_by_parts(seed, app.id, incidents)
    if first_version:
        level *= 1 - 0.01 * (0.1 + 0.9 * stream(seed, app.id, day, "correction").random())
    newness = min(1.0, _newness(app, day) * wobble(chance, 0.01 * noise))
    new = round(level * newness * _product(one.factor for one in incidents if isinstance(one, NewUsersDrop)))
    old = round(level * (1 - newness)) if day != app.created else 0
    more = (app.sessions_per_user - 1) * wobble(chance, 0.03 * noise)
    sessions = new + old + round((new + old) * more)
    seconds = app.seconds * wobble(chance, 0.025 * noise)
    seconds *= _product(one.factor for one in incidents if isinstance(one, SessionTimeDrop))
    return Figures(new, old, sessions, round(sessions * seconds))


def _level(incidents: tuple[Incident, ...]) -> float:
    everything = math.fsum(scene.weight for scene in SCENES)
    lost = {one.scene for one in incidents if isinstance(one, SourceLost)}
    missing = math.fsum(scene.weight for scene in SCENES if scene.id in lost)
    return _product(one.factor for one in incidents if isinstance(one, UsersDrop)) * (
        1 - missing / everything
    )


def _newness(app: SimulatedApp, day: date) -> float:
    if app.created is None:
        return app.new_share
    return app.new_share + (1 - app.new_share) * math.exp(-(day - app.created).days / _SETTLING_IN)


def _product(factors: Iterable[float]) -> float:
    return math.prod(factors)
