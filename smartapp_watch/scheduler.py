"""When the next cycle, digest or delivery is due.

APScheduler only wakes: what there is to do is decided by the history. So a wake-up that was missed, or came
twice, changes nothing.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from smartapp_watch.clock import Clock, first_after
from smartapp_watch.errors import HistoryError, HistoryUnusable, WatchError
from smartapp_watch.history.database import History, open_history
from smartapp_watch.history.storage import identity_of
from smartapp_watch.memory import give_back
from smartapp_watch.watch import Watch

TICK = 20.0
"""Seconds between two signs that wake-ups come and the history can be written."""

TICKS_COME_WITHIN = 6 * TICK
WRITES_COME_WITHIN = 15 * TICK
"""Seconds after which it is not well that there was none."""

JITTER = 120.0
"""Seconds by which a poll may begin late, so that not all installations call in the same moment."""

CYCLE = "cycle"
"""What the wake-up for a cycle is called."""

_ALIVE = "alive_at"
_DELIVER_EVERY = timedelta(minutes=1)

logger = logging.getLogger(__name__)

Job = Callable[[Watch, History], object]


class Observer(Protocol):
    """Somebody who looks on; what takes long is not done here."""

    def began(self, name: str) -> None:
        """The work of a wake-up begins."""

    def ended(self, result: object) -> None:
        """It came to its end, with what the job gives."""

    def failed(self, name: str, words: str) -> None:
        """It ended with an error."""


class CrontabTrigger(BaseTrigger):
    """Fires when the domain's clock comes to a crontab's time; that clock may be set to another day.

    ``at_once``: for the first time right now. ``jitter``: seconds by which it may be late, though never by
    more than a tenth of the time between two.
    """

    def __init__(
        self, schedule: str, clock: Clock, zone: tzinfo, *, at_once: bool = False, jitter: float = 0
    ) -> None:
        self._schedule = schedule
        self._clock = clock
        self._zone = zone
        self._at_once = at_once
        self._jitter = jitter

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The next time, on the host's own clock."""
        if self._at_once and previous is None:
            return now
        here = self._clock()
        after = here + timedelta(seconds=1) if previous else here
        due = first_after(self._schedule, after, self._zone)
        between = first_after(self._schedule, due + timedelta(seconds=1), self._zone) - due
        latest = min(self._jitter, between.total_seconds() / 10)
        late = timedelta(seconds=random.uniform(0, latest))  # noqa: S311 - nobody guards anything by it
        # In UTC: what is added to a time of a zone counts the hours that its clocks show.
        return (now.astimezone(UTC) + (due - here) + late).astimezone(now.tzinfo)


