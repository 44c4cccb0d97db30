"""One page of an answer, decoded."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date

from smartapp_watch.api.fields import Place, Row, name
from smartapp_watch.api.period_name import read_period
from smartapp_watch.api.request import Request
from smartapp_watch.errors import BadPayload
from smartapp_watch.metrics.observation import Observation, Query
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Report


@dataclass(frozen=True, slots=True)
class Line:
    """What one row of a page says: its observations, or the name of a period that was not asked for.

    ``keys``: what no other row of the same reading may have.
    """

    keys: tuple[Hashable, ...]
    observations: tuple[Observation, ...] = ()
    ignored: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: ``received`` rows of the ``total`` that the API says there are (None where it says nothing).

    ``whole``: the observation of the page's ``sum``, where it is one that is kept.
    """

    lines: tuple[Line, ...]
    received: int
    total: int | None
    whole: Observation | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a page is read against: the query and the request it answers, the fields its rows may have."""

    query: Query
    request: Request
    known: frozenset[str]

    @property
    def report(self) -> Report:
        """The report that the page belongs to."""
        return self.query.table.report

    @property
    def title(self) -> str:
        """The report's name and variant, for a message."""
        chosen = self.request.variant or self.request.kind
        return f"{self.report.name} ({chosen})" if chosen else self.report.name

    @property
    def day(self) -> date:
        """The day that a report without a time axis, or with hours, is asked about."""
        return self.query.first.first

    def asked_period(self, row: Row, field: str, place: Place) -> tuple[str, Period | None]:
        """A row's period as written, and the period; None where it is cut or was not asked for."""
        written = name(row, field, place)
        try:
            period = read_period(written, self.query.table.granularity, self.day)
        except ValueError:
            expected = f"the name of one {self.query.table.granularity}"
            raise place.wrong(field, written, expected) from None
        if period is None or not self.query.first <= period <= self.query.last:
            return written, None
        return written, period


def objects(values: object, field: str, place: Place) -> list[Row]:
    """``values`` as a list of rows; BadPayload where it is none."""
    if not isinstance(values, list):
        raise place.wrong(field, values, "a list")
    for value in values:
        if not isinstance(value, dict):
            raise BadPayload(f"{place.report}, {place.row}: {field} holds something else than objects")
    return values
