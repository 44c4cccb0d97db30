"""A history is filled with all ten reports, whatever the network and the machine do meanwhile."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from smartapp_watch.api.access_token import AccessToken
from smartapp_watch.api.client import Client
from smartapp_watch.history.database import History, open_history
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.metrics.plan import Target
from smartapp_watch.poll import Poll, PollResult, Source, plan
from smartapp_watch.simulator.apps import SimulatedApp, many_pages
from smartapp_watch.simulator.faults import FaultKind, Faults
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.world import World
from tests.scenarios.served import Cells, Key, Served, known, stored

NOW = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
FIRST, LAST = date(2026, 9, 24), date(2026, 11, 22)
HORIZON = Horizon(60, timedelta(hours=9), 7)


@pytest.fixture(scope="module")
def world() -> World:
    """Three mini-programs, one of which has more pages than the API serves at once."""
    apps = (
        SimulatedApp(101, "示例商城", 3000),
        SimulatedApp(102, "示例资讯", 900, pages=many_pages(45)),
        SimulatedApp(103, "示例地图", 120),
    )
    return World(7, apps, begins=date(2026, 5, 1))


@pytest.fixture(scope="module")
def served(world: World) -> dict[Key, Cells]:
    """Every cell that the world serves."""
    return known(Served(world, NOW, FIRST, LAST).rows())


@pytest.fixture
def simulator(world: World) -> Iterator[Simulator]:
    with Simulator(world, lambda: NOW) as running:
        yield running


def sources(simulator: Simulator) -> list[Source]:
    tokens = {app.id: AccessToken(partial(str, app.access_token)) for app in simulator.world.apps.values()}
    of_apps = [
        Source(Target(table, app), token)
        for app, token in tokens.items()
        for table in TABLES.values()
        if not table.report.of_platform
    ]
    platform = AccessToken(lambda: simulator.platform_token)
    return [*of_apps, Source(Target(TABLES["tp_data"], None), platform)]


def poll(history: History, simulator: Simulator, timeout: float = 5) -> PollResult:
    client = Client(simulator.url, requests_per_second=5000, timeout=timeout, backoff=0.01)
    try:
        runner = Poll(history, client, lambda: NOW, threading.Event(), concurrency=8)
        return runner.run(plan(history, sources(simulator), HORIZON, NOW))
    finally:
        client.close()


def assert_whole(path: Path, served: dict[Key, Cells]) -> None:
    found = stored(path)
    assert found.keys() == served.keys()
    assert {key: (found[key], cells) for key, cells in served.items() if found[key] != cells} == {}


def test_sixty_days_of_all_ten_reports_are_stored_as_they_were_served(
    path: Path, history: History, simulator: Simulator, served: dict[Key, Cells]
) -> None:
    result = poll(history, simulator)
    assert result.complete, result.failures[:3]
    assert_whole(path, served)
    again = poll(history, simulator)
    print(f"first poll: {result.calls} calls; second poll at the same time: {again.calls} calls")
    assert (again.planned, again.calls) == (0, 0)


def test_every_seventh_call_may_fail_in_ten_ways(
    path: Path, history: History, world: World, served: dict[Key, Cells]
) -> None:
    faults = Faults(7, tuple(FaultKind))
    assert len(FaultKind) == 10
    with Simulator(world, lambda: NOW, faults=faults) as simulator:
        for _ in range(10):
            result = poll(history, simulator, timeout=0.5)
            if result.complete:
                break
    assert result.complete, result.failures[:3]
    assert_whole(path, served)


def settings(folder: Path, simulator: Simulator) -> Path:
    apps = "\n".join(
        f'[[apps]]\nid = {app.id}\nname = "{app.name}"\naccess_token = {{ file = "token-{app.id}" }}'
        for app in simulator.world.apps.values()
    )
    for app in simulator.world.apps.values():
        (folder / f"token-{app.id}").write_text(app.access_token)
    (folder / "token-tp").write_text(simulator.platform_token)
    for name in folder.glob("token-*"):
        name.chmod(0o600)
    (folder / "rules").mkdir()
    reports = [
        name for name in dict.fromkeys(table.report.name for table in TABLES.values()) if name != "tp_data"
    ]
    file = folder / "watch.toml"
    file.write_text(
        f"""
[api]
base_url = "{simulator.url}"
requests_per_second = 1000
[platform]
access_token = {{ file = "token-tp" }}
[poll]
reports = {reports}
granularity = ["day", "hour", "week", "month"]
{apps}
"""
    )
    return file


def test_a_poll_that_is_killed_ten_times_is_finished_by_the_next(
    tmp_path: Path, world: World, served: dict[Key, Cells]
) -> None:
    chance = random.Random(11)
    with Simulator(world, lambda: NOW) as simulator:
        command = [
            sys.executable,
            *("-m", "smartapp_watch", "--config", str(settings(tmp_path, simulator))),
            *("--now", NOW.isoformat(), "poll"),
        ]
        for _ in range(10):
            started = simulator.calls
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            wanted = started + chance.randint(1, 250)
            while simulator.calls < wanted and process.poll() is None:
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
        finish = subprocess.run(command, capture_output=True, text=True, check=False)
        assert finish.returncode == 0, finish.stderr
        calls = simulator.calls
        with open_history(tmp_path / "history.db", read_only=True) as history:
            assert list(plan(history, sources(simulator), HORIZON, NOW)) == []
    assert_whole(tmp_path / "history.db", served)
    needed = one_poll_costs(tmp_path, world)
    print(f"one poll: {needed} calls; with ten kills: {calls} calls")
    assert calls <= needed + 10 * 8 * 6  # what was in flight, and one reading's calls each


def one_poll_costs(folder: Path, world: World) -> int:
    with Simulator(world, lambda: NOW) as simulator, open_history(folder / "other.db") as history:
        return poll(history, simulator).calls
