"""Baidu's pushes → the newest ticket, and what happened between mini-programs and the platform."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from smartapp_watch.clock import Clock, wall_clock
from smartapp_watch.config.events import reveal_aes_key
from smartapp_watch.config.settings import EventsSettings, PlatformSettings
from smartapp_watch.errors import WatchError
from smartapp_watch.pushes.message import Kind
from smartapp_watch.refusals import Refusals
from smartapp_watch.serving import Server

if TYPE_CHECKING:  # these need the extra
    from smartapp_watch.pushes.endpoint import Endpoint
    from smartapp_watch.pushes.envelope import Keys
    from smartapp_watch.pushes.reception import Reception

_MISSED_AFTER = timedelta(minutes=35)
"""Without a ticket; Baidu pushes one every ten minutes."""

log = logging.getLogger(__name__)


class Receiver:
    """The port that takes Baidu's pushes, where the settings name one.

    ``on_ticket``: keeps a ticket, which is a secret, and when it was sent. ``on_event``: keeps what happened
    (AUTHORIZED, UPDATE_AUTHORIZED or UNAUTHORIZED), the mini-program's number, when, and the authorisation
    code, which is a secret, or nothing. Both are called on other threads, one at a time; Baidu waits for
    them, and sends anew what made them raise.
    """

    def __init__(
        self,
        on_ticket: Callable[[str, datetime], object],
        on_event: Callable[[Kind, int, datetime, str], object],
        clock: Clock = wall_clock,
    ) -> None:
        self._on_ticket = on_ticket
        self._on_event = on_event
        self._clock = clock
        self._refusals = Refusals(clock, "pushes")
        self._desk: tuple[Reception, Endpoint] | None = None
        self._server: Server | None = None
        self._place = ("", 0)
        self._heard_at = clock()
        self._comes: bool | None = None  # None: not known yet

    @property
    def port(self) -> int | None:
        """The number of the open port; None where none is open."""
        return self._server.port if self._server is not None else None

    def take(self, platform: PlatformSettings) -> None:
        """Open, move or close the port as the settings say; the secrets are read anew.

        WatchError where that cannot be; then everything stays as it was.
        """
        events = platform.events
        if events is None:
            self.close()
            return
        reception, endpoint, keys = self._prepare(platform, events)
        place = (events.host, events.port)
        if self._server is None or place != self._place:
            opened = Server(endpoint.application(), *place, "ticket")
            opened.start()
            self._replace_server(opened)
            log.info("takes Baidu's pushes at %s:%d%s", events.host, opened.port, events.path)
        reception.keys, endpoint.path, self._place = keys, events.path, place

    def look(self) -> None:
        """Tell of what was refused, and of tickets that do not come; to be called every few seconds."""
        if self._server is None:
            return
        self._refusals.look()
        silence = self._clock() - self._heard_at
        if silence > _MISSED_AFTER and self._comes is not False:
            self._comes = False
            minutes = silence // timedelta(minutes=1)
            log.warning("no ticket came for %d minutes: can Baidu reach the address it pushes to?", minutes)

    def close(self) -> None:
        """Answer what is under way, and close the port."""
        if self._server is not None:
            self._server.stop()
            self._server = None
            log.info("takes no more pushes")

    def _prepare(
        self, platform: PlatformSettings, events: EventsSettings
    ) -> tuple[Reception, Endpoint, Keys]:
        try:
            from smartapp_watch.pushes.endpoint import Endpoint  # noqa: PLC0415 - these need the extra
            from smartapp_watch.pushes.envelope import Keys  # noqa: PLC0415
            from smartapp_watch.pushes.reception import Reception  # noqa: PLC0415
        except ImportError as error:
            raise WatchError("[platform.events] needs: pip install 'smartapp-watch[ticket]'") from error
        keys = Keys(events.token.reveal(), reveal_aes_key(events.aes_key), platform.client_id)
        if self._desk is None:
            # One for good: what was taken under the settings before is not taken again.
            reception = Reception(keys, self._hear, self._on_event, self._clock)
            self._desk = (reception, Endpoint(events.path, reception.take, self._refusals.add))
        return *self._desk, keys

    def _replace_server(self, opened: Server) -> None:
        before, self._server = self._server, opened
        self._heard_at, self._comes = self._clock(), None
        if before is not None:
            before.stop()

    def _hear(self, ticket: str, at: datetime) -> None:
        self._on_ticket(ticket, at)
        self._heard_at = self._clock()
        if not self._comes:
            log.info("tickets come; the newest was sent at %s", at.isoformat())
        self._comes = True
