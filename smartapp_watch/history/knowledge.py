"""What rules may ask of the history, as it is now or as it was known at some time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from smartapp_watch.history.alert_log import SeriesKey
from smartapp_watch.history.observations import Row
from smartapp_watch.history.reading_log import Arrivals, Awaited, CellKey, StoredReading
from smartapp_watch.history.suspicion import Suspicion
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Table
from smartapp_watch.rules.rule import Where


class Knowledge(Protocol):
    """What is stored, as it is now or as it was known at some time."""

    def rows(
        self,
        table: Table,
        periods: Sequence[Period],
        columns: Sequence[str],
        where: tuple[Where, ...] = (),
        app_ids: Collection[int] | None = None,
        *,
        keys: Collection[SeriesKey] | None = None,
    ) -> Iterator[Row]:
        """The rows of ``periods`` that a rule with this ``where`` watches, of all apps or of ``app_ids``.

        ``keys``: of those, only these series.
        """

    def is_as_stored(self, table: Table, /) -> bool:
        """Whether what is known of a table is what is stored now."""

    def suspects(self, suspicion: Suspicion, app_ids: Collection[int]) -> Iterator[SeriesKey]:
        """The series of ``app_ids`` that may be in breach, by what is stored now.

        Each is taken to be plain: compared with what stands in the newest of its past periods, if something
        does. So nothing is to be asked here of those of whom a figure is doubtful, or one of these periods
        provisional; of the series with episodes there, ``suspects_among`` is to be asked.
        """

    def suspects_among(self, suspicion: Suspicion, keys: Collection[SeriesKey]) -> Iterator[SeriesKey]:
        """Those of ``keys`` that may be in breach, by what is stored now, whatever they are compared with."""

    def restless(
        self, suspicion: Suspicion, periods: Sequence[Period], app_ids: Collection[int]
    ) -> Iterator[SeriesKey]:
        """The series of ``app_ids`` that may be in breach at any of these periods, by the others of them."""

    def maturity(
        self, table: Table, periods: Sequence[Period], scene: str = "", app_ids: Collection[int] | None = None
    ) -> Mapping[tuple[int | None, str], StoredReading]:
        """How ``periods`` were read, by (app, period as text)."""

    def unconfirmed(
        self, table: Table, periods: Sequence[Period], app_ids: Collection[int] | None = None
    ) -> Mapping[CellKey, datetime]:
        """The cells that the newest reading had no value for, with the last reading that had one."""

    def arrivals(self, awaited: Awaited, app_ids: Collection[int] | None = None) -> Arrivals:
        """How far a period came, of all apps or of ``app_ids``."""

    def oldest(self, table: Table) -> Period | None:
        """The oldest period that anything is stored of."""

    def changed(self, table: Table, since: datetime, first: Period) -> dict[Period, set[int | None]]:
        """The first period, from ``first`` on, that became known or was corrected, and of which apps."""
