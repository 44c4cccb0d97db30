"""How one day's figures fall into parts: by region, terminal, source, hour, page, habit and attribute."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from random import Random

from smartapp_watch.simulator.apps import Page, SimulatedApp
from smartapp_watch.simulator.chance import binomial, split, stream, wobble
from smartapp_watch.simulator.figures import Figures, PageFigures
from smartapp_watch.simulator.incidents import ExitRateRise, SourceLost
from smartapp_watch.simulator.vocabulary import HABITS, SCENES
from smartapp_watch.simulator.weights import weights_of
from smartapp_watch.simulator.world import World

_IN_TWO_SOURCES = 1.02
_USERS_PER_VIEW = 0.72
_USERS_PER_SESSION_OF_AN_HOUR = 0.94


def split_kind(
    kind: str, world: World, app: SimulatedApp, day: date, figures: Figures
) -> tuple[Figures, ...]:
    """One part for each region, brand, device …; ``kind`` is a key of BREAKDOWNS."""
    chance = stream(world.seed, app.id, day, kind)
    return _deal(
        chance, figures, weights_of(world.seed, app.id, kind, world.incidents(app, day)), world.noise
    )


def split_sources(world: World, app: SimulatedApp, day: date, figures: Figures) -> tuple[Figures, ...]:
    """One part for each of SCENES; some users come from two of them."""
    lost = {one.scene for one in world.incidents(app, day) if isinstance(one, SourceLost)}
    weights = [0.0 if scene.id in lost else scene.weight for scene in SCENES]
    old = min(round(figures.old * _IN_TWO_SOURCES), figures.sessions - figures.new)
    counted = Figures(figures.new, old, figures.sessions, figures.seconds)
    return _deal(stream(world.seed, app.id, day, "source"), counted, weights, world.noise)


def split_hours(world: World, app: SimulatedApp, day: date, figures: Figures) -> tuple[Figures, ...]:
    """One part for each of the 24 hours; who comes in two hours is counted in both."""
    chance = stream(world.seed, app.id, day, "hour")
    hours = weights_of(world.seed, app.id, "hour", world.incidents(app, day))
    new = split(chance, figures.new, hours, world.noise)
    others = split(chance, figures.sessions - figures.new, hours, world.noise)
    sessions = [first + further for first, further in zip(new, others, strict=True)]
    seconds = split(chance, figures.seconds, sessions, world.noise)
    return tuple(
        Figures(new[hour], round(_USERS_PER_SESSION_OF_AN_HOUR * others[hour]), sessions[hour], seconds[hour])
        for hour in range(24)
    )


def split_habit(kind: str, world: World, app: SimulatedApp, day: date, figures: Figures) -> tuple[int, ...]:
    """Sessions for each step of depth and time, users for each of interval and frequency."""
    chance = stream(world.seed, app.id, day, kind)
    weights = [weight for _, weight in HABITS[kind]]
    if kind == "interval":  # its first step is who came for the first time
        return (figures.new, *split(chance, figures.old, weights[1:], world.noise))
    count = figures.users if kind == "frequency" else figures.sessions
    return tuple(split(chance, count, weights, world.noise))


def split_users(kind: str, world: World, app: SimulatedApp, day: date, figures: Figures) -> tuple[int, ...]:
    """Users for each age, sex or interest; ``kind`` is a key of ATTRIBUTES."""
    chance = stream(world.seed, app.id, day, kind)
    return tuple(split(chance, figures.users, weights_of(world.seed, app.id, kind, ()), world.noise))


def split_pages(world: World, app: SimulatedApp, day: date, figures: Figures) -> tuple[PageFigures, ...]:
    """One part for each page. There are as many views as it takes for every session to end on some page."""
    chance = stream(world.seed, app.id, day, "page")
    rates = [_exit_rate(world, app, page, day) for page in app.pages]
    entered = _shares([page.entered for page in app.pages])
    seen = _shares([page.seen for page in app.pages])
    ended_at_once = math.fsum(share * rate for share, rate in zip(entered, rates, strict=True))
    ended_later = math.fsum(share * rate for share, rate in zip(seen, rates, strict=True))
    further = round(figures.sessions * max(0.0, 1 - ended_at_once) / ended_later)
    entries = split(chance, figures.sessions, entered, world.noise)
    views = [
        first + more for first, more in zip(entries, split(chance, further, seen, world.noise), strict=True)
    ]
    return tuple(
        PageFigures(
            views[index],
            min(figures.users, binomial(chance, views[index], _USERS_PER_VIEW, world.noise)),
            round(views[index] * page.seconds * wobble(chance, 0.03 * world.noise)),
            entries[index],
            binomial(chance, views[index], rates[index], world.noise),
        )
        for index, page in enumerate(app.pages)
    )


def _exit_rate(world: World, app: SimulatedApp, page: Page, day: date) -> float:
    points = math.fsum(
        one.points
        for one in world.incidents(app, day)
        if isinstance(one, ExitRateRise) and one.page == page.path
    )
    return min(1.0, max(0.0, page.exit_rate + points / 100))


def _deal(chance: Random, figures: Figures, weights: Sequence[float], noise: float) -> tuple[Figures, ...]:
    new = split(chance, figures.new, weights, noise)
    old = split(chance, figures.old, weights, noise)
    further = split(chance, figures.sessions - figures.users, weights, noise)
    sessions = [sum(parts) for parts in zip(new, old, further, strict=True)]
    seconds = split(chance, figures.seconds, [count * wobble(chance, 0.05 * noise) for count in sessions])
    return tuple(map(Figures, new, old, sessions, seconds))


def _shares(weights: Sequence[float]) -> list[float]:
    whole = math.fsum(weights)
    return [weight / whole for weight in weights]
