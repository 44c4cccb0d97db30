"""How users come back: a triangle of cohorts, the warmer the more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from smartapp_watch.config.settings import AppSettings
from smartapp_watch.history.database import History
from smartapp_watch.metrics.catalog import RETAINED_USER
from smartapp_watch.metrics.period import Granularity, Period, periods_between
from smartapp_watch.metrics.report import Table, Unit
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.dates import count_words, period_words
from smartapp_watch.notify.numbers import amount
from smartapp_watch.notify.words import capitalised

COHORTS = {Granularity.DAY: 14, Granularity.WEEK: 9, Granularity.MONTH: 6}
HEATS = 8
"""From 0, the coldest, up to, not including, this."""

_FIRST_CELL = 2
_LATER = Words("{}后", "{} later")
_SIZE, _RATIO = "active_user_count", "retained_ratio"


class Cell(NamedTuple):
    """The share of a cohort that came back; ``heat`` is None where it is not known or not over yet."""

    text: str
    heat: int | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those who came in one period: how many, and how many of them in each later one."""

    period: str
    size: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Triangle:
    """The cohorts of one granularity, the newest first. ``heading``: what each column is."""

    granularity: str
    heading: tuple[str, ...]
    cohorts: tuple[Cohort, ...]


def read_triangles(
    history: History, settings: AppSettings, now: datetime, language: Language
) -> Iterator[Triangle]:
    """A triangle for each granularity that retention is polled in, and that anything is known of."""
    for table in settings.tables:
        if table.report is RETAINED_USER:
            found = _triangle(history, table, settings.app.id, now, language)
            if found is not None:
                yield found


def _triangle(
    history: History, table: Table, app_id: int, now: datetime, language: Language
) -> Triangle | None:
    newest = Period.newest_closed(now, table.granularity).shift(-1)
    periods = list(periods_between(newest.shift(1 - COHORTS[table.granularity]), newest))
    rows = history.observations.rows(table, periods, (_RATIO, _SIZE), (), [app_id])
    cells = {(row.period, int(row.dimensions[0])): row.values for row in rows}
    known = [values[0] for values in cells.values() if values[0] is not None]
    if not known:
        return None
    nths = range(_FIRST_CELL, table.report.last_nth + 1)
    low, high = min(known), max(known)

    def cell(period: Period, nth: int) -> Cell:
        value = cells.get((str(period), nth), (None, None))[0]
        if value is None:
            return Cell("", None, period.closes(nth) > now)
        share = (value - low) / (high - low) if high > low else 0.0
        return Cell(amount(value, Unit.PERCENT, language), min(HEATS - 1, int(share * HEATS)), is_open=False)

    def size(period: Period) -> str:
        sizes = [cells[str(period), nth][1] for nth in nths if (str(period), nth) in cells]
        return amount(next(iter(sizes), None), Unit.COUNT, language)

    return Triangle(
        granularity=table.granularity.value,
        heading=tuple(
            capitalised(_LATER.in_(language).format(count_words(nth - 1, table.granularity, language)))
            for nth in nths
        ),
        cohorts=tuple(
            Cohort(
                period_words(str(period), language), size(period), tuple(cell(period, nth) for nth in nths)
            )
            for period in reversed(periods)
        ),
    )
