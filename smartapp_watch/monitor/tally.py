"""What became of the cycles and deliveries since the start. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from smartapp_watch.deliver import DeliveryResult
from smartapp_watch.poll import OUT_OF_TIME, STOPPED, PollResult
from smartapp_watch.watch import CycleResult


class Outcome(StrEnum):
    """How a cycle ended. CUT_SHORT: before its plan was done, and nothing is wrong."""

    COMPLETE = "complete"
    CUT_SHORT = "cut_short"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a cycle ended, and why so: in words that name no mini-program and hold no secret."""

    outcome: Outcome
    words: str = ""


def ending_of(result: CycleResult) -> Ending:
    """How a cycle ended that came to its end.

    What failed of single mini-programs or receivers is told elsewhere; that nobody's figures could be had is
    a failure.
    """
    polled = result.poll
    if result.stopped:
        return Ending(Outcome.CUT_SHORT, result.stopped)
    if polled.stopped in (STOPPED, OUT_OF_TIME):
        return Ending(Outcome.CUT_SHORT, polled.stopped)
    if polled.stopped:
        return Ending(Outcome.FAILED, f"the poll ended early: {polled.stopped}")
    if polled.failures and not polled.answered:
        kinds = ", ".join(f"{kind} {count}" for kind, count in failures_by_kind(polled).most_common())
        return Ending(Outcome.FAILED, f"no query was answered; failures by kind: {kinds}")
    return Ending(Outcome.COMPLETE)


def in_words(result: CycleResult) -> str:
    """What a cycle did, on one line."""
    polled, delivered = result.poll, result.delivery
    stopped = polled.stopped or result.stopped
    return (
        f"{polled.calls} calls, {polled.rows} rows, {len(polled.failures)} failures; "
        f"{len(result.events)} events; {delivered.sent} sent, {delivered.retry} to be tried again, "
        f"{delivered.dead} given up" + (f"; {stopped}" if stopped else "")
    )


def failures_by_kind(polled: PollResult) -> Counter[str]:
    """How many queries failed, by the errors' kind."""
    return Counter(failure.kind for failure in polled.failures)


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums since the start, and of the newest cycle when it ended, how long it took, and what failed.

    ``seconds``: of the newest cycle. ``failures``: of the newest poll, by kind.
    """

    cycles: Mapping[Outcome, int] = field(default_factory=dict)
    calls: int = 0
    retries: int = 0
    rows: int = 0
    sent: int = 0
    retried: int = 0
    dead: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    ended_at: datetime | None = None
    seconds: float = 0

    def with_cycle(self, outcome: Outcome, at: datetime, seconds: float) -> Tally:
        """And a cycle that ended at ``at``."""
        cycles = {**self.cycles, outcome: self.cycles.get(outcome, 0) + 1}
        return replace(self, cycles=cycles, ended_at=at, seconds=seconds)

    def with_poll(self, polled: PollResult) -> Tally:
        """And what a poll did."""
        return replace(
            self,
            calls=self.calls + polled.calls,
            retries=self.retries + polled.retried,
            rows=self.rows + polled.rows,
            failures=failures_by_kind(polled),
        )

    def with_delivery(self, delivered: DeliveryResult) -> Tally:
        """And what a delivery did."""
        return replace(
            self,
            sent=self.sent + delivered.sent,
            retried=self.retried + delivered.retry,
            dead=self.dead + delivered.dead,
        )
