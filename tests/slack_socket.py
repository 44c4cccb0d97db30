"""Slack's side of Socket Mode: a WebSocket over which presses of buttons are sent, and acknowledged."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from smartapp_watch.simulator.inbox import PostedMessage, SlackInbox


class FakeSocket:
    """The WebSocket of one app. ``deaf``: connections are taken, and nothing on them is answered."""

    def __init__(self, inbox: SlackInbox) -> None:
        self.inbox = inbox
        self.opened = 0
        self.acknowledged: list[str] = []
        self._connections: list[ServerConnection] = []
        self._envelopes = 0

    @property
    def open(self) -> int:
        """How many connections there are now."""
        return len(self._connections)

    def press(self, message: PostedMessage, choice: str = "", **changes: Any) -> str:
        """Somebody presses a message's button, or chooses ``choice`` of its menu; the envelope's number."""
        (actions,) = [block for block in message.blocks if block["type"] == "actions"]
        kind = "static_select" if choice else "button"
        (element,) = [each for each in actions["elements"] if each["type"] == kind]
        action = {"type": kind, "action_id": element["action_id"], "block_id": "b1"}
        if choice:
            (option,) = [each for each in element["options"] if each["value"] == choice]
            action["selected_option"] = option
        channel = self.inbox.channel_id(message.channel)
        payload = {
            "type": "block_actions",
            "user": {"id": "U1", "username": "zhang.wei", "name": "zhang.wei", "team_id": "T1"},
            "team": {"id": "T1", "domain": "example"},
            "container": {"type": "message", "message_ts": message.ts, "channel_id": channel},
            "channel": {"id": channel, "name": "alerts"},
            "message": {"type": "message", "ts": message.ts, "blocks": message.blocks},
            "response_url": self.inbox.response_url,
            "actions": [action],
        }
        return self.send("interactive", payload | changes)

    def send(self, kind: str, payload: dict[str, Any]) -> str:
        """Send an envelope over the newest connection; its number."""
        self._envelopes += 1
        number = f"envelope-{self._envelopes}"
        envelope = {
            "type": kind,
            "envelope_id": number,
            "payload": payload,
            "accepts_response_payload": False,
        }
        self._connections[-1].send(json.dumps(envelope))
        return number

    def renew(self) -> None:
        """Ask for another connection, as Slack does now and then."""
        self._connections[-1].send(json.dumps({"type": "disconnect", "reason": "refresh_requested"}))

    def hang_up(self) -> None:
        """End every connection."""
        for connection in list(self._connections):
            connection.close()

    def serve(self, connection: ServerConnection) -> None:
        """One connection, for as long as it lasts."""
        self.opened += 1
        self._connections.append(connection)
        try:
            connection.send(json.dumps({"type": "hello", "num_connections": 1}))
            for text in connection:
                self.acknowledged.append(json.loads(text)["envelope_id"])
        except ConnectionClosed:
            pass
        finally:
            self._connections.remove(connection)


@contextmanager
def open_socket(inbox: SlackInbox) -> Iterator[FakeSocket]:
    """A WebSocket that ``inbox`` sends apps to."""
    fake = FakeSocket(inbox)
    logger = logging.getLogger("websockets.server")
    logger.setLevel(logging.CRITICAL)
    with serve(fake.serve, "127.0.0.1", 0, logger=logger, compression=None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        inbox.socket_url = f"ws://127.0.0.1:{_port(server)}/link/?ticket=not-to-be-told"
        try:
            yield fake
        finally:
            inbox.socket_url = ""
            fake.hang_up()


def _port(server: Server) -> int:
    return int(server.socket.getsockname()[1])
