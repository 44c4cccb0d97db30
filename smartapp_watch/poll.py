"""API → history: asks for what is missing or may still change, and saves each answer whole.

Many calls are in flight at a time, on threads; one thread plans and writes. What was saved stays whatever
happens next, so a poll may be killed at any point and the next one finishes the work.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from smartapp_watch.api.access_token import AccessToken
from smartapp_watch.api.client import Client
from smartapp_watch.clock import Clock
from smartapp_watch.errors import (
    ApiError,
    PlatformRefused,
    QuotaExhausted,
    Refused,
    Stopped,
    TokenRejected,
    TooFast,
    Unavailable,
)
from smartapp_watch.history.database import History
from smartapp_watch.metrics.due import Horizon, ReadState
from smartapp_watch.metrics.observation import Query, Reading
from smartapp_watch.metrics.period import BEIJING, Period, beijing_day
from smartapp_watch.metrics.plan import Target, plan_queries

PAUSED_UNTIL = "poll_paused_until"
"""The history's note of when the day's call limit is over."""

_UNAVAILABLE_IN_A_ROW = 20
_TOO_FAST = 3
_APPS_UNTIL_SOURCE_IS_LATE = 50
_AHEAD = 2
_STOPPED = "stopped while polling; the next poll goes on from here"

logger = logging.getLogger(__name__)


class Progress(Protocol):
    """Something that shows how far a poll has come."""

    def update(self, done: int, total: int) -> None:
        """Another query was answered, or failed: ``done`` of ``total``."""


@dataclass(frozen=True, slots=True)
class Source:
    """One target to poll, with the token that opens it."""

    target: Target
    token: AccessToken


@dataclass(frozen=True, slots=True)
class Failure:
    """A query that brought nothing; ``kind`` is the error's, ``message`` its words."""

    app_id: int | None
    report: str
    period: str
    kind: str
    message: str


@dataclass(slots=True)
class PollResult:
    """What a poll did; ``stopped`` says in words why it ended before its plan did, where it did so."""

    calls: int = 0
    rows: int = 0
    planned: int = 0
    failures: list[Failure] = field(default_factory=list)
    stopped: str = ""

    @property
    def complete(self) -> bool:
        """Whether all that was asked for was answered."""
        return not self.failures and not self.stopped


def plan(
    history: History, sources: Iterable[Source], horizon: Horizon, now: datetime
) -> list[tuple[Source, Query]]:
    """Every query that is due, what is newest first and round the mini-programs within that."""
    by_series: dict[tuple[str, str], list[Source]] = {}
    for source in sources:
        by_series.setdefault((source.target.table.name, source.target.scene), []).append(source)
    found: list[tuple[Source, Query]] = []
    for group in by_series.values():
        states = _read_states(history, group[0].target, horizon, now)
        for source in group:
            queries = plan_queries(source.target, states.get(source.target.app_id, {}), horizon, now)
            found.extend((source, query) for query in queries)
    found.sort(key=lambda pair: pair[1].last.closes(), reverse=True)
    return found


def _read_states(
    history: History, target: Target, horizon: Horizon, now: datetime
) -> dict[int | None, dict[Period, ReadState]]:
    table = target.table
    since = horizon.oldest(table, now).shift(-table.report.last_nth)
    states: dict[int | None, dict[Period, ReadState]] = {}
    for reading in history.observations.readings(table, since, target.scene):
        states.setdefault(reading.app_id, {})[reading.period] = ReadState(reading.last_read, reading.rows)
    return states


@dataclass(frozen=True, slots=True)
class _Answer:
    source: Source
    query: Query
    asked_at: datetime
    outcome: Reading | ApiError


@dataclass(slots=True)
class _Lateness:
    """Whether the source itself is late: the first 50 mini-programs have nothing for the newest period."""

    _empty: Counter[str] = field(default_factory=Counter)
    _alive: set[str] = field(default_factory=set)

    def see(self, reading: Reading, asked_at: datetime) -> None:
        """Take one answer into account."""
        table = reading.query.table
        newest = Period.newest_closed(asked_at, table.granularity)
        if reading.query.last < newest:
            return
        if any(row.period.first == newest.first and row.holds_value(table) for row in reading.observations):
            self._alive.add(table.name)
        else:
            self._empty[table.name] += 1

    def covers(self, query: Query, now: datetime) -> bool:
        """Whether the query asks for what the source does not have yet."""
        table = query.table
        if table.name in self._alive or self._empty[table.name] < _APPS_UNTIL_SOURCE_IS_LATE:
            return False
        return query.last >= Period.newest_closed(now, table.granularity)


