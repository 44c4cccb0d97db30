"""The service under a real systemd, in a machine of its own: installed, started, killed, locked in."""

from __future__ import annotations

import json
import re
import sys
import sysconfig
import time
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from smartapp_watch.cli.demo_world import FLEET, demo_world
from tests.service.machine import HERE, Machine, hindrance
from tests.service.world import API_PORT, SLACK_PORT
from tests.waiting import wait_until
from tests.wheels import ROOT, build

soon = partial(wait_until, seconds=60)
"""A start takes seconds of computing, and this machine may be busy."""

SERVICE = "smartapp-watch.service"
PROGRAM = "/opt/smartapp-watch/bin/smartapp-watch"
PYTHON = "/opt/smartapp-watch/bin/python"
SETTINGS = "/etc/smartapp-watch/watch.toml"
RULES = "/etc/smartapp-watch/rules/own.toml"
DROP_IN = f"/etc/systemd/system/{SERVICE}.d/test.conf"
STATE = "var/lib/smartapp-watch"

APP = FLEET[0]
TOKEN = demo_world([APP], date(2026, 11, 22)).apps[APP.id].access_token

WATCHED = f"""
language = "en"
[history]
path = "/{STATE}/history.db"
[api]
base_url = "http://127.0.0.1:{API_PORT}"
[poll]
reports = ["user_trend"]
history_days = 3
[[apps]]
id = "15263713"
name = "预约挂号"
access_token = {{ credential = "app" }}
[[receivers]]
name = "ops"
kind = "slack"
channel = "#alerts"
api_url = "http://127.0.0.1:{SLACK_PORT}/api"
token = {{ credential = "slack" }}
[[routes]]
receivers = ["ops"]
"""
RULE = """
[[rule]]
name = "busy"
description = "It has users at all"
metric = "user_trend.user_count"
above = 1
"""
DROPPED_IN = """
[Service]
RestartSec=1
WatchdogSec=11
LoadCredential=app:/etc/smartapp-watch/secrets/app
LoadCredential=slack:/etc/smartapp-watch/secrets/slack
"""
"""The secrets, and less patience than the unit has."""

WORLD = f"""
[Service]
ExecStart={PYTHON} /machine/share/world.py /machine/share/posted.json
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine on which the program is installed as docs/service.md says, with the service not started."""
    hindered = hindrance()
    if hindered:
        pytest.skip(hindered)
    wheel = build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))
    places = {Path(sys.base_prefix): "/opt/python", Path(sysconfig.get_path("purelib")): "/opt/packages"}
    machine = Machine(tmp_path_factory.mktemp("machine"), places)
    try:
        install(machine, wheel)
        yield machine
    finally:
        machine.end()


def install(machine: Machine, wheel: Path) -> None:
    """The wheel, with a Python and packages that the service may see; then install-service, and settings."""
    for file in (wheel, HERE / "world.py"):
        (machine.share / file.name).write_bytes(file.read_bytes())
    python = f"/opt/python/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    machine.write("/etc/ld.so.conf.d/python.conf", "/opt/python/lib\n")
    machine.run("ldconfig")
    machine.run(python, "-m", "venv", "--without-pip", "/opt/smartapp-watch")
    pip = (python, "/opt/packages/pip", "--python", PYTHON, "install", "--no-deps", "--no-index", "--quiet")
    machine.run(*pip, f"/machine/share/{wheel.name}")
    packages = machine.run(
        PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"
    ).stdout.strip()
    machine.write(f"{packages}/dependencies.pth", "/opt/packages\n")
    machine.run(PROGRAM, "install-service")
    for name, secret in (("app", TOKEN), ("slack", "xoxb-simulated")):
        machine.write(f"/etc/smartapp-watch/secrets/{name}", secret)
    machine.run("chmod", "-R", "u=rwX,go=", "/etc/smartapp-watch/secrets")
    machine.run("sh", "-c", "rm /etc/smartapp-watch/rules/*.toml")
    machine.write("/etc/systemd/system/world.service", WORLD)
    machine.run("systemctl", "start", "world")


