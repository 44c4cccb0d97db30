"""What the settings cost: calls a day, and whether they fit into the polls of a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from smartapp_watch.clock import first_after
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.errors import Problem
from smartapp_watch.metrics.catalog import TABLES, TP_DATA
from smartapp_watch.metrics.cost import calls_a_day
from smartapp_watch.metrics.due import Horizon

POLL_BUDGET = timedelta(minutes=20)
"""How long a cycle polls: a first fill takes hours, and what has come is judged and told meanwhile."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cost:
    """Calls a day at the least, by table, of a fleet whose history is filled and whose figures come in time.

    ``polling``: how long the polls of a day may last, all together.
    """

    calls: Mapping[str, int]
    per_second: float
    polling: timedelta

    @property
    def total(self) -> int:
        """Calls a day."""
        return sum(self.calls.values())

    @property
    def limit(self) -> int:
        """How many calls a day fit into its polls."""
        return int(self.per_second * self.polling.total_seconds())

    def time(self, calls: int) -> timedelta:
        """How long so many calls take at the rate limit."""
        return timedelta(seconds=ceil(calls / self.per_second))

    @property
    def problem(self) -> Problem | None:
        """The warning that they do not fit, where they do not."""
        if self.total <= self.limit:
            return None
        what = (
            f"the reports take {self.total:,} calls a day or more, and only {self.limit:,} fit: "
            f"`requests_per_second` of {self.per_second:g} for {in_words(self.polling)} of polls"
        )
        needed = ceil(self.total / self.polling.total_seconds())
        meant = f"{needed} a second, if Baidu allows it; fewer reports; or more hours in [poll] schedule"
        return Problem("[api]", 0, what, meant, warning=True)


def cost_of(config: WatchConfig, now: datetime, app_id: int | None = None) -> Cost:
    """What ``config`` costs on the day that begins at ``now``, of one mini-program or of everybody."""
    begins = _polls(config, now)
    horizon = Horizon(config.poll.history_days, config.poll.settle, config.poll.recheck_days)
    targets = Counter(
        table.name for each in config.apps if app_id in (None, each.app.id) for table in each.tables
    )
    if app_id is None and config.polls_platform:
        targets[TP_DATA.name] = 1 + len(config.platform.scenes)
    calls = {
        name: count * calls_a_day(TABLES[name], horizon, begins)
        for name, count in sorted(targets.items(), key=lambda item: list(TABLES).index(item[0]))
    }
    ends = (*begins[1:], begins[0] + _DAY)
    polling = (min(POLL_BUDGET, end - begin) for begin, end in zip(begins, ends, strict=True))
    return Cost(calls, config.api.requests_per_second, sum(polling, timedelta()))


def _polls(config: WatchConfig, now: datetime) -> list[datetime]:
    """When the polls of 24 hours begin; of a day without any, when the next one does."""
    found = [first_after(config.poll.schedule, now, config.timezone)]
    while (following := _next(config, found[-1])) < now + _DAY:
        found.append(following)
    return found


def _next(config: WatchConfig, poll: datetime) -> datetime:
    return first_after(config.poll.schedule, poll + timedelta(seconds=1), config.timezone)


def in_words(span: timedelta) -> str:
    """A time as people say it: 3 h 20 min, 45 s."""
    seconds = int(span.total_seconds())
    if seconds < 60:  # noqa: PLR2004
        return f"{seconds} s"
    hours, minutes = divmod(ceil(seconds / 60), 60)
    return " ".join(f"{number} {unit}" for number, unit in ((hours, "h"), (minutes, "min")) if number)
