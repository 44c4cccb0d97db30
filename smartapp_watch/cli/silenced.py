"""Which alerts are not told at present, and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from smartapp_watch.alerts.alert import OPEN, Alert
from smartapp_watch.alerts.silence import Quiet, in_force, silenced_by
from smartapp_watch.clock import first_after
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.history.database import History
from smartapp_watch.metrics.observation import App


def find_silenced(
    history: History, config: WatchConfig, alerts: Iterable[Alert], now: datetime
) -> dict[int, Quiet]:
    """What keeps open alerts from being told, by the alerts' numbers."""
    quiets = in_force(history.silences.not_over(now), config.maintenance, now, first_after)
    rules = {rule.name: rule for rule in config.rules}
    found = {
        alert.id: silenced_by(quiets, rules.get(alert.rule, alert.rule), app_of(config, alert))
        for alert in alerts
        if alert.state in OPEN
    }
    return {number: quiet for number, quiet in found.items() if quiet is not None}


def app_of(config: WatchConfig, alert: Alert) -> App | None:
    """An alert's mini-program as the settings know it; None for the platform's alerts."""
    if alert.app_id is None:
        return None
    return next((each.app for each in config.apps if each.app.id == alert.app_id), App(alert.app_id))