class Service:
    """The service on a machine, from now on."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._since = len(machine.journal(SERVICE))

    def __getitem__(self, name: str) -> str:
        """A property, as systemd has it now."""
        return self.machine.show(SERVICE, name)

    @property
    def journal(self) -> list[tuple[int, str]]:
        """What it said, and systemd of it: (priority, message)."""
        return self.machine.journal(SERVICE)[self._since :]

    def told(self, words: str) -> list[int]:
        """The priorities of what was said with these words."""
        return [priority for priority, text in self.journal if words in text]

    def do(self, verb: str, *, check: bool = True) -> None:
        self.machine.run("systemctl", verb, SERVICE, check=check)


@pytest.fixture
def usual(machine: Machine) -> Service:
    """The service, running or not, with settings without a mistake."""
    machine.write(SETTINGS, WATCHED)
    machine.write(RULES, RULE)
    machine.write(DROP_IN, DROPPED_IN)
    machine.run("systemctl", "daemon-reload")
    return Service(machine)


@pytest.fixture
def stopped(usual: Service) -> Service:
    """It is stopped, without a history, and systemd remembers nothing of it."""
    usual.do("stop")
    usual.do("reset-failed", check=False)
    usual.machine.run("sh", "-c", f"rm -rf /{STATE}/*")
    return usual


@pytest.fixture
def service(usual: Service) -> Service:
    """It is at work, and its first cycle is over."""
    if usual["ActiveState"] == "active":
        usual.do("reload")
    else:
        usual.do("restart")
        soon(lambda: bool(usual.told("daemon: cycle: ")))
    return usual


def test_it_starts_does_its_job_is_quiet_and_writes_nowhere_but_where_it_may(stopped: Service) -> None:
    machine = stopped.machine
    before, earlier = machine.written(), len(posted(machine))
    stopped.do("start")
    assert stopped["ActiveState"] == "active"
    soon(lambda: bool(stopped.told("; 1 sent, 0 to be tried again")))
    soon(lambda: len(posted(machine)) > earlier)
    ((text, lost, blocks),) = posted(machine)[earlier:]
    assert "busy" in blocks
    assert "预约挂号" in text
    assert "slack_file" in blocks, "the message has no chart"
    assert lost == 0
    soon(lambda: stopped["StatusText"].startswith("1 mini-programs, next poll "))
    ready = ready_after(stopped)
    assert {priority for priority, _ in stopped.journal} == {6}
    began = time.monotonic()
    stopped.do("stop")
    took = time.monotonic() - began
    assert (stopped["Result"], stopped["ExecMainStatus"]) == ("success", "0")
    assert took < 10
    print(f"ready after {ready:.2f} s, stopped within {took:.2f} s")
    written = {path for path, at in machine.written().items() if before.get(path) != at}
    assert {path for path in written if not path.startswith(STATE)} == set()
    assert f"{STATE}/history.db" in written


def posted(machine: Machine) -> list[tuple[str, int, str]]:
    """What has come to Slack: text, how many of its pictures nobody can see, blocks."""
    inbox = machine.share / "posted.json"
    written = json.loads(inbox.read_text()) if inbox.exists() else []
    return [(text, lost, blocks) for text, lost, blocks in written]


def ready_after(service: Service) -> float:
    """Seconds from the start of the process to its word that it is ready."""
    began, ready = (int(service[f"{name}TimestampMonotonic"]) for name in ("InactiveExit", "ActiveEnter"))
    return (ready - began) / 1e6


def test_its_user_reads_the_same_history_beside_it_and_nobody_else_does(service: Service) -> None:
    run = service.machine.run
    words = ("--config", SETTINGS, "status", "--json")
    status = json.loads(run("runuser", "-u", "smartapp-watch", "--", PROGRAM, *words).stdout)
    assert [app["id"] for app in status["apps"]] == ["15263713"]
    assert status["apps"][0]["newest"]
    refused = run("runuser", "-u", "nobody", "--", PROGRAM, *words, check=False)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "Permission denied" in refused.stderr
    shown = run("stat", "--format", "%a %U %G", f"/{STATE}", f"/{STATE}/history.db", "/etc/smartapp-watch")
    assert shown.stdout.splitlines() == [
        "700 smartapp-watch smartapp-watch",
        "600 smartapp-watch smartapp-watch",
        "750 root smartapp-watch",
    ]


@pytest.mark.parametrize(
    ("sign", "told"),
    [("KILL", ["status=9/KILL"]), ("STOP", ["Watchdog timeout", "Fatal Python error: Aborted", "daemon.py"])],
)
def test_it_comes_back_when_it_is_killed_or_hangs(service: Service, sign: str, told: list[str]) -> None:
    process, restarts = service["MainPID"], int(service["NRestarts"])
    service.machine.run("kill", f"-{sign}", process)
    soon(lambda: int(service["NRestarts"]) == restarts + 1)
    soon(lambda: bool(service.told("daemon: watching")))
    assert service["MainPID"] != process
    assert all(service.told(words) for words in told)


def test_a_mistake_in_the_settings_stays_stopped(stopped: Service) -> None:
    stopped.machine.write(SETTINGS, WATCHED.replace("history_days", "history_day"))
    stopped.do("start", check=False)
    assert (stopped["ActiveState"], stopped["ExecMainStatus"]) == ("failed", "2")
    assert stopped.told("did you mean `history_days`?")
    time.sleep(3)  # thrice as long as a restart waits
    assert (stopped["ActiveState"], stopped["NRestarts"]) == ("failed", "0")


def test_a_full_disk_is_waited_for(stopped: Service) -> None:
    run, filler = stopped.machine.run, f"/{STATE}/filler"
    run("mount", "-t", "tmpfs", "-o", "size=4m", "disk", f"/{STATE}")
    try:
        run("dd", "if=/dev/zero", f"of={filler}", check=False)
        stopped.do("start", check=False)
        soon(lambda: int(stopped["NRestarts"]) > 0)
        assert stopped.told("status=1/FAILURE")
        assert stopped["StartLimitIntervalUSec"] == "0"
        run("rm", filler)
        soon(lambda: stopped["ActiveState"] == "active")
    finally:
        stopped.do("stop")
        run("umount", f"/{STATE}")


def test_a_reload_takes_new_settings_or_leaves_the_old_and_says_so(service: Service) -> None:
    machine, process = service.machine, service["MainPID"]
    more = '[[apps]]\nid = "15263714"\nname = "城市公交"\naccess_token = { credential = "app" }\n'
    machine.write(SETTINGS, WATCHED.replace("[[receivers]]", f"{more}[[receivers]]"))
    service.do("reload")
    soon(lambda: service.told("took new settings: 2 mini-programs, 1 rules") == [6])
    machine.write(RULES, RULE.replace("above", "abvoe"))
    service.do("reload")
    soon(lambda: service.told("the settings stay as they were:") == [3])
    soon(lambda: service.told("did you mean `above`?") == [3])
    assert (service["ActiveState"], service["MainPID"]) == ("active", process)
    soon(lambda: service["StatusText"].startswith("2 mini-programs"))


def test_everything_it_may_import_works_where_it_is_locked_in(usual: Service) -> None:
    machine = usual.machine
    unit = machine.run("cat", f"/etc/systemd/system/{SERVICE}").stdout
    unit = re.sub("^Type=.*", "Type=oneshot", unit, flags=re.MULTILINE)
    unit = re.sub("^(Watchdog|Restart).*", "", unit, flags=re.MULTILINE)
    unit = re.sub(
        "^ExecStart=.*", f"ExecStart={PYTHON} /machine/share/locked_in.py", unit, flags=re.MULTILINE
    )
    machine.write("/etc/systemd/system/locked-in.service", unit)
    (machine.share / "locked_in.py").write_bytes((HERE / "locked_in.py").read_bytes())
    machine.run("systemctl", "daemon-reload")
    machine.run("install", "--directory", "--mode", "777", "/srv/for-everybody")
    machine.run("systemctl", "start", "locked-in", check=False)
    said = [text for _, text in machine.journal("locked-in.service")]
    assert "everything was imported" in said, said
    assert "nothing else can be written" in said, said


def test_systemd_finds_it_little_exposed(usual: Service) -> None:
    shown = usual.machine.run("systemd-analyze", "security", "--threshold=15", SERVICE).stdout
    print(shown.splitlines()[-1])
    assert "exposure level for smartapp-watch.service: 1.1" in shown


def test_installing_it_again_changes_nothing(usual: Service) -> None:
    before = usual.machine.written()
    again = usual.machine.run(PROGRAM, "install-service").stdout.splitlines()
    assert [line.split()[0] for line in again] == ["kept", "same", "same", "nothing"]
    contents = {path for path, at in usual.machine.written().items() if before.get(path) != at}
    assert SETTINGS.lstrip("/") not in contents


def test_a_program_that_its_user_cannot_start_is_not_installed(usual: Service) -> None:
    run = usual.machine.run
    run("chmod", "go=", "/opt/smartapp-watch")
    try:
        refused = run(PROGRAM, "install-service", check=False)
    finally:
        run("chmod", "go=rx", "/opt/smartapp-watch")
    assert refused.returncode == 1
    assert f"the user smartapp-watch cannot run {PROGRAM}: Permission denied" in refused.stderr
