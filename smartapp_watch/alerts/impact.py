"""How many users an alert stands for, by which alerts are ranked. Pure."""

from __future__ import annotations

from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.metrics.catalog import REPORTS
from smartapp_watch.metrics.report import Good, Metric, Unit


def lost_users(notice: AlertNotice) -> float | None:
    """About how many users (or sessions, views: what the metric counts) fewer than usual; below 0 where more.

    Of a ratio: its change, of the count that it is a part of. None where the figures say nothing of a number.
    """
    metric, change = _metric(notice.metric), notice.figures.change
    if metric is None or change is None:
        return None
    if metric.unit is Unit.PERCENT and metric.of is not None:
        whole = dict(notice.figures.counts).get(metric.of[1])
        change = None if whole is None else change * whole / 100
    elif metric.unit is not Unit.COUNT:
        return None
    if change is None:
        return None
    return change if metric.good is Good.DOWN else -change


def _metric(name: str) -> Metric | None:
    report, _, field = name.partition(".")
    if report not in REPORTS:
        return None
    return next((each for each in REPORTS[report].metrics if each.name == field), None)
