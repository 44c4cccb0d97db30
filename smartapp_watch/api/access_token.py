"""The access token of one app, or of the platform: read once, and again when the API refuses it."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable
from typing import Protocol

from smartapp_watch.errors import ApiError, Stopped, TokenRejected, WatchError

_LONGEST_MARGIN = 300.0

STANDS_FOR = 10.0
"""Seconds that a renewal in vain holds for the other threads whose calls failed with the same token."""


class Token(Protocol):
    """What opens figures, of one mini-program or of the platform."""

    def value(self) -> str:
        """The token to use now; every kind of ApiError where there is none."""

    def renew(self, rejected: str) -> bool:
        """Whether there is now another token than ``rejected``; every kind of ApiError."""


class AccessToken:
    """A token behind the function that reveals it; safe to use from many threads.

    What is revealed is the token, or a JSON document with ``access_token`` and ``expires_in`` (seconds), as
    a token service answers; it is then read again before it expires. Its text form never shows the token.
    """

    def __init__(self, reveal: Callable[[], str]) -> None:
        self._reveal = reveal
        self._lock = threading.Lock()
        self._value: str | None = None
        self._good_until = math.inf
        self._in_vain: tuple[str, float] | None = None

    def value(self) -> str:
        """The token, read from its source where need be; TokenRejected where the source has none."""
        with self._lock:
            if self._value is None or time.monotonic() >= self._good_until:
                self._value = self._read()
            return self._value

    def renew(self, rejected: str) -> bool:
        """Whether there is now another token than ``rejected``; reads the source again if that is needed.

        However many threads report the same token, the source is read once: the first one that comes reads
        it, the others share its result.
        """
        with self._lock:
            if self._value is not None and self._value != rejected:
                return True
            if self._is_in_vain(rejected):
                return False
            self._value = self._read()
            if self._value != rejected:
                return True
            self._in_vain = (rejected, time.monotonic())
            return False

    def __repr__(self) -> str:
        return "AccessToken(…)"

    def _is_in_vain(self, rejected: str) -> bool:
        if self._in_vain is None:
            return False
        token, at = self._in_vain
        return token == rejected and time.monotonic() - at < STANDS_FOR

    def _read(self) -> str:
        try:
            value = self._reveal()
        except (ApiError, Stopped):
            raise
        except WatchError as error:
            message = f"there is no access token: {error}"
        else:
            value, seconds = _understood(value)
            self._good_until = time.monotonic() + seconds - min(_LONGEST_MARGIN, seconds / 6)
            if value:
                return value
            message = "there is no access token: its source is empty"
        raise TokenRejected(message)


def _understood(revealed: str) -> tuple[str, float]:
    """The token in what was revealed, and the seconds it lives; of a bare token nobody knows."""
    if not revealed.startswith("{"):
        return revealed, math.inf
    try:
        document = json.loads(revealed)
        return str(document.get("access_token") or ""), float(document.get("expires_in") or math.inf)
    except (ValueError, TypeError):
        return "", math.inf
