"""API → history: asks for what is missing or may still change, and saves each answer whole.

Many calls are in flight at a time, on threads; one thread plans and writes. What was saved stays whatever
happens next, so a poll may be killed at any point and the next one finishes the work.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Protocol

from smartapp_watch.api.client import Client
from smartapp_watch.clock import Clock
from smartapp_watch.errors import (
    ApiError,
    NoRenewal,
    PlatformRefused,
    QuotaExhausted,
    Stopped,
    TooFast,
    Unavailable,
)
from smartapp_watch.history.database import History
from smartapp_watch.history.poll_log import Failure
from smartapp_watch.metrics.observation import Query, Reading
from smartapp_watch.metrics.period import BEIJING, Period, beijing_day
from smartapp_watch.metrics.plan import Errand
from smartapp_watch.metrics.rounds import Turns
from smartapp_watch.poll.lateness import Lateness
from smartapp_watch.poll.patience import Patience
from smartapp_watch.poll.planning import Plan, Queries, Source, last_turns, note_turns, plan

__all__ = ["Plan", "Poll", "PollResult", "Progress", "Source", "plan"]

PAUSED_UNTIL = "poll_paused_until"
"""The history's note of when the day's call limit is over."""

STOPPED = "stopped while polling; the next poll goes on from here"
OUT_OF_TIME = "the time for one poll is over; the next one goes on from here"
"""Why a poll ended before its plan did, where nothing is wrong."""

_TOO_FAST = 3
_AHEAD = 2

logger = logging.getLogger(__name__)


class Progress(Protocol):
    """Something that shows how far a poll has come."""

    def update(self, done: int, total: int) -> None:
        """Another query was answered, or failed: ``done`` of ``total``."""


@dataclass(slots=True)
class PollResult:
    """What a poll did; ``stopped`` says in words why it ended before its plan did, where it did so.

    ``retried``: how many of its ``calls`` were another try. ``answered``: the mini-programs (None: the
    platform) of which anything was answered.
    """

    calls: int = 0
    retried: int = 0
    rows: int = 0
    planned: int = 0
    failures: list[Failure] = field(default_factory=list)
    stopped: str = ""
    answered: set[int | None] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        """Whether all that was asked for was answered."""
        return not self.failures and not self.stopped


@dataclass(frozen=True, slots=True)
class _Answer:
    """``turns``: whose turns were the last when it was asked for."""

    errand: Errand
    turns: Turns
    asked_at: datetime
    outcome: Reading | ApiError | Stopped


@dataclass(slots=True)
class Poll:
    """One run of a plan; ``stop`` ends it soon, and what was answered until then is saved.

    ``until``: nothing is asked from then on, so that what is there already is judged and told in time.
    """

    history: History
    client: Client
    clock: Clock
    stop: threading.Event
    concurrency: int = 8
    progress: Progress | None = None
    until: datetime | None = None
    result: PollResult = field(default_factory=PollResult)
    _patience: Patience = field(default_factory=Patience)
    _lateness: Lateness = field(default_factory=Lateness)

    def run(self, planned: Queries) -> PollResult:
        """Ask and save, until the plan is done or there is no use in going on."""
        self.result.planned = total = len(planned)
        self.result.stopped = self._pause() if total else ""
        calls_before, retries_before = self.client.calls, self.client.retries
        done = 0
        for answers in self._ask(planned):
            self._take_in_all(answers)
            done += len(answers)
            if self.progress:
                self.progress.update(done, total)
        self.result.calls = self.client.calls - calls_before
        self.result.retried = self.client.retries - retries_before
        self.result.stopped = self.result.stopped or "; ".join(self._patience.given_up.values())
        self._log()
        return self.result

    def _log(self) -> None:
        result = self.result
        self.history.polls.add(self.clock(), result.calls, len(result.failures), result.retried)

    def _pause(self) -> str:
        """Why nothing may be asked now: the day's calls are used up."""
        until = self.history.note(PAUSED_UNTIL)
        if until and self.clock() < datetime.fromisoformat(until):
            return _paused_words(datetime.fromisoformat(until))
        return ""

    def _ask(self, planned: Queries) -> Iterator[list[_Answer]]:
        """The answers, as they come; never more calls in flight than threads, and few ahead of them."""
        pending: dict[Future[_Answer], None] = {}  # in their order
        asked = self._useful(planned)
        executor = ThreadPoolExecutor(self.concurrency, thread_name_prefix="poll")
        try:
            while True:
                for job in islice(asked, self.concurrency * _AHEAD - len(pending)):
                    pending[executor.submit(self._read, *job)] = None
                if not pending:
                    return
                finished, _ = wait(pending, return_when=FIRST_COMPLETED)
                yield [future.result() for future in pending if future in finished]
                gone = {future for future in pending if self.result.stopped and future.cancel()}
                pending = {future: None for future in pending if future not in finished | gone}
        finally:
            executor.shutdown(cancel_futures=True)

    def _useful(self, planned: Queries) -> Iterator[tuple[Source, Errand, Turns]]:
        """The errands that there is use in, for as long as there is use in any."""
        turns = last_turns(self.history)
        for source, whole in planned:
            if self.stop.is_set():
                self.result.stopped = self.result.stopped or STOPPED
            elif self.until and self.clock() >= self.until:
                self.result.stopped = self.result.stopped or OUT_OF_TIME
            if self.result.stopped:
                return
            turns = turns.after(whole)
            errand = self._lateness.narrow(whole)
            if errand and not self._patience.is_out(errand.query):
                yield source, errand, turns

    def _read(self, source: Source, errand: Errand, turns: Turns) -> _Answer:
        asked_at = self.clock()
        try:
            return _Answer(errand, turns, asked_at, self.client.read(errand.query, source.token))
        except (ApiError, Stopped) as error:
            return _Answer(errand, turns, asked_at, error)

    def _take_in_all(self, answers: Sequence[_Answer]) -> None:
        with self.history.transaction():
            for answer in answers:
                self._take_in(answer)
            turns = [answer.turns for answer in answers if not isinstance(answer.outcome, Stopped)]
            if turns:
                note_turns(self.history, turns[-1])

    def _take_in(self, answer: _Answer) -> None:
        query = answer.errand.query
        if isinstance(answer.outcome, Reading):
            for note in answer.outcome.notes:
                logger.info("%s: %s", _title(query), note)
            self.result.rows += self.history.observations.save(answer.outcome, answer.asked_at)
            self.result.answered.add(query.app_id)
            self._patience.see_answer(query)
            self._lateness.see(answer.errand, answer.outcome)
        elif isinstance(answer.outcome, Stopped):
            self.result.stopped = STOPPED
        else:
            self._fail(query, answer.outcome)

    def _fail(self, query: Query, error: ApiError) -> None:
        if self._patience.is_out(query) or self._is_told(error):
            return
        periods = str(query.first) if query.first == query.last else f"{query.first}..{query.last}"
        self.result.failures.append(Failure(query.app_id, query.table.name, periods, error.kind, str(error)))
        logger.warning("%s: %s", _title(query), error)
        self._patience.see_failure(query, error)
        self._end_on(error)

    def _is_told(self, error: ApiError) -> bool:
        """Whether it is one thing for all calls, and the first of them said it."""
        if isinstance(error, NoRenewal):
            return any(failure.kind == NoRenewal.kind for failure in self.result.failures)
        return bool(self.result.stopped) and isinstance(error, PlatformRefused | QuotaExhausted)

    def _end_on(self, error: ApiError) -> None:
        """End the poll where it is of no use to go on."""
        match error:
            case QuotaExhausted():
                midnight = Period.containing(beijing_day(self.clock())).closes()
                self.history.set_note(PAUSED_UNTIL, midnight.isoformat())
                self.result.stopped = self.result.stopped or _paused_words(midnight)
            case PlatformRefused():
                self.result.stopped = f"the API shuts out the whole platform: {error}"
            case TooFast() if self._count_too_fast() >= _TOO_FAST:
                self.result.stopped = f"the API wants fewer calls; lower [api] requests_per_second: {error}"
            case Unavailable() if self._patience.is_at_its_end():
                self.result.stopped = f"the API did not answer more than 20 times in a row: {error}"
            case _:
                pass

    def _count_too_fast(self) -> int:
        return sum(failure.kind == TooFast.kind for failure in self.result.failures)


def _title(query: Query) -> str:
    app = "the platform" if query.app_id is None else f"mini-program {query.app_id}"
    return f"{app}, {query.table.name}, {query.first} to {query.last}"


def _paused_words(until: datetime) -> str:
    moment = f"{until.astimezone(BEIJING):%Y-%m-%d %H:%M}"
    return f"the day's calls are used up; polling goes on at {moment} Beijing time"
