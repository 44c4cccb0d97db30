"""``check``: every problem in settings, rules and templates, in one run."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from smartapp_watch.cli.session import WARNING, Session, pass_session
from smartapp_watch.config.load import inspect, templates_folder
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.errors import ConfigError, Problem, unknown_holidays
from smartapp_watch.notify.render import Renderer
from smartapp_watch.online import try_all
from smartapp_watch.poll.cost import cost_of
from smartapp_watch.watch import Watch

_MARKS = {True: "works ", False: "failed", None: "-     "}


@click.command()
@click.option("--online", is_flag=True, help="Also try each token and each receiver, without posting.")
@pass_session
def command(session: Session, *, online: bool) -> None:
    """Report every problem in settings, rules and templates; exit code 2 if there is a mistake."""
    config, problems = find_problems(session.path)
    for problem in problems:
        click.echo(str(problem), err=True)
    mistakes = sum(not problem.warning for problem in problems)
    if mistakes:
        click.echo(_counted(mistakes, "mistake"), err=True)
        sys.exit(2)
    assert config is not None  # noqa: S101 - without a mistake there are settings
    counts = ", ".join(
        _counted(len(each), noun)
        for each, noun in (
            (config.apps, "mini-program"),
            (config.rules, "rule"),
            (config.receivers, "receiver"),
            (config.digests, "digest"),
        )
    )
    clock = session.clock()
    year = Watch(config, clock).unknown_year
    if year is not None:
        click.echo(str(unknown_holidays(year)), err=True)
    too_much = cost_of(config, clock()).problem
    if too_much is not None:
        click.echo(str(too_much), err=True)
    click.echo(f"{session.path}: {counts}; no mistake")
    if online:
        sys.exit(_try(session, config))


def _try(session: Session, config: WatchConfig) -> int:
    """Try every token and receiver, and say what came of it; the exit code."""
    session.start_log(WARNING)
    failed = 0
    for trial in try_all(config, session.clock()()):
        click.echo(f"{_MARKS[trial.works]}  {trial.name}: {trial.words}")
        failed += trial.works is False
    if failed:
        click.echo(f"{failed} failed", err=True)
    return 1 if failed else 0


def find_problems(path: Path) -> tuple[WatchConfig | None, tuple[Problem, ...]]:
    """The settings, None where they or the rules have a mistake; and every problem, templates' too."""
    config, problems = inspect(path)
    templates = Renderer(templates_folder(path)).problems()
    return config, (*problems, *(replace(each, file=_shown(each.file, path)) for each in templates))


def _shown(file: str, settings: Path) -> str:
    """A file as people would type it: from where they are, else from the settings' folder."""
    for folder in (Path.cwd(), settings.absolute().parent):
        if Path(file).is_relative_to(folder):
            return str(Path(file).relative_to(folder))
    return file


def load_all(path: Path) -> WatchConfig:
    """The settings; ConfigError with every mistake in settings, rules and templates."""
    config, problems = find_problems(path)
    mistakes = tuple(problem for problem in problems if not problem.warning)
    if config is None or mistakes:
        raise ConfigError(mistakes)
    return config


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
