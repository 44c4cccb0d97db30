"""``deliver``: send what is queued."""

from __future__ import annotations

import sys

import click

from smartapp_watch.cli.documents import deliver_document
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.cli.show import print_json
from smartapp_watch.deliver import DeliveryResult


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@pass_session
def command(session: Session, as_json: bool) -> None:
    """Send what is queued."""
    watch = session.watch()
    with session.writing(watch.config) as history, session.stopping(watch):
        result = watch.deliver(history)
    print_json(deliver_document(result)) if as_json else show_delivery(result)
    sys.exit(1 if result.errors else 0)


def show_delivery(result: DeliveryResult) -> None:
    """What a delivery did, in words."""
    sent = f"{result.sent} sent" + (f" in {result.messages}" if result.messages < result.sent else "")
    click.echo(f"delivered: {sent}, {result.retry} to be tried again, {result.dead} given up")
    for error in result.errors:
        click.echo(f"not delivered: {error}", err=True)
