"""All mini-programs: searched, chosen by tag, sorted, page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request

from smartapp_watch.alerts.digest_parts import AppLine
from smartapp_watch.digest.told import by_app
from smartapp_watch.metrics.observation import App
from smartapp_watch.notify.dates import period_words
from smartapp_watch.notify.digest_figures import AppRow, label_of, row_view
from smartapp_watch.web.fleet import Fleet, fleet_of
from smartapp_watch.web.listing import Pager, page_of
from smartapp_watch.web.open_alerts import open_alerts
from smartapp_watch.web.source import Source
from smartapp_watch.web.visit import Visit

_ROWS = 50
_METRICS = ("user_trend.user_count", "user_trend.new_user_count", "user_trend.session_count")

Key = Callable[[AppLine, int], tuple[object, ...]]

SORTS: Mapping[str, Key] = {
    "alerts": lambda line, alerts: (-alerts, *_by_users(line)),
    "users": lambda line, _: _by_users(line),
    "falling": lambda line, _: (_change(line) is None, _change(line) or 0.0),
    "rising": lambda line, _: (_change(line) is None, -(_change(line) or 0.0)),
    "name": lambda line, _: (line.name,),
}
"""What a list is sorted by, its first item first."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One mini-program in the list. ``alerts``: how many it has open."""

    id: int
    row: AppRow
    tags: tuple[str, ...]
    alerts: int


@dataclass(frozen=True, slots=True)
class AppsPage:
    """What the template of the list may use. ``tags``: (tag, how many have it). ``query``, ``tag`` and
    ``sort``: what was asked for. ``heading``: what the figures are called. ``all``: how many there are."""

    apps: tuple[Listed, ...]
    pager: Pager
    tags: tuple[tuple[str, int], ...]
    sorts: tuple[str, ...]
    query: str
    tag: str
    sort: str
    heading: tuple[str, ...]
    day: str
    all: int


def view(source: Source, visit: Visit, _request: Request) -> AppsPage:
    """The mini-programs that were asked for."""
    current, language = source.current, visit.language
    with source.reading() as history:
        fleet = fleet_of(source, current, history)
        alerts = by_app(open_alerts(history, current))
    apps = {number: each.app for number, each in current.apps.items()}
    query, tag = visit.query.get("q", "").strip(), visit.query.get("tag", "")
    sort = visit.query.get("sort", "") if visit.query.get("sort", "") in SORTS else "alerts"
    found = [_line(fleet, app) for app in apps.values() if _is_meant(app, query.casefold(), tag)]
    found.sort(key=lambda line: SORTS[sort](line, alerts[line.app_id]))
    pager = page_of(visit, len(found), _ROWS)
    first = next(iter(fleet.lines.values()), None) if fleet else None
    totals = {total.metric: total for total in first.totals} if first else {}
    metrics = [metric for metric in _METRICS if metric in totals]
    return AppsPage(
        apps=tuple(
            Listed(
                id=line.app_id,
                row=row_view(line, metrics, 1, 0, language),
                tags=tuple(sorted(apps[line.app_id].tags)),
                alerts=alerts[line.app_id],
            )
            for line in pager.cut(found)
        ),
        pager=pager,
        tags=current.tags,
        sorts=tuple(SORTS),
        query=query,
        tag=tag,
        sort=sort,
        heading=tuple(label_of(totals[metric], language) for metric in metrics),
        day=period_words(str(fleet.day), language) if fleet else "",
        all=len(apps),
    )


def _line(fleet: Fleet | None, app: App) -> AppLine:
    found = fleet.lines.get(app.id) if fleet else None
    return found or AppLine(app.id, app.title, (), 0)


def _is_meant(app: App, query: str, tag: str) -> bool:
    return (not tag or tag in app.tags) and (query in app.name.casefold() or query in str(app.id))


def _by_users(line: AppLine) -> tuple[object, ...]:
    return (-((line.totals[0].value if line.totals else None) or 0), line.name)


def _change(line: AppLine) -> float | None:
    return line.totals[0].change_percent if line.totals else None
