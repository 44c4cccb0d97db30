"""The shapes that the catalog of reports is written in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import prod

from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.words import Words


class Unit(StrEnum):
    """What numbers measure: counts, per cent (82.19 means 82.19 %), seconds, or plain numbers."""

    COUNT = "count"
    PERCENT = "percent"
    SECONDS = "seconds"
    NUMBER = "number"


class Good(StrEnum):
    """Which way a metric moves when things get better; NEITHER where nobody can say."""

    UP = "up"
    DOWN = "down"
    NEITHER = "neither"


class Layout(StrEnum):
    """How a report lays out its rows."""

    PERIODS = "periods"
    """``name`` is the row's period, the metrics stand beside it."""
    COHORTS = "cohorts"
    """``name`` is the cohort's period, the columns 第k天/周/月 are its k-th period's retention."""
    VALUES = "values"
    """A dimension's value stands in a field of the row (``name``, or ``pageId``), the metrics beside it."""
    PORTRAIT = "portrait"
    """One row; under each attribute's name a list of its values."""
    SOURCES = "sources"
    """``name`` is the list of the group's children; each has the fields of a row."""
    TOTALS = "totals"
    """The platform's report: rows under ``result``, the day under ``data`` or ``date``."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of a report; ``name`` is the API's field, the table's column and what rules call it.

    ``of``: for a ratio, the two counts of the same row that it is made of (part, whole).
    ``also``: other names under which payloads carry it. ``of_cohort``: it belongs to the cohort as a whole
    and stands in each of its rows, so that alone it does not make a row hold a value.
    """

    name: str
    unit: Unit
    words: Words
    good: Good = Good.NEITHER
    of: tuple[str, str] | None = None
    also: tuple[str, ...] = ()
    of_cohort: bool = False


@dataclass(frozen=True, slots=True)
class Dimension:
    """A column of the key that tells a period's rows apart; ``field`` is its name in the payload.

    ``variants``: the API wants one call for each; pairs of (the parameter's value, the value stored).
    ``parameter``: the request parameter that chooses the variant.
    """

    name: str
    words: Words
    field: str = "name"
    parameter: str = ""
    variants: tuple[tuple[str, str], ...] = ()
    integer: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A column of words beside the metrics: a page's path; ``field`` is its name in the payload."""

    name: str
    words: Words
    field: str


@dataclass(frozen=True, slots=True)
class Report:
    """One of the API's reports.

    ``time_axis``: it answers a row a period for a whole range; the others answer one aggregate for the
    range, so that a daily history needs one call a day. ``last_nth``: the last cell of a retention cohort.
    ``requests``: further request parameters with each of which a reading is made (retention's count and
    ratio); their rows are merged.
    """

    name: str
    words: Words
    path: str
    layout: Layout
    metrics: tuple[Metric, ...]
    dimensions: tuple[Dimension, ...] = ()
    texts: tuple[Text, ...] = ()
    granularities: tuple[Granularity, ...] = (Granularity.DAY,)
    sends_gran: bool = False
    time_axis: bool = False
    paged: bool = True
    has_sum: bool = False
    of_platform: bool = False
    method: str = "POST"
    requests: tuple[tuple[str, str], ...] = ()
    last_nth: int = 1

    def metric(self, name: str) -> Metric:
        """The metric of that name; KeyError where there is none."""
        for metric in self.metrics:
            if metric.name == name:
                return metric
        raise KeyError(name)

    @property
    def calls(self) -> int:
        """How many calls a reading takes at the least: one for each variant, and for each of ``requests``."""
        variants = prod(len(each.variants) for each in self.dimensions if each.parameter)
        return variants * max(1, len(self.requests))

    def reads_ranges(self, granularity: Granularity) -> bool:
        """Whether one call can bring many periods.

        Hours are the exception on a report with a time axis: asked for several days, the API adds up the
        days' equal hours, so an hourly history needs a call a day.
        """
        return self.time_axis and granularity is not Granularity.HOUR


@dataclass(frozen=True, slots=True)
class Table:
    """A report at one granularity: what one table of the history holds.

    Its columns, in this order: ``period``, ``app_id`` (not for the platform's report), the dimensions, the
    texts, the metrics. The key is all up to the dimensions.
    """

    report: Report
    granularity: Granularity = Granularity.DAY

    @property
    def name(self) -> str:
        """The report's name; with the granularity behind it, where that is not a day."""
        if self.granularity is Granularity.DAY:
            return self.report.name
        return f"{self.report.name}_{self.granularity}"

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key."""
        head = ("period",) if self.report.of_platform else ("period", "app_id")
        return head + tuple(dimension.name for dimension in self.report.dimensions)

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns: the key, the texts, the metrics."""
        report = self.report
        return (
            self.key
            + tuple(text.name for text in report.texts)
            + tuple(metric.name for metric in report.metrics)
        )

    @property
    def is_breakdown(self) -> bool:
        """Whether a period's rows are an app's figures split by a dimension, one aggregate a day."""
        return not self.report.time_axis
