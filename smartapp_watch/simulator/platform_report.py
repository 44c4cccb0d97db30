"""The platform's report: the figures of all its apps together, day by day, every value as text."""

from __future__ import annotations

from datetime import date, datetime

from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.breakdowns import Breakdowns
from smartapp_watch.simulator.call import PLATFORM_METRICS, Call
from smartapp_watch.simulator.figures import Figures, added, over_days, per, percent
from smartapp_watch.simulator.reports import NO_VALUE, Body, Row
from smartapp_watch.simulator.spans import Span
from smartapp_watch.simulator.vocabulary import SCENES
from smartapp_watch.simulator.world import World

_SHARED = 0.03  # shares of a session
_CAME_BACK = 0.4  # users that a share brings


def tp_data(world: World, breakdowns: Breakdowns, call: Call, now: datetime) -> Body:
    """One row a day, oldest first; days that are over but not known yet have no value in any field."""
    metrics = call.parameter("metrics").split(",")
    scene = call.parameter("scene")
    rows: list[Row] = []
    for day in call.span.days:
        name: Row = {"data": f"{day:%Y%m%d}"}
        if world.published(day, now) and day >= world.begins:
            row = _row(world, breakdowns, day, scene, now)
            rows.append(name | {metric: str(row[metric]) for metric in metrics})
        elif world.awaited(day, now):
            rows.append(name | dict.fromkeys(metrics, NO_VALUE))
    return Body(rows)


def _row(world: World, breakdowns: Breakdowns, day: date, scene: str, now: datetime) -> Row:
    daily, weekly, monthly = (
        [_figures(world, breakdowns, app, span, scene, now) for app in world.apps.values()]
        for span in (_up_to(day, 1), _up_to(day, 7), _up_to(day, 30))
    )
    today, week, month = added(daily), added(weekly), added(monthly)
    shared = round(_SHARED * today.sessions)
    values = (
        *(sum(1 for app in apps if app.sessions) for apps in (daily, weekly, monthly)),
        *(figures.users for figures in (today, week, month)),
        *(figures.new for figures in (today, week, month)),
        *(figures.sessions for figures in (today, week, month)),
        sum(_views(breakdowns, app, day, scene, now) for app in world.apps.values()),
        percent(today.users, month.users),
        per(today.seconds, today.users),
        per(today.seconds, today.sessions),
        shared,
        round(_CAME_BACK * shared),
    )
    return dict(zip(PLATFORM_METRICS, values, strict=True))


def _figures(  # noqa: PLR0917 (what, where and when: all six are inputs)
    world: World,
    breakdowns: Breakdowns,
    app: SimulatedApp,
    span: Span,
    scene: str,
    now: datetime,
) -> Figures:
    if not scene:
        return world.over(app, span, now) or Figures()
    parts = breakdowns.scenes(app, span.days, now)
    return over_days(part for part, one in zip(parts, SCENES, strict=False) if one.id == scene)


def _views(breakdowns: Breakdowns, app: SimulatedApp, day: date, scene: str, now: datetime) -> int:
    views = sum(page.views for page in breakdowns.pages(app, (day,), now))
    if not scene or not views:
        return views
    parts = breakdowns.scenes(app, (day,), now)
    wanted = sum(part.sessions for part, one in zip(parts, SCENES, strict=True) if one.id == scene)
    return round(views * wanted / sum(part.sessions for part in parts))


def _up_to(day: date, length: int) -> Span:
    return Span(date.fromordinal(day.toordinal() - length + 1), day)
