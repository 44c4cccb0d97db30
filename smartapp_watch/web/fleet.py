"""The fleet's newest day: its totals, and a line of each mini-program. Read once a poll, for all visitors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from smartapp_watch.alerts.digest_parts import AppLine, Total
from smartapp_watch.digest.figures import Figures
from smartapp_watch.digest.scope import FIGURES, Scope
from smartapp_watch.history.database import History
from smartapp_watch.metrics.period import Period
from smartapp_watch.web.source import Current, Source

_FIRST_WITHIN = 2.0
"""Seconds that the first visitors after a start wait at most; after that, pages come without figures."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Every mini-program on the newest ``day`` that anybody has figures of; ``polled_at``: as of which poll.

    ``lines``: by number. ``complete``: how many have figures of the day.
    """

    day: Period
    polled_at: datetime | None
    totals: tuple[Total, ...]
    lines: Mapping[int, AppLine]
    complete: int


def fleet_of(source: Source, current: Current, history: History) -> Fleet | None:
    """As of the newest poll, or the one before while that is being read; None where it takes long."""
    polled_at = history.polls.newest_at()
    state = id(current), polled_at, Period.newest_closed(source.clock())

    def read() -> Fleet:
        with source.reading() as aside:
            current.watch.learn(aside)
            return _read(aside, current, polled_at, Period.newest_closed(source.clock()))

    return source.kept.get("fleet", state, read, _FIRST_WITHIN)


def _read(history: History, current: Current, polled_at: datetime | None, closed: Period) -> Fleet:
    day = history.census.newest_period(FIGURES) or closed
    apps = tuple(each.app for each in current.apps.values())
    figures = Figures.read(history, Scope(apps, ()), day)
    lines = {app.id: figures.line(app) for app in apps}
    complete = sum(line.days_known > 0 for line in lines.values())
    return Fleet(day, polled_at, figures.totals(apps), lines, complete)
