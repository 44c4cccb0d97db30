"""``alerts``: what is open, and who deals with it."""

from __future__ import annotations

import click

from smartapp_watch.alerts.silence import Quiet
from smartapp_watch.cli.documents import alert_document
from smartapp_watch.cli.evaluate import place, whole
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.cli.show import print_json, print_table, show_figure
from smartapp_watch.cli.silenced import find_silenced
from smartapp_watch.history.silences import Ack

_HEAD = ("alert", "state", "severity", "rule", "mini-program", "where", "since", "period", "value", "usual")


@click.command()
@click.option("--all", "everything", is_flag=True, help="Also those that are over.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@pass_session
def command(session: Session, everything: bool, as_json: bool) -> None:
    """Show the alerts that are open."""
    config = session.config()
    with session.reading(config) as history:
        alerts = history.alerts.all_alerts() if everything else history.alerts.open_alerts()
        names = {app.id: app.title for app in history.observations.apps()}
        acks, quiets = history.silences.acks(), find_silenced(history, config, alerts, session.clock()())
    rules = {rule.name: rule for rule in config.rules}
    units = {name: rule.metric.unit for name, rule in rules.items()}
    if as_json:
        print_json([alert_document(each, rules, acks.get(each.id), quiets.get(each.id)) for each in alerts])
        return
    print_table(
        [*_HEAD, "remarks"],
        [
            [
                alert.id,
                alert.state,
                alert.severity,
                alert.rule,
                whole(alert.dimensions) if alert.app_id is None else names.get(alert.app_id, alert.app_id),
                place(alert.dimensions, alert.texts),
                alert.since,
                alert.period,
                show_figure(alert.figures.value, units.get(alert.rule)),
                show_figure(alert.figures.baseline, units.get(alert.rule)),
                _remark(acks.get(alert.id), quiets.get(alert.id)),
            ]
            for alert in alerts
        ],
        numbers=("alert", "value", "usual"),
        empty="no alert" if everything else "no alert is open",
    )


def _remark(ack: Ack | None, quiet: Quiet | None) -> str:
    """Who deals with it, and why it is not told."""
    note = f"{ack.by} deals with it" + (f": {ack.note}" if ack.note else "") if ack else ""
    return "; ".join(filter(None, [note, quiet.words if quiet else ""]))
