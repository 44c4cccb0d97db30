"""An HTTP application on a port of its own, on a thread beside the work.

uvicorn and what it needs come with an extra; without it, nothing is imported until somebody serves.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from smartapp_watch.errors import WatchError

_STARTS_WITHIN = 10.0
_STOPS_WITHIN = 5.0

logger = logging.getLogger(__name__)

_Message = MutableMapping[str, Any]


class Application(Protocol):
    """What speaks ASGI."""

    def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
    ) -> Awaitable[None]:
        """Answer one connection."""


class Server:
    """Serves ``application`` at ``host`` and ``port`` (0: any free one) from :meth:`start` to :meth:`stop`.

    ``extra``: the installation extra that brings uvicorn, named where it is missing. ``proxy_headers``: who
    sends a request is who a proxy of this machine says it is; not where that could open a door. WatchError
    where the extra is missing, and where the port is not to be had: before anything else has begun.
    """

    def __init__(
        self, application: Application, host: str, port: int, extra: str, *, proxy_headers: bool = True
    ) -> None:
        try:
            import uvicorn  # noqa: PLC0415 - slow to load, and there only with an extra
        except ImportError as error:
            raise WatchError(f"a port needs the extra: pip install 'smartapp-watch[{extra}]'") from error
        try:
            self._socket = _listen(host, port)
        except OSError as error:
            # Python adds the address to what the system said.
            reason = (error.strerror or str(error)).partition(" (while ")[0]
            raise WatchError(f"cannot listen at {host}:{port}: {reason}") from error
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            application,
            log_config=None,
            log_level="error",  # who sends what is no HTTP must not fill the log
            access_log=False,
            lifespan="off",
            ws="none",  # else it loads a library for WebSockets, where one is installed
            server_header=False,
            proxy_headers=proxy_headers,
            timeout_graceful_shutdown=int(_STOPS_WITHIN) - 1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name=f"port {self.port}", daemon=True)
        self._ended = threading.Event()

    def start(self) -> None:
        """Serve from now on."""
        self._thread.start()
        waited = 0.0
        while not self._server.started and not self._ended.wait(0.01) and waited < _STARTS_WITHIN:
            waited += 0.01

    def stop(self) -> None:
        """Answer what is under way, then let the port go."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(_STOPS_WITHIN)
        with contextlib.suppress(OSError):
            self._socket.close()

    def _serve(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        except Exception:
            logger.exception("the server at %s:%d ended", self.host, self.port)
        finally:
            self._ended.set()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family)
    # Connections inherit it; asyncio sees to it only of sockets that name their protocol, which these do not.
    # Without it, an answer's body waits 40 ms for a sign that its head has come.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.setblocking(False)
    return listening
