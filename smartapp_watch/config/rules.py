"""``rules/*.toml``: reads every rule file of the folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from smartapp_watch.config.complaints import read_part
from smartapp_watch.config.conditions import read_condition, read_floors
from smartapp_watch.config.document import Findings, Part, read_document
from smartapp_watch.config.polling import Polling
from smartapp_watch.config.review import Names
from smartapp_watch.config.series import check_polled, find_metric, find_table, read_where
from smartapp_watch.config.wording import did_you_mean
from smartapp_watch.config.written_rule import WrittenRule
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.rules.rule import Rule, Severity


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


def read_rules(files: Iterable[RuleFile], polling: Polling, findings: Findings) -> tuple[Rule, ...]:
    """Every rule of the files, each mistake noted."""
    names = Names("rule")
    rules: list[Rule] = []
    for file in files:
        document = read_document(file.path, file.shown, findings)
        if document is not None:
            top = Part(document, findings)
            _check_top(top)
            rules += _read_file(top, file.name, names, polling)
    return tuple(rules)


def _check_top(top: Part) -> None:
    for key in top.data:
        if key == "test":
            top.mistake(key, "`[[test]]` is not built yet in this version", "leave it out")
        elif key != "rule":
            top.mistake(key, f"there is no key `{key}` at the top of a rule file", _meant_top(key))


def _read_file(top: Part, file: str, names: Names, polling: Polling) -> Iterator[Rule]:
    for part in top.tables("rule"):
        if isinstance(part.data.get("name"), str):
            names.add(part, part.data["name"])
        rule = _read_rule(part, file, polling)
        if rule is not None:
            yield rule


def _meant_top(key: str) -> str:
    if key in WrittenRule.model_fields or key in WrittenRule.unbuilt:
        return "it belongs below a [[rule]]"
    return did_you_mean(key, ["rule"], "a [[rule]] for each rule")


def _read_rule(part: Part, file: str, polling: Polling) -> Rule | None:
    written = read_part(part, WrittenRule, Path())
    if written is None:
        return None
    found = find_metric(part, written.metric)
    if found is None:
        return None
    report, metric = found
    condition = read_condition(part, written, metric)
    table = find_table(part, report, Granularity(written.every))
    if table is None:
        return None
    apps = tuple(written.apps or ())
    if polling.complete:
        check_polled(part, table, apps, polling)
    where = read_where(part, written, table, polling)
    at_least = read_floors(part, written, table, metric)
    if condition is None:
        return None
    return Rule(
        name=written.name,
        table=table,
        metric=metric,
        condition=condition,
        description=written.description,
        severity=Severity(written.severity),
        runbook=written.runbook,
        apps=apps,
        where=where,
        at_least=at_least,
        for_=written.for_,
        file=file,
        line=part.line,
    )
