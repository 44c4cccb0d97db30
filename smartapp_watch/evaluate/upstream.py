"""What is not told of each mini-program, because it is so of nearly all: the source itself is late."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, tzinfo

from smartapp_watch.alerts.alert import Alert, State
from smartapp_watch.alerts.silence import Hold, Matchers, Quiet
from smartapp_watch.health import late_hour
from smartapp_watch.history.database import History
from smartapp_watch.rules.rule import Late, Rule


def find_source_late(
    history: History, rules: Collection[Rule], app_ids: Collection[int], zone: tzinfo, now: datetime
) -> Quiet | None:
    """What holds back the news of missing figures at ``now``; None where the source is in time.

    ``app_ids``: of those whose figures are awaited each day; ``zone``: of the times of day in ``rules``.
    """
    hour = late_hour(rules)
    if history.health.came_for_most(app_ids, hour, zone, now):
        return None
    arrivals = history.health.arrivals(app_ids, hour, zone, now)
    if not arrivals.are_late:
        return None
    words = f"figures are late for {arrivals.missing} of {arrivals.usual} mini-programs; that is told as one"
    return Quiet(Hold.SOURCE_LATE, words, Matchers())


def tells_of_absence(alert: Alert, rule: Rule | None) -> bool:
    """Whether an alert, as it stands, says no more than that figures are missing."""
    return alert.state is State.STALE or (rule is not None and isinstance(rule.condition, Late))
