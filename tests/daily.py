"""A history that is polled and judged day by day, in few words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from smartapp_watch.alerts.alert import Event
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.alerts.routing import Route
from smartapp_watch.evaluate import Scope, Watched, evaluate
from smartapp_watch.history.database import History
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import App, Observation, Query, Reading
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.rule import Rule
from tests.build import DAY, change, rule

TREND = TABLES["user_trend"]
APP = App(15263713, "预约挂号", frozenset({"health"}))
OTHER = App(15263714, "城市公交")
HORIZON = Horizon(60, timedelta(hours=9), 7)
DROP = rule("user_trend.new_user_count", change("drops_by 30% against 4_weeks"), name="new-users-drop")
WEEKS_OF_100 = [100] * 63


def noon_after(day: Period) -> datetime:
    """When the figures of a day are final."""
    return day.closes() + timedelta(hours=12)


def tell(
    app: App, values: Sequence[int | None], last: Period = DAY, late: timedelta = timedelta(0)
) -> Reading:
    """The API's answer of new users for the days up to ``last``."""
    first = last.shift(1 - len(values))
    rows = tuple(
        Observation(first.shift(number), (), (), (value, *[None] * 7))
        for number, value in enumerate(values)
        if value is not None
    )
    return Reading(Query(TREND, app.id, first, last), rows)


def scope(*rules: Rule, apps: tuple[App, ...] = (APP,), receivers: tuple[str, ...] = ("ops",)) -> Scope:
    watched = tuple(Watched(app, frozenset(TABLES)) for app in apps)
    return Scope(rules or (DROP,), watched, (Route(receivers),), HORIZON, of_platform=True)


def told(found: list[tuple[Event, AlertNotice]]) -> list[tuple[str, str, str]]:
    return [(notice.type, notice.app_name, notice.since) for _, notice in found]


def live(
    history: History, values: Sequence[int | None], watched: Scope | None = None
) -> list[tuple[str, str, str]]:
    """Poll and judge every day at noon, as a daemon would; all that was told."""
    events = []
    for number, value in enumerate(values):
        day = DAY.shift(number - len(values) + 1)
        history.observations.save(tell(APP, [value], day), noon_after(day))
        events += told(evaluate(history, watched or scope(), noon_after(day)))
    return events
