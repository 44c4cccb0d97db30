"""What the newest alert of a rule said when it fired, told once more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from smartapp_watch.alerts.alert import Event, EventType, State
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.evaluate import Scope
from smartapp_watch.history.database import History
from smartapp_watch.history.trends import Trends
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.rule import Rule


def newest_notice(history: History, scope: Scope, rule: Rule, now: datetime) -> AlertNotice | None:
    """The rule's newest alert as it was when it fired, in today's words; None where the rule never fired.

    Nothing is queued, and nobody's silence or route is asked for.
    """
    apps = {watched.app.id: watched.app for watched in scope.apps}
    trends = Trends(history.observations, history.alerts, scope.rules, scope.horizon, scope.calendar, now)
    alerts = (each for each in history.alerts.all_alerts() if each.rule == rule.name)
    for alert in sorted(alerts, key=lambda each: each.id, reverse=True):
        for past in history.trail.events(alert.id):
            if past.type is EventType.FIRE:
                fired = replace(
                    alert,
                    state=State.FIRING,
                    period=Period.parse(past.period),
                    figures=past.figures,
                    breaches=rule.for_,
                )
                app = apps.get(alert.app_id) if alert.app_id is not None else None
                notice = AlertNotice.of(rule, app, Event(EventType.FIRE, fired))
                return trends.add_to(notice, rule, fired)
    return None
