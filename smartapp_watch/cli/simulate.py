"""``simulate``: the simulated API on its own."""

from __future__ import annotations

import threading
from datetime import timedelta

import click

from smartapp_watch.cli.demo_world import FLEET, demo_world
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.metrics.period import beijing_day
from smartapp_watch.simulator.server import Simulator


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True)
@pass_session
def command(session: Session, port: int) -> None:
    """Serve a made-up fleet over the API's own HTTP dialect, on loopback, until interrupted."""
    clock = session.ticking_clock()
    world = demo_world(FLEET, beijing_day(clock()) - timedelta(days=1))
    with Simulator(world, clock, port=port) as simulator:
        click.echo(f"the simulated API listens at {simulator.url}; settings for it:")
        click.echo(f'[api]\nbase_url = "{simulator.url}"')
        click.echo(f'[platform]\naccess_token = "{simulator.platform_token}"')
        for app in world.apps.values():
            click.echo(f'[[apps]]\nid = "{app.id}"\nname = "{app.name}"\naccess_token = "{app.access_token}"')
        threading.Event().wait()
