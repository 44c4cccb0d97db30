"""The port that takes Baidu's pushes: opened, moved and closed as the settings say, and what it tells."""

from __future__ import annotations

import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests

from smartapp_watch.clock import wall_clock
from smartapp_watch.config.secret import Secret, SecretSource
from smartapp_watch.config.settings import EventsSettings, PlatformSettings
from smartapp_watch.errors import ConfigError, WatchError
from smartapp_watch.receive import Receiver
from smartapp_watch.simulator.pusher import Pusher
from tests.cli.desk import NOW as DESK_NOW
from tests.cli.desk import Desk, open_desk
from tests.pushes.made import NOW, PLATFORM, TICKET, Heard, pusher
from tests.waiting import wait_until


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def settings(folder: Path, port: int, path: str = "/") -> PlatformSettings:
    """The platform's settings, with the secrets in files as they are now."""
    (folder / "token").write_text(PLATFORM.token)
    (folder / "aes_key").write_text(PLATFORM.aes_key)
    token, aes_key = (Secret(SecretSource.FILE, (name,), folder) for name in ("token", "aes_key"))
    events = EventsSettings("127.0.0.1", port, path, token, aes_key)
    return PlatformSettings(client_id=PLATFORM.client_id, events=events)


def post(port: int, body: bytes, path: str = "/") -> int:
    return requests.post(f"http://127.0.0.1:{port}{path}", body, timeout=5).status_code


@dataclass
class Receiving:
    receiver: Receiver
    heard: Heard
    tickets: list[tuple[str, datetime]] = field(default_factory=list)
    events: list[tuple[str, int]] = field(default_factory=list)


@pytest.fixture
def receiving() -> Iterator[Receiving]:
    heard = Heard()
    tickets: list[tuple[str, datetime]] = []
    events: list[tuple[str, int]] = []
    receiver = Receiver(
        lambda *ticket: tickets.append(ticket),
        lambda kind, app, *_: events.append((kind, app)),
        lambda: heard.now,
    )
    yield Receiving(receiver, heard, tickets, events)
    receiver.close()


def test_tickets_and_events_are_handed_over(receiving: Receiving, tmp_path: Path) -> None:
    port = free_port()
    receiving.receiver.take(settings(tmp_path, port, "/baidu"))
    maker = pusher()
    assert post(port, maker.ticket(TICKET, NOW), "/baidu") == 200
    assert post(port, maker.authorization("UNAUTHORIZED", 5, NOW), "/baidu") == 200
    assert receiving.tickets == [(TICKET, NOW)]
    assert receiving.events == [("UNAUTHORIZED", 5)]


def test_without_the_table_no_port_is_opened(receiving: Receiving) -> None:
    receiving.receiver.take(PlatformSettings())
    assert receiving.receiver.port is None
    receiving.receiver.look()


def test_new_settings_keep_move_or_close_the_port(receiving: Receiving, tmp_path: Path) -> None:
    first, second = free_port(), free_port()
    receiver, maker = receiving.receiver, pusher()
    receiver.take(settings(tmp_path, first))
    push = maker.authorization("AUTHORIZED", 5, NOW)
    assert post(first, push) == 200
    receiver.take(settings(tmp_path, first, "/other"))
    assert post(first, maker.ticket(TICKET, NOW)) == 404
    assert post(first, maker.ticket(TICKET, NOW), "/other") == 200
    receiver.take(settings(tmp_path, second))
    assert post(second, push) == 200
    assert receiving.events == [("AUTHORIZED", 5)], "what was taken is not taken again"
    for gone in (first, second):
        with pytest.raises(requests.ConnectionError):
            post(gone, push)
        receiver.take(PlatformSettings())


def test_new_keys_are_taken_without_moving_the_port(receiving: Receiving, tmp_path: Path) -> None:
    port = free_port()
    receiving.receiver.take(settings(tmp_path, port))
    changed = settings(tmp_path, port)
    (tmp_path / "token").write_text("another")
    receiving.receiver.take(changed)
    assert post(port, pusher().ticket(TICKET, NOW)) == 403
    assert post(port, Pusher(replace(PLATFORM, token="another")).ticket(TICKET, NOW)) == 200


@pytest.mark.parametrize("wrong", ["k" * 42, "k" * 44, "é" * 43, "-" * 43])
def test_a_key_of_another_form_is_refused_without_showing_it(
    receiving: Receiving, tmp_path: Path, wrong: str
) -> None:
    platform = settings(tmp_path, free_port())
    (tmp_path / "aes_key").write_text(wrong)
    with pytest.raises(ConfigError, match="the file aes_key: it is no key of 43 letters and digits") as error:
        receiving.receiver.take(platform)
    assert wrong not in str(error.value)
    assert receiving.receiver.port is None


