"""Rules, their tests and what trying them on the past found, as the JSON documents that scripts rely on."""

from __future__ import annotations

from collections.abc import Iterable

from smartapp_watch.evaluate.backtest import Backtest, Episode
from smartapp_watch.evaluate.rule_tests import Coverage, Outcome, Step
from smartapp_watch.notify.document import Document
from smartapp_watch.rules.difference import RuleChange
from smartapp_watch.rules.rule import Rule
from smartapp_watch.rules.verdict import Figures


def rule_document(rule: Rule, watches: int) -> Document:
    """One rule; ``watches``: how many mini-programs."""
    return {
        "rule": rule.name,
        "description": rule.description,
        "metric": rule.subject,
        "every": rule.every,
        "condition": rule.condition.words,
        "severity": rule.severity,
        "mode": rule.mode,
        "watches": watches,
        "file": rule.file,
        "line": rule.line,
    }


def tests_document(outcomes: Iterable[Outcome], gaps: Iterable[Coverage] | None) -> Document:
    """What came of the rules' tests; ``gaps``: null where nobody asked."""
    return {
        "tests": [_test(each) for each in outcomes],
        "gaps": None if gaps is None else [{"rule": each.rule.name, "lacks": each.lacks} for each in gaps],
    }


def _test(outcome: Outcome) -> Document:
    test = outcome.test
    return {
        "rule": test.rule.name,
        "name": test.name,
        "file": test.file,
        "line": test.line,
        "passed": outcome.passed,
        "steps": [_step(each) for each in outcome.steps],
        "events": list(outcome.events),
        "events_expected": None if test.events is None else list(test.events),
    }


def _step(step: Step) -> Document:
    judgement = step.judgement
    figures = judgement.figures if judgement else Figures()
    return {
        "period": str(step.period),
        "state": step.state,
        "expected": step.expected or None,
        "right": step.is_right,
        "verdict": judgement.verdict if judgement else None,
        "reason": judgement.reason if judgement else None,
        "value": figures.value,
        "baseline": figures.baseline,
    }


def backtest_document(found: Backtest) -> Document:
    """What a backtest found."""
    return {"episodes": [_episode(each) for each in found.episodes], "per_week": found.per_week}


def diff_document(
    changes: list[RuleChange], only: tuple[dict[int, str], list[Episode], list[Episode]] | None
) -> Document:
    """What two sets of rules differ in; without a history ``only_old`` and ``only_new`` are null."""
    return {
        "rules": [
            {
                "rule": change.name,
                "change": change.kind,
                "keys": {key: {"old": old, "new": new} for key, old, new in change.keys},
            }
            for change in changes
        ],
        "only_old": None if only is None else [_episode(each) for each in only[1]],
        "only_new": None if only is None else [_episode(each) for each in only[2]],
    }


def _episode(episode: Episode) -> Document:
    return {
        "rule": episode.rule,
        "app": None if episode.app_id is None else str(episode.app_id),
        "dimensions": dict(episode.dimensions),
        "from": str(episode.from_),
        "to": None if episode.to is None else str(episode.to),
        "peak": episode.peak,
        "state": episode.state,
        "texts": dict(episode.texts),
    }
