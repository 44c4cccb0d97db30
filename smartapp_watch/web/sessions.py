"""Who is signed in: kept in memory alone, so that a restart signs everybody out, and no file holds a key."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_ID = re.compile(r"[A-Za-z0-9_-]{43}")
_MOST_EACH = 20
"""Sessions of one person: a phone, a few browsers; the oldest ends where another begins."""


def new_id() -> str:
    """What a browser is known by: nobody can guess it."""
    return secrets.token_urlsafe(32)


def is_id(text: str) -> bool:
    """Whether it has the form of what a browser is known by."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class _Session:
    person: str
    token: bytes
    until: float


@dataclass(slots=True)
class Sessions:
    """Who signed in with which browser; for any number of threads. ``clock``: seconds that pass."""

    clock: Callable[[], float]
    _open: dict[bytes, _Session] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def begin(self, person: str, token: bytes, lasts: float) -> str:
        """Somebody signs in with the token of this digest; what their browser is known by from now on.

        It is always a new one: what a browser brought along before may have been put into it by others.
        """
        browser = new_id()
        with self._lock:
            own = [key for key, each in self._open.items() if each.person == person]
            for key in own[: max(0, len(own) + 1 - _MOST_EACH)]:
                del self._open[key]
            self._open[_digest(browser)] = _Session(person, token, self.clock() + lasts)
        return browser

    def person(self, browser: str, tokens: Mapping[str, bytes]) -> str | None:
        """Who is signed in with a browser; ``tokens``: the digests of those that are good now, by person.

        Who is no longer among the people, or has another token by now, is not signed in.
        """
        key = _digest(browser)
        with self._lock:
            session = self._open.get(key)
            if session is None:
                return None
            if session.until <= self.clock():
                del self._open[key]
                return None
        return session.person if tokens.get(session.person) == session.token else None

    def end(self, browser: str) -> None:
        """Somebody signs out."""
        with self._lock:
            self._open.pop(_digest(browser), None)

    def form_token(self, browser: str, person: str) -> str:
        """What a form has to bring back: made for one browser and one person, and by nobody else."""
        return hmac.new(self._key, f"{browser}\n{person}".encode(), hashlib.sha256).hexdigest()

    def is_form_token(self, given: str, browser: str, person: str) -> bool:
        """Whether a form brought back what it was given."""
        return hmac.compare_digest(given.encode(), self.form_token(browser, person).encode())


def _digest(browser: str) -> bytes:
    """By its digest, so that how long a look takes tells nothing of those that are open."""
    return hashlib.sha256(browser.encode()).digest()
