"""The reports with a time axis, laid out as the API answers them: trend, activity and retention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.breakdowns import Breakdowns
from smartapp_watch.simulator.call import Call
from smartapp_watch.simulator.figures import Figures, per, percent
from smartapp_watch.simulator.retention import CELLS, retained
from smartapp_watch.simulator.spans import Span, cut, name_of
from smartapp_watch.simulator.world import Early, World

NO_VALUE = "--"
Row = dict[str, object]

_TREND_FIELDS = (
    "new_user_count",
    "new_user_ratio",
    "old_user_count",
    "old_user_ratio",
    "user_count",
    "session_count",
    "average_session_time",
    "session_time_per_person",
)
_ACTIVITY_FIELDS = (
    "user_count",
    "daily_activity_degree",
    "day_month_activity_degree",
    "weekly_user_count",
    "weekly_activity_degree",
    "monthly_user_count",
    "monthly_activity_degree",
    "lost_user_count",
    "lost_ratio",
    "accumulative_user_count",
)
_UNITS = {"day": "天", "week": "周", "month": "月"}


@dataclass(frozen=True, slots=True)
class Body:
    """All rows of an answer, before they are cut into pages, and its ``sum`` where it has one."""

    rows: list[Row]
    sum: Row | None = None


def blank(fields: tuple[str, ...]) -> Row:
    """A row without a value in any field."""
    return dict.fromkeys(fields, NO_VALUE)


def user_trend(world: World, breakdowns: Breakdowns, app: SimulatedApp, call: Call, now: datetime) -> Body:
    """New and returning users, sessions and their time; newest first, hours from midnight on."""
    gran = call.parameter("gran")
    whole = world.over(app, call.span, now)
    total = _trend(whole) if whole else blank(_TREND_FIELDS)
    if gran == "hour":
        hours = breakdowns.hours(app, call.span.days, now)
        names = [f"{hour:02d}:00 - {hour:02d}:59" for hour in range(24)]
        if not hours and _is_awaited(world, app, call.span, now):
            return Body([{"name": name, **blank(_TREND_FIELDS)} for name in names], total)
        return Body([{"name": names[hour], **_trend(hours[hour])} for hour in range(len(hours))], total)
    rows: list[Row] = []
    for span in reversed(cut(call.span, gran)):
        figures = world.over(app, span, now)
        if figures is not None:
            rows.append({"name": name_of(span, gran), **_trend(figures)})
        elif _is_awaited(world, app, span, now):
            rows.append({"name": name_of(span, gran), **blank(_TREND_FIELDS)})
    return Body(rows, total)


def activity_user(world: World, app: SimulatedApp, call: Call, now: datetime) -> Body:
    """Rolling windows and the users lost; ``sum`` is the newest day."""
    rows: list[Row] = []
    for day in reversed(call.span.days):
        span = Span(day, day)
        if world.figures(app, day, now) is not None:
            rows.append({"name": name_of(span, "day"), **_activity(world, app, day, now)})
        elif _is_awaited(world, app, span, now):
            rows.append({"name": name_of(span, "day"), **blank(_ACTIVITY_FIELDS)})
    known = world.known_days(app, call.span, now)
    total = _activity(world, app, known[-1], now) if known else blank(_ACTIVITY_FIELDS)
    return Body(rows, total)


def retained_user(world: World, app: SimulatedApp, call: Call, now: datetime) -> Body:
    """Cohorts, oldest first, and who of them came again; a cell that is not over has no value."""
    gran, as_ratio = call.parameter("gran"), call.parameter("report_type") == "ratio"
    rows: list[Row] = []
    for cohort in cut(call.span, gran):
        figures = world.over(app, cohort, now)
        if figures is None and not _is_awaited(world, app, cohort, now):
            continue
        row: Row = {"name": name_of(cohort, gran)}
        row["active_user_count"] = NO_VALUE if figures is None else figures.users
        for nth in CELLS:
            count = None if figures is None else retained(world, app, gran, cohort, nth, now)
            row[f"第{nth}{_UNITS[gran]}"] = _cell(count, figures, as_ratio)
        rows.append(row)
    return Body(rows, {"active_user_count": NO_VALUE})


def _cell(count: int | None, active: Figures | None, as_ratio: bool) -> object:
    if count is None or active is None:
        return NO_VALUE
    return percent(count, active.users) if as_ratio else count


def _is_awaited(world: World, app: SimulatedApp, span: Span, now: datetime) -> bool:
    return world.early is Early.DASHES and any(
        world.awaited(day, now) and world.exists(app, day) for day in span.days
    )


def _trend(figures: Figures) -> Row:
    values = (
        figures.new,
        percent(figures.new, figures.users),
        figures.old,
        percent(figures.old, figures.users),
        figures.users,
        figures.sessions,
        per(figures.seconds, figures.sessions),
        per(figures.seconds, figures.users),
    )
    return dict(zip(_TREND_FIELDS, values, strict=True))


def _activity(world: World, app: SimulatedApp, day: date, now: datetime) -> Row:
    users = world.rolling(app, day, 1, now).users
    weekly = world.rolling(app, day, 7, now).users
    monthly = world.rolling(app, day, 30, now).users
    ever = world.users_ever(app, day, now)
    lost = world.lost_users(app, day, now)
    values = (
        users,
        percent(users, ever),
        percent(users, monthly),
        weekly,
        percent(weekly, ever),
        monthly,
        percent(monthly, ever),
        lost,
        percent(lost, ever),
        ever,
    )
    return dict(zip(_ACTIVITY_FIELDS, values, strict=True))
