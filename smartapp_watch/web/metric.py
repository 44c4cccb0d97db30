"""The metrics of a mini-program that have one value a day: a chart of each, and a table of all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from smartapp_watch.alerts.trend import Trend
from smartapp_watch.config.settings import AppSettings
from smartapp_watch.history.database import History
from smartapp_watch.metrics.period import Granularity, Period, periods_between
from smartapp_watch.metrics.report import Metric, Report, Table
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.dates import period_words, weekday
from smartapp_watch.notify.numbers import Change, amount, change_of
from smartapp_watch.notify.trend_view import trend_view
from smartapp_watch.notify.words import capitalised, note_words, subject_of
from smartapp_watch.web.chart import DAYS_A_WEEK, ChartView, Place, Series, Span, Value, chart_view

WEEKS = 4
"""How many of the same weekdays before a day say what is usual of it."""

_LEAST = 3
_EARLIER = WEEKS * DAYS_A_WEEK
_USUAL = Words("往常{}", "usual {}")


@dataclass(frozen=True, slots=True)
class MetricView:
    """A chart with its newest value, and how far that is from a week before."""

    chart: ChartView
    value: str
    change: Change
    legend: str
    note: str


class Day(NamedTuple):
    """One row of the table: a day, the value of each metric, and the alerts that were there."""

    period: str
    values: tuple[str, ...]
    alerts: str


@dataclass(frozen=True, slots=True)
class MetricGroup:
    """The metrics of one report; ``name`` is their table's. ``heading``: a metric a column."""

    name: str
    title: str
    metrics: tuple[MetricView, ...]
    heading: tuple[str, ...]
    days: tuple[Day, ...]


def read_metrics(
    history: History,
    settings: AppSettings,
    periods: Sequence[Period],
    spans: Mapping[str, Sequence[Span]],
    language: Language,
) -> Iterator[MetricGroup]:
    """Each report that is polled of the mini-program each day, with the metrics that have any value.

    ``spans``: alerts by metric, ``report.field``. A metric that two reports have is shown once.
    """
    shown: set[str] = set()
    for table in settings.tables:
        if table.granularity is not Granularity.DAY or table.report.dimensions:
            continue
        metrics = [metric for metric in table.report.metrics if metric.name not in shown]
        shown |= {metric.name for metric in metrics}
        values = _read(history, settings.app.id, table, metrics, periods)
        group = _Drawn(table.report, periods, spans, language).group(metrics, values)
        if group is not None:
            yield group


def _read(
    history: History, app_id: int, table: Table, metrics: Sequence[Metric], periods: Sequence[Period]
) -> list[list[Value]]:
    """The values of each metric, day by day, from four weeks before the first of ``periods`` on."""
    wanted = list(periods_between(periods[0].weeks_before(WEEKS), periods[-1]))
    found = history.observations.rows(table, wanted, [metric.name for metric in metrics], (), [app_id])
    rows = {row.period: row.values for row in found}
    nothing: tuple[Value, ...] = (None,) * len(metrics)
    return [list(column) for column in zip(*(rows.get(str(each), nothing) for each in wanted), strict=True)]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The metrics of one report over some periods, as they are drawn in one language."""

    report: Report
    periods: Sequence[Period]
    spans: Mapping[str, Sequence[Span]]
    language: Language

    def group(self, metrics: Sequence[Metric], values: Sequence[Sequence[Value]]) -> MetricGroup | None:
        """None where no metric has any value."""
        pasts = zip(metrics, values, strict=True)
        known = [(metric, past) for metric, past in pasts if _is_any(past[_EARLIER:])]
        if not known:
            return None
        views = tuple(self._view(column, metric, past) for column, (metric, past) in enumerate(known))
        return MetricGroup(
            name=self.report.name,
            title=capitalised(self.report.words.in_(self.language)),
            metrics=views,
            heading=tuple(view.chart.title for view in views),
            days=tuple(self._days(known))[::-1],
        )

    def _days(self, known: Sequence[tuple[Metric, Sequence[Value]]]) -> Iterator[Day]:
        cells = [
            [amount(value, metric.unit, self.language, 2) for value in past[_EARLIER:]]
            for metric, past in known
        ]
        own = [span for metric, _ in known for span in self.spans.get(self._name(metric), ())]
        for period, row in zip(self.periods, zip(*cells, strict=True), strict=True):
            alerts = ", ".join(span.words for span in own if span.covers(period))
            yield Day(period_words(str(period), self.language), row, alerts)

    def _view(self, column: int, metric: Metric, past: Sequence[Value]) -> MetricView:
        name, language = self._name(metric), self.language
        trend, subject = _trend(self.periods, past), subject_of(name)
        label = _USUAL.in_(language).format(weekday(self.periods[-1].first, language))
        shown = trend_view(trend, subject, "", label, language)
        spans = self.spans.get(name, ())
        series = Series(self.periods, trend.values, metric.unit, trend.lows, trend.highs, spans)
        change = _change(past, metric, language)
        place = Place(name.replace(".", "-"), self.report.name, column)
        title = capitalised(metric.words.in_(language))
        return MetricView(
            chart=chart_view(place, title, shown.alt, series, language, tone=change.tone),
            value=amount(past[-1], metric.unit, language),
            change=change,
            legend=shown.legend,
            note=note_words(subject, language),
        )

    def _name(self, metric: Metric) -> str:
        return f"{self.report.name}.{metric.name}"


def _is_any(values: Sequence[Value]) -> bool:
    return any(value is not None for value in values)


def _trend(periods: Sequence[Period], past: Sequence[Value]) -> Trend:
    """How a metric went, each value beside the range of the same weekdays before it."""
    lows: list[Value] = []
    highs: list[Value] = []
    for number in range(_EARLIER, len(past)):
        before = past[number - _EARLIER : number : DAYS_A_WEEK]
        usual = [value for value in before if value is not None]
        enough = len(usual) >= _LEAST
        lows.append(min(usual) if enough else None)
        highs.append(max(usual) if enough else None)
    values = tuple(past[_EARLIER:])
    return Trend(tuple(map(str, periods)), values, tuple(lows), tuple(highs))


def _change(past: Sequence[Value], metric: Metric, language: Language) -> Change:
    """From a week before, where that is known: the same weekday, in the words of a message."""
    now, before = past[-1], past[-1 - DAYS_A_WEEK]
    if now is None or before is None:
        return Change()
    percent = 100 * (now - before) / before if before else None
    return change_of(now - before, percent, metric.unit, metric.good, language)
