"""What an edit of rules changes: by their names, and apart from where they stand in their files. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum

from smartapp_watch.rules.rule import Change, Rule, Threshold


class ChangeKind(StrEnum):
    """What became of a rule."""

    NEW = "new"
    GONE = "gone"
    MEANING = "meaning"
    """It gives other verdicts."""
    WORDS = "words"
    """The same verdicts, told in another way: severity, texts, mode."""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule that is not the same in both; ``keys``: what of it changed, with both values as text."""

    name: str
    kind: ChangeKind
    keys: tuple[tuple[str, str, str], ...] = ()


_OF_PLACE = ("name", "file", "line")
_WRITTEN = {"for_": "for", "table": "every", "shadow": "mode"}


def compare(old: Iterable[Rule], new: Iterable[Rule]) -> list[RuleChange]:
    """Every rule that is new, gone or changed, in the order of names."""
    before = {rule.name: rule for rule in old}
    after = {rule.name: rule for rule in new}
    changes = []
    for name in sorted({*before, *after}):
        if name not in before:
            changes.append(RuleChange(name, ChangeKind.NEW))
        elif name not in after:
            changes.append(RuleChange(name, ChangeKind.GONE))
        else:
            keys = tuple(_changed_keys(before[name], after[name]))
            same = before[name].meaning == after[name].meaning
            if keys:
                changes.append(RuleChange(name, ChangeKind.WORDS if same else ChangeKind.MEANING, keys))
    return changes


def _changed_keys(old: Rule, new: Rule) -> Iterable[tuple[str, str, str]]:
    for field in fields(Rule):
        if field.name in _OF_PLACE:
            continue
        before, after = _show(old, field.name), _show(new, field.name)
        if before != after:
            yield _WRITTEN.get(field.name, field.name), before, after


def _show(rule: Rule, name: str) -> str:
    shown = {
        "condition": _show_condition(rule),
        "table": rule.every,
        "metric": rule.metric_name,
        "apps": ", ".join(f"{each.kind}:{each.pattern}" for each in rule.apps) or "all",
        "where": ", ".join(f"{each.column} = {' or '.join(each.patterns)}" for each in rule.where) or "all",
        "at_least": ", ".join(f"{column} {floor:g}" for column, floor in rule.at_least) or "none",
        "shadow": "shadow" if rule.shadow else "live",
    }
    return shown.get(name, str(getattr(rule, name)))


def _show_condition(rule: Rule) -> str:
    match rule.condition:
        case Threshold(clears_at=clears) | Change(clears_by=clears) if clears is not None:
            return f"{rule.condition.words}, clears at {clears:g}"
        case _:
            return rule.condition.words
