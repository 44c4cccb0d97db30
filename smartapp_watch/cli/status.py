"""``status``: is it well? What ails it, whose figures lag, open alerts, the queue, receivers, the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import click

from smartapp_watch.cli.queue import is_quiet, queue_document
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.cli.show import print_json
from smartapp_watch.cli.status_lines import status_lines
from smartapp_watch.clock import first_after
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.health import Ailment, late_hour, newest_awaited
from smartapp_watch.history.database import History
from smartapp_watch.history.troubles import Trouble
from smartapp_watch.notify.document import Document
from smartapp_watch.rules.rule import Severity
from smartapp_watch.status import AppFreshness, overdue_since, read_freshness, settings_refused
from smartapp_watch.tokens import platform_expiry
from smartapp_watch.watch import Watch


@click.command()
@click.option("--all", "every", is_flag=True, help="Each mini-program, also of many that do not lag.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@pass_session
def command(session: Session, *, every: bool, as_json: bool) -> None:
    """Say whether the service is well, and show data, failures, alerts, the queue, receivers and the file."""
    watch = session.watch()
    with session.reading(watch.config) as history:
        document = status_document(watch, history)
        queue = history.outbox.undelivered()
    if as_json:
        print_json(document)
        return
    for line in status_lines(document, queue, watch, every=every):
        click.echo(line)


def status_document(watch: Watch, history: History) -> Document:
    """Everything that ``status`` says."""
    now, config = watch.clock(), watch.config
    ailments = (*watch.ailments(history), *settings_refused(history))
    last_poll, evaluated = history.polls.newest_at(), history.alerts.evaluated_at()
    overdue = overdue_since(config, last_poll, now)
    open_alerts = history.alerts.open_alerts()
    severities = Counter(alert.severity for alert in open_alerts)
    freshness = read_freshness(config, history, now)
    return {
        "now": now.isoformat(),
        "well": overdue is None and not ailments,
        "ailments": [_ailment(each) for each in ailments],
        "overdue_since": _text(overdue),
        "last_poll": _text(last_poll),
        "last_evaluation": _text(evaluated),
        "next_poll": _text(first_after(config.poll.schedule, now, config.timezone)),
        "awaited": str(newest_awaited(now, late_hour(config.rules), config.timezone)[0]),
        "apps": [_app(each) for each in freshness.apps],
        "platform": freshness.platform,
        "failures": history.polls.newest().lines,
        "open_alerts": len(open_alerts),
        "open_by_severity": {severity: severities[severity] for severity in reversed(Severity)},
        **_receivers(config, history.outbox.troubles.all()),
        "queue": [
            queue_document(each, quiet=is_quiet(each, watch.quiet_hours, now))
            for each in history.outbox.undelivered()
        ],
        "tokens": _tokens(config),
        "unknown_year": watch.unknown_year,
        "history": _file(history),
    }


def _app(each: AppFreshness) -> Document:
    app = each.settings.app
    return {"id": str(app.id), "name": app.title, "newest": each.newest, "lags": list(each.lags)}


def _ailment(ailment: Ailment) -> Document:
    return {
        "topic": ailment.topic,
        "since": ailment.since.isoformat(),
        "error": ailment.error,
        "apps": list(ailment.apps),
        "count": ailment.count,
        "of": ailment.of,
        "receiver": ailment.receiver,
        "critical": ailment.is_critical,
        "cause": ailment.cause,
    }


def _receivers(config: WatchConfig, troubles: Sequence[Trouble]) -> Document:
    names = [each.name for each in config.receivers]
    failing = {each.receiver: each for each in troubles if each.receiver in names}
    return {
        "receivers": [{"receiver": name, "state": _state(failing.get(name))} for name in names],
        "failing_receivers": [
            {
                "receiver": each.receiver,
                "since": each.since.isoformat(),
                "off": each.is_off,
                "in_part": each.in_part,
                "error": each.error,
            }
            for each in failing.values()
        ],
    }


def _state(trouble: Trouble | None) -> str:
    if trouble is None:
        return "works"
    return "off" if trouble.is_off else "refused in part" if trouble.in_part else "failing"


def _tokens(config: WatchConfig) -> list[Document]:
    expiry = platform_expiry(config)
    return [{"subject": expiry.subject, "at": expiry.at.isoformat()}] if expiry else []


def _file(history: History) -> Document:
    """The history's file with what SQLite keeps beside it, and how long the disk lasts."""
    size = history.storage.size()
    return {
        "path": str(history.path),
        "bytes": size.file + size.log,
        "bytes_a_day": size.a_day,
        "disk_free": size.disk_free,
        "days_until_full": size.days_until_full,
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
