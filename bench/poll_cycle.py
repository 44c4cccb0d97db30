"""A poll, storing included, against what its threads could do at best: concurrency / latency.

The simulated API runs in a process of its own, on the same cores, and takes 100 ms for each answer. The rate
limit is out of the way. CPU time is this process's alone. The history is new: each call brings 20 days.
Beside it, in the same run, calls whose answers are thrown away: http.client's, which are the floor, and those
of a session of requests a thread.
"""

from __future__ import annotations

import http.client
import multiprocessing
import resource
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import requests

from smartapp_watch.api.access_token import AccessToken
from smartapp_watch.api.client import Client
from smartapp_watch.clock import frozen
from smartapp_watch.history.database import open_history
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.metrics.plan import Target
from smartapp_watch.poll import Poll, Source, plan
from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.world import World

NOW = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
LATENCY, APPS = 0.1, 300
APP_LIST = tuple(SimulatedApp(number) for number in range(1, APPS + 1))


def main() -> None:
    """Print calls a second, their share of the ideal, and CPU time a call, for 8, 16 and 32 threads."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,))
    server.start()
    url = here.recv()
    try:
        _poll(url, 16)  # the simulated figures are made at the first call for them, and kept
        for threads in (8, 16, 32):
            for title, run in (("poll", _poll), ("http.client", _floor), ("requests", _sessions)):
                calls, seconds, cpu = run(url, threads)
                share = 100 * calls / seconds * LATENCY / threads
                print(
                    f"{threads} threads, {title}: {calls} calls, {calls / seconds:.0f}/s,"
                    f" {share:.0f} % of the ideal, {1000 * cpu / calls:.2f} ms CPU a call"
                )
    finally:
        here.send("stop")
        server.join()


def _floor(url: str, threads: int) -> tuple[int, float, float]:
    mine = threading.local()

    def ask(target: str, body: str) -> None:
        if not hasattr(mine, "connection"):
            mine.connection = http.client.HTTPConnection(urlsplit(url).netloc)
        mine.connection.request("POST", target, body, {"Content-Type": "application/x-www-form-urlencoded"})
        mine.connection.getresponse().read()

    return _bare(ask, threads)


def _sessions(url: str, threads: int) -> tuple[int, float, float]:
    mine = threading.local()

    def ask(target: str, body: str) -> None:
        if not hasattr(mine, "session"):
            mine.session = requests.Session()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        mine.session.post(url + target, body, headers=headers).json()

    return _bare(ask, threads)


def _bare(ask: Callable[[str, str], None], threads: int) -> tuple[int, float, float]:
    path = TABLES["user_trend"].report.path
    body = urlencode({"start_date": "20261103", "end_date": "20261122", "gran": "day", "start_index": 0})
    targets = [f"{path}?access_token={app.access_token}" for app in APP_LIST for _ in range(3)]
    started, before = time.perf_counter(), _cpu()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda target: ask(target, body), targets))
    return len(targets), time.perf_counter() - started, _cpu() - before


def _poll(url: str, threads: int) -> tuple[int, float, float]:
    sources = [Source(Target(TABLES["user_trend"], app.id), _token(app)) for app in APP_LIST]
    with tempfile.TemporaryDirectory() as folder, open_history(Path(folder) / "history.db") as history:
        planned = plan(history, sources, Horizon(60, timedelta(hours=9), 7), NOW)
        client = Client(url, requests_per_second=1_000_000)
        started, before = time.perf_counter(), _cpu()
        result = Poll(history, client, frozen(NOW), threading.Event(), threads).run(planned)
        seconds, cpu = time.perf_counter() - started, _cpu() - before
        client.close()
    if not result.complete:
        raise SystemExit(f"the poll failed: {result.stopped or result.failures[0].message}")
    return result.calls, seconds, cpu


def _token(app: SimulatedApp) -> AccessToken:
    return AccessToken(lambda: app.access_token)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _serve(pipe: Connection) -> None:
    with Simulator(World(7, APP_LIST), frozen(NOW), latency=LATENCY) as simulator:
        pipe.send(simulator.url)
        pipe.recv()
