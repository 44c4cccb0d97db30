"""``digest``: compose a digest; show or send it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from smartapp_watch.alerts.notification import DigestNotice
from smartapp_watch.cli.deliver import show_delivery
from smartapp_watch.cli.evaluate import parse_period
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.config.settings import DigestSettings, WatchConfig
from smartapp_watch.errors import UsageError
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.words import Language
from smartapp_watch.watch import Watch


@click.command()
@click.argument("name")
@click.option("--period", help="As 2026-W47 or 2026-11-22; without it the newest that is over.")
@click.option(
    "--preview", type=click.Path(path_type=Path, dir_okay=False), help="Write its HTML to this file."
)
@click.option("--send", is_flag=True, help="Queue it for its receivers, each once, and deliver.")
@pass_session
def command(session: Session, name: str, period: str | None, preview: Path | None, send: bool) -> None:
    """Compose the digest NAME; print it, write it to a file, or send it."""
    watch = session.watch()
    settings = find_digest(watch.config, name)
    chosen = _period(watch, settings, period)
    if send:
        with session.writing(watch.config) as history:
            history.alerts.refuse_earlier(watch.clock())  # before anything is queued
            notice = watch.queue_digest(history, settings, chosen)
            result = watch.deliver(history)
        _show(watch, settings, notice, preview)
        show_delivery(result)
        sys.exit(1 if result.errors else 0)
    with session.reading(watch.config) as history:
        notice = watch.compose_digest(history, settings, chosen)
    _show(watch, settings, notice, preview)


def find_digest(config: WatchConfig, name: str) -> DigestSettings:
    """The digest of that name; UsageError where there is none."""
    for settings in config.digests:
        if settings.name == name:
            return settings
    has = ", ".join(settings.name for settings in config.digests) or "none"
    raise UsageError(f"no digest {name!r} in {config.file.name}; it has {has}")


def _period(watch: Watch, settings: DigestSettings, text: str | None) -> Period:
    now = watch.clock()
    if text is None:
        return Period.newest_closed(now, settings.period)
    period = parse_period(text)
    if period.granularity is not settings.period:
        raise UsageError(
            f"{text} is a {period.granularity}; the digest {settings.name!r} is of a {settings.period}"
        )
    if period.closes() > now:
        raise UsageError(
            f"{text} is not over yet; the newest that is: {Period.newest_closed(now, settings.period)}"
        )
    return period


def _show(watch: Watch, settings: DigestSettings, notice: DigestNotice, preview: Path | None) -> None:
    mail = watch.renderer.mail(notice, digest_language(watch.config, settings))
    if preview is None:
        click.echo(f"{mail.subject}\n\n{mail.text}")
        return
    preview.write_text(mail.html, encoding="utf-8")
    click.echo(f"{mail.subject}\nwritten to {preview}", err=True)


def digest_language(config: WatchConfig, settings: DigestSettings) -> Language:
    """The digest's own language, else its first receiver's, else the settings'."""
    by_name = {receiver.name: receiver.language for receiver in config.receivers}
    first = settings.receivers[0] if settings.receivers else ""
    return settings.language or by_name.get(first, config.language)
