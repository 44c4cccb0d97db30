"""How soon pages answer: BENCH_APPS mini-programs (10,000) with 60 days, while the daemon polls and at rest.

The pages are served by a process that polls meanwhile, 20 calls a second as the settings have it; the
simulated API is another process, and the visitor this one, on one connection. Of each page every visit is
of another mini-program, and so of no page that was made before. Then they are asked while a backtest runs.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from statistics import quantiles

from bench.fleet import NOW, fill
from smartapp_watch.api.access_token import AccessToken
from smartapp_watch.api.client import Client
from smartapp_watch.clock import frozen
from smartapp_watch.config.load import load
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.history.database import open_history
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.plan import Target
from smartapp_watch.poll import Poll, plan
from smartapp_watch.poll import Source as PollSource
from smartapp_watch.serving import Server
from smartapp_watch.shipped_files import shipped
from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.world import World
from smartapp_watch.stopping import Stop
from smartapp_watch.watch import Watch
from smartapp_watch.web.pages import Pages, application
from smartapp_watch.web.source import Source

APPS = int(os.environ.get("BENCH_APPS", "10000"))
DAYS, VISITS = 60, 100
REPORTS = ("user_trend", "activity_user", "retained_user")
CALLS_A_SECOND = 20

SETTINGS = """
apps_file = "apps.csv"
rules = "rules"
[poll]
reports = ["user_trend", "activity_user", "retained_user"]
[platform]
access_token = "a token"
"""

LATER = NOW + timedelta(days=1)
"""When it polls: nothing of a day is there yet."""

_Path = Callable[[Random], str]
PAGES: dict[str, _Path] = {
    "overview": lambda _: "/",
    "list": lambda chance: f"/apps?q={chance.randint(1, APPS)}",
    "app, 28 days": lambda chance: f"/apps/{chance.randint(1, APPS)}",
    "app, 90 days": lambda chance: f"/apps/{chance.randint(1, APPS)}?days=90",
    "status": lambda _: "/status",
}


def main() -> None:
    """Print the median and the 95th percentile of each page: at rest, in a poll, in a backtest."""
    with tempfile.TemporaryDirectory() as folder, _process(_simulate) as api:
        path = Path(folder)
        started = time.monotonic()
        _prepare(path)
        print(f"{APPS:,} mini-programs, {DAYS} days, made in {time.monotonic() - started:.0f} s")
        with _process(_serve, path, api.recv()) as pages:
            visitor = HTTPConnection("127.0.0.1", pages.recv(), timeout=120)
            started = time.monotonic()
            _visit(visitor, "/")
            print(f"the first page after a start: {1000 * (time.monotonic() - started):.0f} ms")
            _measure(visitor, pages, "at rest")
            pages.send("poll")
            _measure(visitor, pages, "while it polls")
            _visit(visitor, "/rules")
            _measure(visitor, pages, "while it polls, and replays 60 days for the page of rules")


def _measure(visitor: HTTPConnection, server: Connection, when: str) -> None:
    chance = Random(7)
    print(when)
    for name, path in PAGES.items():
        before = _cpu(server)
        times = [_visit(visitor, path(chance)) for _ in range(VISITS)]
        spent, cuts = _cpu(server) - before, quantiles(times, n=20)
        print(
            f"  {name:13} median {cuts[9]:5.1f} ms, 95 % under {cuts[18]:5.1f} ms; "
            f"the process spent {1000 * spent / VISITS:5.1f} ms on each"
        )


def _cpu(server: Connection) -> float:
    """Seconds of processor time that the serving process took until now."""
    server.send("cpu")
    return float(server.recv())


def _visit(visitor: HTTPConnection, path: str) -> float:
    """Milliseconds from the question to the last byte of the answer."""
    started = time.perf_counter()
    visitor.request("GET", path)
    answer = visitor.getresponse()
    answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status}")
    return 1000 * (time.perf_counter() - started)


def _prepare(folder: Path) -> None:
    """Settings, a filled history, and its newest day judged by the shipped rules of two reports."""
    (folder / "watch.toml").write_text(SETTINGS)
    rows = (f"{number},mini-program {number},group{number % 20}" for number in range(1, APPS + 1))
    (folder / "apps.csv").write_text("\n".join(("id,name,tags", *rows)) + "\n")
    (folder / "rules").mkdir()
    for name in ("traffic.toml", "retention.toml"):
        (folder / "rules" / name).write_text((shipped("rules") / name).read_text())
    config = load(folder / "watch.toml")
    with open_history(config.history.path) as history:
        fill(history, APPS, DAYS, REPORTS)
        history.polls.add(NOW, APPS, 0, 0)
        Watch(config, frozen(NOW)).evaluate(history)


def _serve(pipe: Connection, folder: Path, url: str) -> None:
    """Serve pages; poll from the word on."""
    config = load(folder / "watch.toml")
    server = Server(application(Pages(Source(lambda: config, frozen(LATER)))), "127.0.0.1", 0, "web")
    server.start()
    pipe.send(server.port)
    stop = Stop()
    polling = threading.Thread(target=_poll, args=(config, url, stop), daemon=True)
    while (word := pipe.recv()) != "stop":
        if word == "poll":
            polling.start()
        elif word == "cpu":
            pipe.send(time.process_time())
    stop.set()
    server.stop()


def _poll(config: WatchConfig, url: str, stop: Stop) -> None:
    table = TABLES["user_trend"]
    sources = [PollSource(Target(table, each.app.id), _token(each.app.id)) for each in config.apps]
    client = Client(url, requests_per_second=CALLS_A_SECOND)
    with open_history(config.history.path) as history:
        planned = plan(history, sources, Horizon(DAYS, timedelta(hours=9), 7), LATER)
        Poll(history, client, frozen(LATER), stop).run(planned)


def _token(number: int) -> AccessToken:
    return AccessToken(lambda: f"token-{number}")


def _simulate(pipe: Connection) -> None:
    apps = tuple(SimulatedApp(number, access_token=f"token-{number}") for number in range(1, APPS + 1))
    with Simulator(World(7, apps), frozen(LATER), latency=0.05) as simulator:
        pipe.send(simulator.url)
        pipe.recv()


@contextmanager
def _process(work: Callable[..., None], *arguments: object) -> Iterator[Connection]:
    """A process of its own that ends when it is told to; and the line to it."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=work, args=(there, *arguments))
    process.start()
    try:
        yield here
    finally:
        here.send("stop")
        process.join()


if __name__ == "__main__":
    main()
