"""``rules``: look at them, test them, try them on the past, and compare two sets of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from smartapp_watch.cli.evaluate import place, whole
from smartapp_watch.cli.rule_documents import backtest_document, diff_document, rule_document, tests_document
from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.cli.show import print_json, print_table
from smartapp_watch.config.load import load_rules
from smartapp_watch.config.wording import did_you_mean
from smartapp_watch.errors import UsageError
from smartapp_watch.evaluate import Scope
from smartapp_watch.evaluate.backtest import Episode, backtest, count_with_factors, differences, scaled
from smartapp_watch.evaluate.rule_tests import Outcome, coverage, run_test
from smartapp_watch.history.database import History
from smartapp_watch.rules.baseline import companions
from smartapp_watch.rules.difference import ChangeKind, RuleChange, compare
from smartapp_watch.rules.rule import Change, Late, Rule, Scale, Threshold, Unusual

_DAYS = click.option(
    "--days", type=click.IntRange(1, 1000), default=60, show_default=True, help="The newest final days."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


@click.group()
def command() -> None:
    """Look at, test, replay and compare rules."""


@command.command("list")
@_JSON
@pass_session
def list_rules(session: Session, as_json: bool) -> None:
    """Every rule, its condition, and how many mini-programs it watches."""
    watch = session.watch()
    if as_json:
        print_json([rule_document(rule, len(watch.scope.watched_by(rule))) for rule in watch.config.rules])
        return
    print_table(
        ["rule", "metric", "every", "condition", "severity", "mode", "watches", "file"],
        [
            [
                rule.name,
                rule.subject,
                rule.every,
                rule.condition.words,
                rule.severity,
                rule.mode,
                len(watch.scope.watched_by(rule)),
                f"{rule.file}:{rule.line}",
            ]
            for rule in watch.config.rules
        ],
        empty="there are no rules",
    )


@command.command("test")
@click.option("--rule", "names", multiple=True, help="Only the tests of this rule.")
@click.option(
    "--coverage", "with_coverage", is_flag=True, help="Name the rules without a firing or a quiet test."
)
@_JSON
@pass_session
def test_rules(session: Session, names: tuple[str, ...], with_coverage: bool, as_json: bool) -> None:
    """Run the [[test]] blocks beside the rules; exit code 1 where one fails, or coverage has a gap."""
    config = session.config()
    rules = _named(config.rules, names)
    outcomes = [run_test(test) for test in config.tests if test.rule in rules]
    failed = [outcome for outcome in outcomes if not outcome.passed]
    gaps = [each for each in coverage(rules, outcomes) if each.lacks] if with_coverage else None
    if as_json:
        print_json(tests_document(outcomes, gaps))
    else:
        for outcome in failed:
            _show_failure(outcome)
        click.echo(f"{len(outcomes)} tests, {len(failed)} failed")
        for gap in gaps or ():
            place = f"{gap.rule.file}:{gap.rule.line}"
            click.echo(f"{place}: {gap.rule.name} has no {' and '.join(gap.lacks)} test that passes")
    sys.exit(1 if failed or gaps else 0)


def _show_failure(outcome: Outcome) -> None:
    test = outcome.test
    click.echo(f"{test.file}:{test.line}: {test.rule.name}: {test.name}: failed")
    for step in outcome.steps:
        if step.is_right:
            continue
        line = f"  {step.period}: expected {step.expected}, is {step.state}"
        if step.judgement is not None:
            figures = step.judgement.figures
            usual = f" against {figures.baseline:g}" if figures.baseline is not None else ""
            value = "no value" if figures.value is None else f"{figures.value:g}"
            reason = f", {step.judgement.reason}" if step.judgement.reason else ""
            line += f" ({step.judgement.verdict}{reason}: {value}{usual})"
        else:
            line += " (not judged)"
        click.echo(line)
    if test.events is not None and test.events != outcome.events:
        click.echo(f"  events expected: {', '.join(test.events) or 'none'}")
        click.echo(f"  events:          {', '.join(outcome.events) or 'none'}")


@command.command("backtest")
@click.option("--rule", "names", multiple=True, help="Only this rule.")
@_DAYS
@_JSON
@pass_session
def replay(session: Session, names: tuple[str, ...], days: int, as_json: bool) -> None:
    """Replay rules over the stored past, each day as it was known when it was final."""
    watch = session.watch()
    scope = watch.scope
    asked = {rule.name for rule in _named(scope.rules, names)}
    with session.reading(watch.config) as history:
        found = backtest(history, scope, watch.clock(), days, of=asked)
        if as_json:
            print_json(backtest_document(found))
            return
        titles = _titles(history)
        _show_episodes(found.episodes, titles)
        click.echo()
        print_table(
            ["rule", "alerts a week", "alerts with other settings"],
            [
                [
                    rule.name,
                    found.per_week[rule.name],
                    _other_settings(history, scope, rule, watch.clock(), days),
                ]
                for rule in found.rules
            ],
            empty="there are no rules",
        )


def _other_settings(history: History, scope: Scope, rule: Rule, now: datetime, days: int) -> str:
    """``11 at 15%, 4 at 22.5% …``: how often it would have fired with another amount, limit or score."""
    counts = count_with_factors(history, scope, rule, now, days)
    tried = [(scaled(rule, factor), count) for factor, count in counts.items() if factor != 1]
    return ", ".join(f"{count} with {_setting(other)}" for other, count in tried if other is not None)


def _setting(rule: Rule) -> str:
    match rule.condition:
        case Threshold(limit=limit):
            return f"{limit:g}"
        case Change(amount=amount, scale=scale):
            return f"{amount:g}{'' if scale is Scale.UNITS else scale}"
        case Unusual(score=score):
            return f"score {score:g}"
        case Late(after=after):
            return f"{after:%H:%M}"


def _show_episodes(episodes: tuple[Episode, ...] | list[Episode], titles: dict[int, str]) -> None:
    print_table(
        ["rule", "mini-program", "where", "from", "to", "peak", "state"],
        [
            [
                each.rule,
                whole(each.dimensions) if each.app_id is None else titles.get(each.app_id, each.app_id),
                place(each.dimensions, each.texts),
                each.from_,
                each.to,
                each.peak,
                each.state,
            ]
            for each in episodes
        ],
        empty="no episode",
    )


def _titles(history: History) -> dict[int, str]:
    return {app.id: app.title for app in history.observations.apps()}


def _named(rules: tuple[Rule, ...], names: tuple[str, ...]) -> tuple[Rule, ...]:
    known = [rule.name for rule in rules]
    for name in names:
        if name not in known:
            raise UsageError(f"there is no rule {name!r}; {did_you_mean(name, known, 'see rules list')}")
    return tuple(rule for rule in rules if not names or rule.name in names)


@command.command("diff")
@click.argument("old", type=click.Path(exists=True, path_type=Path))
@click.argument("new", type=click.Path(exists=True, path_type=Path))
@_DAYS
@_JSON
@pass_session
def diff(session: Session, old: Path, new: Path, days: int, as_json: bool) -> None:
    """What an edit of rules changes: OLD and NEW are folders of rules, rule files, or settings.

    Where there is a history, also which alerts of the past only one of them would have told of.
    """
    before, after = load_rules(old), load_rules(new)
    changes = compare(before, after)
    only = _episodes_of_one(session, changes, before, after, days)
    if as_json:
        print_json(diff_document(changes, only))
        return
    _show_changes(changes)
    if only is None:
        click.echo("\nno history to try them on")
        return
    titles, gone, come = only
    for what, episodes in (("OLD", gone), ("NEW", come)):
        click.echo(f"\nalerts of the last {days} days that only {what} tells of:")
        _show_episodes(episodes, titles)


Only = tuple[dict[int, str], list[Episode], list[Episode]]
"""Names of mini-programs; the episodes that only the old rules have, those that only the new ones have."""


def _episodes_of_one(
    session: Session, changes: list[RuleChange], old: tuple[Rule, ...], new: tuple[Rule, ...], days: int
) -> Only | None:
    """None where there is no history."""
    if not session.path.exists():
        return None
    watch = session.watch()
    if not watch.config.history.path.exists():
        return None
    changed = {change.name for change in changes if change.kind is not ChangeKind.WORDS}
    of = {rule.name for rules in (old, new) for rule in _judged_with(changed, rules)}
    with session.reading(watch.config) as history:
        gone, come = (
            backtest(history, replace(watch.scope, rules=rules), watch.clock(), days, of=of).episodes
            for rules in (old, new)
        )
        return _titles(history), *differences(gone, come)


def _judged_with(changed: set[str], rules: tuple[Rule, ...]) -> Iterator[Rule]:
    """The rules whose alerts an edit may change: those changed, and those that are judged beside them."""
    for group in companions(rules):
        if any(rule.name in changed for rule in group):
            yield from group


def _show_changes(changes: list[RuleChange]) -> None:
    print_table(
        ["rule", "change", "key", "old", "new"],
        [
            [change.name, change.kind, key, before, after]
            for change in changes
            for key, before, after in change.keys or (("", "", ""),)
        ],
        empty="the rules are the same",
    )
