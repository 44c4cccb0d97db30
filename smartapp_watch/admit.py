"""What Baidu pushed → the credentials: tickets, and who gave or took back its authorisation."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from smartapp_watch.clock import Clock
from smartapp_watch.config.settings import AppSettings, TokenWay, WatchConfig
from smartapp_watch.credentials.journal import Credentials
from smartapp_watch.enrol import enrol
from smartapp_watch.errors import Stopped, WatchError
from smartapp_watch.metrics.observation import App
from smartapp_watch.pushes.message import Kind
from smartapp_watch.tokens import make_client

log = logging.getLogger(__name__)


class Admission:
    """Keeps what Baidu pushed, by the settings of the moment; CredentialsError where it cannot.

    ``settings``: those of the moment. ``changed``: hears, on any thread, that other mini-programs are to be
    watched by now, or are known by another name. ``stop`` ends the calls that are under way.
    """

    def __init__(
        self,
        settings: Callable[[], WatchConfig],
        changed: Callable[[], object],
        stop: threading.Event,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._changed = changed
        self._stop = stop
        self._clock = clock
        self._opened: Credentials | None = None
        # Baidu waits for an answer to its push meanwhile, and tokens may take a minute.
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="admit")

    def take_ticket(self, ticket: str, at: datetime) -> None:
        """Keep a ticket; the platform's next token is obtained with it."""
        self._credentials(self._settings()).note_ticket(ticket, at)

    def take_event(self, kind: Kind, app_id: int, at: datetime, code: str) -> None:
        """Watch a mini-program, ask for its tokens at once, or leave it alone."""
        config = self._settings()
        known = next((each for each in config.apps if each.app.id == app_id), None)
        if kind is Kind.UNAUTHORIZED:
            self._dismiss(config, app_id, at)
        elif known is not None or config.platform.adopt_apps:
            self._admit(config, known or AppSettings(App(app_id), None, (), enrolled=True), at, code)
        else:
            words = "mini-program %d authorised the platform; `smartapp-watch apps add %d` watches it"
            log.info(words, app_id, app_id)

    def close(self) -> None:
        """Begin nothing more; a mini-program whose tokens are not there yet gets them at its first poll."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _admit(self, config: WatchConfig, app: AppSettings, at: datetime, code: str) -> None:
        app_id = app.app.id
        if not self._credentials(config).adopt(app_id, at, enrol=app.enrolled):
            return
        log.info("mini-program %d gave its authorisation", app_id)
        if config.way_of(app) is TokenWay.RENEWED:
            self._worker.submit(self._gain, app_id, code)
        self._changed()

    def _dismiss(self, config: WatchConfig, app_id: int, at: datetime) -> None:
        if self._credentials(config).retire(app_id, at):
            log.warning("mini-program %d took its authorisation back", app_id)
            self._changed()

    def _gain(self, app_id: int, code: str) -> None:
        """Its tokens, its name and its status: with the code while that is good, which is a minute."""
        config = self._settings()
        client = make_client(config, self._stop)
        try:
            enrol(config, client, app_id, self._clock(), code)
        except Stopped:
            return
        except WatchError as error:
            log.warning("mini-program %d gets its tokens at its next poll: %s", app_id, error)
        else:
            self._changed()
        finally:
            client.close()

    def _credentials(self, config: WatchConfig) -> Credentials:
        path = config.platform.credentials
        if self._opened is None or self._opened.path != path:
            self._opened = Credentials(path)
        return self._opened
