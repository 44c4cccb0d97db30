"""``[[test]]`` beside a ``[[rule]]``: what goes in, and what is to come out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field, PlainValidator

from smartapp_watch.alerts.alert import EventType, State
from smartapp_watch.config.complaints import read_part
from smartapp_watch.config.document import Part
from smartapp_watch.config.forms import line_of_text
from smartapp_watch.config.wording import did_you_mean, listed, refusal, show
from smartapp_watch.config.written import Line, Name, Written
from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.metrics.report import Unit
from smartapp_watch.rules.notation import Cell, read_series, read_words
from smartapp_watch.rules.rule import Rule
from smartapp_watch.rules.rule_test import ANY, RuleTest

LAST_DAY = date(2026, 11, 22)
"""What the last value is of where no ``start`` is written."""

_STATES = frozenset({State.OK, State.PENDING, State.FIRING, State.RECOVERING, State.STALE, ANY})


def series_text(value: object) -> str:
    """A series in the notation, or one number."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return line_of_text(str(value))
    raise refusal(f"is {show(value)}, which is no series", 'a number, or one each: "2000x28 900"')


Series = Annotated[str, PlainValidator(series_text)]


class WrittenTest(Written):
    """One ``[[test]]``."""

    rule: Name = Field(examples=['"new-users-drop"'])
    name: Line = Field(examples=['"fires on the day new users halve"'])
    values: Series = Field(examples=['"1000x28 500"'])
    counts: dict[str, Series] = Field(default_factory=dict)
    start: Line | None = None
    expect: Line | None = None
    expect_last: Line | None = None
    events: list[Line] | None = None


class _Wrong(Exception):
    """A mistake at a key; it ends the reading of its test."""

    def __init__(self, key: str | tuple[str | int, ...], what: str, meant: str = "") -> None:
        super().__init__(what)
        self.key, self.what, self.meant = key, what, meant


def read_rule_tests(
    top: Part, file: str, rules: Mapping[str, Rule], names: Iterable[str]
) -> Iterator[RuleTest]:
    """The tests of one file, each mistake noted. ``names``: those of all rules, with mistakes or without."""
    for part in top.tables("test"):
        written = read_part(part, WrittenTest, Path())
        if written is None:
            continue
        rule = rules.get(written.rule)
        if rule is None:
            if written.rule not in names:
                known = f"the rules are {listed(names, 'and')}" if names else "there are none"
                part.mistake(
                    "rule", f"there is no rule {show(written.rule)}", did_you_mean(written.rule, names, known)
                )
            continue
        try:
            test = _read(written, rule)
        except _Wrong as wrong:
            part.mistake(wrong.key, wrong.what, wrong.meant)
        else:
            yield replace(test, file=file, line=part.line)


def _read(written: WrittenTest, rule: Rule) -> RuleTest:
    try:
        values = read_series(written.values)
    except ValueError as error:
        raise _Wrong("values", f"`values`: {error}") from None
    test = RuleTest(
        rule=rule,
        name=written.name,
        values=values,
        counts=_read_counts(written, rule, values),
        start=_read_start(written, rule, len(values)),
        real_days=written.start is not None,
        expect_last=_read_state(written),
    )
    return replace(test, expect=_read_expect(written, test), events=_read_events(written, rule))


def _read_counts(
    written: WrittenTest, rule: Rule, values: tuple[Cell, ...]
) -> tuple[tuple[str, tuple[float | None, ...]], ...]:
    known = [metric.name for metric in rule.table.report.metrics if metric.name != rule.metric.name]
    for column in written.counts:
        if column not in known:
            raise _Wrong(
                ("counts", column),
                f"`counts` has {show(column)}, which is no other column of `{rule.table.report.name}`",
                did_you_mean(column, known, listed(known)),
            )
    counts = {column: _read_column(column, text, len(values)) for column, text in written.counts.items()}
    counts |= _implied(rule, values, counts)
    for column, _ in rule.at_least:
        if column != rule.metric.name and column not in counts:
            raise _Wrong(
                "counts",
                f"`counts` lacks `{column}`, which the rule's `at_least` looks at",
                f"counts = {{ {column} = 2000 }}",
            )
    return tuple(counts.items())


def _read_column(column: str, written: str, length: int) -> tuple[float | None, ...]:
    place = ("counts", column)
    try:
        cells = read_series(written)
    except ValueError as error:
        raise _Wrong(place, f"`counts.{column}`: {error}") from None
    if any(not cell.read or cell.early or cell.after for cell in cells):
        raise _Wrong(place, f"`counts.{column}` has more than values and gaps", "~, ? and > go into `values`")
    series = tuple(cell.value for cell in cells)
    if len(series) == 1:
        return series * length
    if len(series) != length:
        raise _Wrong(
            place,
            f"`counts.{column}` has {len(series)} values, `values` has {length}",
            "one number for all, or as many",
        )
    return series


def _implied(
    rule: Rule, values: tuple[Cell, ...], counts: Mapping[str, tuple[float | None, ...]]
) -> dict[str, tuple[float | None, ...]]:
    """The part that a ratio is made of, where only the whole is written."""
    if rule.metric.of is None or rule.metric.unit is not Unit.PERCENT:
        return {}
    part, whole = rule.metric.of
    if part in counts or whole not in counts:
        return {}
    return {
        part: tuple(
            None if cell.value is None or of is None else round(cell.value * of / 100)
            for cell, of in zip(values, counts[whole], strict=True)
        )
    }


def _read_start(written: WrittenTest, rule: Rule, length: int) -> Period:
    if written.start is None:
        last = Period.containing(LAST_DAY, rule.every)
        return (Period(last.granularity, last.first, 23) if rule.every is Granularity.HOUR else last).shift(
            1 - length
        )
    try:
        start = Period.parse(written.start)
    except ValueError as error:
        raise _Wrong("start", f"`start`: {error}") from None
    if start.granularity is not rule.every:
        raise _Wrong(
            "start",
            f"`start` is {show(written.start)}, a {start.granularity}; the rule judges every {rule.every}",
        )
    return start


def _read_state(written: WrittenTest) -> str:
    if written.expect is None and written.expect_last is None and written.events is None:
        raise _Wrong("name", "the test expects nothing", "`expect`, `expect_last` or `events`")
    state = written.expect_last or ""
    if state and state not in _STATES:
        raise _Wrong(
            "expect_last", f"`expect_last` is {show(state)}", did_you_mean(state, _STATES, listed(_STATES))
        )
    return state


def _read_expect(written: WrittenTest, test: RuleTest) -> tuple[str, ...]:
    if written.expect is None:
        return ()
    try:
        states = read_words(written.expect, _STATES)
    except ValueError as error:
        raise _Wrong("expect", f"`expect`: {error}") from None
    if len(states) not in {len(test.values), test.steps}:
        raise _Wrong("expect", f"`expect` has {len(states)} states, `values` has {len(test.values)} values")
    return states


def _read_events(written: WrittenTest, rule: Rule) -> tuple[str, ...] | None:
    if written.events is None:
        return None
    for number, text in enumerate(written.events):
        period, _, kind = text.partition(" ")
        try:
            well_formed = Period.parse(period).granularity is rule.every and kind in list(EventType)
        except ValueError:
            well_formed = False
        if not well_formed:
            raise _Wrong(
                ("events", number),
                f"`events` has {show(text)}, which is no event",
                f'a period and one of {listed(EventType)}, as in "2026-11-22 fire"',
            )
    return tuple(written.events)
