"""Buttons over a real WebSocket: every press is acknowledged and answered, whatever becomes of the socket."""

from __future__ import annotations

import logging
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha1

import pytest
from slack_sdk import WebClient

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.errors import ConfigError, Problem
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify import slack_socket
from smartapp_watch.notify.block_kit import Block
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.notify.slack_buttons import Press, buttons
from smartapp_watch.notify.slack_socket import SlackSocket
from smartapp_watch.simulator.inbox import PostedMessage, SlackInbox
from tests.slack_socket import FakeSocket, open_socket
from tests.waiting import wait_until

APP_TOKEN = "xapp-1-5ecret"


@pytest.fixture
def inbox() -> Iterator[SlackInbox]:
    with SlackInbox(app_token=APP_TOKEN) as inbox:
        yield inbox


@pytest.fixture
def fake(inbox: SlackInbox) -> Iterator[FakeSocket]:
    with open_socket(inbox) as fake:
        yield fake


@pytest.fixture
def message(inbox: SlackInbox) -> PostedMessage:
    """A message with buttons."""
    block = buttons(example_alert(EventType.FIRE, Language.EN), Language.EN)
    blocks: list[Block] = [block] if block else []
    client = WebClient(inbox.token, base_url=inbox.api_url)
    client.chat_postMessage(channel="#alerts", text="x", blocks=blocks)
    return inbox.messages[0]


class Listener:
    """A socket that listens on a thread; what was pressed is kept."""

    def __init__(self, inbox: SlackInbox, read_token: Callable[[], str] = lambda: APP_TOKEN) -> None:
        self.presses: list[Press] = []
        self.stop = threading.Event()
        self._socket = SlackSocket("ops", read_token, inbox.api_url, self._answer)
        self._thread = threading.Thread(target=self._socket.listen, args=(self.stop,), daemon=True)

    def _answer(self, press: Press) -> str:
        self.presses.append(press)
        if press.by == "trouble":
            raise ValueError(press.by)
        return f"noted, {press.by}"

    def __enter__(self) -> Listener:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        started = time.monotonic()
        self.stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()
        assert time.monotonic() - started < 6


def test_a_press_is_acknowledged_and_answered_to_whoever_pressed(
    inbox: SlackInbox, fake: FakeSocket, message: PostedMessage
) -> None:
    with Listener(inbox) as listener:
        wait_until(lambda: fake.open == 1)
        number = fake.press(message)
        wait_until(lambda: bool(inbox.asides))
        other = fake.press(message, "7d")
        wait_until(lambda: len(inbox.asides) == 2)
    place = f"{inbox.channel_id('#alerts')}:{message.ts}"
    first, second = listener.presses
    assert (first.message, first.by, first.lasts) == (place, "zhang.wei", None)
    assert second.lasts is not None
    assert second.lasts.days == 7
    assert fake.acknowledged == [number, other]
    assert inbox.asides[0]["text"] == "noted, zhang.wei"
    assert inbox.asides[0]["response_type"] == "ephemeral"
    assert inbox.asides[0]["replace_original"] is False


def test_what_is_no_press_of_ours_is_acknowledged_and_left_alone(
    inbox: SlackInbox, fake: FakeSocket, message: PostedMessage
) -> None:
    with Listener(inbox) as listener:
        wait_until(lambda: fake.open == 1)
        fake.send("events_api", {"event": {}})
        fake.send("interactive", {"type": "view_submission"})
        fake.press(message, actions=[{"action_id": "another.program", "type": "button"}])
        fake.press(message, actions=[])
        fake.press(message, container={})
        fake.press(message)
        wait_until(lambda: len(fake.acknowledged) == 6 and len(inbox.asides) == 1)
    assert len(listener.presses) == 1


def test_a_press_that_goes_wrong_costs_no_other(
    inbox: SlackInbox, fake: FakeSocket, message: PostedMessage, caplog: pytest.LogCaptureFixture
) -> None:
    with Listener(inbox):
        wait_until(lambda: fake.open == 1)
        fake.press(message, user={"id": "U2", "name": "trouble"})
        fake.press(message)
        wait_until(lambda: [each["text"] for each in inbox.asides] == ["noted, zhang.wei"])
    assert "ValueError: trouble" in caplog.text


@pytest.mark.parametrize("end", [FakeSocket.renew, FakeSocket.hang_up])
def test_another_connection_follows_one_that_ends(
    inbox: SlackInbox,
    fake: FakeSocket,
    message: PostedMessage,
    monkeypatch: pytest.MonkeyPatch,
    end: Callable[[FakeSocket], None],
) -> None:
    monkeypatch.setattr(slack_socket, "FIRST_PAUSE", 0.05)
    with Listener(inbox) as listener:
        wait_until(lambda: fake.open == 1)
        end(fake)
        wait_until(lambda: fake.opened == 2 and fake.open == 1)
        fake.press(message)
        wait_until(lambda: len(listener.presses) == 1)


def test_a_connection_without_answers_to_pings_is_given_up(
    inbox: SlackInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says of itself that it is connected."""
    monkeypatch.setattr(slack_socket, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(slack_socket, "STALE_AFTER", 0.5)
    monkeypatch.setattr(slack_socket, "_LOOK_EVERY", 0.1)
    handshakes = 0
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take() -> None:
            nonlocal handshakes
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                _shake_hands(connection)
                connections.append(connection)
                handshakes += 1

        connections: list[socket.socket] = []
        threading.Thread(target=take, daemon=True).start()
        inbox.socket_url = f"ws://127.0.0.1:{server.getsockname()[1]}/"
        with Listener(inbox):
            wait_until(lambda: handshakes >= 2)
    for connection in connections:
        connection.close()


def _shake_hands(connection: socket.socket) -> None:
    head = connection.recv(4096).decode()
    (key,) = [line.split(": ")[1] for line in head.split("\r\n") if line.startswith("Sec-WebSocket-Key")]
    accept = b64encode(sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    connection.sendall(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
    )


def test_a_slack_that_cannot_be_reached_is_tried_until_it_can(
    inbox: SlackInbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(slack_socket, "FIRST_PAUSE", 0.05)
    with caplog.at_level(logging.INFO), Listener(inbox):
        wait_until(lambda: inbox.requests >= 3)
        with open_socket(inbox) as fake:
            wait_until(lambda: fake.open == 1)
            wait_until(lambda: "listening for buttons" in caplog.text)
    assert caplog.text.count("cannot listen for buttons: Slack answered internal_error") == 1


def test_a_token_that_is_refused_or_missing_is_said_once_and_never_shown(
    inbox: SlackInbox, fake: FakeSocket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(slack_socket, "FIRST_PAUSE", 0.01)

    def missing() -> str:
        raise ConfigError((Problem("variable APP", 0, "is not set"),))

    with caplog.at_level(logging.DEBUG):
        with Listener(inbox, lambda: "xapp-wrong"):
            wait_until(lambda: inbox.requests >= 3)
        with Listener(inbox, missing):
            wait_until(lambda: "is not set" in caplog.text)
        with Listener(inbox):
            wait_until(lambda: fake.open == 1)
    assert caplog.text.count("Slack answered invalid_auth") == 1
    for secret in ("xapp-", "5ecret", "not-to-be-told", "ticket"):
        assert secret not in caplog.text
