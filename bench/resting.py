"""What a daemon takes while it rests: 1,000 mini-programs, without extras and with all; and if a week grows.

The memory is that of a real ``smartapp-watch run`` after its first cycle, which tells of alerts through
Slack; with all extras, it draws charts, uses Apprise too, and has a port for metrics that was asked once.
The week is lived by another process, a cycle every two hours of the domain's time. The simulated world and
the receivers are a process of their own.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from shutil import copy
from urllib.request import urlopen

from smartapp_watch.clock import frozen
from smartapp_watch.config.load import load
from smartapp_watch.history.database import open_history
from smartapp_watch.memory import give_back, share_arenas
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.shipped_files import shipped
from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.inbox import SlackInbox
from smartapp_watch.simulator.incidents import UsersDrop
from smartapp_watch.simulator.loopback import Reply, Served
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.world import World
from smartapp_watch.watch import Watch

NOW = datetime(2026, 7, 20, 12, tzinfo=BEIJING)
APPS, ILL, DAYS = int(os.environ.get("BENCH_APPS", "1000")), 5, 7
BETWEEN = timedelta(hours=2)
GOAL_MB = 80

SETTINGS = """
[api]
base_url = "{api}"
requests_per_second = 1000
[poll]
schedule = "40 10 * * *"
reports = ["user_trend"]
history_days = 35
[[receivers]]
name = "ops"
kind = "slack"
channel = "#alerts"
token = {{ env = "SLACK" }}
api_url = "{slack}"
[[routes]]
receivers = {receivers}
[[digests]]
name = "daily"
period = "day"
schedule = "7 10 * * *"
receivers = ["ops"]
"""
EXTRAS = """
[[receivers]]
name = "phones"
kind = "apprise"
urls = [{{ env = "PHONES" }}]
[service]
metrics_port = {port}
"""
APP = """[[apps]]
id = {0}
name = "示例{0}"
access_token = {{ env = "TOKEN_{0}" }}
"""


@dataclass(frozen=True, slots=True)
class Use:
    """What a process has of the machine: memory in MB, open descriptors, threads."""

    memory: float
    descriptors: int
    threads: int

    @classmethod
    def of(cls, process: int | str = "self") -> Use:
        """What it has now."""
        place = Path("/proc") / str(process)
        rolled_up = (place / "smaps_rollup").read_text()
        found = re.search(r"^Rss:\s+(\d+) kB", rolled_up, re.MULTILINE)
        assert found is not None
        descriptors, threads = (len(list((place / folder).iterdir())) for folder in ("fd", "task"))
        return cls(int(found[1]) / 1024, descriptors, threads)


def main() -> None:
    """Print the memory of a daemon at rest, and how it, descriptors and threads grow within a week."""
    with tempfile.TemporaryDirectory() as name, _surroundings(Path(name)) as settings:
        _print_memory("no extra", *_rest(settings("plain")))
        port = _free_port()
        with_extras = settings("extras", port)
        _print_memory(f"all extras (goal {GOAL_MB} MB)", *_rest(with_extras, port))
        uses = in_a_process_of_its_own(with_extras, NOW + BETWEEN, DAYS * 12 - 1)
    days = [uses[number] for number in range(10, len(uses), 12)]
    for number, use in enumerate(days, start=1):
        print(f"day {number}: {use.memory:.1f} MB, {use.descriptors} descriptors, {use.threads} threads")
    later = days[1:]  # on the first day everything is imported, and what is kept comes to be
    print(
        f"growth a day: {slope(use.memory for use in later):+.2f} MB, "
        f"{slope(use.descriptors for use in later):+.2f} descriptors, "
        f"{slope(use.threads for use in later):+.2f} threads"
    )


def _print_memory(what: str, resting: Use, peak: float) -> None:
    print(f"{APPS} apps, {what}: {resting.memory:.1f} MB at rest, {peak:.1f} at the peak")


def live(settings: Path, first: datetime, cycles: int) -> Iterator[Use]:
    """So many cycles in this process, and what it has after each."""
    share_arenas()
    now = first
    watch = Watch(load(settings), lambda: now)
    for number in range(cycles):
        now = first + number * BETWEEN
        with open_history(watch.config.history.path) as history:
            watch.cycle(history)
        give_back()
        yield Use.of()


def in_a_process_of_its_own(settings: Path, first: datetime, cycles: int) -> list[Use]:
    """The same in a new process, in which nothing else is open."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_live, args=(there, settings, first, cycles)
    )
    process.start()
    there.close()
    try:
        found: list[Use] = here.recv()
    finally:
        process.join()
    return found


