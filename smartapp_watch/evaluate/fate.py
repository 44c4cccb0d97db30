"""What became of an alert, or of a verdict without one, in one sentence: who was told, or why nobody was."""

from __future__ import annotations

from collections.abc import Sequence

from smartapp_watch.alerts.alert import OPEN, Alert, EventType, State
from smartapp_watch.history.trail import Delivery, PastEvent
from smartapp_watch.rules.rule import Rule
from smartapp_watch.rules.verdict import Judgement, Reason


def fate_of(
    alert: Alert,
    events: Sequence[PastEvent],
    deliveries: Sequence[Delivery],
    receivers: Sequence[str],
    rule: Rule | None = None,
) -> str:
    """What became of an alert on record; ``receivers``: who would be told of it now."""
    fired = [each for each in events if each.type in (EventType.FIRE, EventType.REOPEN)]
    if not fired:
        return _untold(alert, rule)
    if fired[-1].held:
        return f"held back: {fired[-1].held}"
    if deliveries:
        return ", ".join(map(_show_delivery, deliveries))
    others = "no message was queued: the routes were others then"
    return f"nobody: {others if receivers else 'no route takes it'}"


def fate_without_alert(judgement: Judgement | None, after: State) -> str:
    """What became of a verdict that no alert on record covers; ``after``: the state by today's data."""
    if judgement is None:
        return "nothing: the period is not judged"
    if after in OPEN and after is not State.PENDING:
        return "nothing yet: by today's data there is an alert, the next evaluate tells of it"
    if judgement.reason is Reason.UNDER_CUT:
        return "nothing: there is no alert; digests name what came so near"
    return "nothing: there is no alert"


def _show_delivery(each: Delivery) -> str:
    return f"{each.event} to {each.receiver} ({each.state}{': ' + each.error if each.error else ''})"


def _untold(alert: Alert, rule: Rule | None) -> str:
    if alert.state is State.PENDING:
        enough = f" of {rule.for_}" if rule else ""
        return f"nothing yet: {alert.breaches}{enough} periods in breach"
    return "nothing: it was over when it was first judged, and nothing of the past is told"