def test_what_cannot_be_opened_leaves_everything_as_it_was(receiving: Receiving, tmp_path: Path) -> None:
    port = free_port()
    receiving.receiver.take(settings(tmp_path, port))
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(WatchError, match=f"cannot listen at 127.0.0.1:{taken}: "):
            receiving.receiver.take(settings(tmp_path, taken, "/other"))
    assert receiving.receiver.port == port
    assert post(port, pusher().ticket(TICKET, NOW)) == 200


def test_without_the_extra_the_way_to_it_is_said(
    receiving: Receiving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "smartapp_watch.pushes.envelope", None)
    with pytest.raises(WatchError, match=r"pip install 'smartapp-watch\[ticket\]'"):
        receiving.receiver.take(settings(tmp_path, free_port()))


def test_it_tells_when_tickets_begin_cease_and_come_again(
    receiving: Receiving, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    port, heard, maker = free_port(), receiving.heard, pusher()
    receiving.receiver.take(settings(tmp_path, port))

    def told() -> list[str]:
        receiving.receiver.look()
        messages = caplog.messages[:]
        caplog.clear()
        return messages

    assert told() == [f"takes Baidu's pushes at 127.0.0.1:{port}/"]
    for _ in range(3):
        assert post(port, maker.ticket(TICKET, heard.later(minutes=10))) == 200
    assert told() == ["tickets come; the newest was sent at 2026-11-23T10:50:00+00:00"]
    heard.later(minutes=35)
    assert told() == []
    heard.later(minutes=1)
    (warning,) = told()
    assert warning.startswith("no ticket came for 36 minutes: ")
    assert told() == []
    assert post(port, maker.ticket(TICKET, heard.later(minutes=1))) == 200
    assert len(told()) == 1
    post(port, b"forged")
    assert told() == ["refused 1 pushes; the last, from 127.0.0.1: it is no JSON"]


def test_behind_a_proxy_the_senders_own_address_is_told(
    receiving: Receiving, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    receiving.receiver.take(settings(tmp_path, port))
    headers = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
    requests.post(f"http://127.0.0.1:{port}/", b"forged", headers=headers, timeout=5)
    assert caplog.messages == ["refused 1 pushes; the last, from 192.0.2.7: it is no JSON"]


BUSY = 120.0
"""Seconds that a process may take on a busy machine."""

EVENTS = """[platform]
client_id = "{platform.client_id}"
access_token = {{ file = "token-platform" }}
[platform.events]
listen = "127.0.0.1:{port}"
token = {{ file = "token-push" }}
aes_key = {{ file = "aes-key" }}
[poll]"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        opened.change("history_days = 30", "history_days = 2")
        (tmp_path / "token-platform").write_text("42.5ecretPlatformToken0123456789")
        (tmp_path / "token-push").write_text(PLATFORM.token)
        (tmp_path / "aes-key").write_text(PLATFORM.aes_key)
        yield opened


def answers(port: int, push: Callable[[], bytes]) -> bool:
    try:
        return post(port, push()) == 200
    except requests.ConnectionError:
        return False


def test_the_daemon_takes_pushes_from_its_start_to_its_end_and_moves_the_port(desk: Desk) -> None:
    first, second = free_port(), free_port()
    desk.change("[poll]", EVENTS.format(port=first, platform=PLATFORM))
    running, maker = desk.start("run", now=DESK_NOW), pusher()

    def push() -> bytes:
        return maker.ticket(TICKET, wall_clock() - timedelta(seconds=1))

    try:
        wait_until(lambda: answers(first, push), BUSY)
        desk.change(f":{first}", f":{second}")
        running.send_signal(signal.SIGHUP)
        wait_until(lambda: answers(second, push), BUSY)
        wait_until(lambda: not answers(first, push), BUSY)
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=BUSY) == 0
    finally:
        running.kill()
        out, err = running.communicate()
    assert "tickets come; the newest was sent at " in err
    assert f"takes Baidu's pushes at 127.0.0.1:{second}/" in err
    for secret in (TICKET, PLATFORM.token, PLATFORM.aes_key):
        assert secret not in out + err


def test_a_daemon_whose_port_is_taken_does_not_start(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        desk.change("[poll]", EVENTS.format(port=port, platform=PLATFORM))
        running = desk.start("run", now=DESK_NOW)
        _, err = running.communicate(timeout=BUSY)
    assert running.returncode == 1
    assert f"cannot listen at 127.0.0.1:{port}: " in err
    assert "Traceback" not in err
