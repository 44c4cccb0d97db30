"""Tells of what was refused without letting those who send it fill the log."""

from __future__ import annotations

import ipaddress
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

_ONCE_IN = timedelta(minutes=1)

log = logging.getLogger(__name__)


class Refusals:
    """Counts what was refused, and logs it once a minute at most: never anything of what was sent.

    ``what``: what it is, in the plural.
    """

    def __init__(self, clock: Callable[[], datetime], what: str) -> None:
        self._clock = clock
        self._what = what
        self._lock = threading.Lock()
        self._told_at: datetime | None = None
        self._untold = 0
        self._last = ("", "")
        self.count = 0
        """Of all of them."""

    def add(self, why: str, sender: str) -> None:
        """Count one. ``sender``: an address, or what somebody gave for one."""
        with self._lock:
            self.count += 1
            self._untold += 1
            self._last = (why, _address(sender))
            self._tell()

    def look(self) -> None:
        """Tell of what nobody was told of, if it is time to."""
        with self._lock:
            self._tell()

    def _tell(self) -> None:
        now = self._clock()
        early = self._told_at is not None and timedelta() <= now - self._told_at < _ONCE_IN
        if not self._untold or early:
            return
        why, sender = self._last
        log.warning("refused %d %s; the last, from %s: %s", self._untold, self._what, sender, why)
        self._told_at = now
        self._untold = 0


def _address(sender: str) -> str:
    try:
        return str(ipaddress.ip_address(sender))
    except ValueError:
        return "an unknown address"
