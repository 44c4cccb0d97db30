"""What Baidu pushes to a daemon: the ticket brings tokens, and who authorises the platform is polled."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from smartapp_watch.admit import Admission
from smartapp_watch.clock import wall_clock
from smartapp_watch.config.load import load
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.credentials.journal import Credentials
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.pushes.message import Kind
from smartapp_watch.simulator.accounts import CLIENT_ID, Accounts
from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.pusher import PushedPlatform, Pusher
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.world import World
from smartapp_watch.stopping import Stop
from tests.pushes.made import AES_KEY
from tests.running import Daemon, end, read_until
from tests.waiting import wait_until

NOW = datetime(2026, 11, 23, 12, 0, 45, tzinfo=BEIJING)
"""A quarter of a minute before the next cycle."""

BUSY = 120.0
LISTED, OTHER = 101, 102
CODE, TICKET = "app_to_tp_authorization_code", "/public/2.0/smartapp/auth/tp/token"
PLATFORM = PushedPlatform("5ecret-of-the-signature", AES_KEY, CLIENT_ID)


@dataclass
class Side:
    """Baidu's side, and the settings that a daemon is run with."""

    settings: Path
    simulator: Simulator
    accounts: Accounts
    port: int
    pusher: Pusher

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.settings.parent / "credentials.json")

    def run(self) -> Daemon:
        words = ["--config", str(self.settings), "--now", NOW.isoformat(), "run"]
        return subprocess.Popen(
            [sys.executable, "-m", "smartapp_watch", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def push(self, body: Callable[[datetime], bytes]) -> bool:
        """Whether it was taken; nobody may be listening yet."""
        try:
            posted = requests.post(f"http://127.0.0.1:{self.port}/", body(wall_clock()), timeout=10)
        except requests.ConnectionError:
            return False
        return posted.status_code == 200

    def says(self, event: str, app_id: int, code: str = "") -> None:
        """Baidu pushes what happened."""
        at = wall_clock().astimezone(BEIJING)
        assert self.push(lambda _: self.pusher.authorization(event, app_id, at, code))

    def asked(self, app_id: int) -> int:
        """How many reports were asked for."""
        return sum(call.app_id == app_id for call in self.simulator.log)


@pytest.fixture
def side(tmp_path: Path) -> Iterator[Side]:
    accounts = Accounts({LISTED: "预约挂号", OTHER: "城市公交"})
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    for name, secret in (("token", PLATFORM.token), ("aes-key", PLATFORM.aes_key)):
        (tmp_path / name).write_text(secret)
        (tmp_path / name).chmod(0o600)
    (tmp_path / "rules").mkdir()
    world = World(7, (SimulatedApp(LISTED), SimulatedApp(OTHER)))
    with Simulator(world, lambda: NOW, accounts=accounts) as simulator:
        settings = tmp_path / "watch.toml"
        settings.write_text(
            f"""
[api]
base_url = "{simulator.url}"
requests_per_second = 1000
[platform]
client_id = "{CLIENT_ID}"
adopt_apps = true
[platform.events]
listen = "127.0.0.1:{port}"
token = {{ file = "token" }}
aes_key = {{ file = "aes-key" }}
[poll]
schedule = "* * * * *"
reports = ["user_trend"]
history_days = 2
[[apps]]
id = {LISTED}
"""
        )
        yield Side(settings, simulator, accounts, port, Pusher(PLATFORM))


def test_a_pushed_ticket_brings_tokens_and_who_authorises_is_polled_until_it_takes_that_back(
    side: Side,
) -> None:
    daemon = side.run()
    try:
        ticket = side.accounts.ticket
        wait_until(lambda: side.push(lambda at: side.pusher.ticket(ticket, at)), BUSY)
        side.says("AUTHORIZED", OTHER, side.accounts.authorise(OTHER))
        wait_until(lambda: side.asked(OTHER) > 0, BUSY)
        wait_until(lambda: side.asked(LISTED) > 0, BUSY)
        assert (side.accounts.calls[TICKET], side.accounts.calls[CODE]) == (1, 2)
        assert side.credentials.app(OTHER).name == "城市公交"
        for app_id in (OTHER, LISTED):
            side.accounts.revoke(app_id)
            side.says("UNAUTHORIZED", app_id)
        log = read_until(daemon, "took new settings: 1 mini-programs")
        log += end(daemon, within=20)
    finally:
        daemon.kill()
        daemon.communicate()
    calls, asked = side.accounts.calls.copy(), len(side.simulator.log)
    again = side.run()
    try:
        log += read_until(again, "cycle: ")
        log += end(again, within=20)
    finally:
        again.kill()
        again.communicate()
    assert side.accounts.calls == calls
    assert {call.app_id for call in side.simulator.log[asked:]} <= {None}
    assert side.credentials.platform().ticket == ticket
    written = "\n".join(log)
    for secret in (ticket, *side.accounts.issued, PLATFORM.token, PLATFORM.aes_key):
        assert secret not in written


class Admitting:
    """An admission in this process, by settings that a test may change."""

    def __init__(self, side: Side) -> None:
        self.config = load(side.settings)
        self.changes = 0
        self.admission = Admission(lambda: self.config, self._change, Stop(), lambda: NOW)

    def _change(self) -> None:
        self.changes += 1

    def hear(self, kind: Kind, app_id: int, at: datetime = NOW) -> None:
        self.admission.take_event(kind, app_id, at, "")

    def move(self, **changes: object) -> WatchConfig:
        platform = replace(self.config.platform, **changes)  # type: ignore[arg-type]
        self.config = replace(self.config, platform=platform)
        return self.config


@pytest.fixture
def admitting(side: Side) -> Iterator[Admitting]:
    made = Admitting(side)
    yield made
    made.admission.close()


def test_many_authorisations_make_the_daemon_read_its_settings_few_times(side: Side) -> None:
    daemon = side.run()
    try:
        wait_until(lambda: side.push(lambda at: side.pusher.ticket("none", at)), BUSY)
        for app_id in range(200, 230):
            side.says("UNAUTHORIZED", app_id)
        log = [*read_until(daemon, "took new settings"), *end(daemon, within=20)]
    finally:
        daemon.kill()
        daemon.communicate()
    assert sum("took new settings" in line for line in log) <= 3
    assert len(side.credentials.apps()) == 30


def test_tickets_follow_the_settings_to_another_file(admitting: Admitting, tmp_path: Path) -> None:
    admitting.admission.take_ticket("first", NOW)
    elsewhere = tmp_path / "elsewhere.json"
    admitting.move(credentials=elsewhere)
    admitting.admission.take_ticket("second", NOW + timedelta(minutes=10))
    assert Credentials(elsewhere).platform().ticket == "second"


def test_without_adopt_apps_nobody_unlisted_is_watched(side: Side, admitting: Admitting) -> None:
    admitting.move(adopt_apps=False)
    admitting.hear(Kind.AUTHORIZED, OTHER)
    assert (side.credentials.apps(), admitting.changes) == ({}, 0)


def test_a_listed_app_that_authorises_again_is_asked_at_once_and_stays_the_operators(
    side: Side, admitting: Admitting
) -> None:
    admitting.move(adopt_apps=False)
    admitting.hear(Kind.UNAUTHORIZED, LISTED)
    assert side.credentials.app(LISTED).next_try == NOW + timedelta(days=1)
    admitting.hear(Kind.AUTHORIZED, LISTED, NOW + timedelta(seconds=1))
    known = side.credentials.app(LISTED)
    assert (known.next_try, known.refused, known.enrolled) == (None, "", False)


def test_an_old_push_that_is_repeated_changes_nothing(side: Side, admitting: Admitting) -> None:
    admitting.hear(Kind.UPDATED, OTHER)
    admitting.hear(Kind.UNAUTHORIZED, OTHER, NOW.astimezone(UTC) - timedelta(minutes=5))
    assert side.credentials.app(OTHER).enrolled


def test_tokens_that_cannot_be_had_yet_cost_nobody_its_admission(side: Side, admitting: Admitting) -> None:
    side.accounts.break_platform()
    admitting.hear(Kind.AUTHORIZED, OTHER)
    admitting.admission._worker.shutdown()
    assert side.credentials.app(OTHER).enrolled
    assert [each.app.id for each in load(side.settings).apps] == [LISTED, OTHER]
