"""``explain``: why an alert fired, why none did, and why nobody was told."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

import click

from smartapp_watch.alerts.alert import Alert, is_of_fleet
from smartapp_watch.cli.evaluate import parse_period
from smartapp_watch.cli.explanation import (
    explanation_document,
    explanation_lines,
    memory_document,
    memory_lines,
)
from smartapp_watch.cli.history import parse_where
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.cli.show import print_json
from smartapp_watch.config.wording import did_you_mean, listed
from smartapp_watch.errors import UsageError
from smartapp_watch.evaluate.explain import Explanation, Memory, explain, explain_alert, recall
from smartapp_watch.history.database import History
from smartapp_watch.rules.rule import Rule, Where
from smartapp_watch.watch import Watch

_MOST = 10
"""Series shown in full; of a page rule there may be thousands."""


@click.command()
@click.argument("alert", type=int, required=False)
@click.option("--rule", "rule_name", help="The rule's name.")
@click.option("--app", help="The mini-program's number; not for rules of the whole platform.")
@click.option("--period", help="As 2026-11-22 or 2026-W47.")
@click.option("--every", type=click.Choice(["hour", "day", "week", "month"]), help="What the period is.")
@click.option(
    "--where", "wheres", multiple=True, metavar="COLUMN=VALUE", help="Only series like this; a glob."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@pass_session
def command(
    session: Session,
    *,
    alert: int | None,
    rule_name: str | None,
    app: str | None,
    period: str | None,
    every: str | None,
    wheres: tuple[str, ...],
    as_json: bool,
) -> None:
    """Why ALERT fired; or what a rule makes of a mini-program at a period, and who was told."""
    watch = session.watch()
    with session.reading(watch.config) as history:
        if alert is not None:
            if rule_name or app or period or wheres:
                raise UsageError("either an alert's number, or --rule, --app and --period")
            known = _find_alert(history, alert)
            rules = {rule.name for rule in watch.config.rules}
            if known.rule not in rules or is_of_fleet(known.dimensions):
                _show_memory(recall(history, watch.scope, known, watch.clock()), as_json=as_json)
                return
            found = explain_alert(history, watch.scope, known, watch.clock())
        else:
            question = _Question(rule_name, app, period, every, tuple(map(parse_where, wheres)))
            found = _explain_period(watch, history, question)
    if as_json:
        print_json([explanation_document(each) for each in found])
    else:
        _show(found)


def _find_alert(history: History, number: int) -> Alert:
    alert = history.alerts.alert(number)
    if alert is None:
        raise UsageError(f"there is no alert {number}; alerts --all lists them")
    return alert


def _show_memory(memory: Memory, *, as_json: bool) -> None:
    if as_json:
        print_json([memory_document(memory)])
    else:
        click.echo("\n".join(memory_lines(memory)))


@dataclass(frozen=True, slots=True)
class _Question:
    """What was asked about in place of an alert, as it was typed."""

    rule: str | None
    app: str | None
    period: str | None
    every: str | None
    where: tuple[Where, ...]


def _explain_period(watch: Watch, history: History, asked: _Question) -> list[Explanation]:
    if not asked.rule or not asked.period:
        raise UsageError("explain needs an alert's number, or --rule, --app and --period")
    rule = find_rule(watch, asked.rule)
    period = parse_period(asked.period)
    if asked.every and asked.every != rule.every:
        raise UsageError(f"{rule.name} judges every {rule.every}, not every {asked.every}")
    if period.granularity is not rule.every:
        raise UsageError(f"{period} is a {period.granularity}; {rule.name} judges every {rule.every}")
    _refuse_unknown_columns(rule, asked.where)
    app_id = _find_app(watch, rule, asked.app)
    found = explain(history, watch.scope, rule, app_id=app_id, period=period, now=watch.clock())
    return [each for each in found if _is_meant(each, asked.where)]


def _refuse_unknown_columns(rule: Rule, where: tuple[Where, ...]) -> None:
    report = rule.table.report
    known = [*(each.name for each in report.dimensions), *(each.name for each in report.texts)]
    for each in where:
        if each.column not in known:
            meant = did_you_mean(each.column, known, f"it has {listed(known)}" if known else "it has none")
            raise UsageError(f"{report.name} has no column {each.column!r} to choose by; {meant}")


def _is_meant(found: Explanation, where: tuple[Where, ...]) -> bool:
    cells = dict((*found.dimensions, *found.texts))
    return all(
        any(fnmatchcase(str(cells.get(each.column, "")), pattern) for pattern in each.patterns)
        for each in where
    )


def find_rule(watch: Watch, name: str) -> Rule:
    """The rule of that name; UsageError where there is none."""
    rules = {rule.name: rule for rule in watch.config.rules}
    if name not in rules:
        raise UsageError(f"there is no rule {name!r}; {did_you_mean(name, rules, 'see rules list')}")
    return rules[name]


def _find_app(watch: Watch, rule: Rule, text: str | None) -> int | None:
    watched = watch.scope.watched_by(rule)
    if rule.table.report.of_platform:
        if text:
            raise UsageError(f"{rule.name} is of the whole platform; leave --app out")
        return None
    if text is None:
        raise UsageError(f"{rule.name} is of mini-programs; say which one with --app")
    if not text.isdigit() or int(text) not in {each.app.id for each in watch.config.apps}:
        raise UsageError(f"no mini-program {text} is listed; status names them")
    if int(text) not in watched:
        raise UsageError(f"{rule.name} does not watch {text}: see its apps, and what is polled")
    return int(text)


def _show(found: list[Explanation]) -> None:
    for each in found[:_MOST]:
        click.echo("\n".join(explanation_lines(each)))
        click.echo()
    if len(found) > _MOST:
        click.echo(f"and {len(found) - _MOST} more that moved less; --json has them all")
    if not found:
        click.echo("nothing: there is no row that the rule watches, then or in what it compares with")
