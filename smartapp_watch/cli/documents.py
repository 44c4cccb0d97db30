"""Results as the JSON documents that scripts rely on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from smartapp_watch.alerts.alert import Alert, Event
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.alerts.silence import Quiet, Silence
from smartapp_watch.deliver import DeliveryResult
from smartapp_watch.history.silences import Ack
from smartapp_watch.metrics.rounds import Share
from smartapp_watch.notify import document as notices
from smartapp_watch.notify.document import Document, app_text
from smartapp_watch.poll import PollResult
from smartapp_watch.poll.cost import Cost
from smartapp_watch.rules.rule import Rule


def poll_document(result: PollResult) -> Document:
    """What a poll did."""
    return {
        "complete": result.complete,
        "calls": result.calls,
        "retried": result.retried,
        "rows": result.rows,
        "stopped": result.stopped,
        "failures": [
            {
                "app": app_text(failure.app_id),
                "report": failure.report,
                "period": failure.period,
                "kind": failure.kind,
                "message": failure.message,
            }
            for failure in result.failures
        ],
    }


def plan_document(shares: Mapping[str, Share], cost: Cost) -> Document:
    """What a poll would ask, and what the settings cost a day. All are calls, at the least."""
    calls = {name: sum(share) for name, share in shares.items()}
    return {
        "calls": sum(calls.values()),
        "seconds": cost.time(sum(calls.values())).total_seconds(),
        "tables": calls,
        "today": {name: share.today for name, share in shares.items()},
        "backfill": {name: share.past for name, share in shares.items()},
        "a_day": {"calls": cost.total, "fit": cost.limit, "tables": dict(cost.calls)},
    }


def evaluate_document(told: list[tuple[Event, AlertNotice]]) -> Document:
    """What an evaluation told."""
    return {"events": [{"id": event.id, **notices.alert_document(notice)} for event, notice in told]}


def deliver_document(result: DeliveryResult) -> Document:
    """What a delivery did."""
    return {
        "sent": result.sent,
        "messages": result.messages,
        "retry": result.retry,
        "dead": result.dead,
        "errors": result.errors,
    }


def alert_document(alert: Alert, rules: Mapping[str, Rule], ack: Ack | None, quiet: Quiet | None) -> Document:
    """One alert of ``alerts``, with who deals with it and what keeps it from being told."""
    figures = alert.figures
    rule = rules.get(alert.rule)
    return {
        "id": alert.id,
        "rule": alert.rule,
        "app": app_text(alert.app_id),
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
        "via": silence.via,
        "in_force": silence.is_on(now),
        "covers": covers,
    }
