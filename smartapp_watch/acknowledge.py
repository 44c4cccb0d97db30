"""Somebody deals with an alert → the history, and the messages that told of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from smartapp_watch.alerts.alert import OPEN, Alert, State
from smartapp_watch.errors import UsageError
from smartapp_watch.history.database import History
from smartapp_watch.history.silences import Ack


def acknowledge(history: History, ack: Ack, receivers: Collection[str]) -> Alert:
    """Write an acknowledgement, and have the next delivery show it wherever the alert was told of.

    ``receivers``: the names of those there are. UsageError where there is no such alert, or it is not open.
    It ends by itself when the alert is worse or over, which is told.
    """
    with history.transaction():
        alert = _find(history, ack.alert)
        number = history.silences.acknowledge(ack)
        show_anew(history, alert.id, f"ack/{number}", ack.at, receivers, acked=ack.by)
    return alert


def show_anew(
    history: History, alert: int, name: str, at: datetime, receivers: Collection[str], **answer: str
) -> None:
    """Have the next delivery show what people answered to an alert, wherever it was told of.

    ``name``: of the answer. ``answer``: the notice's field ``acked`` or ``silenced``.
    """
    for receiver in history.outbox.receivers_of_alert(alert):
        notice = history.outbox.threads.newest_notice(alert, receiver)
        if notice is not None and receiver in receivers:
            shown = replace(notice, only_shown=True, **answer)  # type: ignore[arg-type]
            history.outbox.queue(f"alert/{alert}/{name}/{receiver}", receiver, shown, at)


def _find(history: History, number: int) -> Alert:
    alert = history.alerts.alert(number)
    if alert is None:
        raise UsageError(f"there is no alert {number}; {_open_ones(history)}")
    if alert.state is State.PENDING:
        raise UsageError(f"alert {number} is pending: nobody was told of it; {_open_ones(history)}")
    if alert.state not in OPEN:
        raise UsageError(f"alert {number} is over: {alert.state}; {_open_ones(history)}")
    return alert


def _open_ones(history: History) -> str:
    found = [each for each in history.alerts.open_alerts() if each.state is not State.PENDING]
    words = ", ".join(f"{each.id} ({each.rule})" for each in found)
    return f"open are {words}" if words else "no alert is open"
