"""``check``: every problem in settings, rules and templates, in one run."""

from __future__ import annotations

import sys

import click

from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.config.load import inspect
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.errors import Problem
from smartapp_watch.notify.render import Renderer


@click.command()
@pass_session
def command(session: Session) -> None:
    """Report every problem in settings, rules and templates; exit code 2 if there is a mistake."""
    config, problems = inspect(session.path)
    problems = (*problems, *_template_problems(config))
    for problem in problems:
        click.echo(str(problem), err=True)
    mistakes = sum(not problem.warning for problem in problems)
    if mistakes:
        click.echo(f"{mistakes} mistake{'' if mistakes == 1 else 's'}", err=True)
        sys.exit(2)
    assert config is not None  # noqa: S101 - without a mistake there are settings
    click.echo(
        f"{session.path}: {len(config.apps)} mini-programs, {len(config.rules)} rules, "
        f"{len(config.receivers)} receivers, {len(config.digests)} digests; no mistake"
    )


def _template_problems(config: WatchConfig | None) -> tuple[Problem, ...]:
    return Renderer(config.templates).problems() if config else ()
