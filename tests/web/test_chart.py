"""A drawing says what is known, where it is known, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from smartapp_watch.metrics.period import Period, periods_between
from smartapp_watch.metrics.report import Unit
from smartapp_watch.metrics.words import Language
from smartapp_watch.web.chart import HEIGHT, WIDTH, ChartView, Place, Series, Span, chart_view, rows_of
from tests.build import DAY

EN = Language.EN


def series(values: Sequence[float | None], spans: Sequence[Span] = ()) -> Series:
    periods = tuple(periods_between(DAY.shift(1 - len(values)), DAY))
    return Series(periods, values, Unit.COUNT, spans=spans)


def drawn(values: Sequence[float | None], spans: Sequence[Span] = ()) -> ChartView:
    return chart_view(Place("it", "it"), "Users", "", series(values, spans), EN)


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]


def test_a_line_is_broken_where_nothing_is_known_and_never_falls_to_zero() -> None:
    view = drawn([500, 510, None, 505, 500])
    assert [len(points(part)) for part in view.line.split("M")[1:]] == [2, 2]
    assert view.scale[-1].text == "500"


def test_a_value_between_two_that_are_missing_is_a_dot() -> None:
    view = drawn([None, 500, None, 600, 600])
    assert [dot[0] for dot in view.dots] == [round(view.left + view.step, 1)]


def test_everything_drawn_lies_within_the_drawing() -> None:
    span = Span(DAY.shift(-60), None, "critical", "fell")
    for values in ([0, 0, 0], [7], [1e12, -3, None], [None, 0.001, 0.002], [5] * 28):
        view = drawn(values, [span])
        for x, y in points(view.line + view.band):
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT
        for mark in view.marks:
            assert mark.x >= 0
            assert mark.x + mark.width <= WIDTH


def test_rings_are_on_the_weekday_of_the_last_day() -> None:
    view = drawn(range(28))
    assert [round((x - view.left) / view.step) for x, _ in view.rings] == [20, 13, 6]


def test_an_alert_stands_below_the_days_that_it_covers() -> None:
    span = Span(DAY.shift(-5), DAY.shift(-3), "warning", "fell")
    (mark,) = drawn([5] * 10, [span]).marks
    view = drawn([5] * 10)
    assert round((mark.x - view.left) / view.step, 1) == 3.5
    assert round(mark.width / view.step, 1) == 3.0
    covered = [row.alerts for row in rows_of(series([5] * 10, [span]), EN)]
    assert covered == [""] * 4 + ["fell"] * 3 + [""] * 3


def test_an_alert_before_the_first_day_is_not_drawn() -> None:
    span = Span(DAY.shift(-50), DAY.shift(-40), "warning", "fell")
    assert drawn([5] * 10, [span]).marks == ()


def test_the_table_says_what_is_missing_and_what_was_usual() -> None:
    known = Series((DAY.shift(-1), DAY), (None, 61.04), Unit.PERCENT, (None, 38.2), (None, 41.0))
    assert [(row.value, row.usual) for row in rows_of(known, EN)] == [
        ("no data", ""),
        ("61.0%", "38.2%–41.0%"),
    ]


def test_weeks_are_drawn_like_days() -> None:
    weeks = tuple(Period.parse(f"2026-W{number}") for number in (45, 46, 47))
    view = chart_view(Place("it", "it"), "Users", "", Series(weeks, (1, 2, 3), Unit.COUNT), EN)
    assert view.rings == ()
    assert [label.text for label in view.days] == ["week 45", "week 46", "week 47"]
