"""The one alert of a whole fleet: told in place of those of its mini-programs, where so many are alike."""

from __future__ import annotations

from smartapp_watch.alerts.alert import Alert, Event, fleet_dimensions
from smartapp_watch.alerts.fold import Fold
from smartapp_watch.alerts.lifecycle import Subject
from smartapp_watch.alerts.silence import Hold, Matchers, Quiet
from smartapp_watch.evaluate.lane import Lane, Tasks, write_outcome
from smartapp_watch.history.alert_log import AlertLog
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.fleet import judge_fleet


def judge_whole(lane: Lane, tasks: Tasks, first: Period) -> list[Event]:
    """Judge the fleet of a lane, after its mini-programs, over its whole past: any of it may be corrected."""
    if not lane.is_fleet or not tasks:
        return []
    dimensions = fleet_dimensions((("nth", lane.nth),) if lane.nth > 1 else ())
    record = lane.record(first).get((None, dimensions), ())
    changed = any(task.rule_changed for task in tasks)
    fold = Fold(lane.rule, record, replayed=True, rule_changed=changed)
    for period, fleet, in_alert in lane.session.alerts.fleets.since(lane.rule, lane.name, first):
        fold.step(Subject(None, dimensions), period, judge_fleet(lane.rule, fleet, in_alert))
    return write_outcome(lane.session, fold)


def told_by_fleet(alerts: AlertLog, alert: Alert) -> Quiet | None:
    """What holds back the news of one series, because the alert of its fleet says it of all."""
    fleets = alerts.firing_of_fleet(alert)
    if fleets is None:
        return None
    return Quiet(Hold.FLEET, f"alert {fleets.id} is of the whole fleet, and tells of it as one", Matchers())