def slope(values: Iterable[float]) -> float:
    """By how much the values grow from one to the next, as the straight line through them does."""
    known: Sequence[float] = list(values)
    middle, mean = (len(known) - 1) / 2, sum(known) / len(known)
    spread = sum((at - middle) ** 2 for at in range(len(known)))
    return sum((at - middle) * (value - mean) for at, value in enumerate(known)) / spread


def _live(pipe: Connection, settings: Path, first: datetime, cycles: int) -> None:
    pipe.send(list(live(settings, first, cycles)))


def _rest(settings: Path, port: int | None = None) -> tuple[Use, float]:
    """What a daemon has after its first cycle, and its memory at the peak, in MB. Without a port for metrics
    it has no Pillow either."""
    hidden = "" if port else "import sys; sys.modules['PIL'] = None; "
    run = f"{hidden}from smartapp_watch.cli.main import main; main()"
    words = ("--config", str(settings), "--now", NOW.isoformat(), "run")
    with subprocess.Popen([sys.executable, "-c", run, *words], stderr=subprocess.PIPE, text=True) as daemon:
        assert daemon.stderr is not None
        for line in daemon.stderr:
            print(line.rstrip())
            if "cycle: " in line:
                break
        if port:
            with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                answer.read()
        time.sleep(2)
        use = Use.of(daemon.pid)
        status = Path(f"/proc/{daemon.pid}/status").read_text()
        daemon.terminate()
    peak = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    assert peak is not None
    return use, int(peak[1]) / 1024


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


@contextmanager
def _surroundings(folder: Path) -> Iterator[Callable[..., Path]]:
    """Makes settings in a folder of their own, with all extras where a port is named; the world and the
    receivers that they name are there."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,))
    server.start()

    def settings(name: str, port: int | None = None) -> Path:
        (folder / name / "rules").mkdir(parents=True)
        copy(shipped("rules") / "traffic.toml", folder / name / "rules")
        receivers = '["ops", "phones"]' if port else '["ops"]'
        extras = EXTRAS.format(port=port) if port else ""
        apps = "".join(APP.format(app.id) for app in _fleet())
        text = SETTINGS.format(api=api, slack=slack, receivers=receivers) + extras + apps
        path = folder / name / "watch.toml"
        path.write_text(text, encoding="utf-8")
        open_history(
            load(path).history.path
        ).close()  # a start but the first: that one loads sqlite-utils too
        return path

    try:
        api, slack, token, phones = here.recv()
        os.environ |= {"SLACK": token, "PHONES": phones}
        os.environ |= {f"TOKEN_{app.id}": app.access_token for app in _fleet()}
        yield settings
    finally:
        here.send("stop")
        server.join()


def _serve(pipe: Connection) -> None:
    last = NOW.date() + timedelta(days=DAYS)
    incidents = tuple(
        UsersDrop(app.id, day, last=day, factor=0.4)
        for number, app in enumerate(_fleet()[: ILL * DAYS])
        for day in [NOW.date() - timedelta(days=1) + timedelta(days=number // ILL)]
    )
    with ExitStack() as stack:
        world = World(7, _fleet(), incidents, begins=NOW.date() - timedelta(days=60))
        clock = frozen(datetime.combine(last, NOW.timetz()))
        simulator = stack.enter_context(Simulator(world, clock))
        slack = stack.enter_context(SlackInbox())
        phones = stack.enter_context(_Phones())
        pipe.send((simulator.url, slack.api_url, slack.token, phones.url))
        pipe.recv()


def _fleet() -> tuple[SimulatedApp, ...]:
    return tuple(SimulatedApp(number, users=3000) for number in range(1001, 1001 + APPS))


class _Phones(Served):
    """Takes whatever Apprise brings."""

    def __init__(self) -> None:
        super().__init__(lambda _: Reply(b"{}"))

    @property
    def url(self) -> str:
        return self._server.url.replace("http", "json", 1)


if __name__ == "__main__":
    main()