@dataclass(slots=True)
class Poll:
    """One run of a plan; ``stop`` ends it soon, and what was answered until then is saved."""

    history: History
    client: Client
    clock: Clock
    stop: threading.Event
    concurrency: int = 8
    progress: Progress | None = None
    result: PollResult = field(default_factory=PollResult)
    _given_up: set[tuple[int | None, str]] = field(default_factory=set)
    _unavailable_in_a_row: int = 0
    _lateness: _Lateness = field(default_factory=_Lateness)

    def run(self, planned: list[tuple[Source, Query]]) -> PollResult:
        """Ask and save, until the plan is done or there is no use in going on."""
        self.result.planned = len(planned)
        self.result.stopped = self._pause() if planned else ""
        calls_before = self.client.calls
        for done, answer in enumerate(self._ask(deque(planned)), start=1):
            self._take_in(answer)
            if self.progress:
                self.progress.update(done, len(planned))
        self.result.calls = self.client.calls - calls_before
        return self.result

    def _pause(self) -> str:
        """Why nothing may be asked now: the day's calls are used up."""
        until = self.history.note(PAUSED_UNTIL)
        if until and self.clock() < datetime.fromisoformat(until):
            return _paused_words(datetime.fromisoformat(until))
        return ""

    def _ask(self, queue: deque[tuple[Source, Query]]) -> Iterator[_Answer]:
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

    def _next(self, queue: deque[tuple[Source, Query]]) -> tuple[Source, Query] | None:
        """The next query that there is use in asking."""
        while queue and not self.result.stopped:
            if self.stop.is_set():
                self.result.stopped = _STOPPED
                return None
            source, query = queue.popleft()
            if not self._is_given_up(query) and not self._lateness.covers(query, self.clock()):
                return source, query
        return None

    def _is_given_up(self, query: Query) -> bool:
        return (query.app_id, "") in self._given_up or (query.app_id, query.table.name) in self._given_up

    def _read(self, source: Source, query: Query) -> _Answer:
        asked_at = self.clock()
        try:
            return _Answer(source, query, asked_at, self.client.read(query, source.token))
        except ApiError as error:
            return _Answer(source, query, asked_at, error)

    def _take_in(self, answer: _Answer) -> None:
        if isinstance(answer.outcome, Reading):
            self._unavailable_in_a_row = 0
            for note in answer.outcome.notes:
                logger.info("%s: %s", _title(answer.query), note)
            self.result.rows += self.history.observations.save(answer.outcome, answer.asked_at)
            self._lateness.see(answer.outcome, answer.asked_at)
        else:
            self._fail(answer.query, answer.outcome)

    def _fail(self, query: Query, error: ApiError) -> None:
        if isinstance(error, Stopped):
            self.result.stopped = _STOPPED
        if isinstance(error, Stopped) or self._is_given_up(query) or self._is_told(error):
            return
        periods = str(query.first) if query.first == query.last else f"{query.first}..{query.last}"
        self.result.failures.append(Failure(query.app_id, query.table.name, periods, error.kind, str(error)))
        logger.warning("%s: %s", _title(query), error)
        self._unavailable_in_a_row = self._unavailable_in_a_row + 1 if isinstance(error, Unavailable) else 0
        self._draw_consequences(query, error)

    def _count_too_fast(self) -> int:
        return sum(failure.kind == TooFast.kind for failure in self.result.failures)

    def _is_told(self, error: ApiError) -> bool:
        """Whether it is one thing for all calls, and the first of them said it."""
        return bool(self.result.stopped) and isinstance(error, PlatformRefused | QuotaExhausted)

    def _draw_consequences(self, query: Query, error: ApiError) -> None:
        """What a failure spares us: calls that would fail in the same way."""
        match error:
            case QuotaExhausted():
                midnight = Period.containing(beijing_day(self.clock())).closes()
                self.history.set_note(PAUSED_UNTIL, midnight.isoformat())
                self.result.stopped = self.result.stopped or _paused_words(midnight)
            case PlatformRefused():
                self.result.stopped = f"the API shuts out the whole platform: {error}"
            case TooFast() if self._count_too_fast() >= _TOO_FAST:
                self.result.stopped = f"the API wants fewer calls; lower [api] requests_per_second: {error}"
            case Unavailable() if self._unavailable_in_a_row >= _UNAVAILABLE_IN_A_ROW:
                self.result.stopped = (
                    f"the API did not answer {_UNAVAILABLE_IN_A_ROW} times in a row: {error}"
                )
            case Refused():
                self._given_up.add((query.app_id, query.table.name))
            case TokenRejected():
                self._given_up.add((query.app_id, ""))
            case _:
                pass


def _title(query: Query) -> str:
    app = "the platform" if query.app_id is None else f"mini-program {query.app_id}"
    return f"{app}, {query.table.name}, {query.first} to {query.last}"


def _paused_words(until: datetime) -> str:
    moment = f"{until.astimezone(BEIJING):%Y-%m-%d %H:%M}"
    return f"the day's calls are used up; polling goes on at {moment} Beijing time"
