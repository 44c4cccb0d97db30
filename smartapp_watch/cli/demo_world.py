"""The fleet that the demonstration and ``simulate`` show, and what happens to it on one day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from smartapp_watch.metrics.observation import App
from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.incidents import ExitRateRise, Incident, LostRatioRise, RetentionDrop
from smartapp_watch.simulator.world import World

FLEET = (App(15263713, "预约挂号"), App(15263714, "城市公交"), App(15263715, "菜谱大全"))
"""The mini-programs of ``simulate``, which has no settings."""

_SEED = 20261123
_USERS = (9000, 5200, 3100)
_PAGE = "pages/checkout/index"


def demo_world(apps: Sequence[App], incident: date) -> World:
    """A world in which the first of ``apps`` has a bad day at ``incident``, and the others a quiet year.

    On that day people leave from the checkout page, the users of the day before do not come back, and the
    share of lost users jumps.
    """
    simulated = tuple(
        SimulatedApp(app.id, app.name, users=_USERS[number % len(_USERS)]) for number, app in enumerate(apps)
    )
    return World(_SEED, simulated, _incidents(apps[0].id, incident))


def _incidents(app_id: int, day: date) -> tuple[Incident, ...]:
    return (
        RetentionDrop(app_id, day - timedelta(days=1), factor=0.5),
        LostRatioRise(app_id, day, points=1.8),
        ExitRateRise(app_id, day, page=_PAGE, points=22.0),
    )
