"""A day of a fleet: its polls over real HTTP, judging, and messages into a Slack that is none.

BENCH_APPS mini-programs (1,000) with BENCH_DAYS (35) days of history that were judged, the default reports,
the shipped rules. Sixty of them are simulated, the others have the same figures under numbers of their own;
one of the sixty has a bad day. The API and Slack are another
process, which answers what it was asked before from memory. The day has three cycles: before the figures
settle, after, and one with nothing to do. Memory is that of the process that works as the daemon does.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from shutil import copytree, ignore_patterns
from typing import Any

from smartapp_watch.clock import frozen
from smartapp_watch.config.load import load
from smartapp_watch.history.database import History, open_history
from smartapp_watch.memory import give_back, share_arenas
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.metrics.report import Table
from smartapp_watch.shipped_files import shipped
from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.inbox import SlackInbox
from smartapp_watch.simulator.incidents import UsersDrop
from smartapp_watch.simulator.loopback import Reply, Request, Served
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.world import World
from smartapp_watch.watch import Watch

APPS, DAYS = int(os.environ.get("BENCH_APPS", "1000")), int(os.environ.get("BENCH_DAYS", "35"))
FIRST = 1001
MODELS = tuple(SimulatedApp(number, users=3000) for number in range(FIRST, FIRST + min(60, APPS)))
YESTERDAY = datetime(2026, 7, 21, 12, tzinfo=BEIJING)
CYCLES = tuple(YESTERDAY.replace(day=22, hour=hour, minute=7) for hour in (8, 9, 10))
GOAL_MB = 300

SETTINGS = """
apps_file = "apps.csv"
[platform]
app_access_token = {{ file = "tokens/{{app_id}}" }}
[api]
base_url = "{api}"
requests_per_second = 1000
concurrency = 16
[poll]
history_days = {days}
[[receivers]]
name = "ops"
kind = "slack"
channel = "#alerts"
token = {{ file = "tokens/slack" }}
api_url = "{slack}"
[[routes]]
receivers = ["ops"]
"""


def main() -> None:
    """Print what each cycle of the day did, and the most memory that it took."""
    with tempfile.TemporaryDirectory() as name, _world() as (api, slack, token):
        settings = _settle_in(Path(name), api, slack, token)
        print(f"{APPS:,} mini-programs, {DAYS} days of history; API and Slack on the same two cores")
        for step in (_fill, _live):
            process = multiprocessing.get_context("spawn").Process(target=step, args=(settings,))
            process.start()
            process.join()
            if process.exitcode:
                raise SystemExit(f"{step.__name__} failed")


def _fill(settings: Path) -> None:
    """The history up to yesterday, judged."""
    watch = Watch(load(settings), frozen(YESTERDAY))
    models = {app.id for app in MODELS}
    few = [each for each in watch.config.apps if each.app.id in models]
    with open_history(watch.config.history.path) as history:
        started = time.perf_counter()
        polled = Watch(replace(watch.config, apps=tuple(few)), watch.clock).poll(history)
        if not polled.complete:
            raise SystemExit(polled.stopped or polled.failures[0].message)
        print(f"{polled.calls:,} calls in {time.perf_counter() - started:.0f} s", flush=True)
        _multiply(history, watch.config.tables)
        told = len(watch.evaluate(history))
        size = watch.config.history.path.stat().st_size / 1e6
        print(f"filled in {time.perf_counter() - started:.0f} s: {size:.0f} MB, {told} alerts of before")


def _multiply(history: History, tables: Sequence[Table]) -> None:
    """Give everybody the history of the model that they are like."""
    connection = history._connection
    for first in range(FIRST + len(MODELS), FIRST + APPS, len(MODELS)):
        with history.transaction():
            for name in (*(table.name for table in tables), "readings"):
                columns = [row[1] for row in connection.select(f"PRAGMA table_info({name})")]
                values = [
                    f"app_id + {first - FIRST}" if each == "app_id" else f'"{each}"' for each in columns
                ]
                connection.execute(
                    f"INSERT INTO {name} SELECT {', '.join(values)} FROM {name} "
                    f"WHERE app_id BETWEEN {FIRST} AND {FIRST + min(len(MODELS), FIRST + APPS - first) - 1}"
                )
    history.analyze()


def _live(settings: Path) -> None:
    """The day's cycles."""
    share_arenas()
    config = load(settings)
    print(f"settings read: {_peak():.0f} MB")
    total = 0.0
    for now in CYCLES:
        watch = Watch(config, frozen(now))
        with open_history(config.history.path) as history:
            polled, polling = _timed(partial(watch.poll, history))
            events, judging = _timed(partial(watch.evaluate, history))
            told, telling = _timed(partial(watch.tell, history))
        give_back()
        if not polled.complete or told.retry or told.dead:
            raise SystemExit(polled.stopped or f"{polled.failures[:1]} {told}")
        total += polling + judging + telling
        print(
            f"{now:%H:%M}: {polled.calls:,} calls, {polled.rows:,} rows in {polling:.1f} s; "
            f"{len(events)} events in {judging:.1f} s; {told.messages} messages in {telling:.1f} s; "
            f"peak {_peak():.0f} MB",
            flush=True,
        )
    print(f"the day: {total:.0f} s, peak {_peak():.0f} MB (goal {GOAL_MB})")


