"""The access token of one app, or of the platform: read once, and again when the API refuses it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from smartapp_watch.errors import ApiError, TokenRejected, WatchError

_STANDS_FOR = 10.0
"""Seconds that a renewal in vain holds for the other threads whose calls failed with the same token."""


class AccessToken:
    """A token behind the function that reveals it; safe to use from many threads.

    Its text form never shows the token.
    """

    def __init__(self, reveal: Callable[[], str]) -> None:
        self._reveal = reveal
        self._lock = threading.Lock()
        self._value: str | None = None
        self._in_vain: tuple[str, float] | None = None

    def value(self) -> str:
        """The token, read from its source at the first use; TokenRejected where the source has none."""
        with self._lock:
            if self._value is None:
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
        return token == rejected and time.monotonic() - at < _STANDS_FOR

    def _read(self) -> str:
        try:
            value = self._reveal()
        except ApiError:
            raise
        except WatchError as error:
            message = f"there is no access token: {error}"
        else:
            if value:
                return value
            message = "there is no access token: its source is empty"
        raise TokenRejected(message)
