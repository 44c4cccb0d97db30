"""The heartbeat: tells a service elsewhere of each cycle, so that it alarms when nothing comes any more.

It speaks as Healthchecks does: a POST to the address and ``/start`` when a cycle begins, to the address
alone when it is complete, to ``/fail`` when it failed and to ``/log`` when neither is so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from queue import Full, Queue
from urllib.parse import urlsplit, urlunsplit

from smartapp_watch.config.secret import Secret
from smartapp_watch.errors import DeliveryError, WatchError
from smartapp_watch.notify.post import post, refused
from smartapp_watch.redaction import redact

TIMEOUT = 5.0
"""Seconds to connect, to wait for an answer, and to read it."""

COMPLAINS_EVERY = 3600.0
"""Seconds between two lines in the log about what cannot be told."""

_TRY_AGAIN_AFTER = 1.0
_WAITING = 8
_LONGEST_BODY = 5000
_WHO = "the heartbeat's service"
_HEADERS = {"Content-Type": "text/plain; charset=utf-8"}

logger = logging.getLogger(__name__)


class Beat(StrEnum):
    """What is told, as the end of the address; LOG: it happened, and is neither good nor bad."""

    START = "/start"
    SUCCESS = ""
    FAIL = "/fail"
    LOG = "/log"


class Heartbeat:
    """Tells on a thread of its own, in order; whoever has something to tell never waits.

    ``address``: gives the settings' at the time, None where there is none.
    """

    def __init__(self, address: Callable[[], Secret | None], timeout: float = TIMEOUT) -> None:
        self._address = address
        self._timeout = timeout
        self._waiting: Queue[tuple[Beat, str]] = Queue(_WAITING)
        self._thread: threading.Thread | None = None
        self._complained_at = -COMPLAINS_EVERY

    def tell(self, beat: Beat, words: str = "") -> None:
        """Tell soon; ``words`` for people, without secrets."""
        if self._address() is None:
            return
        try:
            self._start()
            self._waiting.put_nowait((beat, words))
        except Full:
            self._complain(f"{_WHO} takes too long; what is new is not told")
        except RuntimeError as error:  # the system has no thread left, and the cycle goes on without
            self._complain(f"{_WHO} could not be told: {error}")

    def _start(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=self._work, name="heartbeat", daemon=True)
            thread.start()
            self._thread = thread

    def _work(self) -> None:
        while True:
            beat, words = self._waiting.get()
            try:
                self._tell_twice(beat, words)
            except WatchError as error:
                self._complain(str(error))
            except Exception as error:  # noqa: BLE001 - the thread must live as long as the daemon
                self._complain(f"{_WHO} could not be told: {type(error).__name__}")

    def _tell_twice(self, beat: Beat, words: str) -> None:
        secret = self._address()
        if secret is None:  # new settings have none any more
            return
        address = at(secret.reveal(), beat)
        body = redact(words)[:_LONGEST_BODY].encode()
        try:
            self._tell(address, body)
        except DeliveryError as error:
            if error.permanent:
                raise
            time.sleep(_TRY_AGAIN_AFTER)
            self._tell(address, body)

    def _tell(self, address: str, body: bytes) -> None:
        answer = post(_WHO, address, body, _HEADERS, self._timeout)
        if not answer.ok:
            raise refused(_WHO, answer)

    def _complain(self, words: str) -> None:
        if time.monotonic() - self._complained_at >= COMPLAINS_EVERY:
            self._complained_at = time.monotonic()
            logger.warning("%s; for an hour nothing more is said of that", words)


def at(address: str, beat: Beat) -> str:
    """Where a beat goes: the address with its end, before what follows a question mark."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address  # it cannot be posted to either, and that is said in words without it
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + beat, fragment=""))
