"""Rules, series and verdicts for tests, in few words."""

from __future__ import annotations

from collections.abc import Sequence

from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Unit
from smartapp_watch.rules.judge import Evidence, Point
from smartapp_watch.rules.rule import (
    Against,
    Change,
    Condition,
    Direction,
    Rule,
    Scale,
    Severity,
    Threshold,
    Where,
)
from smartapp_watch.rules.verdict import Reason

DAY = Period.parse("2026-11-22")


def above(limit: float) -> Condition:
    return Threshold(Direction.RISE, limit)


def below(limit: float) -> Condition:
    return Threshold(Direction.DROP, limit)


def change(words: str) -> Condition:
    """``drops_by 30% against 4_weeks`` as a condition."""
    key, amount, _, against = words.split()
    direction = {"rises_by": Direction.RISE, "drops_by": Direction.DROP, "changes_by": Direction.EITHER}[key]
    scale = next((each for each in (Scale.PERCENT, Scale.POINTS) if amount.endswith(each)), Scale.UNITS)
    return Change(direction, float(amount.removesuffix(scale)), scale, Against(against))


def rule(
    metric: str,
    condition: Condition,
    *,
    name: str = "a-rule",
    at_least: Sequence[tuple[str, float]] = (),
    where: Sequence[tuple[str, str]] = (),
    for_: int = 1,
    severity: Severity = Severity.WARNING,
) -> Rule:
    """A rule on ``table.field``."""
    table, _, field = metric.partition(".")
    return Rule(
        name=name,
        table=TABLES[table],
        metric=TABLES[table].report.metric(field),
        condition=condition,
        at_least=tuple(at_least),
        where=tuple(Where(column, (pattern,)) for column, pattern in where),
        for_=for_,
        severity=severity,
        file="rules/test.toml",
        line=1,
    )


def evidence(
    watched: Rule,
    present: float | Reason,
    weeks: Sequence[float | None] = (),
    counts: float = 1000,
    past_counts: float = 1000,
) -> Evidence:
    """What is known at :data:`DAY`: the present, and the values of the weeks before it, newest first."""

    def point(value: float, count: float) -> Point:
        own = {watched.metric.name: value} if watched.metric.unit is Unit.COUNT else {}
        return Point(value, {**{column: count for column, _ in watched.at_least}, **own})

    past = {
        DAY.weeks_before(number): point(value, past_counts)
        for number, value in enumerate(weeks, start=1)
        if value is not None
    }
    return Evidence(present if isinstance(present, Reason) else point(present, counts), past)
