"""How the service stands: whether a poll is overdue, whose figures lag, whether settings were refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from smartapp_watch.alerts.notification import Topic
from smartapp_watch.clock import first_after
from smartapp_watch.config.settings import AppSettings, WatchConfig
from smartapp_watch.health import Ailment
from smartapp_watch.history.database import History
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Table

_NEWEST_PERIODS = 3
_LOOK_BACK = 400
_FEW = 200
_OVERDUE_AFTER = timedelta(hours=1)
"""A poll ends at the latest so long after it was due, jitter and all."""


@dataclass(frozen=True, slots=True)
class AppFreshness:
    """The newest period of each of a mini-program's tables, None where there is none; which ones lag."""

    settings: AppSettings
    newest: Mapping[str, str | None]
    lags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Freshness:
    """The newest period of each mini-program, and of each of the platform's tables."""

    apps: tuple[AppFreshness, ...]
    platform: Mapping[str, str | None]


def read_freshness(config: WatchConfig, history: History, now: datetime) -> Freshness:
    """Who has what; a table lags where others have a newer period of it."""
    ids = [each.app.id for each in config.apps]
    found = {table.name: _newest(history, table, ids, now) for table in config.tables}
    front = {name: max(newest.values(), default="") for name, newest in found.items()}
    apps = []
    for each in config.apps:
        newest = {table.name: found[table.name].get(each.app.id) for table in each.tables}
        lags = tuple(name for name, period in newest.items() if (period or "") < front[name])
        apps.append(AppFreshness(each, newest, lags))
    of_platform = [table.name for table in config.tables if table.report.of_platform]
    return Freshness(tuple(apps), {name: found[name].get(None) for name in of_platform})


def overdue_since(config: WatchConfig, last: datetime | None, now: datetime) -> datetime | None:
    """Since when a poll is due that did not happen: nothing is running, or it hangs. ``last``: the newest."""
    if last is None:
        return None
    due = first_after(config.poll.schedule, last + timedelta(seconds=1), config.timezone)
    return due if now - due > _OVERDUE_AFTER else None


def settings_refused(history: History) -> Iterator[Ailment]:
    """What a daemon beside this said of its settings; only its log has the mistakes."""
    for told in history.health.told():
        if told.topic is Topic.SETTINGS_REFUSED and not told.over:
            yield Ailment(told.topic, told.since, "its log says why")


def _newest(history: History, table: Table, ids: Sequence[int], now: datetime) -> dict[int | None, str]:
    """The newest period with values by mini-program; of a few that have none lately, of a long time."""
    periods = list(_back(Period.newest_closed(now, table.granularity)))
    known = history.observations.newest_periods(table, periods[:_NEWEST_PERIODS])
    missing = [number for number in ids if number not in known]
    if table.report.of_platform:
        return known or history.observations.newest_periods(table, periods)
    if missing:
        back = periods if len(missing) <= _FEW else periods[: _LOOK_BACK // 10]
        known |= history.observations.newest_periods(table, back, missing)
    return known


def _back(period: Period) -> Iterator[Period]:
    for _ in range(_LOOK_BACK):
        yield period
        period = period.shift(-1)
