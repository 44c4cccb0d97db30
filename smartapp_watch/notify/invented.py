"""An alert that a rule might give, with invented figures: for a preview of a rule that never fired."""

from __future__ import annotations

import re
from dataclasses import replace

from smartapp_watch.alerts.alert import Alert, Event, EventType, State
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Unit
from smartapp_watch.notify.examples_trends import example_trend
from smartapp_watch.rules.rule import Change, Direction, Late, Rule, Scale, Threshold, Unusual
from smartapp_watch.rules.verdict import Figures

_USUAL = {Unit.COUNT: 1200.0, Unit.PERCENT: 40.0, Unit.SECONDS: 90.0, Unit.NUMBER: 6.0}
_ROWS = 1000.0
_PLACES: dict[str, str | int] = {
    "page_id": "9f2c41",
    "page": "pages/index/index",
    "region": "北京",
    "nth": 2,
    "name": "25-34",
    "source": "search",
}
_GLOB = re.compile(r"[*?]+|\[.*?\]")


def invented_notice(rule: Rule, app: App | None, period: Period) -> AlertNotice:
    """What the rule would say of ``app`` (None: the platform) at ``period``, just beyond its limit."""
    columns = [dimension.name for dimension in rule.table.report.dimensions]
    texts = [text.name for text in rule.table.report.texts]
    figures = _figures(rule)
    alert = Alert(
        id=0,
        rule=rule.name,
        app_id=app.id if app else None,
        dimensions=()
        if isinstance(rule.condition, Late)
        else tuple((name, _place(rule, name)) for name in columns),
        state=State.FIRING,
        severity=rule.severity,
        since=period.shift(1 - rule.for_),
        period=period,
        figures=figures,
        texts=tuple((name, str(_place(rule, name))) for name in texts if name in _PLACES),
        breaches=rule.for_,
    )
    notice = AlertNotice.of(rule, app, Event(EventType.FIRE, alert))
    if figures.value is None:
        return notice
    usual = figures.baseline if figures.baseline is not None else figures.value * 0.8
    return replace(notice, trend=example_trend(usual, figures.value, last=period), peak=figures.value)


def _place(rule: Rule, column: str) -> str | int:
    """A value that the rule's ``where`` lets through, or one that is usual."""
    for where in rule.where:
        if where.column == column:
            pattern = _GLOB.sub("index", where.patterns[0])
            return int(pattern) if column == "nth" and pattern.isdecimal() else pattern
    return _PLACES.get(column, "")


def _figures(rule: Rule) -> Figures:
    """A value half as far again from its baseline, or its limit, as the rule asks for."""
    usual = _USUAL[rule.metric.unit]
    match rule.condition:
        case Late():
            return Figures()
        case Threshold(direction=direction, limit=limit):
            value = limit * 1.1 if direction is Direction.RISE else limit * 0.9
            return Figures(value=round(value, 2), counts=_counts(rule, value))
        case Change(direction=direction, amount=amount, scale=scale):
            move = 1.5 * amount * (usual / 100 if scale is Scale.PERCENT else 1)
        case Unusual(direction=direction, by_at_least=amount, scale=scale):
            move = max(1.5 * amount * (usual / 100 if scale is Scale.PERCENT else 1), 0.4 * usual)
    drops = direction is Direction.DROP
    value = max(0.0, usual - move) if drops else usual + move
    if rule.metric.unit is Unit.PERCENT:
        value = min(value, 100.0)
    change = round(value - usual, 2)
    return Figures(round(value, 2), usual, change, round(100 * change / usual, 2), _counts(rule, value))


def _counts(rule: Rule, value: float) -> tuple[tuple[str, float], ...]:
    """The counts behind a ratio, and those that have to be large enough."""
    counts = {name: 2 * least for name, least in rule.at_least if name != rule.metric.name}
    if rule.metric.of:
        part, whole = rule.metric.of
        counts[whole] = max(counts.get(whole, 0.0), _ROWS)
        counts[part] = round(counts[whole] * value / 100)
    return tuple(counts.items())
