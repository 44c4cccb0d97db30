"""Which day of which holiday a day is, by the published notices, and what a year ago says of today."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.rules.calendar import Calendar, DayKind
from smartapp_watch.rules.holiday import MOST_GROWTH, YEARS, Holiday, growth, holidays_among, same_days

PUBLISHED = Calendar().holidays
DAYS_OFF = [
    each.first + timedelta(days=offset)
    for each in PUBLISHED
    for offset in range((each.last - each.first).days + 1)
]


@pytest.mark.parametrize(
    ("day", "name", "earlier"),
    [
        ("2026-10-03", "National Day", ["2025-10-03", "2024-10-03", "2023-10-02"]),
        # The Mid-Autumn Festival of 2025 lay in the days of National Day: it is none to compare one with.
        ("2026-10-06", "National Day", ["2025-10-06", "2024-10-06", "2023-10-05"]),
        ("2026-09-25", "Mid-autumn Festival", ["2024-09-15"]),
        # The eve, a workday in 2024; then the first day of the lunar year, whenever the days off began.
        ("2026-02-16", "Spring Festival", ["2025-01-28", "2023-01-21"]),
        ("2026-02-17", "Spring Festival", ["2025-01-29", "2024-02-10", "2023-01-22"]),
        ("2024-01-01", "New Year's Day", ["2023-01-02", "2022-01-03", "2021-01-03"]),
        ("2025-10-08", "National Day", []),
    ],
)
def test_the_same_day_of_earlier_years(day: str, name: str, earlier: list[str]) -> None:
    mine, found = same_days(date.fromisoformat(day), PUBLISHED)
    assert mine is not None
    assert mine.name == name
    assert [str(each) for each, _ in found] == earlier


def test_an_ordinary_day_is_no_day_of_a_holiday() -> None:
    assert same_days(date(2026, 11, 24), PUBLISHED) == (None, [])


@given(st.sampled_from(DAYS_OFF))
def test_the_same_day_is_one_of_the_same_holiday_a_year_earlier_for_each(day: date) -> None:
    mine, found = same_days(day, PUBLISHED)
    assert mine is not None
    assert len(found) <= YEARS
    assert [each for each, _ in found] == sorted({each for each, _ in found}, reverse=True)
    for then, holiday in found:
        assert holiday.name == mine.name
        assert holiday.first <= then <= holiday.last < mine.first
        assert then - holiday.anchor == day - mine.anchor
        assert all(each < holiday.first for each in holiday.level_days)


def test_every_spring_festival_has_its_new_years_day() -> None:
    assert len([each for each in PUBLISHED if each.name == "Spring Festival"]) >= 23


def test_days_off_without_a_name_are_no_holiday_that_could_be_found_again() -> None:
    own = {date(2026, 3, 10): DayKind.HOLIDAY, date(2025, 3, 10): DayKind.HOLIDAY}
    assert same_days(date(2026, 3, 10), Calendar(own).holidays) == (None, [])


def test_a_lunar_new_year_that_nobody_wrote_down_makes_no_holiday() -> None:
    days = ((date(2060, 2, 2) + timedelta(days=offset), "Spring Festival") for offset in range(7))
    assert holidays_among(days) == ()


def test_the_level_is_of_two_weeks_that_end_a_week_before() -> None:
    national = Holiday("National Day", date(2026, 10, 1), date(2026, 10, 7), date(2026, 10, 1))
    assert national.level_days[0] == date(2026, 9, 23)
    assert national.level_days[-1] == date(2026, 9, 10)


@given(st.lists(st.floats(1, 1e6), min_size=7, max_size=14), st.floats(1 / MOST_GROWTH, MOST_GROWTH))
def test_growth_is_how_many_times_the_level_is(level: list[float], times: float) -> None:
    times = min(max(times, 1.001 / MOST_GROWTH), 0.999 * MOST_GROWTH)
    assert growth([times * each for each in level], level) == pytest.approx(times)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ([100.0] * 6, [100.0] * 14),
        ([100.0] * 14, [100.0] * 6),
        ([0.0] * 14, [100.0] * 14),
        ([100.0] * 14, [0.0] * 14),
        ([301.0] * 14, [100.0] * 14),
        ([100.0] * 14, [301.0] * 14),
    ],
    ids=["few now", "few then", "nothing now", "nothing then", "grown too far", "shrunk too far"],
)
def test_what_says_nothing_of_growth(now: list[float], then: list[float]) -> None:
    assert growth(now, then) is None
