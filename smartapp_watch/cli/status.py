"""``status``: is it well? Each mini-program's newest data, open alerts, the queue."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from smartapp_watch.cli.queue import is_quiet, queue_document, queue_lines
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.cli.show import print_json, print_table
from smartapp_watch.history.database import History
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Table
from smartapp_watch.watch import Watch

_LOOK_BACK = timedelta(days=400)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@pass_session
def command(session: Session, as_json: bool) -> None:
    """Show each mini-program's newest data and what failed, the open alerts, and the queue."""
    watch = session.watch()
    with session.reading(watch.config) as history:
        document = _status(watch, history)
        queue = history.outbox.undelivered()
    if as_json:
        print_json(document)
        return
    _show(document)
    for line in queue_lines(queue, watch.quiet_hours, watch.clock(), watch.config.timezone):
        click.echo(line)


def _status(watch: Watch, history: History) -> dict[str, object]:
    now = watch.clock()
    newest = {table: _newest(history, table, now) for table in watch.config.tables}
    apps = [(str(each.app.id), each.app.title, each.tables, each.app.id) for each in watch.config.apps]
    return {
        "now": now.isoformat(),
        "apps": [
            {
                "id": number,
                "name": name,
                "newest": {table.name: newest[table].get(app_id) for table in tables},
            }
            for number, name, tables, app_id in apps
        ],
        "platform": {
            table.name: found.get(None) for table, found in newest.items() if table.report.of_platform
        },
        "failures": history.polls.newest().lines,
        "open_alerts": len(history.alerts.open_alerts()),
        "failing_receivers": [
            {
                "receiver": each.receiver,
                "since": each.since.isoformat(),
                "off": each.is_off,
                "in_part": each.in_part,
                "error": each.error,
            }
            for each in history.outbox.troubles.all()
            if each.receiver in {settings.name for settings in watch.config.receivers}
        ],
        "queue": [
            queue_document(each, quiet=is_quiet(each, watch.quiet_hours, now))
            for each in history.outbox.undelivered()
        ],
    }


def _newest(history: History, table: Table, now: datetime) -> dict[int | None, str]:
    since = Period.containing((now - _LOOK_BACK).date(), table.granularity)
    return {app: str(reading.period) for app, reading in history.observations.newest(table, since).items()}


def _show(document: dict[str, object]) -> None:
    apps, failures = document["apps"], document["failures"]
    failing = document["failing_receivers"]
    assert isinstance(failing, list)  # noqa: S101
    assert isinstance(apps, list)  # noqa: S101 - as _status made them
    assert isinstance(failures, list)  # noqa: S101
    print_table(
        ["mini-program", "name", "report", "newest"],
        [[app["id"], app["name"], table, period] for app in apps for table, period in app["newest"].items()],
        empty="no mini-program is watched",
    )
    click.echo(f"\nopen alerts: {document['open_alerts']}")
    click.echo(f"failures of the newest poll: {len(failures)}")
    for failure in failures:
        click.echo(f"  {failure}")
    for each in failing:
        what = "off" if each["off"] else "refused in part" if each["in_part"] else "failing"
        click.echo(f"receiver {each['receiver']}: {what} since {each['since']}, {each['error']}")
