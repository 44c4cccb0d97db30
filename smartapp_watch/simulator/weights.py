"""How one app's users fall into parts, and what incidents make of that."""

from __future__ import annotations

import math
from collections.abc import Iterable

from smartapp_watch.simulator.chance import stream, wobble
from smartapp_watch.simulator.incidents import Incident, PartFewer
from smartapp_watch.simulator.vocabulary import ATTRIBUTES, BREAKDOWNS, HOURS


def usual_weights(seed: int, app_id: int, kind: str) -> dict[str, float]:
    """The app's own version of the usual weights, by value: no two apps have quite the same users.

    ``kind``: a key of BREAKDOWNS or ATTRIBUTES, or ``hour``; hours are the same for all.
    """
    if kind == "hour":
        return {str(hour): weight for hour, weight in enumerate(HOURS)}
    chance = stream(seed, app_id, kind)
    usual = BREAKDOWNS[kind] if kind in BREAKDOWNS else ATTRIBUTES[kind]
    return {name: weight * wobble(chance, 0.2) for name, weight in usual}


def weights_of(seed: int, app_id: int, kind: str, incidents: Iterable[Incident]) -> list[float]:
    """The weights on a day with these incidents, in the order of the vocabulary."""
    weights = usual_weights(seed, app_id, kind)
    for one in _of_parts(incidents):
        if one.kind == kind:
            weights[one.value] *= one.factor
    return list(weights.values())


def left_by_parts(seed: int, app_id: int, incidents: Iterable[Incident]) -> float:
    """The share of the usual users that come while parts of them come less."""
    left = 1.0
    for one in _of_parts(incidents):
        weights = usual_weights(seed, app_id, one.kind)
        left -= (1 - one.factor) * weights[one.value] / math.fsum(weights.values())
    return left


def _of_parts(incidents: Iterable[Incident]) -> list[PartFewer]:
    return [one for one in incidents if isinstance(one, PartFewer)]
