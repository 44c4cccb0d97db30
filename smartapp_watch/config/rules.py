"""``rules/*.toml``: reads every rule file of the folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from smartapp_watch.config.companions import check_companions, find_condition, require_subject
from smartapp_watch.config.complaints import known_keys, read_part
from smartapp_watch.config.conditions import read_condition, read_lateness
from smartapp_watch.config.document import Findings, Part, read_document
from smartapp_watch.config.guards import check_significance, check_window, read_floors
from smartapp_watch.config.polling import Polling
from smartapp_watch.config.review import Names
from smartapp_watch.config.rule_tests import read_rule_tests
from smartapp_watch.config.series import check_polled, find_metric, find_report, find_table, read_where
from smartapp_watch.config.wording import did_you_mean
from smartapp_watch.config.written_rule import LATE, WrittenRule
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.report import Table
from smartapp_watch.rules.rule import Rule, Severity
from smartapp_watch.rules.rule_test import RuleTest

_TOP = ("rule", "test")
"""What a rule file holds."""


@dataclass(frozen=True)
class RuleFile:
    """A rule file: where it is, how it is shown to people here, and its name in messages."""

    path: Path
    shown: str
    name: str


def rule_files(folder: Path) -> list[Path]:
    """The rule files of a folder, by name; hidden ones (an editor's own) are none. OSError as it comes."""
    return sorted(
        path for path in folder.iterdir() if path.suffix == ".toml" and not path.name.startswith(".")
    )


def read_rules(
    files: Iterable[RuleFile], polling: Polling, findings: Findings
) -> tuple[tuple[Rule, ...], tuple[RuleTest, ...]]:
    """Every rule of the files and every test of a rule, each mistake noted."""
    names = Names("rule")
    rules: list[Rule] = []
    tops: list[tuple[Part, str]] = []
    for file in files:
        document = read_document(file.path, file.shown, findings)
        if document is not None:
            top = Part(document, findings)
            _check_top(top)
            rules += _read_file(top, file.name, names, polling)
            tops.append((top, file.name))
    by_name = {rule.name: rule for rule in rules}
    tests = (test for top, name in tops for test in read_rule_tests(top, name, by_name, names.given))
    return tuple(rules), tuple(tests)


def _check_top(top: Part) -> None:
    for key in top.data:
        if key not in _TOP:
            top.mistake(key, f"there is no key `{key}` at the top of a rule file", _meant_top(key))


def _read_file(top: Part, file: str, names: Names, polling: Polling) -> Iterator[Rule]:
    for part in top.tables("rule"):
        if isinstance(part.data.get("name"), str):
            names.add(part, part.data["name"])
        rule = _read_rule(part, file, polling)
        if rule is not None:
            yield rule


def _meant_top(key: str) -> str:
    if key in known_keys(WrittenRule):
        return "it belongs below a [[rule]]"
    return did_you_mean(key, _TOP, "a [[rule]] for each rule")


def _read_rule(part: Part, file: str, polling: Polling) -> Rule | None:
    require_subject(part)
    written = read_part(part, WrittenRule, Path())
    if written is None:
        return None
    condition = find_condition(part, written)
    if condition is not None:
        check_companions(part, condition)
    rule = (_read_late if condition == LATE else _read_judging)(part, written, condition, polling)
    if rule is None:
        return None
    return replace(
        rule,
        description=written.description,
        severity=Severity(written.severity),
        runbook=written.runbook,
        apps=tuple(written.apps or ()),
        shadow=written.mode == "shadow",
        file=file,
        line=part.line,
    )


def _read_late(part: Part, written: WrittenRule, _: str | None, polling: Polling) -> Rule | None:
    """A rule that asks whether a report is there: any metric of it stands for the whole."""
    report = find_report(part, written)
    if report is None:
        return None
    table = Table(report)
    if polling.complete:
        check_polled(part, table, tuple(written.apps or ()), polling)
    return Rule(written.name, table, report.metrics[0], read_lateness(written))


def _read_judging(part: Part, written: WrittenRule, key: str | None, polling: Polling) -> Rule | None:
    """A rule that judges a metric's values; ``key``: its condition's."""
    found = find_metric(part, written)
    if found is None:
        return None
    report, metric = found
    condition = read_condition(part, key, written, metric) if key is not None else None
    check_significance(part, written, key, metric)
    table = find_table(part, report, Granularity(written.every))
    if table is None:
        return None
    if polling.complete:
        check_polled(part, table, tuple(written.apps or ()), polling)
    where = read_where(part, written, table, polling)
    at_least = read_floors(part, written, table, metric)
    check_window(part, written, table, metric)
    if condition is None:
        return None
    return Rule(
        written.name,
        table,
        metric,
        condition,
        where=where,
        at_least=at_least,
        for_=written.for_,
        keep=written.keep,
        window=written.window or 1,
        significant=written.significant is not False,
    )
