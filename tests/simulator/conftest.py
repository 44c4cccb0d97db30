"""A small world, and the two ways to ask it: as a function, and over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
import requests

from smartapp_watch.simulator.answers import Answers
from smartapp_watch.simulator.apps import SimulatedApp, many_pages
from smartapp_watch.simulator.call import PATHS, understand
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.spans import BEIJING
from smartapp_watch.simulator.world import World
from tests.simulator.asking import NEWS, SHOP, YOUNG, Ask, Send, parameters


@pytest.fixture
def now() -> datetime:
    """A Monday, when Sunday's figures have been there for two hours."""
    return datetime(2026, 11, 23, 9, 0, tzinfo=BEIJING)


@pytest.fixture
def apps() -> tuple[SimulatedApp, ...]:
    return (
        SimulatedApp(SHOP, "Sample Shop", 3000),
        SimulatedApp(NEWS, "Sample News", 900, pages=many_pages(45)),
        SimulatedApp(YOUNG, "Sample Young", 400, created=date(2026, 11, 2)),
    )


@pytest.fixture
def world(apps: tuple[SimulatedApp, ...]) -> World:
    return World(7, apps, begins=date(2026, 6, 1))


@pytest.fixture
def ask(world: World, now: datetime) -> Ask:
    """``ask(report, first, last, **parameters)``: the ``data`` of an answer, without HTTP."""

    def ask(
        report: str,
        first: date,
        last: date,
        *,
        app: int | None = SHOP,
        world: World = world,
        now: datetime = now,
        answers: Answers | None = None,
        **given: object,
    ) -> Any:
        app_id = None if report == "tp_data" else app
        call = understand(1, report, app_id, parameters(report, first, last, given))
        return (answers or Answers(world)).data(call, now)

    return ask


@pytest.fixture
def simulator(world: World, now: datetime) -> Iterator[Simulator]:
    with Simulator(world, lambda: now) as simulator:
        yield simulator


@pytest.fixture
def send() -> Iterator[Send]:
    """``send(simulator, report, **parameters)``: one request over HTTP, usually a right one."""
    with requests.Session() as session:

        def send(
            simulator: Simulator,
            report: str,
            first: date = date(2026, 11, 16),
            last: date = date(2026, 11, 22),
            *,
            token: str = "",
            method: str = "",
            in_query: bool = False,
            timeout: float = 5,
            **given: object,
        ) -> requests.Response:
            path = next(path for path, name in PATHS.items() if name == report)
            fields = parameters(report, first, last, dict(given))
            is_platform = report == "tp_data"
            token = token or (simulator.platform_token if is_platform else f"45.simulated.{SHOP}")
            query = {"access_token": token} if token != "none" else {}
            if in_query or is_platform:
                query, fields = {**query, **fields}, {}
            method = method or ("GET" if is_platform else "POST")
            return session.request(
                method, simulator.url + path, params=query, data=fields or None, timeout=timeout
            )

        yield send
