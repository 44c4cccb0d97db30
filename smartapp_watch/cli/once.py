"""``once``: poll, evaluate, deliver."""

from __future__ import annotations

import sys

import click

from smartapp_watch.cli.deliver import show_delivery
from smartapp_watch.cli.documents import deliver_document, evaluate_document, poll_document
from smartapp_watch.cli.evaluate import show_events
from smartapp_watch.cli.poll import TIDIES_FOR, show_poll
from smartapp_watch.cli.progress import PollProgress
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.cli.show import print_json
from smartapp_watch.watch import CycleResult


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@pass_session
def command(session: Session, as_json: bool) -> None:
    """Poll, evaluate, deliver: one cycle, with the digests that are due."""
    watch = session.watch()
    with session.writing(watch.config) as history, session.stopping(watch), PollProgress() as progress:
        result = watch.cycle(history, progress, budget=None)
        watch.look_after(history, TIDIES_FOR)
    _print(result) if as_json else _show(result)
    is_done = result.poll.complete and not result.stopped
    sys.exit(0 if is_done and not result.delivery.errors else 1)


def _print(result: CycleResult) -> None:
    print_json(
        {
            "poll": poll_document(result.poll),
            "evaluate": evaluate_document(result.events),
            "deliver": deliver_document(result.delivery),
        }
    )


def _show(result: CycleResult) -> None:
    show_poll(result.poll)
    if result.stopped:
        click.echo(f"ended early: {result.stopped}", err=True)
        return
    show_events(result.events)
    show_delivery(result.delivery)
