"""Days of one's own that are unlike others: sales, releases, campaigns. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase

from smartapp_watch.metrics.observation import App

FIRST_YEAR, LAST_YEAR = 2000, 2100
"""Of the days that may be written down."""

Span = tuple[date, date]
"""A first and a last day."""


class Side(StrEnum):
    """Where a period lies by an occasion."""

    WITHIN = "within"
    BEFORE = "before"
    """In the days before it that belong to it."""
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time of an occasion, as it is seen from a period. ``first`` and ``last``: its days, as text."""

    name: str
    first: str
    last: str
    side: Side = Side.WITHIN


@dataclass(frozen=True, slots=True)
class Occasion:
    """One ``[[event]]``: from ``first`` to ``last``, and so many days ``before`` and ``after`` them.

    ``yearly``: it comes again each year; ``first`` and ``last`` are one of its times. ``excludes``: its days
    are neither judged nor a baseline. ``apps`` and ``tags``: globs of the mini-programs that it concerns, of
    their numbers or names and of their tags; empty ones mean all, and the platform too.
    """

    name: str
    first: date
    last: date
    yearly: bool = False
    before: int = 0
    after: int = 0
    excludes: bool = False
    apps: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def concerns(self, app: App | None) -> bool:
        """Whether it is one of this mini-program; None is the platform."""
        if app is None:
            return not self.apps and not self.tags
        named = not self.apps or _matches(self.apps, (str(app.id), app.name))
        return named and (not self.tags or _matches(self.tags, app.tags))

    def times(self, first: date, last: date) -> Iterator[Span]:
        """When it is, in the order of time, as often as it has a day, margins included, in these days."""
        for begins, ends in self._spans(first, last):
            if begins - timedelta(self.before) <= last and first <= ends + timedelta(self.after):
                yield begins, ends

    def days(self, first: date, last: date) -> Iterator[date]:
        """Its days among these, margins included."""
        for begins, ends in self.times(first, last):
            day = max(first, begins - timedelta(self.before))
            while day <= min(last, ends + timedelta(self.after)):
                yield day
                day += timedelta(1)

    def seen_from(self, first: date, last: date) -> Iterator[Occurrence]:
        """Its times that these days lie within, or close to."""
        for begins, ends in self.times(first, last):
            side = Side.BEFORE if last < begins else Side.AFTER if ends < first else Side.WITHIN
            yield Occurrence(self.name, str(begins), str(ends), side)

    def _spans(self, first: date, last: date) -> Iterator[Span]:
        if not self.yearly:
            yield self.first, self.last
            return
        lasts = self.last.year - self.first.year
        # One that began the year before may last, or have an end that does, into these days.
        for year in range(max(first.year - 2, FIRST_YEAR), min(last.year + 1, LAST_YEAR) + 1):
            yield self.first.replace(year=year), self.last.replace(year=year + lasts)


def _matches(patterns: Iterable[str], values: Iterable[str]) -> bool:
    values = tuple(values)
    return any(fnmatchcase(value, pattern) for pattern in patterns for value in values)
