"""``run``: the daemon."""

from __future__ import annotations

import logging
from functools import partial

import click

from smartapp_watch.cli.check import load_all
from smartapp_watch.cli.progress import LoggedProgress
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.daemon import Daemon
from smartapp_watch.history.database import open_history
from smartapp_watch.history.lock import hold_lock
from smartapp_watch.memory import share_arenas
from smartapp_watch.stopping import Stop
from smartapp_watch.systemd import Manager
from smartapp_watch.watch import Watch

_LOOKS_AT_IT = 5.0
"""Seconds to find damage in before work begins; a large file is looked at as a whole when there is time."""


@click.command()
@pass_session
def command(session: Session) -> None:
    """Poll, evaluate and deliver by schedule, until SIGTERM or SIGINT; SIGHUP reads the settings anew."""
    share_arenas()
    session.start_log(logging.INFO)
    config = load_all(session.path)
    for warning in config.warnings:
        logging.getLogger(__name__).warning("%s", warning)
    with hold_lock(config.history.path):
        # Opened once here: a history that cannot be used ends the start, not every cycle.
        with open_history(config.history.path) as history:
            session.refuse_the_future(history)
            if not history.storage.check(_LOOKS_AT_IT, Stop()):
                logging.getLogger(__name__).info("the history is too large to be checked at once")
            history.analyze()
        watch = Watch(config, session.ticking_clock())
        Daemon(watch, partial(load_all, session.path), Manager.of_this_process(), LoggedProgress).run()
