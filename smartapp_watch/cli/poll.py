"""``poll``: fetch what is missing or may still change."""

from __future__ import annotations

import sys
from collections import Counter

import click

from smartapp_watch.cli.documents import poll_document
from smartapp_watch.cli.progress import PollProgress
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.cli.show import print_json, print_table
from smartapp_watch.errors import UsageError
from smartapp_watch.metrics.observation import Query
from smartapp_watch.poll import PollResult
from smartapp_watch.watch import Watch


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
    with session.writing(watch.config) as history:
        if dry_run:
            show_plan([query for _, query in watch.plan(history, days, app_id)], as_json)
            return
        with PollProgress() as progress:
            result = watch.poll(history, days=days, app_id=app_id, progress=progress)
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


def show_plan(queries: list[Query], as_json: bool) -> None:
    """The calls of a plan, counted by table; there are more where rows fill several pages."""
    calls: Counter[str] = Counter()
    for query in queries:
        calls[query.table.name] += query.table.report.calls
    if as_json:
        print_json({"calls": calls.total(), "tables": dict(calls)})
        return
    print_table(["table", "calls at least"], calls.items(), empty="nothing to ask for")
    click.echo(f"{calls.total()} calls at least")


def _check_app(watch: Watch, app_id: int | None) -> None:
    known = [settings.app.id for settings in watch.config.apps]
    if app_id is not None and app_id not in known:
        raise UsageError(
            f"no mini-program {app_id} in {watch.config.file.name}; it has {', '.join(map(str, known))}"
        )
