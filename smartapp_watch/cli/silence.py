"""``silence``: keep alerts from being told for a while. Their states move on; what is open then is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

import click
from pydantic_core import PydanticCustomError

from smartapp_watch.alerts.alert import Alert
from smartapp_watch.alerts.silence import Matchers, Silence
from smartapp_watch.cli.ack import user_name
from smartapp_watch.cli.documents import silence_document
from smartapp_watch.cli.main import Moment
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.cli.show import print_json, print_table
from smartapp_watch.cli.silenced import app_of
from smartapp_watch.config import forms
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.config.wording import did_you_mean
from smartapp_watch.errors import UsageError
from smartapp_watch.history.database import History


class Duration(click.ParamType[timedelta]):
    """A length of time, as ``3d`` or ``90m``."""

    name = "DURATION"

    def convert(
        self, value: object, parameter: click.Parameter | None, context: click.Context | None
    ) -> timedelta:
        """The length that ``value`` writes."""
        if isinstance(value, timedelta):
            return value
        try:
            return forms.duration(value)
        except PydanticCustomError as error:
            meant = (error.context or {}).get("meant", "")
            self.fail(f"it {error.message()}; {meant}", parameter, context)


@click.group()
def command() -> None:
    """Keep alerts from being told for a while. What is open when a silence ends is told then."""


@command.command()
@click.option("--rule", default="", metavar="GLOB", help="Of these rules, as new-users-*.")
@click.option("--app", default="", metavar="ID|GLOB", help="Of this mini-program, by number or name.")
@click.option("--tag", default="", metavar="GLOB", help="Of mini-programs with this tag.")
@click.option("--for", "lasts", type=Duration(), help="How long: 90m, 12h, 3d.")
@click.option("--until", type=Moment(), help="Until when, in place of --for.")
@click.option("--because", required=True, help="Why, for those who wonder.")
@click.option("--by", help="Who says so; without it, the user of this shell.")
@pass_session
def add(
    session: Session,
    *,
    rule: str,
    app: str,
    tag: str,
    lasts: timedelta | None,
    until: datetime | None,
    because: str,
    by: str | None,
) -> None:
    """Silence the alerts that every matcher given is about."""
    config, now = session.config(), session.clock()()
    matchers = Matchers(*((glob,) if glob else () for glob in (rule, app, tag)))
    ends = _end(now, lasts, until)
    if not any(matchers.each):
        raise UsageError("a silence needs --rule, --app or --tag; which alerts are not to be told?")
    if not because.strip():
        raise UsageError("--because is empty; somebody will wonder why nobody was told")
    for warning in _doubts(config, rule, app, tag):
        click.echo(f"warning: {warning}", err=True)
    with session.noting(config) as history:
        with history.transaction():
            silence = history.silences.add(
                matchers, now, ends, because, by or user_name(), via="command line"
            )
        covered = len(_covered(history, config, silence))
    click.echo(
        f"silence {silence.id}: {matchers.words}, until {_local(ends, config)}; "
        f"it covers {covered} open {'alert' if covered == 1 else 'alerts'}"
    )


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that are over.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@pass_session
def list_silences(session: Session, everything: bool, as_json: bool) -> None:
    """Show the silences that are in force."""
    config, now = session.config(), session.clock()()
    with session.reading(config) as history:
        silences = history.silences.all() if everything else history.silences.not_over(now)
        covers = {each.id: len(_covered(history, config, each)) for each in silences}
    if as_json:
        print_json([silence_document(each, now, covers[each.id]) for each in silences])
        return
    print_table(
        ["silence", "of", "from", "until", "because", "by", "open alerts"],
        [
            [
                each.id,
                each.matchers.words,
                _local(each.begins, config),
                _local(each.ends, config),
                each.because,
                each.by,
                covers[each.id],
            ]
            for each in silences
        ],
        empty="no silence" if everything else "no silence is in force",
    )


@command.command()
@click.argument("silence", type=int)
@pass_session
def end(session: Session, silence: int) -> None:
    """End SILENCE, a number of `silence list`, now; the next evaluation tells what is open."""
    config, now = session.config(), session.clock()()
    with session.noting(config) as history, history.transaction():
        found = history.silences.find(silence)
        if found is None or found.ends <= now:
            raise UsageError(_no_such_silence(history, silence, found, now))
        history.silences.end(found, now)
    click.echo(f"silence {silence} is over")


def _end(now: datetime, lasts: timedelta | None, until: datetime | None) -> datetime:
    ends = until if lasts is None else now + lasts
    if ends is None or (lasts is not None and until is not None):
        raise UsageError("a silence needs an end: either --for or --until")
    if ends <= now:
        raise UsageError(f"--until {ends.isoformat()} is not after the present, {now.isoformat()}")
    return ends


def _doubts(config: WatchConfig, rule: str, app: str, tag: str) -> Iterator[str]:
    """What a silence names and nothing bears."""
    apps = [each.app for each in config.apps]
    rules = [each.name for each in config.rules]
    yield from _unmatched("rule", rule, rules)
    yield from _unmatched("mini-program", app, [text for each in apps for text in (str(each.id), each.name)])
    yield from _unmatched("tag", tag, sorted({tag for each in apps for tag in each.tags}))


def _unmatched(what: str, glob: str, known: Iterable[str]) -> Iterator[str]:
    known = [text for text in known if text]
    if glob and not any(fnmatchcase(text, glob) for text in known):
        meant = did_you_mean(glob, known)
        yield f"no {what} matches {glob!r}" + (f"; {meant}" if meant else "")


def _covered(history: History, config: WatchConfig, silence: Silence) -> list[Alert]:
    return [
        alert
        for alert in history.alerts.open_alerts()
        if silence.matchers.match(alert.rule, app_of(config, alert))
    ]


def _no_such_silence(history: History, number: int, found: Silence | None, now: datetime) -> str:
    numbers = ", ".join(str(each.id) for each in history.silences.not_over(now))
    what = f"there is no silence {number}" if found is None else f"silence {number} is over already"
    return f"{what}; {f'in force: {numbers}' if numbers else 'none is in force'}"


def _local(moment: datetime, config: WatchConfig) -> str:
    return f"{moment.astimezone(config.timezone):%Y-%m-%d %H:%M}"
