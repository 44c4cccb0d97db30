"""The port of the pages: opened, moved and closed as the settings say, and guarded all the while."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from smartapp_watch.clock import Clock, wall_clock
from smartapp_watch.config.settings import WatchConfig, WebSettings
from smartapp_watch.config.web import reveal_tokens
from smartapp_watch.errors import ConfigError, Problem, WatchError
from smartapp_watch.refusals import Refusals
from smartapp_watch.serving import Application, Server

if TYPE_CHECKING:  # these need the extra
    from smartapp_watch.web.door import Door
    from smartapp_watch.web.guard import Guard

log = logging.getLogger(__name__)


class Web:
    """The pages, where the settings want them.

    ``config``: gives the settings that are in force; each page is of those. ``done``: called on other threads
    when somebody answered, and there is something to show anew. ``passing``: seconds that pass, for sessions.
    """

    def __init__(
        self,
        config: Callable[[], WatchConfig],
        clock: Clock,
        done: Callable[[], object],
        passing: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._clock = clock
        self._done = done
        self._passing = passing
        self._refusals = Refusals(wall_clock, "requests for pages")
        self._served: tuple[Application, Door] | None = None
        self._guard: Guard | None = None
        self._server: Server | None = None
        self._place = ("", 0)

    def take(self, settings: WebSettings | None) -> None:
        """Open, move or close the port as the settings say; the tokens are read anew.

        WatchError where that cannot be; then everything stays as it was. Who has another token by now, or is
        no longer among the people, is signed out.
        """
        if settings is None:
            self.close()
            return
        tokens, place = reveal_tokens(settings), (settings.host, settings.port)
        try:
            from smartapp_watch.web.guard import Guard  # noqa: PLC0415 - these need the extra
            from smartapp_watch.web.terms import Terms  # noqa: PLC0415

            served, door = self._served = self._served or self._compose()
        except ImportError as error:
            raise WatchError("[web] needs: pip install 'smartapp-watch[web]'") from error
        terms = Terms.of(settings, tokens)
        if self._guard is not None and place == self._place:
            self._guard.terms = terms
            return
        guard = Guard(served, door, terms)  # of its own: the port before it keeps its terms to its end
        self._open(guard, place)
        self._guard, self._place = guard, place

    def look(self) -> None:
        """Tell of what was refused; to be called every few seconds."""
        self._refusals.look()

    def close(self) -> None:
        """Answer what is under way, and close the port."""
        if self._server is not None:
            self._server.stop()
            self._server = self._guard = None
            log.info("there are no pages any more")

    def _compose(self) -> tuple[Application, Door]:
        """Everything that is served, made once: sessions and counts outlast a reload."""
        from smartapp_watch.web.attempts import Attempts  # noqa: PLC0415
        from smartapp_watch.web.composition import compose  # noqa: PLC0415
        from smartapp_watch.web.door import Door  # noqa: PLC0415
        from smartapp_watch.web.sessions import Sessions  # noqa: PLC0415

        door = Door(Sessions(self._passing), Attempts(self._passing), self._refusals.add)
        return compose(self._config, self._clock, self._done, door), door

    def _open(self, guard: Guard, place: tuple[str, int]) -> None:
        try:
            opened = Server(guard, *place, "web", proxy_headers=False)
        except WatchError as error:
            raise ConfigError((Problem("[web] listen", 0, str(error)),)) from None
        opened.start()
        before, self._server = self._server, opened
        log.info("pages are at http://%s:%d", place[0] if ":" not in place[0] else f"[{place[0]}]", place[1])
        if before is not None:
            before.stop()
