"""Results as the JSON documents that scripts rely on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from smartapp_watch.alerts.alert import Alert, Event
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.alerts.silence import Quiet, Silence
from smartapp_watch.deliver import DeliveryResult
from smartapp_watch.history.silences import Ack
from smartapp_watch.metrics.catalog import REPORTS
from smartapp_watch.poll import PollResult
from smartapp_watch.rules.rule import Rule

Document = dict[str, object]


def poll_document(result: PollResult) -> Document:
    """What a poll did."""
    return {
        "complete": result.complete,
        "calls": result.calls,
        "rows": result.rows,
        "stopped": result.stopped,
        "failures": [
            {
                "app": _app(failure.app_id),
                "report": failure.report,
                "period": failure.period,
                "kind": failure.kind,
                "message": failure.message,
            }
            for failure in result.failures
        ],
    }


def evaluate_document(told: list[tuple[Event, AlertNotice]]) -> Document:
    """What an evaluation told."""
    return {"events": [_event(event, notice) for event, notice in told]}


def deliver_document(result: DeliveryResult) -> Document:
    """What a delivery did."""
    return {"sent": result.sent, "retry": result.retry, "dead": result.dead, "errors": result.errors}


def alert_document(alert: Alert, rules: Mapping[str, Rule], ack: Ack | None, quiet: Quiet | None) -> Document:
    """One alert of ``alerts``, with who deals with it and what keeps it from being told."""
    figures = alert.figures
    rule = rules.get(alert.rule)
    return {
        "id": alert.id,
        "rule": alert.rule,
        "app": _app(alert.app_id),
        "dimensions": dict(alert.dimensions),
        "state": alert.state,
        "severity": alert.severity,
        "since": str(alert.since),
        "period": str(alert.period),
        "value": figures.value,
        "baseline": figures.baseline,
        "change": figures.change,
        "unit": rule.metric.unit if rule else None,
        "acked": ack is not None,
        "silenced": quiet is not None,
        "ack": {"by": ack.by, "at": ack.at.isoformat(), "note": ack.note} if ack else None,
        "silenced_by": quiet.words if quiet else None,
        "texts": dict(alert.texts),
    }


def silence_document(silence: Silence, now: datetime, covers: int) -> Document:
    """One silence of ``silence list``; ``covers``: how many open alerts it is about."""
    rule, app, tag = (next(iter(globs), None) for globs in silence.matchers.each)
    return {
        "id": silence.id,
        "rule": rule,
        "app": app,
        "tag": tag,
        "from": silence.begins.isoformat(),
        "until": silence.ends.isoformat(),
        "because": silence.because,
        "by": silence.by,
        "in_force": silence.is_on(now),
        "covers": covers,
    }


def _event(event: Event, notice: AlertNotice) -> Document:
    figures = notice.figures
    return {
        "id": event.id,
        "alert": notice.alert,
        "type": notice.type,
        "rule": notice.rule,
        "app": _app(notice.app_id),
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
    """The unit of ``report.field``; None where there is no such report."""
    report, _, field = metric.partition(".")
    return REPORTS[report].metric(field).unit if report in REPORTS else None


def _app(app_id: int | None) -> str | None:
    return None if app_id is None else str(app_id)
