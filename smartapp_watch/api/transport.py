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
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import quote_plus

import requests
import urllib3.exceptions

from smartapp_watch import __version__
from smartapp_watch.api.connection import ATTEMPT, Attempt, BoundedAdapter
from smartapp_watch.api.failure import Answer, one_line
from smartapp_watch.api.request import Request
from smartapp_watch.errors import BadPayload, Unavailable
from smartapp_watch.redaction import MASK

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


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: even to look where a redirection leads, requests reads its body, however long."""


class Transport:
    """Sends attempts, over one kept session a thread; safe to use from many threads.

    A session takes nothing from its surroundings: no ``.netrc``, no ``REQUESTS_CA_BUNDLE``, no proxy
    variables. ``proxies`` (scheme to URL) and ``verify`` (False, or a file of certificates) are said here.
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
        self._lock = threading.Lock()
        self._mine = threading.local()
        self._sessions: weakref.WeakSet[requests.Session] = weakref.WeakSet()
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
        """Close every session's connections."""
        for session in list(self._sessions):
            session.close()

    def _ask(self, request: Request, start_index: int, seconds: float) -> tuple[int, bytes, float | None]:
        parameters = dict(request.at(start_index))
        with self._session().request(
            request.method,
            self._base_url + request.path,
            params=parameters if request.method == "GET" else None,
            data=None if request.method == "GET" else parameters,
            timeout=seconds,
            allow_redirects=False,
            stream=True,
            verify=self._verify,
        ) as response:
            body = response.raw.read(_MOST_BYTES + 1, decode_content=True)
            if len(body) > _MOST_BYTES:
                raise BadPayload(f"the answer is larger than {_MOST_BYTES // 1024 // 1024} MiB")
            return response.status_code, body, _retry_after(response.headers)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._mine, "session", None)
        if session is None:
            session = self._mine.session = self._new_session()
            with self._lock:
                self._sessions.add(session)
        return session

    def _new_session(self) -> requests.Session:
        session = _Session()
        session.trust_env = False
        session.proxies = self._proxies
        session.headers["User-Agent"] = f"smartapp-watch/{__version__}"
        session.headers["Accept"] = "application/json"
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = BoundedAdapter()
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        return session


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
