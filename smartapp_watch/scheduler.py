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
from datetime import datetime, timedelta
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from smartapp_watch.clock import Clock, first_after
from smartapp_watch.errors import WatchError
from smartapp_watch.history.database import History, open_history
from smartapp_watch.watch import Watch

_STOP_WITHIN = 50.0
"""Seconds for the work under way to end after a signal; a service manager's patience is longer."""

logger = logging.getLogger(__name__)

Job = Callable[[History], object]


class CrontabTrigger(BaseTrigger):
    """Fires when the domain's clock comes to a crontab's time; that clock may be set to another day."""

    def __init__(self, schedule: str, clock: Clock, watch: Watch) -> None:
        self._schedule = schedule
        self._clock = clock
        self._zone = watch.config.timezone

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The next time, on the host's own clock."""
        here = self._clock()
        after = here + timedelta(seconds=1) if previous else here
        return now + (first_after(self._schedule, after, self._zone) - here)


def run(watch: Watch) -> None:
    """Work until SIGTERM or SIGINT: a cycle at once, then by the schedule; digests; retries every minute."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: _stop(watch, received, _frame))
    scheduler = _scheduler(watch)
    scheduler.start()
    logger.info(
        "watching %d mini-programs; polling at %s", len(watch.config.apps), watch.config.poll.schedule
    )
    watch.stop.wait()
    ending = threading.Thread(target=scheduler.shutdown, daemon=True)
    ending.start()
    ending.join(_STOP_WITHIN)
    if ending.is_alive():
        logger.error("the work under way did not end within %d s; what was saved stays", _STOP_WITHIN)
        os._exit(1)
    logger.info("stopped")


def _stop(watch: Watch, number: int, _frame: FrameType | None) -> None:
    logger.info("%s: stopping", signal.Signals(number).name)
    watch.stop.set()


def _scheduler(watch: Watch) -> BackgroundScheduler:
    # One thread: cycles, digests and deliveries work on the same history and never overlap. A wake-up
    # that comes while another works waits for its turn, however late (misfire_grace_time None).
    scheduler = BackgroundScheduler(
        timezone=watch.config.timezone,
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    cycle = _guarded(watch, "cycle", watch.cycle)
    scheduler.add_job(cycle, id="first cycle")
    scheduler.add_job(cycle, CrontabTrigger(watch.config.poll.schedule, watch.clock, watch), id="cycle")
    for settings in watch.config.digests:
        trigger = CrontabTrigger(settings.schedule, watch.clock, watch)
        scheduler.add_job(_guarded(watch, "digest", watch.tell), trigger, id=f"digest {settings.name}")
    scheduler.add_job(_guarded(watch, "delivery", watch.deliver), "interval", minutes=1, id="delivery")
    return scheduler


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
