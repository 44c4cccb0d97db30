"""What the history needs when there is time: old figures go, room is given back, every page is looked at.

Everything here can be broken off at any moment and goes on the next time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from smartapp_watch.config.settings import HistorySettings
from smartapp_watch.history.database import History
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.period import Granularity, Period, beijing_day
from smartapp_watch.metrics.report import Table
from smartapp_watch.stopping import Stop

MESSAGES_KEPT = timedelta(days=90)
POLLS_KEPT = timedelta(days=400)
DIGESTS_KEPT = {Granularity.DAY: timedelta(days=60), Granularity.WEEK: timedelta(days=400)}
"""How long it is kept what a digest said, by its period; that it was sent is never forgotten."""

ALERTS_KEPT = timedelta(days=400)
"""How long at least alerts that are over are kept, where ``keep_days`` lets anything go."""

JUDGEMENTS_KEPT = timedelta(days=400)
CHECKED_EVERY = timedelta(days=7)

AT_ONCE = 60.0
"""Seconds of tidying in a row: what is to be sent meanwhile waits for its end."""

EMPTY_SHARE = 0.1
"""How much of the file may be empty: the next days fill it again."""

REBUILT_BELOW = 64_000_000
"""Bytes of content that take about a second to write anew; nobody may have to wait for longer."""

CHECKED_A_SECOND = 50_000_000
"""Bytes; half of what was measured on a file that the system had in memory."""

_STEP = 1000
_TIDIED, _CHECKED = "tidied_on", "checked_at"
_STAYS = (
    "%.0f MB of the history are empty, and stay so until they are filled again; only VACUUM gives them back"
)

logger = logging.getLogger(__name__)


def look_after(
    history: History, settings: HistorySettings, now: datetime, stop: Stop, seconds: float
) -> None:
    """Do what is due, as far as ``seconds`` and ``stop`` allow; asking ``stop`` again and again shows life.

    HistoryUnusable where the file turns out to be damaged.
    """
    began = time.monotonic()

    def left() -> float:
        return 0.0 if stop.is_set() else began + seconds - time.monotonic()

    def has_time() -> bool:
        return left() > max(0.0, seconds - AT_ONCE)

    rows = _forget_figures(history, settings, now, has_time)
    if rows:
        logger.info("forgot %d rows that [history] keeps no longer", rows)
    if has_time() and history.note(_TIDIED) != str(beijing_day(now)):
        _tidy(history, settings, now)
    _give_back(history, has_time)
    _check(history, now, stop, left)
    history.storage.empty_log()


def oldest_kept(settings: HistorySettings, table: Table, now: datetime) -> Period | None:
    """The oldest period that is kept of a table; None where all are."""
    limits = [settings.keep_days]
    if table.is_breakdown:
        limits.append(settings.keep_breakdown_days)
    days = min((limit for limit in limits if limit), default=0)
    if not days:
        return None
    newest = Period.newest_closed(now, table.granularity)
    return Period.containing(newest.first - timedelta(days=days), table.granularity)


def _forget_figures(
    history: History, settings: HistorySettings, now: datetime, has_time: Callable[[], bool]
) -> int:
    """Period by period: nobody who writes waits for long, and the log stays small. The count of rows."""
    rows = 0
    for table in TABLES.values():
        first = oldest_kept(settings, table, now)
        if first is None:
            continue
        while has_time() and (oldest := history.observations.oldest(table)) and oldest < first:
            rows += history.observations.prune(table, oldest.shift(1))
        if has_time():  # also when empty periods were read
            history.observations.prune(table, first)
    return rows


def _tidy(history: History, settings: HistorySettings, now: datetime) -> None:
    """Once a day: everything else that is old goes, and it is noted how large the history is."""
    with history.transaction():
        history.outbox.prune(now - MESSAGES_KEPT)
        history.polls.prune(now - POLLS_KEPT)
        for granularity, kept in DIGESTS_KEPT.items():
            history.digests.fade(now - kept, granularity)
        if settings.keep_days:
            history.trail.prune_alerts(now - max(ALERTS_KEPT, timedelta(days=settings.keep_days)))
        history.trail.prune_judgements((now - JUDGEMENTS_KEPT).date())
        history.storage.note_size(beijing_day(now))
        history.set_note(_TIDIED, str(beijing_day(now)))
    history.analyze()
    size = history.storage.size()
    if not history.storage.gives_back and size.free_share > EMPTY_SHARE and size.content >= REBUILT_BELOW:
        logger.info(_STAYS, size.free / 1e6)


def _give_back(history: History, has_time: Callable[[], bool]) -> None:
    storage = history.storage
    before = storage.size()
    if not storage.gives_back:
        if has_time() and before.content < REBUILT_BELOW < before.disk_free:
            storage.rebuild()
        return
    while has_time() and storage.size().free_share > EMPTY_SHARE:
        storage.give_back(_STEP)
    given = before.file - storage.size().file
    if given:
        logger.info("gave %.1f MB back to the disk", given / 1e6)


def _check(history: History, now: datetime, stop: Stop, left: Callable[[], float]) -> None:
    """Once a week, where there is time for all of it: whether the whole file is in order."""
    checked = history.note(_CHECKED)
    if checked is not None and now - datetime.fromisoformat(checked) < CHECKED_EVERY:
        return
    if history.storage.size().file / CHECKED_A_SECOND >= left():
        return
    began = time.monotonic()
    if history.storage.check(left(), stop):
        history.set_note(_CHECKED, now.isoformat())
        logger.info("the history was checked and is in order; it took %.0f s", time.monotonic() - began)
