"""One call, however many attempts it takes: the only retry layer there is."""

from __future__ import annotations

import logging
import threading
import time

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
    wait_random,
    wait_random_exponential,
)

from smartapp_watch.api.access_token import Token
from smartapp_watch.api.failure import data_of
from smartapp_watch.api.pace import Pace
from smartapp_watch.api.request import Request
from smartapp_watch.api.transport import Transport
from smartapp_watch.errors import TokenRejected, TooFast, Unavailable

_LOG = logging.getLogger(__name__)
_LONGEST_PAUSE = 20.0


class Caller:
    """Makes calls until they succeed or are known to fail; safe to use from many threads.

    What passes (Unavailable, TooFast) is tried again, at most ``attempts`` times within ``deadline`` seconds
    from the first turn; each attempt has ``timeout`` seconds, or what is left of the deadline. Pauses grow
    from ``backoff`` seconds, with full jitter; ``Retry-After`` is obeyed, and where it asks for more than
    is left, the call fails at once. TooFast makes every thread wait. A rejected token is renewed once.
    """

    def __init__(
        self,
        transport: Transport,
        pace: Pace,
        *,
        timeout: float,
        deadline: float,
        attempts: int,
        backoff: float,
    ) -> None:
        self._transport = transport
        self._pace = pace
        self._timeout = timeout
        self._deadline = deadline
        self._attempts = attempts
        self._lock = threading.Lock()
        self.retries = 0
        self._pause = wait_random_exponential(multiplier=backoff, max=_LONGEST_PAUSE)
        self._long_pause = wait_exponential(multiplier=2 * backoff, max=_LONGEST_PAUSE) + wait_random(
            0, backoff
        )

    def fetch(self, request: Request, start_index: int, token: Token) -> object:
        """The ``data`` of one page; every kind of ApiError, and Stopped."""
        self._pace.wait_turn()
        value = token.value()
        until = time.monotonic() + self._deadline
        try:
            return self._persist(request, start_index, value, until)
        except TokenRejected:
            if not token.renew(value):
                raise
        self._pace.wait_turn()
        return self._persist(request, start_index, token.value(), until)

    def _persist(self, request: Request, start_index: int, token: str, until: float) -> object:
        def attempt() -> object:
            seconds = min(self._timeout, until - time.monotonic())
            if seconds <= 0:
                raise Unavailable(f"no turn within {self._deadline:.3g} s")
            return data_of(self._transport.send(request, start_index, token, seconds))

        return Retrying(
            retry=retry_if_exception_type((Unavailable, TooFast)),
            stop=lambda state: (
                stop_after_attempt(self._attempts)(state) or time.monotonic() + state.upcoming_sleep >= until
            ),
            wait=self._wait,
            before_sleep=lambda state: self._note_retry(request, state),
            sleep=self._sleep,
            reraise=True,
        )(attempt)

    def _note_retry(self, request: Request, state: RetryCallState) -> None:
        with self._lock:
            self.retries += 1
        report = request.path.rsplit("/", 1)[-1]
        _LOG.info("%s: %s; trying again in %.1f s", report, _error_of(state), state.upcoming_sleep)

    def _wait(self, state: RetryCallState) -> float:
        """Seconds until the next attempt; longer, and for all threads, where one call was too fast."""
        error = _error_of(state)
        asked = getattr(error, "retry_after", None) or 0.0
        if isinstance(error, TooFast):
            seconds = max(asked, self._long_pause(state))
            self._pace.hold(min(seconds, self._deadline))
            return seconds
        return max(asked, self._pause(state))

    def _sleep(self, seconds: float) -> None:
        self._pace.pause(seconds)
        self._pace.wait_turn()


def _error_of(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
