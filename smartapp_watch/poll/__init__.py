"""API → history: asks for what is missing or may still change, and saves each answer whole.

Many calls are in flight at a time, on threads; one thread plans and writes. What was saved stays whatever
happens next, so a poll may be killed at any point and the next one finishes the work.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Set
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from smartapp_watch.api.access_token import Token
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
from smartapp_watch.metrics.due import Horizon, Need, ReadState
from smartapp_watch.metrics.observation import Query, Reading
from smartapp_watch.metrics.period import BEIJING, Period, beijing_day
from smartapp_watch.metrics.plan import Errand, Target, plan_table
from smartapp_watch.metrics.report import Table
from smartapp_watch.poll.lateness import Lateness
from smartapp_watch.poll.patience import Patience

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


@dataclass(frozen=True, slots=True)
class Source:
    """One target to poll, with the token that opens it."""

    target: Target
    token: Token


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


def plan(
    history: History, sources: Iterable[Source], horizon: Horizon, now: datetime
) -> list[tuple[Source, Errand]]:
    """Every query that is due, what is newest first and round the mini-programs within that."""
    by_series: dict[tuple[str, str], dict[int | None, Source]] = {}
    for source in sources:
        target = source.target
        by_series.setdefault((target.table.name, target.scene), {})[target.app_id] = source
    found: list[tuple[Source, Errand]] = []
    for group in by_series.values():
        targets = [source.target for source in group.values()]
        readings = _Readings(history, targets[0].table, targets[0].scene)
        errands = plan_table(targets, readings, horizon, now)
        found.extend((group[errand.query.app_id], errand) for errand in errands)
    found.sort(key=lambda pair: pair[1].query.last.closes(), reverse=True)
    return found


@dataclass(frozen=True, slots=True)
class _Readings:
    """How the history has one table read, as the plan asks for it."""

    history: History
    table: Table
    scene: str

    def lively(self, since: Period) -> Set[int | None]:
        return self.history.observations.newest(self.table, since, self.scene).keys()

    def met(self, period: Period, need: Need) -> Set[int | None]:
        return self.history.observations.met(self.table, period, need, self.scene)

    def unmet(self, period: Period, need: Need) -> dict[int | None, ReadState]:
        readings = self.history.observations.unmet(self.table, period, need, self.scene)
        return {each.app_id: each.state for each in readings}


_Queue = deque[tuple[Source, Errand]]


@dataclass(frozen=True, slots=True)
class _Answer:
    errand: Errand
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

    def run(self, planned: Collection[tuple[Source, Errand]]) -> PollResult:
        """Ask and save, until the plan is done or there is no use in going on."""
        self.result.planned = len(planned)
        self.result.stopped = self._pause() if planned else ""
        calls_before, retries_before = self.client.calls, self.client.retries
        for done, answer in enumerate(self._ask(deque(planned)), start=1):
            self._take_in(answer)
            if self.progress:
                self.progress.update(done, len(planned))
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

    def _ask(self, queue: _Queue) -> Iterator[_Answer]:
        """The answers, as they come; never more calls in flight than threads, and few ahead of them."""
        pending: set[Future[_Answer]] = set()
        executor = ThreadPoolExecutor(self.concurrency, thread_name_prefix="poll")
        try:
            while True:
                while len(pending) < self.concurrency * _AHEAD and (pair := self._next(queue)):
                    pending.add(executor.submit(self._read, *pair))
                if not pending:
                    return
                finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in finished)
                if self.result.stopped:
                    pending = {future for future in pending if not future.cancel()}
        finally:
            executor.shutdown(cancel_futures=True)

    def _next(self, queue: _Queue) -> tuple[Source, Errand] | None:
        """The next errand that there is use in."""
        while queue and not self.result.stopped:
            if self.stop.is_set():
                self.result.stopped = STOPPED
            elif self.until and self.clock() >= self.until:
                self.result.stopped = OUT_OF_TIME
            else:
                source, planned = queue.popleft()
                errand = self._lateness.narrow(planned)
                if errand and not self._patience.is_out(errand.query):
                    return source, errand
        return None

    def _read(self, source: Source, errand: Errand) -> _Answer:
        asked_at = self.clock()
        try:
            return _Answer(errand, asked_at, self.client.read(errand.query, source.token))
        except (ApiError, Stopped) as error:
            return _Answer(errand, asked_at, error)

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
