"""How often the API may be called."""

from __future__ import annotations

import time
from collections import deque
from datetime import date, datetime
from threading import Lock

from smartapp_watch.simulator.envelope import gateway_error, service_error
from smartapp_watch.simulator.loopback import Reply
from smartapp_watch.simulator.spans import BEIJING

_GATEWAY_CODES = 1000  # the gateway's codes are under it, the mini-program service's above


class Limits:
    """Calls within any one second, and calls within a Beijing day; None is no limit."""

    def __init__(self, per_second: float | None, per_day: int | None, daily_code: int) -> None:
        self._per_second = per_second
        self._per_day = per_day
        self._daily_code = daily_code
        self._recent: deque[float] = deque()
        self._day = date.min
        self._calls_of_day = 0
        self._lock = Lock()

    def over(self, now: datetime) -> Reply | None:
        """The refusal of a call that comes at ``now``; None where it is within the limits."""
        with self._lock:
            if self._is_too_fast():
                return gateway_error(18, "Open api qps request limit reached")
            if self._is_too_many(now):
                if self._daily_code < _GATEWAY_CODES:
                    return gateway_error(self._daily_code, "Open api daily request limit reached")
                return service_error(self._daily_code, "接口调用次数超过限制")
        return None

    def _is_too_fast(self) -> bool:
        if self._per_second is None:
            return False
        moment = time.monotonic()
        while self._recent and self._recent[0] <= moment - 1:
            self._recent.popleft()
        if len(self._recent) >= self._per_second:
            return True
        self._recent.append(moment)
        return False

    def _is_too_many(self, now: datetime) -> bool:
        day = now.astimezone(BEIJING).date()
        if day != self._day:
            self._day, self._calls_of_day = day, 0
        if self._per_day is not None and self._calls_of_day >= self._per_day:
            return True
        self._calls_of_day += 1
        return False
