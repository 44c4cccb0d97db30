"""One POST over HTTP: it is sent once, answered within a time, and shows its address to nobody."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import requests

from smartapp_watch.errors import DeliveryError

LONGEST_ANSWER = 65_536

_QUIET = ContextVar("quiet", default=False)
logging.getLogger("urllib3.connectionpool").addFilter(lambda _record: not _QUIET.get())

_OK, _REDIRECT, _BAD_REQUEST, _SERVER_ERROR = 200, 300, 400, 500
_TIMEOUT, _TOO_LARGE, _UNPROCESSABLE, _TOO_MANY = 408, 413, 422, 429


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``retry_after``: seconds that it asks to wait; None where it does not."""

    status: int
    body: bytes
    retry_after: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the status says that it was taken."""
        return _OK <= self.status < _REDIRECT

    @property
    def document(self) -> Mapping[str, Any] | None:
        """The JSON object in the body; None where there is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None


def post(who: str, address: str, body: bytes, headers: Mapping[str, str], timeout: float = 30) -> Answer:
    """Post JSON, or what ``headers`` say; DeliveryError, about ``who``, where nothing came back.

    ``timeout``: seconds to connect, to wait for the answer, and to read it. Never sent twice and never to
    where a redirect leads: the address holds a secret. Proxies and certificates are the surroundings'.
    """
    if not address.startswith(("https://", "http://")):
        raise DeliveryError(f"{who}: its address is no http or https address", permanent=True)
    common = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "smartapp-watch"}
    try:
        with (
            quiet(),
            requests.post(
                address,
                data=body,
                headers={**common, **headers},
                auth=lambda request: request,  # else a .netrc would add a password
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            return Answer(answer.status_code, _read(answer, timeout), _seconds(answer.headers))
    except (requests.RequestException, OSError, ValueError) as error:
        raise DeliveryError(f"{who} could not be reached: {_in_words(error)}") from None


@contextmanager
def quiet() -> Iterator[None]:
    """The library logs the address of each request: not within this."""
    token = _QUIET.set(True)
    try:
        yield
    finally:
        _QUIET.reset(token)


def refused(who: str, answer: Answer, words: str = "") -> DeliveryError:
    """The error that an answer's status stands for; ``words``: what the other side said."""
    status = answer.status
    said = f"{who} answered HTTP {status}" + (f": {words}" if words else "")
    if _REDIRECT <= status < _BAD_REQUEST:
        said += ", which leads elsewhere; the address in the settings has to be the last one"
    passing = status < _REDIRECT or status >= _SERVER_ERROR or status in (_TIMEOUT, _TOO_MANY)
    return DeliveryError(
        said,
        permanent=not passing,
        of_receiver=status not in (_BAD_REQUEST, _TOO_LARGE, _UNPROCESSABLE),
        retry_after=answer.retry_after if passing else None,
    )


def _read(answer: requests.Response, timeout: float) -> bytes:
    """The body, as far as it is of interest; a byte at a time, for a server may send one now and then."""
    until = time.monotonic() + timeout
    body = bytearray()
    for piece in answer.iter_content(1):
        body += piece
        if len(body) >= LONGEST_ANSWER:
            break
        if time.monotonic() > until:
            raise TimeoutError
    return bytes(body)


def _seconds(headers: Mapping[str, str]) -> float | None:
    text = headers.get("Retry-After", "")
    return float(text) if text.isdecimal() and len(text) < 10 else None  # noqa: PLR2004


def _in_words(error: BaseException) -> str:
    """What went wrong, without the text of the libraries: it holds the address."""
    if isinstance(error, requests.Timeout | TimeoutError):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "the connection could not be secured"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy did not let it through"
    if isinstance(error, requests.exceptions.InvalidURL | ValueError):
        return "its address cannot be used"
    return _system_words(error) or "the connection failed"


def _system_words(error: BaseException) -> str:
    """What the system said, however deep the libraries have wrapped it; empty where it said nothing."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    inner = (getattr(error, "reason", None), *error.args, error.__cause__, error.__context__)
    causes = (_system_words(each) for each in inner if isinstance(each, BaseException))
    return next(filter(None, causes), "")
