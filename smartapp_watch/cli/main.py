"""The command line: finds the command's module, which alone imports what the command needs."""

from __future__ import annotations

import sys
from datetime import datetime
from importlib import import_module
from io import TextIOWrapper

import click

from smartapp_watch import __version__
from smartapp_watch.cli.session import Session
from smartapp_watch.errors import ConfigError, UsageError, WatchError

COMMANDS = {
    "demo": "The whole job against a simulated API, with an incident; shows what an operator would get.",
    "init": "Write a commented watch.toml, rules/ and templates/ to start from.",
    "check": "Report every problem in settings, rules and templates.",
    "poll": "Fetch what is missing or may still change.",
    "evaluate": "Judge every unjudged period, move the alerts, queue notifications.",
    "deliver": "Send what is queued.",
    "once": "Poll, evaluate, deliver.",
    "run": "The daemon: all of it, by schedule, until it is stopped.",
    "install-service": "Write the unit for systemd, its user, and settings to start from.",
    "digest": "Compose a digest; show or send it.",
    "status": "Each mini-program's newest data, open alerts, the queue.",
    "alerts": "What is open; with --all, everything that ever was.",
    "ack": "Say that somebody deals with an alert.",
    "silence": "Keep alerts from being told for a while: silence add, list, end.",
    "explain": "Why an alert fired, why none did, and why nobody was told.",
    "rules": "Look at, test, replay and compare rules: rules list, test, backtest, diff.",
    "apps": "The mini-programs and their authorisation: apps list, add, remove.",
    "history": "Stored values of a metric.",
    "backup": "Copy the history, also while a daemon writes to it.",
    "notify": "Try a receiver out; look at what an alert would be: notify test, preview.",
    "simulate": "The simulated API on its own.",
}
"""Every command with its help; a command's module is only imported when it is called."""


class LazyGroup(click.Group):
    """A group that knows its commands by name, and imports one when it is used."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """The commands in the order of a working day."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """The command of that name."""
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"smartapp_watch.cli.{name.replace('-', '_')}").command
        command.help = command.help or COMMANDS[name]
        return command

    def resolve_command(
        self, context: click.Context, words: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that ``words`` begin with; a usage error, with what was meant, where there is none."""
        if words[0] not in COMMANDS and not words[0].startswith("-"):
            from difflib import get_close_matches  # noqa: PLC0415

            near = get_close_matches(words[0], COMMANDS, n=1)
            meant = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(COMMANDS)}."
            context.fail(f"No such command {words[0]!r}. {meant}")
        return super().resolve_command(context, words)

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing one of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


class Moment(click.ParamType[datetime]):
    """An aware point in time, as ``2026-11-23T09:30:00+08:00``."""

    name = "TIME"

    def convert(
        self, value: object, parameter: click.Parameter | None, context: click.Context | None
    ) -> datetime:
        """The point in time that ``value`` writes."""
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time; written 2026-11-23T09:30:00+08:00", parameter, context)
        if moment.tzinfo is None:
            self.fail(f"{value!r} has no zone; written 2026-11-23T09:30:00+08:00", parameter, context)
        return moment


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="smartapp-watch")
@click.option("--config", "path", default="watch.toml", show_default=True, help="The settings.")
@click.option("--now", type=Moment(), help="Take this for the present time.")
@click.option("-v", "--verbose", count=True, help="Log more; twice: everything.")
@click.option(
    "--log-format",
    type=click.Choice(["auto", "text", "journal", "json"]),
    default="auto",
    help="The log's form; auto: journal under systemd, else text.",
)
@click.pass_context
def cli(context: click.Context, path: str, now: datetime | None, verbose: int, log_format: str) -> None:
    """Watch the figures of Baidu smart mini-programs, and tell people when one needs a look."""
    context.obj = Session(path, now, verbose, log_format)


def main() -> None:
    """Run the command line; a mistake in settings or usage ends with 2, any other failure with 1."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal without Chinese is no reason to fail
    sys.exit(_run())


def _run() -> int:
    """The exit code of the command that the arguments name; what went wrong was said."""
    try:
        return int(cli(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except WatchError as error:
        return _say(error)
    except OSError as error:
        return _say_refused(error)
    except Exception:  # noqa: BLE001 - the last line before the screen
        return _say_stumble()


def _say(error: WatchError) -> int:
    prefix = "" if isinstance(error, ConfigError) else "smartapp-watch: "
    click.echo(f"{prefix}{error}", err=True)
    return 2 if isinstance(error, ConfigError | UsageError) else 1


def _say_refused(error: OSError) -> int:
    """The system refused a file: a full disk, a folder that is not there."""
    what = f"{error.filename}: " if error.filename else ""
    click.echo(f"smartapp-watch: {what}{error.strerror or error}", err=True)
    return 1


def _say_stumble() -> int:
    """What nobody expected, without the secrets that a traceback may hold."""
    from traceback import format_exc  # noqa: PLC0415

    from smartapp_watch.redaction import redact  # noqa: PLC0415

    click.echo(redact(format_exc()), err=True)
    return 1
