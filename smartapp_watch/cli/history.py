"""``history``: stored values of a metric, with the columns that tell its rows apart."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

import click

from smartapp_watch.cli.evaluate import parse_period
from smartapp_watch.cli.poll import refuse_unknown_app
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.cli.show import print_csv, print_json, print_table
from smartapp_watch.errors import UsageError
from smartapp_watch.history.observations import Row
from smartapp_watch.metrics.catalog import REPORTS, TABLES
from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.metrics.report import Report, Table
from smartapp_watch.rules.rule import Where


@click.command()
@click.argument("metric")
@click.option("--app", "app_id", type=int, help="Only this mini-program.")
@click.option(
    "--every", type=click.Choice([str(each) for each in Granularity]), default="day", show_default=True
)
@click.option("--from", "first", help="The first day, hour, week or month.")
@click.option("--to", "last", help="The last one.")
@click.option("--where", "wheres", multiple=True, metavar="COLUMN=VALUE", help="Only rows like this; a glob.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV on standard output.")
@pass_session
def command(
    session: Session,
    metric: str,
    *,
    app_id: int | None,
    every: str,
    first: str | None,
    last: str | None,
    wheres: tuple[str, ...],
    as_json: bool,
    as_csv: bool,
) -> None:
    """Show stored values of METRIC, a report and its field: user_trend.new_user_count."""
    table, field = find_table(metric, Granularity(every))
    if as_json and as_csv:
        raise UsageError("--json and --csv are two answers; choose one")
    config = session.config()
    with session.reading(config) as history:
        if app_id is not None and not table.report.of_platform:
            known = {app.id for app in history.observations.apps()}
            refuse_unknown_app(app_id, known | {each.app.id for each in config.apps}, "the history")
        rows = history.observations.values(
            table,
            field,
            app_id=app_id,
            first=_period(first, table),
            last=_period(last, table),
            where=tuple(map(parse_where, wheres)),
        )
        _print(table, rows, as_json=as_json, as_csv=as_csv)


def find_table(metric: str, every: Granularity) -> tuple[Table, str]:
    """The table and the column of ``report.field``; UsageError, with what was meant, where there is none."""
    name, _, field = metric.partition(".")
    report = REPORTS.get(name)
    if report is None or field not in {each.name for each in report.metrics}:
        known = [f"{each.name}.{one.name}" for each in REPORTS.values() for one in each.metrics]
        near = [each for each in known if each.endswith(f".{metric}")] or get_close_matches(
            metric, known, n=1
        )
        meant = (
            f"; did you mean {' or '.join(near)}?"
            if near
            else "; written report.field, as user_trend.user_count"
        )
        raise UsageError(f"no metric {metric!r}{meant}")
    return _table(report, every), field


def _table(report: Report, every: Granularity) -> Table:
    table = Table(report, every)
    if table.name not in TABLES:
        has = ", ".join(report.granularities)
        raise UsageError(f"{report.name} has no values every {every}; it has {has}")
    return table


def _period(text: str | None, table: Table) -> Period | None:
    if text is None:
        return None
    period = parse_period(text)
    if period.granularity is not table.granularity:
        if period.granularity is Granularity.DAY:
            return Period.containing(period.first, table.granularity)
        raise UsageError(
            f"{text} is a {period.granularity}; {table.name} holds a value a {table.granularity}"
        )
    return period


def parse_where(text: str) -> Where:
    """``COLUMN=VALUE`` as it was typed; the value may be a glob."""
    column, equals, pattern = text.partition("=")
    if not equals:
        raise UsageError(f"--where {text!r} is not COLUMN=VALUE")
    return Where(column.strip(), (pattern.strip(),))


def _print(table: Table, rows: Iterator[Row], *, as_json: bool, as_csv: bool) -> None:
    report = table.report
    columns = [*(each.name for each in report.dimensions), *(each.name for each in report.texts)]
    lines = (
        (
            None if row.app_id is None else str(row.app_id),
            row.period,
            *row.dimensions,
            *row.texts,
            row.values[0],
        )
        for row in rows
    )
    head = ["app", "period", *columns, "value"]
    if as_json:
        print_json([dict(zip(head, line, strict=True)) for line in lines])
    elif as_csv:
        print_csv(head, lines)
    else:
        print_table(head, lines, numbers=("value",), empty="no values are stored for that")
