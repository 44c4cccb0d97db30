from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.simulator.holidays import day_factor
from smartapp_watch.simulator.spans import Span, cut, later, name_of

_DATES = st.dates(date(2026, 1, 1), date(2027, 3, 1))
_GRANS = st.sampled_from(["day", "week", "month"])


@given(_DATES, st.integers(0, 70), _GRANS)
def test_cutting_a_range_loses_no_day_and_repeats_none(first: date, length: int, gran: str) -> None:
    asked = Span(first, first + timedelta(days=length))
    assert tuple(day for span in cut(asked, gran) for day in span.days) == asked.days


@given(_DATES, st.integers(0, 70))
def test_weeks_are_cut_at_the_ends_of_the_range_only(first: date, length: int) -> None:
    spans = cut(Span(first, first + timedelta(days=length)), "week")
    assert all(span.first.weekday() == 0 for span in spans[1:])
    assert all(span.last.weekday() == 6 for span in spans[:-1])


def test_rows_are_called_as_in_the_document() -> None:
    fortnight = Span(date(2019, 4, 1), date(2019, 4, 15))
    assert [name_of(span, "week") for span in cut(fortnight, "week")] == [
        "2019/04/01 - 2019/04/07",
        "2019/04/08 - 2019/04/14",
        "2019/04/15 - 2019/04/15",
    ]
    assert [name_of(span, "month") for span in cut(fortnight, "month")] == ["2019/04"]
    assert name_of(cut(fortnight, "day")[-1], "day") == "2019/04/15"


@pytest.mark.parametrize(
    ("gran", "count", "expected"),
    [
        ("day", 1, Span(date(2026, 12, 31), date(2026, 12, 31))),
        ("week", 1, Span(date(2027, 1, 4), date(2027, 1, 10))),
        ("month", 2, Span(date(2027, 2, 1), date(2027, 2, 28))),
    ],
)
def test_a_later_period_is_a_whole_one_even_behind_a_cut_one(gran: str, count: int, expected: Span) -> None:
    cut_off = Span(date(2026, 12, 30), date(2026, 12, 30))
    assert later(cut_off, gran, count) == expected


def test_holidays_and_weekends_are_quieter_and_worked_weekends_are_not() -> None:
    assert day_factor(date(2026, 10, 2)) < day_factor(date(2026, 11, 21)) < day_factor(date(2026, 11, 18))
    assert day_factor(date(2026, 10, 10)) == 1
