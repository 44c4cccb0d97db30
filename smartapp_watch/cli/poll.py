"""``poll``: fetch what is missing or may still change."""

from __future__ import annotations

import sys
from collections.abc import Collection
from difflib import get_close_matches
from typing import NamedTuple

import click

from smartapp_watch.cli.documents import plan_document, poll_document
from smartapp_watch.cli.progress import PollProgress
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.cli.show import print_json, print_table
from smartapp_watch.errors import UsageError
from smartapp_watch.metrics.rounds import Share
from smartapp_watch.poll import Plan, PollResult
from smartapp_watch.poll.cost import Cost, cost_of, in_words
from smartapp_watch.watch import Watch

TIDIES_FOR = 10.0
"""Seconds for the history after a command that polls; without a daemon, nobody else looks after it."""

_SHOWN = 10


@click.command()
@click.option("--days", type=click.IntRange(min=1), help="Look so many days back, not [poll] history_days.")
@click.option("--app", "app_id", type=int, help="Only this mini-program.")
@click.option("--dry-run", is_flag=True, help="Show the plan and what it costs; ask nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@pass_session
def command(session: Session, days: int | None, app_id: int | None, dry_run: bool, as_json: bool) -> None:
    """Fetch what is missing or may still change."""
    watch = session.watch()
    _check_app(watch, app_id)
    if dry_run:
        with session.rehearsing(watch.config) as history:
            cost = cost_of(watch.config, watch.clock(), app_id)
            show_plan(watch.plan(history, days, app_id), cost, as_json)
        return
    with session.writing(watch.config) as history, session.stopping(watch), PollProgress() as progress:
        result = watch.poll(history, days=days, app_id=app_id, progress=progress)
        watch.look_after(history, TIDIES_FOR)
    print_json(poll_document(result)) if as_json else show_poll(result)
    sys.exit(0 if result.complete else 1)


def show_poll(result: PollResult) -> None:
    """What a poll did, in words."""
    if not result.planned:
        click.echo("polled: nothing is missing, and nothing may still change; no call")
        return
    click.echo(f"polled: {result.calls} calls for {result.planned} queries, {result.rows} rows written")
    for failure in result.failures:
        app = "platform" if failure.app_id is None else failure.app_id
        click.echo(f"failed: {app} {failure.report} {failure.period}: {failure.message}", err=True)
    if result.stopped:
        click.echo(f"ended early: {result.stopped}", err=True)


def show_plan(plan: Plan, cost: Cost, as_json: bool) -> None:
    """The calls of a plan, by table, and what the settings cost a day; more where rows fill several pages."""
    shares = plan.shares
    if as_json:
        print_json(plan_document(shares, cost))
        return
    lines = [
        _Line(name, shares.get(name, Share()), cost.calls.get(name, 0)) for name in {**cost.calls, **shares}
    ]
    whole = Share(sum(each.share.today for each in lines), sum(each.share.past for each in lines))
    head = ("table", "today", "backfill", "time", "a day")
    print_table(
        head,
        [each.cells(cost) for each in (*lines, _Line("all", whole, cost.total))] if lines else [],
        numbers=head[1:],
        empty="nothing to ask for",
    )
    if lines:
        click.echo(
            f"calls at least, their time at {cost.per_second:g} a second, and those a day once the history "
            f"is filled: {cost.limit:,} fit into {in_words(cost.polling)} of polls"
        )
    if cost.problem:
        click.echo(str(cost.problem), err=True)


class _Line(NamedTuple):
    name: str
    share: Share
    a_day: int

    def cells(self, cost: Cost) -> tuple[str, ...]:
        today, past = self.share
        return self.name, f"{today:,}", f"{past:,}", in_words(cost.time(today + past)), f"{self.a_day:,}"


def _check_app(watch: Watch, app_id: int | None) -> None:
    if app_id is not None:
        refuse_unknown_app(app_id, {each.app.id for each in watch.config.apps}, watch.config.file.name)


def refuse_unknown_app(app_id: int, known: Collection[int], where: str) -> None:
    """UsageError, with what was probably meant, where ``app_id`` is not among ``known``."""
    if app_id in known:
        return
    numbers = sorted(map(str, known))
    near = get_close_matches(str(app_id), numbers, n=1)
    shown = ", ".join(numbers[:_SHOWN]) + (", …" if len(numbers) > _SHOWN else "")
    meant = f"did you mean {near[0]}?" if near else f"it has {shown or 'none'}"
    raise UsageError(f"no mini-program {app_id} in {where}; {meant}")
