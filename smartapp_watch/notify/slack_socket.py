"""Slack's Socket Mode: the buttons that people press come over a WebSocket that this side opens."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from smartapp_watch.errors import DeliveryError, WatchError
from smartapp_watch.notify.slack_api import FormRefused, SlackApi, SlackWebhook, silent_logger
from smartapp_watch.notify.slack_buttons import Press, read_press

if TYPE_CHECKING:
    from slack_sdk.socket_mode import SocketModeClient
    from slack_sdk.socket_mode.client import BaseSocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

STALE_AFTER = 30.0
"""Seconds without an answer to a ping after which a connection is dead, whatever it says of itself."""

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
"""Seconds between two tries to connect, where none lasted; each pause is twice as long as the one before."""

_LASTED = 60.0
_PING_EVERY = 5.0
_LOOK_EVERY = 1.0
_CLOSE_WITHIN = 3.0
_TIMEOUT = 10
_BUFFER = 16_384

Answer = Callable[[Press], str]
"""What is done about a press; the words for whoever pressed, empty for none."""

log = logging.getLogger(__name__)


class SlackSocket:
    """Listens for one Slack app, for all its receivers: Slack gives a press to one listener alone.

    ``name``: for the log. ``read_token``: reads the app's token, a secret, when it is needed. A Slack that
    cannot be reached, or a token that it refuses, is logged once and tried again.
    """

    def __init__(self, name: str, read_token: Callable[[], str], api_url: str, answer: Answer) -> None:
        self._name = name
        self._read_token = read_token
        self._api = SlackApi("", api_url, _TIMEOUT)
        self._answer = answer
        self._presses: queue.SimpleQueue[Press] = queue.SimpleQueue()
        self._trouble: str | None = None

    def listen(self, stop: threading.Event) -> None:
        """Until ``stop``: keep a connection open, and answer what comes over it."""
        pause = FIRST_PAUSE
        while not stop.is_set():
            began, asked = time.monotonic(), 0.0
            try:
                with self._connected() as client:
                    self._say("")
                    self._serve(client, stop)
            except (WatchError, FormRefused) as error:
                self._say(str(error))
                asked = getattr(error, "retry_after", None) or 0.0
            if time.monotonic() - began > _LASTED:  # Slack renews every connection now and then
                pause = FIRST_PAUSE
                continue
            stop.wait(min(max(pause, asked), LONGEST_PAUSE))
            pause = min(2 * pause, LONGEST_PAUSE)

    @contextmanager
    def _connected(self) -> Iterator[SocketModeClient]:
        """A connection of its own, closed at the end; DeliveryError where Slack gives none."""
        client = _client(self._api.open_socket(self._read_token()))
        client.socket_mode_request_listeners.append(self._take)
        try:
            client.connect()
            if not client.is_connected():
                raise DeliveryError("Slack's WebSocket could not be opened")
            yield client
        finally:
            # Its threads may hang in a read for seconds; they are daemons, and nobody waits for the last.
            closing = threading.Thread(target=client.close, daemon=True)
            closing.start()
            closing.join(_CLOSE_WITHIN)

    def _take(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        """Acknowledge what came, on a thread of the client's; Slack waits for it three seconds only."""
        client.send_socket_mode_response({"envelope_id": request.envelope_id})
        press = read_press(request.payload) if request.type == "interactive" else None
        if press is not None:
            self._presses.put(press)

    def _serve(self, client: SocketModeClient, stop: threading.Event) -> None:
        """Answer presses for as long as the connection is good."""
        heard, last = time.monotonic(), None
        while not stop.is_set() and client.is_connected():
            with suppress(queue.Empty):
                self._reply(self._presses.get(timeout=_LOOK_EVERY))
            session = client.current_session
            if session is not None and session.last_ping_pong_time != last:
                heard, last = time.monotonic(), session.last_ping_pong_time
            if time.monotonic() - heard > STALE_AFTER:
                log.info("%s: the connection for buttons is dead; opening another", self._name)
                return

    def _reply(self, press: Press) -> None:
        """Do what was pressed for, and say so to whoever did."""
        try:
            words = self._answer(press)
        except Exception:
            log.exception("%s: what %s pressed was not done", self._name, press.by)
            return
        if not words or not press.answer_to:
            return
        try:
            SlackWebhook(press.answer_to, _TIMEOUT).post(
                words, (), response_type="ephemeral", replace_original=False
            )
        except (DeliveryError, FormRefused) as error:
            log.warning("%s: %s could not be answered: %s", self._name, press.by, error)

    def _say(self, trouble: str) -> None:
        """Log how it stands, where that is news; ``trouble`` is empty where all is well."""
        if trouble == self._trouble:
            return
        self._trouble = trouble
        if trouble:
            log.warning("%s: cannot listen for buttons: %s", self._name, trouble)
        else:
            log.info("%s: listening for buttons", self._name)


def _client(address: str) -> SocketModeClient:
    """A client for one connection. Slack's own would open the next by itself, and sleep for as long as Slack
    likes where that fails: a signal could not end it."""
    from slack_sdk.socket_mode import SocketModeClient  # noqa: PLC0415  only a daemon with buttons needs it

    class _OneConnection(SocketModeClient):
        def connect_to_new_endpoint(self, force: bool = False) -> None:
            """Slack asks to move on: the end of this connection is all that is needed."""
            del force
            self.disconnect()

    client = _OneConnection(
        app_token="",
        logger=silent_logger(),
        auto_reconnect_enabled=False,
        ping_interval=_PING_EVERY,
        receive_buffer_size=_BUFFER,
        concurrency=1,
    )
    client.wss_uri = address
    return client
