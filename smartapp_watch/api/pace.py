"""The one rate limit of the process: every call waits for its turn."""

from __future__ import annotations

import threading
import time

from smartapp_watch.errors import Stopped


class Pace:
    """Turns at equal distances, given out in the order they are asked for.

    A turn is a moment reserved under a lock, so that threads neither race for it nor wake in vain, and no
    window of a second ever holds more than ``per_second`` of them (one more where both its ends count).
    Equal distances keep that true on the server's side too, where a burst of a whole second's calls would
    meet another window than ours. ``hold`` makes all threads wait: one call was told to slow down.
    """

    def __init__(self, per_second: float, stop: threading.Event) -> None:
        self._distance = 1 / per_second
        self._stop = stop
        self._lock = threading.Lock()
        self._next = 0.0
        self._held_until = 0.0

    def wait_turn(self) -> None:
        """Wait until it is this thread's turn; Stopped as soon as the process stops."""
        turn = self._reserve()
        self.pause(turn - time.monotonic())
        while turn < self._held_until:  # a hold was called for while this thread waited
            turn = self._reserve()
            self.pause(turn - time.monotonic())

    def hold(self, seconds: float) -> None:
        """Give out no turn for the next ``seconds``."""
        with self._lock:
            self._held_until = max(self._held_until, time.monotonic() + seconds)

    def pause(self, seconds: float) -> None:
        """Sleep for ``seconds``; Stopped as soon as the process stops."""
        if self._stop.wait(seconds) if seconds > 0 else self._stop.is_set():
            raise Stopped("the process is stopping")

    def _reserve(self) -> float:
        with self._lock:
            turn = max(time.monotonic(), self._next, self._held_until)
            self._next = turn + self._distance
            return turn
