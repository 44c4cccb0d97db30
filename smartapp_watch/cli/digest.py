"""``digest``: compose a digest; show or send it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import click

from smartapp_watch.alerts.notification import DigestNotice, Notification
from smartapp_watch.cli.deliver import show_delivery
from smartapp_watch.cli.evaluate import parse_period
from smartapp_watch.cli.previews import check_preview, write_files, write_preview
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.clock import wall_clock
from smartapp_watch.config.forms import address
from smartapp_watch.config.settings import DigestSettings, EmailSettings, WatchConfig
from smartapp_watch.errors import UsageError
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.export import export
from smartapp_watch.senders import make_sender
from smartapp_watch.watch import Watch


@click.command()
@click.argument("name")
@click.option("--period", help="As 2026-W47 or 2026-11-22; without it the newest that is over.")
@click.option(
    "--preview",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write its HTML to this file; beside it its text, Slack's blocks (.json) and the table (.csv).",
)
@click.option(
    "--export",
    "exported",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write it to this file as one page of HTML that needs no other file and no network.",
)
@click.option("--send", is_flag=True, help="Queue it for its receivers, each once, and deliver.")
@click.option("--to", metavar="ADDRESS", help="With --send: mail it to this address alone, to try it out.")
@pass_session
def command(
    session: Session,
    name: str,
    period: str | None,
    preview: Path | None,
    exported: Path | None,
    *,
    send: bool,
    to: str | None,
) -> None:
    """Compose the digest NAME; print it, write it to files, or send it."""
    if to is not None and not send:
        raise UsageError("--to says where to send a digest; it goes with --send")
    if preview:
        check_preview(preview)
    watch = session.watch()
    settings = find_digest(watch.config, name)
    digest = _Chosen(session, watch, settings, _period(watch, settings, period), preview, exported)
    if to is not None:
        digest.try_out(to)
    elif send:
        sys.exit(digest.send())
    else:
        digest.show(digest.compose())


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The digest that a call is about. ``preview``: where to write it as it is mailed; ``exported``: as one
    page."""

    session: Session
    watch: Watch
    settings: DigestSettings
    period: Period
    preview: Path | None
    exported: Path | None

    def compose(self) -> DigestNotice:
        with self.session.reading(self.watch.config) as history:
            return self.watch.compose_digest(history, self.settings, self.period)

    def send(self) -> int:
        """Queue it for its receivers, and deliver; the exit code."""
        with self.session.writing(self.watch.config) as history:
            history.alerts.refuse_earlier(self.watch.clock())  # before anything is queued
            notice = self.watch.queue_digest(history, self.settings, self.period)
            result = self.watch.deliver(history)
        self.show(notice)
        show_delivery(result)
        return 1 if result.errors else 0

    def try_out(self, to: str) -> None:
        """Mail it to one address, by the server of its first receiver of mail; nothing is noted of it."""
        receiver = _mail_receiver(self.watch.config, self.settings, to)
        notice = self.compose()
        now = wall_clock()  # in its key, so that no mail program takes the next one for the same
        key = f"digest/{notice.name}/{notice.period}/to/{to}/{now.isoformat()}"
        make_sender(receiver, self.watch.renderer).send(Notification(0, key, receiver.name, notice, now))
        if self.preview or self.exported:
            self.show(notice)
        click.echo(f"sent to {to} by the mail server of {receiver.name!r}; it does not count as sent")

    def show(self, notice: DigestNotice) -> None:
        """Print it, or write it to files."""
        language = digest_language(self.watch.config, self.settings)
        mail = self.watch.renderer.mail(notice, language)
        if self.preview is None and self.exported is None:
            click.echo(f"{mail.subject}\n\n{mail.text}")
            return
        if self.exported is not None:
            write_files({self.exported: export(self.watch.renderer, notice, language).encode()})
        if self.preview is not None:
            write_preview(self.preview, mail, self.watch.renderer.slack(notice, language))
        click.echo(mail.subject, err=True)


def _mail_receiver(config: WatchConfig, settings: DigestSettings, to: str) -> EmailSettings:
    """The digest's first receiver of mail, with ``to`` in place of its addresses."""
    try:
        address(to)
    except ValueError:
        raise UsageError(f"--to {to!r} is no mail address; written growth@example.com") from None
    by_name = {receiver.name: receiver for receiver in config.receivers}
    for name in settings.receivers:
        receiver = by_name.get(name)
        if isinstance(receiver, EmailSettings):
            return replace(receiver, to=(to,))
    has = ", ".join(settings.receivers) or "none"
    raise UsageError(
        f"the digest {settings.name!r} has no receiver of kind email, whose server --to needs; it has {has}"
    )


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


def digest_language(config: WatchConfig, settings: DigestSettings) -> Language:
    """The digest's own language, else its first receiver's, else the settings'."""
    by_name = {receiver.name: receiver.language for receiver in config.receivers}
    first = settings.receivers[0] if settings.receivers else ""
    return settings.language or by_name.get(first, config.language)
