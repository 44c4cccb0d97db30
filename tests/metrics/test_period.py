"""Periods: how they are written, what they contain, and when they are over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.metrics.period import BEIJING, Granularity, Period, beijing_day, periods_between

DAYS = st.dates(min_value=date(2019, 1, 1), max_value=date(2035, 12, 31))


@st.composite
def periods(draw: st.DrawFn) -> Period:
    granularity = draw(st.sampled_from(list(Granularity)))
    period = Period.containing(draw(DAYS), granularity)
    return period.shift(draw(st.integers(0, 23))) if granularity is Granularity.HOUR else period


@given(periods())
def test_a_period_is_read_back_as_it_was_written(period: Period) -> None:
    assert Period.parse(str(period)) == period


@given(periods(), st.integers(-200, 200))
def test_shifting_there_and_back_changes_nothing(period: Period, count: int) -> None:
    assert period.shift(count).shift(-count) == period


@given(periods(), periods())
def test_periods_sort_as_their_texts_do(one: Period, other: Period) -> None:
    if one.granularity is other.granularity:
        assert (one < other) == (str(one) < str(other))


@given(periods())
def test_a_period_is_over_when_the_next_one_begins(period: Period) -> None:
    following = period.shift(1)
    if period.granularity is not Granularity.HOUR:
        assert period.closes().date() == following.first
    assert period.last <= following.last


@given(st.sampled_from(list(Granularity)), DAYS, st.integers(0, 23))
def test_the_newest_closed_period_is_over_and_the_next_is_not(
    granularity: Granularity, day: date, hour: int
) -> None:
    now = datetime(day.year, day.month, day.day, hour, 30, tzinfo=BEIJING)
    newest = Period.newest_closed(now, granularity)
    assert newest.closes() <= now < newest.shift(1).closes()


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 12, 28), "2026-W53"),
        (date(2027, 1, 3), "2026-W53"),
        (date(2027, 1, 4), "2027-W01"),
        (date(2025, 12, 29), "2026-W01"),
    ],
)
def test_weeks_at_new_year_are_named_as_iso_names_them(day: date, text: str) -> None:
    assert str(Period.containing(day, Granularity.WEEK)) == text


def test_days_are_beijing_days_whatever_the_clock_zone_is() -> None:
    evening_in_london = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
    assert beijing_day(evening_in_london) == date(2026, 11, 23)
    assert str(Period.newest_closed(evening_in_london)) == "2026-11-22"


def test_a_retention_cell_closes_when_the_cohorts_nth_period_does() -> None:
    cohort = Period.parse("2026-11-20")
    assert cohort.closes() == datetime(2026, 11, 21, tzinfo=BEIJING)
    assert cohort.closes(2) == cohort.closes() + timedelta(days=1)
    assert Period.parse("2026-09").closes(3) == datetime(2026, 12, 1, tzinfo=BEIJING)


def test_an_hour_is_over_when_its_day_is() -> None:
    assert Period.parse("2026-11-22T05").closes() == datetime(2026, 11, 23, tzinfo=BEIJING)


def test_the_same_hour_a_week_before() -> None:
    assert str(Period.parse("2026-11-22T05").weeks_before(1)) == "2026-11-15T05"
    with pytest.raises(ValueError, match="no counterpart"):
        Period.parse("2026-11").weeks_before(1)


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-W54", "2026-11-31", "2026-11-22T24", "heute"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - date's own words differ
        Period.parse(text)


def test_periods_between_includes_both_ends() -> None:
    found = periods_between(Period.parse("2026-02-27"), Period.parse("2026-03-02"))
    assert [str(period) for period in found] == ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]
