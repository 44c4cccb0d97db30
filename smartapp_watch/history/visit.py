"""A reading as it is saved: what it is called, whose it is, and its rows by the period they are of. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple, TypeVar

from smartapp_watch.history.instant import write_instant
from smartapp_watch.history.merge import Dimensions
from smartapp_watch.metrics.observation import Observation, Reading
from smartapp_watch.metrics.period import Period, periods_between
from smartapp_watch.metrics.report import Table

_Value = TypeVar("_Value", str, str | int, str | None)


def reading_name(table: Table, scene: str) -> str:
    """What a table is called in ``readings`` and ``revisions``: each scene is read by itself."""
    return f"{table.name}/{scene}" if scene else table.name


def scene_of(name: str) -> str:
    """The scene in a name that ``reading_name`` gave; empty where there is none."""
    return name.partition("/")[2]


class Visit(NamedTuple):
    """One reading as it is being saved: what it is called in the logs, whose it is, and when it was made.

    ``arrived``: its rows by period, every period that was asked for, those without rows too.
    """

    name: str
    app_id: int | None
    scene: str
    at: str
    periods: Mapping[str, Period]
    arrived: Mapping[str, Sequence[Observation]]

    @classmethod
    def of(cls, reading: Reading, read_at: datetime) -> Visit:
        query = reading.query
        span = _span(query.first, query.last)
        return cls(
            reading_name(query.table, query.scene),
            query.app_id,
            query.scene,
            write_instant(read_at),
            span.periods,
            _by_period(reading.observations, span),
        )

    def key(self, period: str, dimensions: Dimensions = ()) -> tuple[str | int, ...]:
        """The primary key of a row; without dimensions, how it begins."""
        return (period, *dimensions) if self.app_id is None else (period, self.app_id, *dimensions)


def encodable(reading: Reading) -> Reading:
    """The same without lone surrogates, which JSON can spell and UTF-8, SQLite's encoding, cannot: U+FFFD."""
    observations = tuple(
        replace(
            each,
            dimensions=tuple(_without_surrogates(value) for value in each.dimensions),
            texts=tuple(_without_surrogates(value) for value in each.texts),
        )
        for each in reading.observations
    )
    query = replace(reading.query, scene=str(_without_surrogates(reading.query.scene)))
    return replace(reading, query=query, observations=observations)


def _without_surrogates(value: _Value) -> _Value | str:
    if not isinstance(value, str):
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Span(NamedTuple):
    """The periods from one to another, by text; and their texts, by first day and hour."""

    periods: Mapping[str, Period]
    texts: Mapping[tuple[date, int], str]


@lru_cache(maxsize=256)
def _span(first: Period, last: Period) -> _Span:
    # The readings of a poll are of few ranges.
    periods = {str(period): period for period in periods_between(first, last)}
    return _Span(periods, {(period.first, period.hour): text for text, period in periods.items()})


def _by_period(observations: Iterable[Observation], span: _Span) -> dict[str, list[Observation]]:
    """The rows of each period of ``span``; those of others are left out."""
    grouped: dict[str, list[Observation]] = {text: [] for text in span.periods}
    stray: list[Observation] = []
    period, rows = None, stray
    for each in observations:
        if each.period is not period:  # rows of one period mostly share it
            period = each.period
            # Not by the period itself, whose hash is Python's and slow.
            text = span.texts.get((period.first, period.hour))
            rows = stray if text is None else grouped[text]
        rows.append(each)
    return grouped