class Scheduler:
    """Wakes the work on a watch: cycles, digests and deliveries on one thread, so that they never overlap.

    A wake-up that comes while another works waits for its turn, however late (misfire_grace_time None); one
    that comes while the same work is under way is dropped. Another thread ticks beside them.
    """

    def __init__(self, watch: Watch, cycle: Job, tell: Job, deliver: Job, observer: Observer) -> None:
        """``cycle``, ``tell`` and ``deliver``: what a wake-up of the three kinds does."""
        self.watch = watch
        self.unusable: HistoryUnusable | None = None
        self._cycle, self._tell, self._deliver = cycle, tell, deliver
        self._observer = observer
        self._file = identity_of(watch.config.history.path)
        self._ticked_at = self._wrote_at = time.monotonic()
        self._at_work = threading.Lock()
        self._worker = ThreadPoolExecutor(1)
        self._apscheduler = BackgroundScheduler(
            timezone=watch.config.timezone,
            executors={"default": self._worker, "tick": ThreadPoolExecutor(1)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def start(self) -> None:
        """Begin, with a cycle at once."""
        self._plan(at_once=True)
        self._apscheduler.start()

    def take(self, watch: Watch) -> None:
        """Go on with another watch; the work under way ends with the one that it began with."""
        self.watch = watch
        self.plan_anew()

    def plan_anew(self) -> None:
        """Reckon every wake-up anew: the settings changed, or the clock was set."""
        self._apscheduler.remove_all_jobs()
        self._plan(at_once=False)

    def deliver_soon(self) -> None:
        """There is something to send: deliver at once, or after the work under way."""
        job = self._apscheduler.get_job("delivery")
        if job is not None and not self.watch.stop.is_set():
            # As if its time had passed: it runs at once, and keeps its pace.
            job.modify(next_run_time=job.next_run_time - _DELIVER_EVERY)

    def shutdown(self) -> None:
        """Wake nothing any more, and wait for the work under way."""
        # APScheduler would wait with its locks held, and the work under way may ask it for its jobs.
        self._apscheduler.shutdown(wait=False)
        self._worker.shutdown()

    @property
    def is_at_work(self) -> bool:
        """Whether a cycle, a digest or a delivery is under way."""
        return self._at_work.locked()

    @property
    def next_cycle(self) -> datetime | None:
        """When the next cycle begins, on the host's clock; None where none is planned."""
        job = self._apscheduler.get_job(CYCLE)
        found: datetime | None = job.next_run_time if job else None
        return found

    def ticked_within(self, seconds: float) -> bool:
        """Whether wake-ups come."""
        return time.monotonic() - self._ticked_at < seconds

    def wrote_within(self, seconds: float) -> bool:
        """Whether the history could be written. Work that is under way may keep it to itself for long."""
        return self.is_at_work or time.monotonic() - self._wrote_at < seconds

    def _plan(self, *, at_once: bool) -> None:
        config, clock = self.watch.config, self.watch.clock
        # The first cycle is no job of its own: APScheduler removes such a job, and trips if it is shut down
        # then.
        trigger = CrontabTrigger(config.poll.schedule, clock, config.timezone, at_once=at_once, jitter=JITTER)
        self._apscheduler.add_job(self._cycle_and_upkeep, trigger, id=CYCLE)
        for settings in config.digests:
            trigger = CrontabTrigger(settings.schedule, clock, config.timezone)
            self._add(f"digest {settings.name}", trigger, self._tell)
        self._add(
            "delivery",
            IntervalTrigger(seconds=int(_DELIVER_EVERY.total_seconds()), timezone=config.timezone),
            self._deliver,
        )
        ticking = IntervalTrigger(seconds=TICK, timezone=config.timezone)
        self._apscheduler.add_job(self._tick, ticking, id="tick", executor="tick")

    def _add(self, name: str, trigger: BaseTrigger, job: Job) -> None:
        self._apscheduler.add_job(self._work, trigger, args=(name, job), id=name)

    def _cycle_and_upkeep(self) -> None:
        """A cycle, and then whatever the history needs; not after a failure, which a full disk may be."""
        if self._work(CYCLE, self._cycle):
            self._work("upkeep", self._look_after)
        give_back()

    def _look_after(self, watch: Watch, history: History) -> None:
        # Reckoned anew: APScheduler is not to be asked here, it keeps its jobs locked while it is shut down.
        config, now = watch.config, watch.clock()
        schedules = (config.poll.schedule, *(each.schedule for each in config.digests))
        due = min(first_after(each, now, config.timezone) for each in schedules)
        watch.look_after(history, (due - now).total_seconds())

    def _work(self, name: str, job: Job) -> bool:
        """The job on a freshly opened history; what goes wrong is logged, the next wake-up tries again."""
        watch = self.watch
        self._observer.began(name)
        try:
            with self._working(), self._open() as history:
                result = job(watch, history)
        except HistoryUnusable as error:
            self.unusable = error
            self._observer.failed(name, str(error))
        except WatchError as error:
            logger.error("%s failed: %s", name, error)  # noqa: TRY400 - its text says it all
            self._fail(watch, name, str(error))
        except Exception as error:
            logger.exception("%s failed", name)
            self._fail(watch, name, f"unexpected, {type(error).__name__}; the log says more")
        else:
            self._observer.ended(result)
            return True
        return False

    def _fail(self, watch: Watch, name: str, words: str) -> None:
        """Let a failure count; a history that cannot be written holds no word of it either."""
        self._observer.failed(name, words)
        if name != CYCLE:
            return
        try:
            with self._open() as history:
                watch.note_error(history, words)
        except WatchError as another:
            logger.error("nobody can be told: %s", another)  # noqa: TRY400 - its text says it all

    def _open(self) -> History:
        """The history; HistoryUnusable where another file took the place of the one that was there first."""
        path = self.watch.config.history.path
        if self.unusable is not None:
            raise self.unusable
        if identity_of(path) != self._file:
            what = "was replaced" if path.exists() else "is gone"
            raise HistoryUnusable(
                f"{path} {what} while it was in use; what was written since the last cycle may be lost. "
                "Stop the service before you restore, move or delete its history"
            )
        return open_history(path)

    @contextmanager
    def _working(self) -> Iterator[None]:
        self.watch.stop.is_set()  # the silence before the work is not its own
        with self._at_work:
            yield

    def _tick(self) -> None:
        self._ticked_at = time.monotonic()
        if self.is_at_work:
            return
        try:
            with self._open() as history:
                history.set_note(_ALIVE, self.watch.clock().isoformat())
        except HistoryUnusable as error:
            self.unusable = error
        except HistoryError as error:
            logger.error("the history cannot be written: %s", error)  # noqa: TRY400 - its text says it all
        else:
            self._wrote_at = time.monotonic()
