"""Which periods are unlike others: against the notices of the State Council, written out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.rules.calendar import Calendar, DayKind
from smartapp_watch.simulator.holidays import day_factor

NOTICES = {
    2024: (
        "01-01 02-10:02-17 04-04:04-06 05-01:05-05 06-10 09-15:09-17 10-01:10-07",
        "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    ),
    2025: (
        "01-01 01-28:02-04 04-04:04-06 05-01:05-05 05-31:06-02 10-01:10-08",
        "01-26 02-08 04-27 09-28 10-11",
    ),
    2026: (
        "01-01:01-03 02-15:02-23 04-04:04-06 05-01:05-05 06-19:06-21 09-25:09-27 10-01:10-07",
        "01-04 02-14 02-28 05-09 09-20 10-10",
    ),
}
"""By year: the days off and the weekend days that are worked, as the State Council's notices list them."""

ORDINARY_WEEK = Period.parse("2026-W11")


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    days = (first + timedelta(days=offset) for offset in range(366))
    return [day for day in days if day.year == year]


def written(year: int, spans: str) -> set[date]:
    found: set[date] = set()
    for span in spans.split():
        first, _, last = span.partition(":")
        start, end = (date.fromisoformat(f"{year}-{day}") for day in (first, last or first))
        found |= {start + timedelta(days=offset) for offset in range((end - start).days + 1)}
    return found


def excluded(text: str, calendar: Calendar | None = None) -> bool:
    return (calendar or Calendar()).excludes(Period.parse(text))


@pytest.mark.parametrize("year", NOTICES)
def test_every_day_of_a_year_is_what_the_notice_says(year: int) -> None:
    off, worked = (written(year, spans) for spans in NOTICES[year])
    calendar = Calendar()
    days = days_of(year)
    assert {day for day in days if calendar.kind(day) is DayKind.HOLIDAY} == off
    assert {day for day in days if calendar.kind(day) is DayKind.MAKE_UP} == worked
    assert {day for day in days if calendar.excludes(Period(Granularity.DAY, day))} == off | worked


def test_the_simulated_world_keeps_the_same_holidays_in_2026() -> None:
    usual = [day_factor(ORDINARY_WEEK.first + timedelta(days=offset)) for offset in range(7)]
    for day in days_of(2026):
        difference = day_factor(day) - usual[day.weekday()]
        simulated = DayKind.HOLIDAY if difference < 0 else DayKind.MAKE_UP if difference else DayKind.ORDINARY
        assert Calendar().kind(day) is simulated, day


def test_an_ordinary_weekend_is_no_holiday_and_one_within_a_holiday_is() -> None:
    assert not excluded("2026-03-14")
    assert not excluded("2026-03-15")
    assert excluded("2026-02-21")
    assert excluded("2026-02-22")


def test_an_hour_is_like_its_day() -> None:
    assert excluded("2026-02-17T00")
    assert excluded("2026-02-28T23")
    assert not excluded("2026-02-24T00")


@pytest.mark.parametrize(
    ("week", "expected"),
    [
        ("2024-W23", False),
        ("2024-W24", True),
        ("2026-W06", False),
        ("2026-W07", True),
        ("2026-W08", True),
        ("2026-W09", True),
        ("2026-W10", False),
        ("2026-W14", True),
        ("2026-W38", False),
        ("2026-W53", True),
    ],
)
def test_a_week_with_a_holiday_is_excluded_and_one_with_only_a_make_up_day_is_not(
    week: str, expected: bool
) -> None:
    """2024-W24 begins with a holiday.

    Of 2026, W07 ends and W09 begins within Spring Festival, W14 ends in Qingming; W38's Sunday is worked.
    """
    known = Calendar({date(2027, 1, 1): DayKind.HOLIDAY})
    assert excluded(week, known) is expected


def test_four_weeks_back_there_is_always_one_to_compare_with() -> None:
    """What holds of the notices of the years at hand, and what excluding make-up weeks too would break."""
    first = Period.parse("2024-W05")
    weeks = [first.shift(count) for count in range(150)]
    for week in weeks:
        assert not all(Calendar().excludes(week.shift(-back)) for back in range(1, 5)), week


def test_a_month_is_never_excluded() -> None:
    assert not any(excluded(f"2026-{month:02d}") for month in range(1, 13))


@given(st.dates(date(2027, 1, 1), date(2099, 12, 31)), st.sampled_from(Granularity))
def test_in_a_year_without_a_notice_nothing_is_excluded(day: date, granularity: Granularity) -> None:
    calendar = Calendar()
    if not calendar.knows(day.year) and not calendar.knows(day.year - 1):
        assert calendar.kind(day) is DayKind.ORDINARY
        assert not calendar.excludes(Period.containing(day, granularity))


def test_it_is_told_which_years_are_known() -> None:
    assert all(Calendar().knows(year) for year in range(2004, 2027))
    assert not Calendar().knows(2003)
    assert not Calendar().knows(2099)


def test_overrides_are_laid_over_the_notices() -> None:
    calendar = Calendar({date(2026, 2, 17): DayKind.ORDINARY, date(2026, 3, 11): DayKind.HOLIDAY})
    assert not excluded("2026-02-17", calendar)
    assert excluded("2026-02-18", calendar)
    assert excluded("2026-03-11T08", calendar)
    assert excluded("2026-W11", calendar)
    assert not excluded("2026-W11")


def test_a_year_is_known_once_its_new_year_is_written_down() -> None:
    someones_own_feast = Calendar({date(2099, 6, 1): DayKind.HOLIDAY})
    assert someones_own_feast.excludes(Period.parse("2099-06-01"))
    assert not someones_own_feast.knows(2099)
    assert Calendar({date(2099, 1, 1): DayKind.HOLIDAY}).knows(2099)


def test_from_december_on_the_next_year_is_to_be_known() -> None:
    known_to_2050 = Calendar({date(year, 1, 1): DayKind.HOLIDAY for year in range(2004, 2051)})
    assert known_to_2050.unknown_year(date(2050, 11, 30)) is None
    assert known_to_2050.unknown_year(date(2049, 12, 31)) is None
    assert known_to_2050.unknown_year(date(2050, 12, 1)) == 2051
    assert known_to_2050.unknown_year(date(2051, 1, 1)) == 2051


def test_a_calendar_does_not_change_with_the_table_it_was_made_from() -> None:
    table = {date(2026, 3, 11): DayKind.HOLIDAY}
    calendar = Calendar(table)
    table.clear()
    assert excluded("2026-03-11", calendar)
    with pytest.raises(TypeError):
        calendar.overrides[date(2026, 3, 12)] = DayKind.HOLIDAY  # type: ignore[index]
    assert calendar == Calendar({date(2026, 3, 11): DayKind.HOLIDAY})
