"""A week's figures and alerts in a history, for whatever tests digests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from smartapp_watch.alerts.alert import Alert, Dimensions, Event, EventType, Figures, State
from smartapp_watch.digest import Scope
from smartapp_watch.history.database import History
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import App, Observation, Query, Reading
from smartapp_watch.metrics.period import Period, periods_between
from smartapp_watch.rules.rule import Severity
from tests.build import change, rule

TREND = TABLES["user_trend"]
WEEK = Period.parse("2026-W47")
MONDAY, SUNDAY = Period.parse("2026-11-16"), Period.parse("2026-11-22")
NOW = SUNDAY.closes() + timedelta(hours=10)
SHOP, NEWS = App(1, "示例商城"), App(2, "示例资讯")
DROP = rule("user_trend.new_user_count", change("drops_by 30% against 4_weeks"), name="new-users-drop")
SCOPE = Scope((SHOP, NEWS), (DROP,))


def save(history: History, app: App, users: int | None, first: Period, last: Period) -> None:
    """Every day the same users, twice as many sessions, a tenth of them new; of None a row without values."""
    values = (None,) * 8 if users is None else (users // 10, None, None, None, users, users * 2, None, None)
    rows = tuple(Observation(day, (), (), values) for day in periods_between(first, last))
    history.observations.save(Reading(Query(TREND, app.id, first, last), rows), NOW)


def save_weeks(history: History, app: App, *users: int, last: Period = SUNDAY) -> None:
    """Weeks of the same users each day, the oldest first, up to ``last``."""
    for weeks, each in enumerate(reversed(users)):
        end = last.weeks_before(weeks)
        save(history, app, each, end.shift(-6), end)


def alert(
    since: str,
    period: str,
    state: State = State.FIRING,
    severity: Severity = Severity.WARNING,
    *,
    app: App | None = SHOP,
    name: str = "new-users-drop",
    dimensions: Dimensions = (),
) -> Alert:
    """A drop of 40 %."""
    return Alert(
        id=0,
        rule=name,
        app_id=app.id if app else None,
        dimensions=dimensions,
        state=state,
        severity=severity,
        since=Period.parse(since),
        period=Period.parse(period),
        figures=Figures(60.0, 100.0, -40.0, -40.0),
    )


def add(history: History, new: Alert, *kinds: EventType, at: datetime = NOW) -> Sequence[Event]:
    """Save an alert with what happened to it."""
    saved = history.alerts.save(new, at)
    return [history.alerts.add_event(Event(kind, saved), at) for kind in kinds]
