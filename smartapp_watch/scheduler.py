"""When the next cycle, digest or delivery is due; and the end, when a signal asks for it.

APScheduler only wakes: what there is to do is decided by the history. So a wake-up that was missed, or came
twice, changes nothing.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from smartapp_watch.buttons import sockets
from smartapp_watch.clock import Clock, first_after
from smartapp_watch.deliver import DeliveryResult
from smartapp_watch.errors import WatchError
from smartapp_watch.history.database import History, open_history
from smartapp_watch.poll import Progress
from smartapp_watch.watch import CycleResult, Watch

_STOP_WITHIN = 50.0
"""Seconds for the work under way to end after a signal; a service manager's patience is longer."""

_LISTENER_STOPS_WITHIN = 5.0
_DELIVER_EVERY = timedelta(minutes=1)

logger = logging.getLogger(__name__)

Job = Callable[[History], object]


class CrontabTrigger(BaseTrigger):
    """Fires when the domain's clock comes to a crontab's time; that clock may be set to another day.

    ``at_once``: for the first time right now.
    """

    def __init__(self, schedule: str, clock: Clock, zone: tzinfo, *, at_once: bool = False) -> None:
        self._schedule = schedule
        self._clock = clock
        self._zone = zone
        self._at_once = at_once

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The next time, on the host's own clock."""
        if self._at_once and previous is None:
            return now
        here = self._clock()
        after = here + timedelta(seconds=1) if previous else here
        return now + (first_after(self._schedule, after, self._zone) - here)


def run(watch: Watch, progress: Callable[[], Progress] | None = None) -> None:
    """Work until SIGTERM or SIGINT: a cycle at once, then by the schedule; digests; retries every minute.

    ``progress`` makes what shows how far a poll has come, anew for each.
    """
    signals = _catch_signals()
    scheduler = _scheduler(watch, progress or (lambda: None))
    config = watch.config
    logger.info("watching %d mini-programs; polling at %s", len(config.apps), config.poll.schedule)
    scheduler.start()
    listeners = _listen(watch, scheduler)
    received = os.read(signals, 1)[0]
    logger.info("%s: stopping", signal.Signals(received).name)
    watch.stop.set()
    ending = threading.Thread(target=scheduler.shutdown, daemon=True)
    ending.start()
    for each in listeners:
        each.join(_LISTENER_STOPS_WITHIN)
    ending.join(_STOP_WITHIN)
    if ending.is_alive():
        logger.error("the work under way did not end within %d s; what was saved stays", _STOP_WITHIN)
        os._exit(1)
    logger.info("stopped")


def _catch_signals() -> int:
    """A descriptor from which the number of a SIGTERM or SIGINT can be read when one has come.

    The handlers do nothing: one that logged or set an event could meet a lock that its own thread holds.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return reading


def _scheduler(watch: Watch, progress: Callable[[], Progress | None]) -> BackgroundScheduler:
    # One thread: cycles, digests and deliveries work on the same history and never overlap. A wake-up
    # that comes while another works waits for its turn, however late (misfire_grace_time None); one that
    # comes while the same work is under way is dropped.
    scheduler = BackgroundScheduler(
        timezone=watch.config.timezone,
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    cycle = _guarded(watch, "cycle", lambda history: _log_cycle(watch.cycle(history, progress())))
    # The first cycle is no job of its own: APScheduler removes such a job, and trips if it is shut down then.
    trigger = CrontabTrigger(watch.config.poll.schedule, watch.clock, watch.config.timezone, at_once=True)
    scheduler.add_job(cycle, trigger, id="cycle")
    for settings in watch.config.digests:
        trigger = CrontabTrigger(settings.schedule, watch.clock, watch.config.timezone)
        scheduler.add_job(
            _guarded(watch, "digest", lambda history: _log_delivery(watch.tell(history))),
            trigger,
            id=f"digest {settings.name}",
        )
    delivery = _guarded(watch, "delivery", lambda history: _log_delivery(watch.deliver(history)))
    scheduler.add_job(delivery, "interval", seconds=_DELIVER_EVERY.total_seconds(), id="delivery")
    return scheduler


def _listen(watch: Watch, scheduler: BackgroundScheduler) -> list[threading.Thread]:
    """Listen for the buttons of each Slack app on a thread of its own; what is pressed is shown soon."""

    def deliver_soon() -> None:
        job = scheduler.get_job("delivery")
        if job is not None and not watch.stop.is_set():
            # As if its time had passed: it runs at once, and keeps its pace.
            job.modify(next_run_time=job.next_run_time - _DELIVER_EVERY)

    threads = [
        threading.Thread(target=socket.listen, args=(watch.stop,), daemon=True)
        for socket in sockets(watch.config, watch.clock, deliver_soon)
    ]
    for each in threads:
        each.start()
    return threads


def _guarded(watch: Watch, name: str, job: Job) -> Callable[[], None]:
    """The job on a freshly opened history; what goes wrong is logged, and the next wake-up tries again."""

    def work() -> None:
        try:
            with open_history(watch.config.history.path) as history:
                job(history)
        except WatchError as error:
            logger.error("%s failed: %s", name, error)  # noqa: TRY400 - its text says it all
        except Exception:
            logger.exception("%s failed", name)

    return work


def _log_cycle(result: CycleResult) -> None:
    """What a cycle did, on one line."""
    polled, delivered = result.poll, result.delivery
    logger.info(
        "cycle: %d calls, %d rows, %d failures; %d events; %d sent, %d to be tried again, %d given up%s",
        polled.calls,
        polled.rows,
        len(polled.failures),
        len(result.events),
        delivered.sent,
        delivered.retry,
        delivered.dead,
        f"; {polled.stopped}" if polled.stopped else "",
    )


def _log_delivery(result: DeliveryResult) -> None:
    """What a delivery between cycles did, where it did something."""
    if result.sent or result.retry or result.dead:
        logger.info(
            "delivery: %d sent, %d to be tried again, %d given up", result.sent, result.retry, result.dead
        )
