"""``ack``: say that somebody deals with an alert."""

from __future__ import annotations

import os
import pwd

import click

from smartapp_watch.alerts.alert import OPEN, Alert, State
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.errors import UsageError
from smartapp_watch.history.database import History
from smartapp_watch.history.silences import Ack


@click.command()
@click.argument("alert", type=int)
@click.option("--note", default="", help="What is being done.")
@click.option("--by", help="Who deals with it; without it, the user of this shell.")
@pass_session
def command(session: Session, alert: int, note: str, by: str | None) -> None:
    """Say that somebody deals with ALERT, a number of `alerts`, until it is worse or over."""
    config = session.config()
    ack = Ack(alert, by or user_name(), note, session.clock()())
    with session.noting(config) as history, history.transaction():
        found = _find(history, alert)
        history.silences.acknowledge(ack)
    click.echo(f"alert {found.id} ({found.rule}, since {found.since}) is acknowledged by {ack.by}")


def user_name() -> str:
    """Whose shell this is; a number where the user has no name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


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
