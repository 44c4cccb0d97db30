"""A notice as JSON, for programs; ``docs/receivers.md`` describes every key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from smartapp_watch.alerts.digest_parts import AppLine, Total
from smartapp_watch.alerts.notification import (
    AlertNotice,
    DigestNotice,
    GroupNotice,
    NearMisses,
    Notice,
    ServiceNotice,
)
from smartapp_watch.metrics.catalog import REPORTS

Document = dict[str, object]

_OF_A_SERIES = (
    *("app", "app_name", "metric", "dimensions", "texts", "period", "condition"),
    *("value", "baseline", "change", "change_percent", "unit"),
)


def notice_document(notice: Notice) -> Document:
    """What a notice says, under the name of its kind."""
    match notice:
        case AlertNotice():
            return {"alert": _named(notice)}
        case GroupNotice():
            return {"layout": notice.layout, "alerts": _alerts(notice.alerts)}
        case DigestNotice():
            return {"digest": _digest(notice)}
        case ServiceNotice():
            return {"notice": _service(notice)}


def alert_document(notice: AlertNotice) -> Document:
    """One event of one alert, with its figures in their unit."""
    figures = notice.figures
    return {
        "alert": notice.alert,
        "type": notice.type,
        "rule": notice.rule,
        "app": app_text(notice.app_id),
        "dimensions": dict(notice.dimensions),
        "period": notice.period,
        "since": notice.since,
        "severity": notice.severity,
        "value": figures.value,
        "baseline": figures.baseline,
        "change": figures.change,
        "change_percent": figures.change_percent,
        "unit": unit_of(notice.metric),
        "reason": notice.reason,
        "texts": dict(notice.texts),
    }


def unit_of(metric: str) -> str | None:
    """The unit of ``report.field``; None where there is no such metric."""
    report, _, field = metric.partition(".")
    found = [each for each in REPORTS[report].metrics if each.name == field] if report in REPORTS else []
    return found[0].unit if found else None


def app_text(app_id: int | None) -> str | None:
    """A mini-program's number as JSON has it: text; None is the platform."""
    return None if app_id is None else str(app_id)


def _named(notice: AlertNotice) -> Document:
    """An alert for somebody who has nothing but this document."""
    return {
        **alert_document(notice),
        "app_name": notice.app_name,
        "metric": notice.metric,
        "condition": notice.condition,
        "description": notice.description,
        "runbook": notice.runbook,
        "acked": notice.acked,
        "peak": notice.peak,
    }


def _alerts(notices: Iterable[AlertNotice]) -> list[Document]:
    return [_named(notice) for notice in notices]


def _digest(notice: DigestNotice) -> Document:
    return {
        "name": notice.name,
        "period": notice.period,
        "first": notice.first,
        "last": notice.last,
        "composed_at": notice.composed_at.isoformat(),
        "apps_checked": notice.apps_checked,
        "totals": [_total(total) for total in notice.totals],
        "counts": asdict(notice.tally),
        "open": _alerts(notice.open),
        "opened": _alerts(notice.opened),
        "closed": _alerts(notice.closed),
        "shadowed": _alerts(notice.shadowed),
        "near_misses": [_near(each) for each in notice.near_misses],
        "apps": [_app(app) for app in notice.apps],
        "missing": list(notice.missing),
        "failures": list(notice.failures),
        "undelivered": notice.undelivered,
    }


def _near(near: NearMisses) -> Document:
    """The keys of an alert's document, as far as what is none has them."""
    documents = [(each, _named(each)) for each in near.series]
    series = [
        {**{key: known[key] for key in _OF_A_SERIES}, "periods": each.breaches} for each, known in documents
    ]
    return {"rule": near.rule, "count": near.count, "series": series}


def _app(app: AppLine) -> Document:
    totals = [_total(total) for total in app.totals]
    return {"app": app_text(app.app_id), "name": app.name, "days_known": app.days_known, "totals": totals}


def _total(total: Total) -> Document:
    return {
        "metric": total.metric,
        "value": total.value,
        "before": total.before,
        "change_percent": total.change_percent,
        "unit": unit_of(total.metric),
        "a_day": total.a_day,
    }


def _service(notice: ServiceNotice) -> Document:
    return {
        "topic": notice.topic,
        "receiver": notice.receiver,
        "error": notice.error,
        "since": notice.since.isoformat(),
        "apps": list(notice.apps),
        "count": notice.count,
        "of": notice.of,
        "critical": notice.critical,
        "over": notice.over,
    }
