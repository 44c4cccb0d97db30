"""``ack``: say that somebody deals with an alert."""

from __future__ import annotations

import os
import pwd

import click

from smartapp_watch.acknowledge import acknowledge
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.history.silences import Ack


@click.command()
@click.argument("alert", type=int)
@click.option("--note", default="", help="What is being done.")
@click.option("--by", help="Who deals with it; without it, the user of this shell.")
@pass_session
def command(session: Session, alert: int, note: str, by: str | None) -> None:
    """Say that somebody deals with ALERT, a number of `alerts`, until it is worse or over."""
    config = session.config()
    ack = Ack(alert, by or user_name(), note, session.clock()(), "command line")
    with session.noting(config) as history:
        found = acknowledge(history, ack, {receiver.name for receiver in config.receivers})
    click.echo(f"alert {found.id} ({found.rule}, since {found.since}) is acknowledged by {ack.by}")


def user_name() -> str:
    """Whose shell this is; a number where the user has no name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
