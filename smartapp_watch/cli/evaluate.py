"""``evaluate``: judge, move the alerts, queue what is to be told."""

from __future__ import annotations

import click

from smartapp_watch.alerts.alert import Dimensions, Event, is_of_fleet
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.cli.documents import evaluate_document
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.cli.show import print_json, print_table, show_figure
from smartapp_watch.errors import UsageError
from smartapp_watch.metrics.period import Period
from smartapp_watch.notify.document import unit_of


@click.command()
@click.option("--period", help="Judge up to this period, as 2026-11-22 or 2026-W47.")
@click.option("--dry-run", is_flag=True, help="Change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@pass_session
def command(session: Session, period: str | None, dry_run: bool, as_json: bool) -> None:
    """Judge every unjudged period, move the alerts, queue notifications."""
    watch = session.watch()
    until = parse_period(period) if period else None
    opened = session.rehearsing(watch.config, read_only=False) if dry_run else session.writing(watch.config)
    with opened as history:
        told = watch.evaluate(history, until=until, dry_run=dry_run)
    print_json(evaluate_document(told)) if as_json else show_events(told)


def show_events(told: list[tuple[Event, AlertNotice]]) -> None:
    """What an evaluation told, as a table."""
    print_table(
        ["alert", "event", "severity", "rule", "mini-program", "where", "since", "value", "usual"],
        [
            [
                notice.alert,
                notice.type,
                notice.severity,
                notice.rule,
                notice.app_name or whole(notice.dimensions),
                place(notice.dimensions, notice.texts),
                notice.since,
                show_figure(notice.figures.value, unit_of(notice.metric)),
                show_figure(notice.figures.baseline, unit_of(notice.metric)),
            ]
            for _, notice in told
        ],
        numbers=("alert", "value", "usual"),
        empty="judged: nothing to tell",
    )


def place(dimensions: tuple[tuple[str, str | int], ...], texts: tuple[tuple[str, str], ...]) -> str:
    """What tells a series from its neighbours, in the row's own words where it has some."""
    if texts:
        return texts[0][1]
    return ", ".join(f"{column}={value}" for column, value in dimensions if value != "")


def whole(dimensions: Dimensions) -> str:
    """What an alert without a mini-program is of."""
    return "fleet" if is_of_fleet(dimensions) else "platform"


def parse_period(text: str) -> Period:
    """The period that ``text`` writes; UsageError where it writes none."""
    try:
        return Period.parse(text)
    except ValueError as error:
        said = str(error)  # of a month 13, by the calendar itself
        raise UsageError(said if text in said else f"{text!r} is no period: {said}") from None
