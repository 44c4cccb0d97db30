"""The overview: what needs a look now, the fleet's totals, and how fresh they are."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from smartapp_watch.notify.dates import moment_words, period_words
from smartapp_watch.notify.digest_figures import TotalView, total_view
from smartapp_watch.web.fleet import fleet_of
from smartapp_watch.web.listing import Pager, page_of
from smartapp_watch.web.open_alerts import AlertLine, Lister, open_alerts
from smartapp_watch.web.source import Source
from smartapp_watch.web.visit import Visit

_ALERTS = 20


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """What the overview's template may use. ``day``: the newest with figures, in words; ``complete`` of
    ``apps`` have them. ``polled_at``: in words, empty where nothing was polled yet."""

    alerts: tuple[AlertLine, ...]
    pager: Pager
    answered: int
    totals: tuple[TotalView, ...]
    apps: int
    complete: int
    day: str
    polled_at: str


def view(source: Source, visit: Visit, _request: Request) -> OverviewPage:
    """What needs a look, worst first; those that somebody deals with come last."""
    current, language = source.current, visit.language
    with source.reading() as history:
        alerts = open_alerts(history, current)
        lister = Lister.of(history, current, alerts, source.clock())
        fleet = fleet_of(source, current, history)
        polled_at = history.polls.newest_at()
    ranked = lister.worst_first(alerts)
    pager = page_of(visit, len(ranked), _ALERTS)
    return OverviewPage(
        alerts=tuple(lister.line(*each, language) for each in pager.cut(ranked)),
        pager=pager,
        answered=sum(bool(notice.acked) or notice.alert in lister.quiets for notice, _ in ranked),
        totals=tuple(total_view(each, language) for each in fleet.totals) if fleet else (),
        apps=len(current.apps),
        complete=fleet.complete if fleet else 0,
        day=period_words(str(fleet.day), language) if fleet else "",
        polled_at=moment_words(polled_at) if polled_at else "",
    )
