"""A connection that is bounded as a whole, and that alone knows the tokens of a call.

Two things the HTTP libraries do not give. Their time-outs hold for one read of the socket, so that a server
which sends a byte now and then holds a call for ever; here every read ends at one moment, head and body
alike, and looks at the stop signal meanwhile. And they write the URL into log lines and exceptions; here
tokens join the query string in the last step, below everything that writes.

Not bounded: the resolver, and connecting where a host has several addresses (each of them gets the time).
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from smartapp_watch.errors import Stopped

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from urllib3.poolmanager import ProxyManager

_GLANCE = 0.2
"""Seconds between two looks at the stop signal while a read waits."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the connection has to know of the attempt that is under way in this thread.

    ``secrets``: parameters of the query string, by name. ``until``: the moment, on the monotonic clock, at
    which the attempt is over, come what may.
    """

    secrets: Mapping[str, str]
    until: float
    stop: threading.Event


ATTEMPT: ContextVar[Attempt] = ContextVar("attempt")


class _BoundedReader(io.RawIOBase):
    """The socket's bytes, until the attempt's moment."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._attempt = ATTEMPT.get()
        self._held = sock.makefile("rb", buffering=0)  # keeps the socket open as long as the answer is read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        while True:
            if self._attempt.stop.is_set():
                raise Stopped("the process is stopping")
            left = self._attempt.until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._sock.settimeout(min(left, _GLANCE))
            try:
                return self._sock.recv_into(buffer)
            except TimeoutError:
                continue

    def close(self) -> None:
        self._held.close()
        super().close()


class _BoundedSocket:
    """The one thing of a socket that ``http.client`` needs in order to read an answer."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_BoundedReader(self._sock))


def _bounded_response(sock: socket.socket, **options: Any) -> http.client.HTTPResponse:
    return http.client.HTTPResponse(_BoundedSocket(sock), **options)  # type: ignore[arg-type]


class _Plain(HTTPConnection):
    response_class = staticmethod(_bounded_response)  # type: ignore[assignment]

    def putrequest(self, method: str, url: str, *skips: bool, **options: bool) -> None:
        super().putrequest(method, _with_secrets(url), *skips, **options)


class _Secure(HTTPSConnection):
    response_class = staticmethod(_bounded_response)  # type: ignore[assignment]

    def putrequest(self, method: str, url: str, *skips: bool, **options: bool) -> None:
        super().putrequest(method, _with_secrets(url), *skips, **options)


def _with_secrets(url: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(ATTEMPT.get().secrets)}"


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS = {"http": _PlainPool, "https": _SecurePool}


class BoundedAdapter(HTTPAdapter):
    """Makes a session of requests use these connections, one of them, and never try again by itself."""

    def __init__(self) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *sizes: Any, **options: Any) -> None:
        super().init_poolmanager(*sizes, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *proxy: Any, **options: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(*proxy, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager
