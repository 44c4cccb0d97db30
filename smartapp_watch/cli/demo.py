"""``demo``: the whole job against the built-in simulator, and what an operator would get of it.

It is the reference configuration that runs, with the simulator, an inbox that speaks Slack's protocol and a
mail server in place of the addresses, all on loopback; nothing leaves the machine.
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import click

from smartapp_watch.cli.demo_output import say_where, show_messages, write_mails, write_slack
from smartapp_watch.cli.demo_world import demo_world
from smartapp_watch.cli.evaluate import show_events
from smartapp_watch.cli.init import write_start
from smartapp_watch.cli.poll import show_poll
from smartapp_watch.cli.progress import PollProgress
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.config.load import load
from smartapp_watch.config.secret import Secret, SecretSource
from smartapp_watch.config.settings import EmailSettings, ReceiverSettings, SlackSettings, WatchConfig
from smartapp_watch.errors import UsageError
from smartapp_watch.history.database import open_history
from smartapp_watch.metrics.period import BEIJING, Period
from smartapp_watch.simulator.inbox import MailInbox, SlackInbox
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.watch import Watch

_MONDAY = datetime(2026, 11, 23, 10, 40, tzinfo=BEIJING)
_MARK = ".smartapp-watch-demo"


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default="demo", show_default=True)
@pass_session
def command(session: Session, out: Path) -> None:
    """Fill a history from the simulated API, let an incident happen, judge it, tell of it."""
    now = session.now or _MONDAY
    _clear(out)
    write_start(out)
    (out / _MARK).touch()
    session.start_log(logging.WARNING)
    config = load(out / "watch.toml")
    world = demo_world([settings.app for settings in config.apps], Period.newest_closed(now).first)
    clock = _Clock(now - timedelta(days=1))
    with Simulator(world, clock) as simulator, SlackInbox() as slack, MailInbox() as mails:
        watch = Watch(_on_loopback(config, simulator, slack, mails), clock)
        _first_day(watch)
        clock.now = now
        _bad_day(watch)
        show_messages(slack.messages)
        titles = write_mails(out, mails.mails) | write_slack(out, slack.messages)
    say_where(out, titles, config.apps[0].app.id)


class _Clock:
    """A clock that the demonstration sets."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def _first_day(watch: Watch) -> None:
    click.secho(f"\n{watch.clock():%A %d %B, %H:%M}: an empty history is filled", bold=True)
    with open_history(watch.config.history.path) as history, PollProgress() as progress:
        show_poll(watch.poll(history, progress=progress))
        show_poll(watch.poll(history))
        show_events(watch.evaluate(history))


def _bad_day(watch: Watch) -> None:
    click.secho(f"\n{watch.clock():%A %d %B, %H:%M}: the figures of a bad day arrive", bold=True)
    with open_history(watch.config.history.path) as history:
        result = watch.cycle(history)
    show_poll(result.poll)
    show_events(result.events)
    click.echo(f"delivered: {result.delivery.sent} messages, {result.delivery.dead} given up")


def _clear(out: Path) -> None:
    """Remove the last demonstration, and nothing else."""
    if not out.exists():
        return
    if not (out / _MARK).exists() and any(out.iterdir()):
        raise UsageError(f"{out} is not empty and not a demonstration's; choose another folder with --out")
    shutil.rmtree(out)


def _on_loopback(
    config: WatchConfig, simulator: Simulator, slack: SlackInbox, mails: MailInbox
) -> WatchConfig:
    """The same settings, but for addresses, tokens and the call rate; and every alert by mail as well."""
    apps = tuple(
        replace(each, access_token=_plain(simulator.world.apps[each.app.id].access_token))
        for each in config.apps
    )
    names = tuple(receiver.name for receiver in config.receivers)
    return replace(
        config,
        api=replace(config.api, base_url=simulator.url, requests_per_second=1000),
        platform=replace(config.platform, access_token=_plain(simulator.platform_token)),
        apps=apps,
        receivers=tuple(_receiver(receiver, slack, mails) for receiver in config.receivers),
        routes=tuple(replace(route, receivers=names) for route in config.routes),
        digests=tuple(replace(each, receivers=names) for each in config.digests),
    )


def _receiver(settings: ReceiverSettings, slack: SlackInbox, mails: MailInbox) -> ReceiverSettings:
    match settings:
        case SlackSettings():
            return replace(settings, token=_plain(slack.token), api_url=slack.api_url)
        case EmailSettings():
            return replace(
                settings, host=mails.host, port=mails.port, security="none", username="", password=None
            )
        case _:
            raise UsageError(f"a demonstration has no receiver such as {settings.name}")


def _plain(value: str) -> Secret:
    return Secret(SecretSource.PLAIN, (value,))
