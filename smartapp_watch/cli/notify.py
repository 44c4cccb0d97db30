"""``notify``: try a receiver out, and look at what a rule's alert would be."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from smartapp_watch.alerts.notification import AlertNotice, Notification, ServiceNotice, Topic
from smartapp_watch.cli.explain import find_rule
from smartapp_watch.cli.previews import write_files, write_preview
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.clock import wall_clock
from smartapp_watch.config.settings import ReceiverSettings, WatchConfig
from smartapp_watch.config.wording import did_you_mean
from smartapp_watch.errors import UsageError, WatchError
from smartapp_watch.evaluate.retold import newest_notice
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.invented import invented_notice
from smartapp_watch.notify.preview_files import robot_files
from smartapp_watch.rules.rule import Rule
from smartapp_watch.senders import make_sender
from smartapp_watch.watch import Watch

_NO_FILE_NAME = re.compile(r"[^\w.-]")


@click.group()
def command() -> None:
    """Try a receiver out, and look at what a rule's alert would be."""


@command.command()
@click.argument("receiver")
@pass_session
def test(session: Session, receiver: str) -> None:
    """Send RECEIVER one message that says it is a test, and print what the other side answers."""
    watch = session.watch()
    settings = _find_receiver(watch.config, receiver)
    now = wall_clock()  # in its key, so that nothing takes the next test for this one
    notice = ServiceNotice(Topic.TEST, "", now, receiver)
    notification = Notification(0, f"test/{receiver}/{now.isoformat()}", receiver, notice, now)
    try:
        answer = make_sender(settings, watch.renderer).send(notification)
    except WatchError as error:
        click.echo(f"{receiver}: {error}", err=True)
        sys.exit(1)
    click.echo(f"{receiver}: taken" + (f", as {answer}" if answer else ""))


@command.command()
@click.argument("rule")
@click.option("--language", type=click.Choice(["zh", "en"]), help="In place of the settings' own.")
@click.option(
    "--out",
    default="preview",
    show_default=True,
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to write to.",
)
@pass_session
def preview(session: Session, rule: str, language: str | None, out: Path) -> None:
    """Write what an alert of RULE would look like: as a mail, in Slack and for robots.

    It is the newest alert of the rule, as it was when it fired; with invented figures where there is none.
    """
    watch = session.watch()
    found = find_rule(watch, rule)
    notice = _newest(session, watch, found)
    if notice is None:
        notice = _invented(watch, found)
        click.echo(f"{rule} has no alert yet: the figures are invented", err=True)
    chosen = Language(language or watch.config.language)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{_NO_FILE_NAME.sub('_', rule)}.{chosen}.html"
    renderer = watch.renderer
    write_preview(path, renderer.mail(notice, chosen), renderer.slack(notice, chosen))
    write_files(robot_files(path, renderer.robot(notice, chosen), chosen))


def _find_receiver(config: WatchConfig, name: str) -> ReceiverSettings:
    receivers = {settings.name: settings for settings in config.receivers}
    if name not in receivers:
        known = f"the receivers are {', '.join(receivers)}" if receivers else "there are none"
        raise UsageError(f"there is no receiver {name!r}; {did_you_mean(name, receivers, known)}")
    return receivers[name]


def _newest(session: Session, watch: Watch, rule: Rule) -> AlertNotice | None:
    with session.rehearsing(watch.config) as history:
        watch.learn(history)
        return newest_notice(history, watch.scope, rule, watch.clock())


def _invented(watch: Watch, rule: Rule) -> AlertNotice:
    watched = set(watch.scope.watched_by(rule))
    apps = (each.app for each in watch.config.apps if each.app.id in watched)
    app = None if rule.table.report.of_platform else next(apps, None)
    return invented_notice(rule, app, Period.newest_closed(watch.clock(), rule.every))
