"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.metrics.report import Good, Unit
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.numbers import amount, change_of, digits_for, relative_change, sparkline

ZH, EN = Language.ZH, Language.EN


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (8120, Unit.COUNT, "8,120"),
        (13_800.5, Unit.COUNT, "13,800"),
        (0, Unit.COUNT, "0"),
        (61, Unit.PERCENT, "61.0%"),
        (96, Unit.SECONDS, "1:36"),
        (3725, Unit.SECONDS, "1:02:05"),
        (0.4, Unit.SECONDS, "0:00"),
        (2.346, Unit.NUMBER, "2.35"),
        (3, Unit.NUMBER, "3"),
        (-12, Unit.COUNT, "−12"),
        (None, Unit.COUNT, "无数据"),
        (math.nan, Unit.PERCENT, "无数据"),
        (1e300, Unit.COUNT, "1e+300"),
    ],
)
def test_a_value_is_written_with_its_unit(value: float | None, unit: Unit, words: str) -> None:
    assert amount(value, unit, ZH) == words


def test_no_value_is_never_written_as_zero() -> None:
    assert amount(None, Unit.COUNT, EN) == "no data"
    assert amount(0, Unit.COUNT, EN) == "0"


def test_a_ratio_moves_in_percentage_points() -> None:
    assert str(change_of(21.4, 54.0, Unit.PERCENT, Good.DOWN, ZH)) == "▲ +21.4 个百分点"
    assert str(change_of(-9.5, -34.0, Unit.PERCENT, Good.UP, EN)) == "▼ −9.5 pp"


def test_a_small_move_of_a_ratio_is_still_seen() -> None:
    assert digits_for(0.08) == 2
    assert str(change_of(0.08, 0.1, Unit.PERCENT, Good.DOWN, EN)) == "▲ +0.08 pp"


def test_all_else_moves_in_per_cent_with_the_difference_behind_it() -> None:
    assert str(change_of(-5680, -41.16, Unit.COUNT, Good.UP, ZH)) == "▼ −41.2%（−5,680）"
    assert str(change_of(-55, -57.3, Unit.SECONDS, Good.UP, EN)) == "▼ −57.3% (−0:55)"
    assert str(change_of(12, None, Unit.COUNT, Good.UP, EN)) == "▲ +12"


@pytest.mark.parametrize(
    ("change", "good", "judgement", "tone"),
    [
        (1, Good.UP, "better", "good"),
        (-1, Good.UP, "worse", "bad"),
        (1, Good.DOWN, "worse", "bad"),
        (-1, Good.DOWN, "better", "good"),
        (1, Good.NEITHER, "", ""),
        (0, Good.UP, "", ""),
    ],
)
def test_colour_follows_good_and_bad_and_never_stands_without_a_word(
    change: float, good: Good, judgement: str, tone: str
) -> None:
    for found in (change_of(change, None, Unit.COUNT, good, EN), relative_change(change, good, EN)):
        assert (found.judgement, found.tone) == (judgement, tone)


def test_an_unknown_change_says_nothing() -> None:
    assert str(change_of(None, None, Unit.COUNT, Good.UP, EN)) == ""
    assert str(relative_change(None, Good.UP, EN)) == ""


@given(st.floats(), st.sampled_from(Unit), st.sampled_from(Language))
def test_any_number_is_written_shortly(value: float, unit: Unit, language: Language) -> None:
    assert 0 < len(amount(value, unit, language)) <= 24
    assert len(str(change_of(value, value, unit, Good.UP, language))) <= 60


def test_bars_run_from_lowest_to_highest_and_leave_a_dot_where_nothing_is_known() -> None:
    assert sparkline([1, 2, None, 3]) == "▁▅·█"
    assert sparkline([5, 5]) == "▅▅"
    assert sparkline([None, 4]) == sparkline([]) == ""


@given(st.lists(st.none() | st.floats(), max_size=31))
def test_there_is_a_bar_for_each_day_whatever_the_numbers(values: list[float | None]) -> None:
    assert len(sparkline(values)) in (0, len(values))