def _timed(step: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    return step(), time.perf_counter() - started


def _peak() -> float:
    return getrusage(RUSAGE_SELF).ru_maxrss / 1024


def _settle_in(folder: Path, api: str, slack: str, token: str) -> Path:
    """Settings, rules and a token for each mini-program."""
    copytree(shipped("rules"), folder / "rules", ignore=ignore_patterns("platform.toml"))
    (folder / "tokens").mkdir()
    tokens = {str(number): f"45.simulated.{number}" for number in range(FIRST, FIRST + APPS)}
    for name, value in {**tokens, "slack": token}.items():
        (folder / "tokens" / name).write_text(value)
        (folder / "tokens" / name).chmod(0o600)
    lines = ["id,name", *(f"{number},示例{number}" for number in range(FIRST, FIRST + APPS))]
    (folder / "apps.csv").write_text("\n".join(lines), encoding="utf-8")
    settings = folder / "watch.toml"
    settings.write_text(SETTINGS.format(api=api, slack=slack, days=DAYS), encoding="utf-8")
    return settings


@contextmanager
def _world() -> Iterator[tuple[str, str, str]]:
    """The addresses of the API and of Slack, and Slack's token."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,))
    server.start()
    try:
        yield here.recv()
    finally:
        here.send("stop")
        server.join()


def _serve(pipe: Connection) -> None:
    with ExitStack() as stack:
        bad = (UsersDrop(FIRST, YESTERDAY.date(), last=YESTERDAY.date(), factor=0.4),)
        begins = YESTERDAY.date() - timedelta(days=DAYS + 10)
        simulator = Simulator(World(7, MODELS, bad, begins=begins), frozen(CYCLES[-1]))
        api = stack.enter_context(_Api(simulator))
        slack = stack.enter_context(SlackInbox())
        pipe.send((api.url, slack.api_url, slack.token))
        pipe.recv()


class _Api(Served):
    """The simulated API for the whole fleet; each answer is made once for all that have it."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._known: dict[Any, Reply] = {}
        super().__init__(self._respond)

    @property
    def url(self) -> str:
        return self._server.url

    def _respond(self, request: Request) -> Reply:
        number = int(request.query["access_token"].rpartition(".")[2])
        model = FIRST + (number - FIRST) % len(MODELS)
        key = (request.path, model, request.body)
        if key not in self._known:
            asked = replace(request, query={**request.query, "access_token": f"45.simulated.{model}"})
            self._known[key] = self._simulator._respond(asked)
        return self._known[key]


if __name__ == "__main__":
    main()
