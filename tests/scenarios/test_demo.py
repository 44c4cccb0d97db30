"""The demonstration does the whole job by itself, and only the sick mini-program is told of."""

from __future__ import annotations

import json
import re
import shlex
import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from smartapp_watch.cli.demo_world import FLEET
from smartapp_watch.cli.init import write_start
from smartapp_watch.config.load import load
from smartapp_watch.config.secret import Secret, SecretSource
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.history.database import open_history
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.world import World
from smartapp_watch.watch import Watch
from tests.cli.desk import NOW, Outcome, run_module

EXPECTED = {"page-exit-rate-rise", "next-day-retention-drop", "lost-ratio-spike"}
SICK = str(FLEET[0].id)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("place")


@pytest.fixture(scope="module")
def demo(place: Path) -> Outcome:
    """The demonstration, in an empty folder and with no environment to speak of."""
    started = time.monotonic()
    done = run_module("demo", "--out", "shown", folder=place)
    print(f"the demonstration took {time.monotonic() - started:.1f} s")
    return done


def test_it_works_without_network_tokens_and_questions(demo: Outcome) -> None:
    assert (demo.code, demo.err) == (0, "")
    assert re.search(r"polled: \d+ calls for \d+ queries, \d+ rows written", demo.out)
    assert "polled: nothing is missing, and nothing may still change; no call" in demo.out
    assert "delivered: 8 messages, 0 given up" in demo.out


def test_the_incident_gives_exactly_three_alerts_all_on_one_app(demo: Outcome, place: Path) -> None:
    words = ("--config", "shown/watch.toml", "alerts", "--all", "--json")
    alerts = run_module(*words, folder=place).json
    assert len(alerts) == 3
    assert {alert["rule"] for alert in alerts} == EXPECTED
    assert {alert["app"] for alert in alerts} == {SICK}
    assert {alert["state"] for alert in alerts} == {"firing"}


def test_it_leaves_messages_to_open(demo: Outcome, place: Path) -> None:
    shown = place / "shown"
    assert {path.name for path in (shown / "slack").iterdir()} == {"1.json", "2.json"}
    assert {path.name for path in (shown / "mail").iterdir()} == {
        "2.csv",
        *(f"{number}.{suffix}" for number in (1, 2) for suffix in ("eml", "html", "txt")),
    }
    for path in (shown / "slack").iterdir():
        message = json.loads(path.read_text(encoding="utf-8"))
        assert message["channel"] == "#mini-program-alerts"
        assert message["text"] in demo.out or message["blocks"]
    subjects = [line for line in demo.out.splitlines() if line.startswith("  shown/mail/")]
    assert len(subjects) == 2
    assert subjects[-1].startswith("  shown/mail/2.html   Week 47: 1 of 3 apps needs a look")
    digest = (shown / "mail" / "2.txt").read_text(encoding="utf-8")
    assert "预约挂号" in digest
    page = (shown / "mail" / "2.html").read_text(encoding="utf-8")
    assert page.lstrip().startswith("<!")
    assert page.count('src="data:image/png;base64,') == 3
    assert "cid:" not in page


def test_every_file_it_names_is_there_and_every_command_it_suggests_works(demo: Outcome, place: Path) -> None:
    files, commands = demo.out.split("\nlook at\n")[1].split("\nand try\n")
    for line in files.splitlines():
        assert (place / line.split()[0]).is_file(), line
    suggested = [shlex.split(line) for line in commands.splitlines()]
    assert len(suggested) == 3
    for command in suggested:
        assert command[:3] == [sys.executable, "-m", "smartapp_watch"]
        done = run_module(*command[3:], folder=place)
        assert (done.code, done.err) == (0, "")
        assert "预约挂号" in done.out or "pages/checkout/index" in done.out


def test_it_works_twice_and_touches_no_other_folder(demo: Outcome, place: Path) -> None:
    (place / "shown" / "mail" / "9.html").write_text("of the last time")
    again = run_module("demo", "--out", "shown", folder=place)
    assert again.code == 0
    assert not (place / "shown" / "mail" / "9.html").exists()
    mine = place / "mine"
    mine.mkdir()
    (mine / "letter").write_text("dear")
    refused = run_module("demo", "--out", "mine", folder=place)
    assert (refused.code, refused.out) == (2, "")
    assert "mine is not empty and not a demonstration's; choose another folder with --out" in refused.err
    assert [path.name for path in mine.iterdir()] == ["letter"]


def test_it_speaks_to_nobody_but_loopback(tmp_path: Path) -> None:
    """Every connection that it makes is noted by Python's own audit."""
    program = (
        "import sys\n"
        "def note(event, args):\n"
        "    if event == 'socket.connect': print('CONNECT', args[1][0], file=sys.stderr)\n"
        "    if event == 'socket.getaddrinfo': print('LOOKUP', args[0], file=sys.stderr)\n"
        "sys.addaudithook(note)\n"
        "sys.argv = ['smartapp-watch', 'demo']\n"
        "from smartapp_watch.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    spoken_to = {line.split()[1] for line in done.stderr.splitlines() if line.startswith("CONNECT")}
    looked_up = {line.split()[1] for line in done.stderr.splitlines() if line.startswith("LOOKUP")}
    assert spoken_to == {"127.0.0.1"}
    assert looked_up <= {"127.0.0.1", "localhost", socket.gethostname(), "None"}


class Calendar:
    """A clock that a test sets."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


def quiet(config: WatchConfig, simulator: Simulator) -> WatchConfig:
    def plain(token: str) -> Secret:
        return Secret(SecretSource.PLAIN, (token,))

    apps = tuple(
        replace(each, access_token=plain(simulator.world.apps[each.app.id].access_token))
        for each in config.apps
    )
    return replace(
        config,
        api=replace(config.api, base_url=simulator.url, requests_per_second=5000),
        platform=replace(config.platform, access_token=plain(simulator.platform_token)),
        apps=apps,
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_a_quiet_fleet_is_told_nothing_of_for_weeks(tmp_path: Path, seed: int) -> None:
    write_start(tmp_path / "start")
    config = load(tmp_path / "start" / "watch.toml")
    apps = tuple(
        SimulatedApp(each.app.id, each.app.name, users=users)
        for each, users in zip(config.apps, (9000, 5200, 3100), strict=True)
    )
    clock = Calendar()
    told = []
    with Simulator(World(seed, apps), clock) as simulator, open_history(config.history.path) as history:
        watch = Watch(quiet(config, simulator), clock)
        assert watch.poll(history).complete
        for days in range(28, -1, -1):
            clock.now = NOW - timedelta(days=days)
            told += [(notice.rule, notice.app_name, notice.since) for _, notice in watch.evaluate(history)]
    assert told == []


def test_what_the_incident_is_does_not_depend_on_the_day(tmp_path: Path) -> None:
    then = datetime(2026, 8, 13, 10, 40, tzinfo=BEIJING)
    done = run_module("--now", then.isoformat(), "demo", folder=tmp_path)
    assert done.code == 0, done.err
    words = ("--config", "demo/watch.toml", "alerts", "--all", "--json")
    alerts = run_module(*words, folder=tmp_path).json
    assert sorted(alert["rule"] for alert in alerts) == sorted(EXPECTED)
    assert {alert["app"] for alert in alerts} == {SICK}
