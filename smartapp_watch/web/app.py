"""One mini-program: its alerts, its metrics as charts, how users come back, what its figures consist of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

from smartapp_watch.alerts.alert import OPEN, Alert, State
from smartapp_watch.metrics.period import Granularity, Period, periods_between
from smartapp_watch.notify.dates import span_words
from smartapp_watch.web.breakdown import BreakdownView, read_breakdowns
from smartapp_watch.web.chart import Span
from smartapp_watch.web.metric import MetricGroup, read_metrics
from smartapp_watch.web.open_alerts import AlertLine, Lister
from smartapp_watch.web.retention import Triangle, read_triangles
from smartapp_watch.web.source import Current, Source
from smartapp_watch.web.visit import Visit

SPANS = (28, 90)
"""How many days the charts may show; the first unless asked."""


@dataclass(frozen=True, slots=True)
class AlertBar:
    """An alert of the mini-program, and where it lies on the time line, in per cent of that."""

    line: AlertLine
    open: bool
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class AppPage:
    """What the template of a mini-program may use. ``spans``: (days, address, whether it is shown)."""

    id: str
    name: str
    tags: tuple[str, ...]
    days: int
    span: str
    spans: tuple[tuple[int, str, bool], ...]
    alerts: tuple[AlertBar, ...]
    groups: tuple[MetricGroup, ...]
    triangles: tuple[Triangle, ...]
    breakdowns: tuple[BreakdownView, ...]


def view(source: Source, visit: Visit, request: Request) -> AppPage:
    """The mini-program whose number stands in the address; 404 where it is not watched."""
    current, language, now = source.current, visit.language, source.clock()
    settings = current.apps.get(int(request.path_params["id"]))
    if settings is None:
        raise HTTPException(404)
    asked = visit.query.get("days", "")
    days = int(asked) if asked in map(str, SPANS) else SPANS[0]
    with source.reading() as history:
        newest = [history.census.newest_period(table) for table in settings.tables]
        daily = [each for each in newest if each is not None and each.granularity is Granularity.DAY]
        last = max(daily, default=Period.newest_closed(now))
        periods = tuple(periods_between(last.shift(1 - days), last))
        alerts = _shown(history.alerts.of_app(settings.app.id, periods[0].first), current)
        lister = Lister.of(history, current, alerts, now)
        lines = [lister.line(lister.notice(each), each.state, language) for each in alerts]
        spans = _spans(current, alerts, lines)
        return AppPage(
            id=str(settings.app.id),
            name=settings.app.title,
            tags=tuple(sorted(settings.app.tags)),
            days=days,
            span=span_words(str(periods[0]), str(last), language, year=True),
            spans=tuple((each, visit.address(days=each), each == days) for each in SPANS),
            alerts=tuple(_bars(periods, alerts, lines)),
            groups=tuple(read_metrics(history, settings, periods, spans, language)),
            triangles=tuple(read_triangles(history, settings, now, language)),
            breakdowns=tuple(read_breakdowns(history, settings, last, language)),
        )


def _shown(alerts: Sequence[Alert], current: Current) -> list[Alert]:
    """Those that people were or are told of: open ones first, then the newest."""
    shadows = {name for name, rule in current.rules.items() if rule.shadow}
    shown = [each for each in alerts if each.state is not State.PENDING and each.rule not in shadows]
    return sorted(shown, key=lambda each: (each.state in OPEN, each.since.first), reverse=True)


def _spans(current: Current, alerts: Sequence[Alert], lines: Sequence[AlertLine]) -> dict[str, list[Span]]:
    """By metric, the alerts to draw below its chart: those of its days, and of no part of it."""
    found: dict[str, list[Span]] = {}
    for alert, line in zip(alerts, lines, strict=True):
        rule = current.rules.get(alert.rule)
        if rule is None or alert.dimensions or alert.since.granularity is not Granularity.DAY:
            continue
        until = None if alert.state in OPEN else alert.period
        span = Span(alert.since, until, alert.severity.value, line.view.headline)
        found.setdefault(rule.metric_name, []).append(span)
    return found


def _bars(
    periods: Sequence[Period], alerts: Sequence[Alert], lines: Sequence[AlertLine]
) -> Iterator[AlertBar]:
    first, last = periods[0].first, periods[-1].first
    for alert, line in zip(alerts, lines, strict=True):
        is_open = alert.state in OPEN
        begin = max(alert.since.first, first)
        end = last if is_open else min(max(alert.period.last, begin), last)
        x = 100 * (begin - first).days / len(periods)
        width = 100 * max(1, (end - begin).days + 1) / len(periods)
        yield AlertBar(line, is_open, round(x, 2), round(min(width, 100 - x), 2))
