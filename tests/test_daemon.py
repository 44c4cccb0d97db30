"""The daemon under a service manager: signs of life, reloads, and the forms of its log."""

from __future__ import annotations

import json
import logging
import os
import select
import signal
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from smartapp_watch import daemon as daemon_module
from smartapp_watch.clock import wall_clock
from smartapp_watch.daemon import Daemon
from smartapp_watch.logs import JournalFormatter, JsonFormatter
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.scheduler import CrontabTrigger
from smartapp_watch.stopping import Stop
from smartapp_watch.systemd import Manager
from tests.cli.desk import NOW, Desk, open_desk
from tests.waiting import wait_until


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        opened.change("history_days = 30", "history_days = 2")
        yield opened


class ServiceManager:
    """systemd's side of the notification socket."""

    def __init__(self, folder: Path) -> None:
        self.address = str(folder / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self.heard: list[str] = []

    def hears(self, words: str, within: float = 0) -> bool:
        while select.select([self._socket], [], [], within)[0]:
            self.heard.append(self._socket.recv(4096).decode())
        return any(words in each for each in self.heard)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[ServiceManager]:
    opened = ServiceManager(tmp_path)
    yield opened
    opened.close()


def test_a_service_manager_hears_when_it_is_ready_alive_reloading_and_stopping(
    desk: Desk, manager: ServiceManager
) -> None:
    running = desk.start("run", now=NOW, env={**os.environ, "NOTIFY_SOCKET": manager.address})
    try:
        wait_until(lambda: manager.hears("READY=1\nSTATUS=2 mini-programs"))
        wait_until(lambda: manager.hears("WATCHDOG=1\nSTATUS=2 mini-programs, next poll "))
        running.send_signal(signal.SIGHUP)
        wait_until(lambda: manager.hears("RELOADING=1"))
        running.send_signal(signal.SIGTERM)
        wait_until(lambda: manager.hears("STOPPING=1"))
        assert running.wait(timeout=20) == 0
    finally:
        running.kill()
        running.communicate()


def test_a_reload_takes_everything_or_nothing(desk: Desk) -> None:
    running = desk.start("run", now=NOW)
    log: list[str] = []

    def read_until(words: str) -> None:
        while words not in (log[-1] if log else ""):
            assert running.stderr is not None
            log.append(running.stderr.readline())
            assert log[-1], log

    try:
        read_until("cycle: ")
        own = desk.folder / "rules" / "own.toml"
        own.write_text("[[rule]]\nnmae = 'x'\n")
        running.send_signal(signal.SIGHUP)
        read_until("the settings stay as they were:")
        read_until("rules/own.toml:2: ")
        wait_until(lambda: any("rules/own.toml:1: " in each.text for each in desk.slack.messages))
        own.unlink()
        running.send_signal(signal.SIGHUP)
        read_until("took new settings: 2 mini-programs")
        desk.change("[poll]", '[history]\npath = "other.db"\n[poll]')
        running.send_signal(signal.SIGHUP)
        read_until("restart the service for that")
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=20) == 0
        assert not (desk.folder / "other.db").exists()
    finally:
        running.kill()
        running.communicate()


def test_the_log_warns_of_more_calls_than_fit_into_the_polls_of_a_day(desk: Desk) -> None:
    desk.change("requests_per_second = 1000", "requests_per_second = 0.005")
    with desk.start("run", now=NOW) as running:
        assert running.stderr is not None
        assert next(line for line in running.stderr if "10 calls a day or more, and only 6 fit" in line)
        running.kill()


def test_the_log_warns_of_holidays_that_nobody_knows_and_a_reload_reads_events_anew(desk: Desk) -> None:
    settings, events = desk.settings.read_text(encoding="utf-8"), desk.folder / "events.toml"
    desk.settings.write_text('calendar = { events = "events.toml" }\n' + settings, encoding="utf-8")
    event = '[[event]]\nname = "as if unknown"\nkind = "workday"\ndate = 2026-01-01\n'
    events.write_text(event, encoding="utf-8")
    running = desk.start("run", now=NOW)
    assert running.stderr is not None
    try:
        before = [next(line for line in running.stderr if words in line) for words in ("holidays", "cycle: ")]
        assert "the holidays of 2026 are not known; upgrade chinesecalendar" in before[0]
        events.write_text(event.replace("date", "dat"), encoding="utf-8")
        running.send_signal(signal.SIGHUP)
        assert next(line for line in running.stderr if "events.toml:" in line)
    finally:
        running.kill()
        running.communicate()


def test_work_that_asks_no_more_whether_to_stop_is_silent() -> None:
    stop = Stop()
    stop._asked_at -= 10_000
    assert stop.silence > daemon_module.HANGS_AFTER
    assert not stop.is_set()
    assert stop.silence < 1


@pytest.mark.parametrize(("silence", "ends"), [(10, False), (10_000, True)])
def test_work_in_which_nothing_moves_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, silence: float, *, ends: bool
) -> None:
    class AtWork:
        is_at_work = True

        def ticked_within(self, _seconds: float) -> bool:
            return False

    class Watched:
        stop = Stop()

    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    looked_after = object.__new__(Daemon)
    looked_after.__dict__ |= {"_watch": Watched, "_scheduler": AtWork(), "_drift": daemon_module._drift()}
    Watched.stop._asked_at -= silence
    looked_after._look()
    assert bool(ended) is ends
    assert ("hangs" in caplog.text) is ends


@pytest.mark.parametrize(
    ("schedule", "latest"), [("* * * * *", 6), ("7,37 * * * *", 120), ("7 10 * * *", 120)]
)
def test_a_poll_begins_a_little_late_and_never_early(schedule: str, latest: float) -> None:
    at = NOW.astimezone(BEIJING)
    trigger = CrontabTrigger(schedule, lambda: at, BEIJING, jitter=120)
    exact = CrontabTrigger(schedule, lambda: at, BEIJING).get_next_fire_time(at, at)
    late = [trigger.get_next_fire_time(at, at) - exact for _ in range(50)]
    assert timedelta(0) <= min(late) < max(late) <= timedelta(seconds=latest)


def test_every_form_of_the_log_is_one_document_or_one_priority_a_line_and_shows_no_secret() -> None:
    try:
        int("access_token=42.abcdefghijklmnopqrstuvwxyz")
    except ValueError as error:
        found = (type(error), error, error.__traceback__)
    record = logging.LogRecord(
        "name", logging.ERROR, "file", 1, "%s\nfailed", ("access_token=geheim",), found
    )
    entry = json.loads(JsonFormatter().format(record))
    assert (entry["level"], entry["message"]) == ("error", "access_token=***\nfailed")
    assert entry["time"][:4] == f"{wall_clock():%Y}"
    assert "ValueError: " in entry["traceback"]
    assert "abcdefgh" not in entry["traceback"]
    lines = JournalFormatter("%(message)s").format(record).splitlines()
    assert len(lines) > 4
    assert all(line.startswith("<3>") for line in lines)
    assert "geheim" not in str(lines)


def test_a_service_manager_that_is_gone_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/at/all")
    Manager.of_this_process().alive("still there")
