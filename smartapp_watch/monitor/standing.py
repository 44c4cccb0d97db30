"""How the service stands: what the history says of it in one moment, and whether that is well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from smartapp_watch.clock import first_after
from smartapp_watch.errors import HistoryError
from smartapp_watch.history.census import Pile
from smartapp_watch.history.database import History, open_history
from smartapp_watch.history.troubles import Trouble
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Table
from smartapp_watch.monitor.tally import Outcome, ending_of
from smartapp_watch.scheduler import TICKS_COME_WITHIN, WRITES_COME_WITHIN, Scheduler
from smartapp_watch.watch import CycleResult, Watch

SLACK = timedelta(minutes=30)
"""How long after its time a cycle may be complete: it polls for 20 minutes at the most, then judges."""

_COMPLETE_AT = "complete_cycle_at"


def note_cycle(history: History, result: CycleResult, now: datetime) -> None:
    """Keep when a cycle was complete last, over restarts."""
    if ending_of(result).outcome is Outcome.COMPLETE:
        history.set_note(_COMPLETE_AT, now.isoformat())


@dataclass(frozen=True, slots=True)
class Standing:
    """What the history says. ``late``: how many mini-programs lack what was due, by report.

    ``alerts``: open ones, by severity and state. ``waiting``: messages, by receiver and state. ``newest``:
    the end of the newest period that there are figures of, by report.
    """

    complete_at: datetime | None
    alerts: Mapping[tuple[str, str], int]
    waiting: Mapping[tuple[str, str], Pile]
    troubles: tuple[Trouble, ...]
    newest: Mapping[str, datetime]
    late: Mapping[str, int]


class Reader:
    """Reads how the service stands, as often as one likes: who is late is counted anew after each poll."""

    def __init__(self) -> None:
        self._watch: Watch | None = None
        self._tables: tuple[Table, ...] = ()
        self._polled_at: datetime | None = None
        self._late: Mapping[str, int] = {}

    def read(self, watch: Watch) -> Standing:
        """What the history says now, beside whoever writes it; HistoryError where it cannot be read."""
        with open_history(watch.config.history.path, read_only=True) as history:
            self._count_late(watch, history)
            newest = {table.name: history.census.newest_period(table) for table in self._tables}
            return Standing(
                complete_at=_complete_at(history),
                alerts=history.census.open_alerts(),
                waiting=history.census.waiting(),
                troubles=tuple(history.outbox.troubles.all()),
                newest={name: period.closes() for name, period in newest.items() if period},
                late=self._late,
            )

    def _count_late(self, watch: Watch, history: History) -> None:
        polled_at = history.census.newest_poll()
        if watch is self._watch and polled_at == self._polled_at:
            return
        if watch is not self._watch:
            self._tables = watch.config.tables
        self._late = {
            table.name: _late(watch, history, table, polled_at) if polled_at else 0 for table in self._tables
        }
        self._watch, self._polled_at = watch, polled_at


def faults(scheduler: Scheduler, since: datetime) -> Iterator[str]:
    """Everything that is not well, in words; nothing where all is. ``since``: when the service began."""
    if not scheduler.ticked_within(TICKS_COME_WITHIN):
        yield "wake-ups do not come any more"
    if not scheduler.wrote_within(WRITES_COME_WITHIN):
        yield "the history could not be written for minutes"
    watch = scheduler.watch
    try:
        with open_history(watch.config.history.path, read_only=True) as history:
            complete_at = _complete_at(history)
    except HistoryError as error:
        yield str(error)
        return
    if watch.clock() > _expected(watch, max(since, complete_at or since)):
        words = f"{complete_at:%Y-%m-%d %H:%M %Z}" if complete_at else "never"
        yield f"two polls were due since a cycle was complete last: {words}"


def _expected(watch: Watch, complete_at: datetime) -> datetime:
    """Until when another complete cycle is expected: one that was due may be missed, two may not."""
    config = watch.config
    first = first_after(config.poll.schedule, complete_at + timedelta(seconds=1), config.timezone)
    second = first_after(config.poll.schedule, first + timedelta(seconds=1), config.timezone)
    return second + SLACK


def _complete_at(history: History) -> datetime | None:
    text = history.note(_COMPLETE_AT)
    return datetime.fromisoformat(text) if text else None


def _late(watch: Watch, history: History, table: Table, polled_at: datetime) -> int:
    """How many had no figures at the newest poll that had some of a week before, and should have had them."""
    missing = history.census.missing(table, due_period(table, polled_at - watch.horizon.settle))
    if not missing:
        return 0
    if table.report.of_platform:
        return len(missing)
    return len(missing & {each.app.id for each in watch.config.apps if table in each.tables})


def due_period(table: Table, at: datetime) -> Period:
    """The newest period that has any figures at ``at``; a cohort's come a period later."""
    newest = Period.newest_closed(at, table.granularity)
    return newest.shift(-1) if table.report.last_nth > 1 else newest
