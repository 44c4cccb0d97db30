"""One attempt at one call, within its time and its size."""

from __future__ import annotations

import http.client
import re
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from urllib.parse import quote_plus, urlencode

import requests
import urllib3.exceptions
from requests.structures import CaseInsensitiveDict

from smartapp_watch import __version__
from smartapp_watch.api.connection import ATTEMPT, Attempt, BoundedAdapter
from smartapp_watch.api.failure import Answer, one_line
from smartapp_watch.api.request import Request
from smartapp_watch.errors import BadPayload, Unavailable
from smartapp_watch.redaction import MASK

_HEADERS = {
    "User-Agent": f"smartapp-watch/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
}
_MOST_BYTES = 16 * 1024 * 1024
_SHORTEST_TOKEN = 10
_SECONDS = re.compile(r"[0-9]{1,9}")
_FAILURES = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)
_TOO_LATE = (TimeoutError, requests.Timeout, urllib3.exceptions.ReadTimeoutError)


class Transport:
    """Sends attempts, over one kept connection a thread; safe to use from many threads.

    Of requests it takes the adapter alone. What a session does beside it, for each call anew, takes more time
    than the call: cookies, redirections, and looks at the surroundings: ``.netrc``, ``REQUESTS_CA_BUNDLE``,
    proxy variables. ``proxies`` (scheme to URL) and ``verify`` (False, or a file of certificates) are said
    here.
    """

    def __init__(
        self,
        base_url: str,
        stop: threading.Event,
        proxies: Mapping[str, str] | None = None,
        verify: bool | str = True,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._stop = stop
        self._proxies = dict(proxies or {})
        self._verify = verify
        self._addresses: dict[str, tuple[str, CaseInsensitiveDict[str]]] = {}
        self._lock = threading.Lock()
        self._mine = threading.local()
        self._adapters: weakref.WeakSet[BoundedAdapter] = weakref.WeakSet()
        self.calls = 0

    def send(self, request: Request, start_index: int, token: str, seconds: float) -> Answer:
        """One attempt, over after ``seconds`` whatever the server does; Unavailable, BadPayload, Stopped.

        The answer's body comes with every copy of the token masked: a server that echoes it must not carry
        it into messages or the history.
        """
        secrets = {"access_token": token}
        return masked(self.exchange(request, start_index, secrets, seconds), secrets)

    def exchange(
        self, request: Request, start_index: int, secrets: Mapping[str, str], seconds: float
    ) -> Answer:
        """The same with any secret parameters of the query string, and an answer that may hold them."""
        with self._lock:
            self.calls += 1
        now = ATTEMPT.set(Attempt(secrets, time.monotonic() + seconds, self._stop))
        try:
            status, body, retry_after = self._ask(request, start_index, seconds)
        except _FAILURES as error:
            message = one_line(_explain(error, seconds), 200)
        else:
            return Answer(status, body, retry_after)
        finally:
            ATTEMPT.reset(now)
        raise Unavailable(message)  # not in the handler: the library's error holds more than it should

    def close(self) -> None:
        """Close every thread's connections."""
        for adapter in list(self._adapters):
            adapter.close()

    def _ask(self, request: Request, start_index: int, seconds: float) -> tuple[int, bytes, float | None]:
        response = self._adapter().send(
            self._prepare(request, start_index),
            stream=True,
            timeout=seconds,
            verify=self._verify,
            proxies=self._proxies,
        )
        with response:
            body = response.raw.read(_MOST_BYTES + 1, decode_content=True)
            if len(body) > _MOST_BYTES:
                raise BadPayload(f"the answer is larger than {_MOST_BYTES // 1024 // 1024} MiB")
            return response.status_code, body, _retry_after(response.headers)

    def _prepare(self, request: Request, start_index: int) -> requests.PreparedRequest:
        url, headers = self._address(request.path)
        parameters = request.at(start_index)
        prepared = requests.PreparedRequest()
        prepared.method = request.method
        prepared.headers = headers.copy()
        if request.method == "GET":
            prepared.prepare_url(url, dict(parameters))
        else:
            prepared.url = url
            prepared.body = urlencode(parameters)
            prepared.headers["Content-Type"] = "application/x-www-form-urlencoded"
            prepared.headers["Content-Length"] = str(len(prepared.body))
        return prepared

    def _address(self, path: str) -> tuple[str, CaseInsensitiveDict[str]]:
        """A path's URL as it goes over the wire, and the headers for it: made once."""
        if path not in self._addresses:
            prepared = requests.Request("GET", self._base_url + path, _HEADERS).prepare()
            self._addresses[path] = prepared.url or "", prepared.headers
        return self._addresses[path]

    def _adapter(self) -> BoundedAdapter:
        adapter: BoundedAdapter | None = getattr(self._mine, "adapter", None)
        if adapter is None:
            adapter = self._mine.adapter = BoundedAdapter()
            with self._lock:
                self._adapters.add(adapter)
        return adapter


def masked(answer: Answer, secrets: Mapping[str, str]) -> Answer:
    """``answer`` without what was sent; what is too short for a token may stand there by chance."""
    body = answer.body
    for token in secrets.values():
        if len(token) >= _SHORTEST_TOKEN:
            for form in {token, quote_plus(token), token.replace("/", r"\/")}:
                body = body.replace(form.encode(), MASK.encode())
    return replace(answer, body=body)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds asked for, as a number or as a moment by the server's own clock."""
    asked = headers.get("Retry-After", "")
    if _SECONDS.fullmatch(asked):
        return float(asked)
    try:
        moment, now = parsedate_to_datetime(asked), parsedate_to_datetime(headers.get("Date", ""))
        return max((moment - now).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None


def _explain(error: Exception, seconds: float) -> str:
    """What went wrong, in words that hold nothing of the URL."""
    chain = list(_chain(error))
    if any(isinstance(link, _TOO_LATE) for link in chain):
        return f"no complete answer within {seconds:.3g} s"
    reason = next((link.strerror for link in chain if isinstance(link, OSError) and link.strerror), "")
    through = "to the proxy " if isinstance(error, requests.exceptions.ProxyError) else ""
    if reason:
        return f"the connection {through}failed: {reason}"
    return f"the connection {through}failed or broke off ({type(error).__name__})"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """``error`` and every exception it was made of; the libraries nest them in four ways."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop(0)
        if isinstance(link, BaseException) and id(link) not in seen:
            seen.add(id(link))
            yield link
            waiting += [*link.args, getattr(link, "reason", None), link.__cause__, link.__context__]
