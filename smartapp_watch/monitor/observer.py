"""Looks on while the scheduler works: counts what comes of it, and lets the heartbeat tell."""

from __future__ import annotations

import time

from smartapp_watch.clock import wall_clock
from smartapp_watch.deliver import DeliveryResult
from smartapp_watch.monitor.heartbeat import Beat, Heartbeat
from smartapp_watch.monitor.tally import Ending, Outcome, Tally, ending_of, in_words
from smartapp_watch.scheduler import CYCLE
from smartapp_watch.watch import CycleResult

_BEATS = {Outcome.COMPLETE: Beat.SUCCESS, Outcome.CUT_SHORT: Beat.LOG, Outcome.FAILED: Beat.FAIL}


class Observer:
    """What the scheduler tells of each wake-up; other threads may read the ``tally`` at any time."""

    def __init__(self, heartbeat: Heartbeat) -> None:
        self.tally = Tally()
        self._heartbeat = heartbeat
        self._began_at = time.monotonic()

    def began(self, name: str) -> None:
        """The work of a wake-up begins."""
        self._began_at = time.monotonic()
        if name == CYCLE:
            self._heartbeat.tell(Beat.START)

    def ended(self, result: object) -> None:
        """It came to its end."""
        if isinstance(result, CycleResult):
            self.tally = self.tally.with_poll(result.poll).with_delivery(result.delivery)
            ending = ending_of(result)
            words = ending.words or in_words(result)
            self._end(Ending(ending.outcome, words))
        elif isinstance(result, DeliveryResult):
            self.tally = self.tally.with_delivery(result)

    def failed(self, name: str, words: str) -> None:
        """It ended with an error."""
        if name == CYCLE:
            self._end(Ending(Outcome.FAILED, f"the cycle failed: {words}"))

    def _end(self, ending: Ending) -> None:
        seconds = time.monotonic() - self._began_at
        self.tally = self.tally.with_cycle(ending.outcome, wall_clock(), seconds)
        self._heartbeat.tell(_BEATS[ending.outcome], ending.words)
