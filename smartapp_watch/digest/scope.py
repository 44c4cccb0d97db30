"""What a digest is about, and which days it looks at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from smartapp_watch.alerts.silence import Maintenance
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Period, periods_between
from smartapp_watch.metrics.words import Language
from smartapp_watch.rules.calendar import Calendar
from smartapp_watch.rules.rule import Rule

FIGURES = TABLES["user_trend"]
"""The table that a digest's figures are of."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a digest is about: its mini-programs, and the rules whose alerts it tells of.

    ``unpolled``: the numbers of those that no figures are polled of, so that nobody waits for them.
    ``horizon`` and ``calendar``: what charts need to know; without the first there are none. ``receivers``:
    those there are; None where nobody says. ``tags``: what the mini-programs were chosen by. ``zone``: of the
    digest's schedule.
    """

    apps: tuple[App, ...]
    rules: tuple[Rule, ...]
    of_platform: bool = True
    language: Language | None = None
    unpolled: frozenset[int] = frozenset()
    horizon: Horizon | None = None
    calendar: Calendar = field(default_factory=Calendar)
    receivers: frozenset[str] | None = None
    tags: tuple[str, ...] = ()
    zone: str = ""
    maintenance: tuple[Maintenance, ...] = ()


def days_of(period: Period) -> Iterator[Period]:
    """The days of a period, in the order of time."""
    return periods_between(Period.containing(period.first), Period.containing(period.last))
