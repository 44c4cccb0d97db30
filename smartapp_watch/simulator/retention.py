"""How many of a cohort come back in its second to ninth day, week or month."""

from __future__ import annotations

import math
from datetime import datetime

from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.chance import binomial, stream
from smartapp_watch.simulator.figures import Figures
from smartapp_watch.simulator.incidents import RetentionDrop
from smartapp_watch.simulator.spans import Span, later
from smartapp_watch.simulator.world import World

CELLS = range(2, 10)
_AGAINST_A_DAY = {"day": 1.0, "week": 0.6, "month": 0.4}
_FADING = {"day": 0.45, "week": 0.7, "month": 0.8}


def retained(  # noqa: PLR0917 (it takes these six to say which cell is meant)
    world: World, app: SimulatedApp, gran: str, cohort: Span, nth: int, now: datetime
) -> int | None:
    """Who of the cohort came again in its ``nth`` period; None while that is not over or not known."""
    period = later(cohort, gran, nth - 1)
    if not world.published(period.last, now):
        return None
    came = world.over(app, cohort, now) or Figures()
    returned = world.over(app, period, now) or Figures()
    chance = stream(world.seed, app.id, "retained", gran, cohort, nth)
    count = binomial(chance, came.users, _rate(world, app, gran, cohort, nth), world.noise)
    return min(count, returned.old)


def _rate(world: World, app: SimulatedApp, gran: str, cohort: Span, nth: int) -> float:
    rate = app.retention * _AGAINST_A_DAY[gran] / math.pow(nth - 1, _FADING[gran])
    if gran != "day":
        return rate
    drops = (one for one in world.incidents(app, cohort.first) if isinstance(one, RetentionDrop))
    return rate * math.prod(one.factor for one in drops if one.nth in (nth, None))
