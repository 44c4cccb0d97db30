"""Days of one's own: when they come, whom they concern, and what a calendar makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.calendar import Calendar, DayKind
from smartapp_watch.rules.occasion import Occasion

SALE = Occasion("618", date(2000, 6, 16), date(2000, 6, 20), yearly=True, excludes=True)
NEW_YEAR = Occasion("new year", date(2000, 12, 30), date(2001, 1, 2), yearly=True, excludes=True)
RELEASE = Occasion("release", date(2026, 11, 11), date(2026, 11, 11), before=2, after=1, excludes=True)
HEALTH = App(1, "预约挂号", frozenset({"health", "flagship"}))
TRAVEL = App(2, "城市公交", frozenset({"travel"}))


def times(occasion: Occasion, first: str, last: str) -> list[str]:
    found = occasion.times(date.fromisoformat(first), date.fromisoformat(last))
    return [f"{begins} {ends}" for begins, ends in found]


def excluded(calendar: Calendar, *periods: str) -> list[str]:
    return [each for each in periods if calendar.excludes(Period.parse(each))]


def test_a_yearly_occasion_comes_each_year() -> None:
    assert times(SALE, "2025-06-20", "2027-06-16") == [
        "2025-06-16 2025-06-20",
        "2026-06-16 2026-06-20",
        "2027-06-16 2027-06-20",
    ]
    assert times(SALE, "2026-06-21", "2027-06-15") == []


def test_one_over_new_year_is_there_on_both_sides_of_it() -> None:
    assert times(NEW_YEAR, "2026-12-31", "2026-12-31") == ["2026-12-30 2027-01-02"]
    assert times(NEW_YEAR, "2027-01-02", "2027-01-02") == ["2026-12-30 2027-01-02"]
    assert times(NEW_YEAR, "2027-01-03", "2027-12-29") == []


def test_margins_belong_to_it_and_its_time_is_told_without_them() -> None:
    assert times(RELEASE, "2026-11-09", "2026-11-09") == ["2026-11-11 2026-11-11"]
    assert times(RELEASE, "2026-11-12", "2026-12-31") == ["2026-11-11 2026-11-11"]
    assert times(RELEASE, "2026-11-01", "2026-11-08") == times(RELEASE, "2026-11-13", "2026-11-30") == []


@given(
    st.dates(date(2000, 1, 1), date(2000, 12, 28)).filter(lambda day: (day.month, day.day) != (2, 29)),
    st.integers(0, 300),
    st.integers(0, 60),
    st.integers(0, 60),
    st.dates(date(2003, 1, 1), date(2098, 12, 31)),
)
def test_a_day_is_among_its_days_just_if_some_year_s_time_reaches_it(
    first: date, length: int, before: int, after: int, day: date
) -> None:
    last = first + timedelta(length)
    if (last.month, last.day) == (2, 29):
        last += timedelta(1)
    yearly = Occasion("x", first, last, yearly=True, before=before, after=after)
    years = range(day.year - 3, day.year + 4)
    spans = [(first.replace(year=year), last.replace(year=year + last.year - first.year)) for year in years]
    expected = any(begins - timedelta(before) <= day <= ends + timedelta(after) for begins, ends in spans)
    assert (day in yearly.days(day - timedelta(40), day + timedelta(40))) is expected
    assert any(True for _ in yearly.times(day, day)) is expected


@pytest.mark.parametrize(
    ("apps", "tags", "concerned"),
    [
        ((), (), [HEALTH, TRAVEL, None]),
        (("1",), (), [HEALTH]),
        (("城市*",), (), [TRAVEL]),
        ((), ("flag*", "travel"), [HEALTH, TRAVEL]),
        (("1", "2"), ("travel",), [TRAVEL]),
    ],
)
def test_it_concerns_whom_its_globs_name(
    apps: tuple[str, ...], tags: tuple[str, ...], concerned: list[App | None]
) -> None:
    occasion = replace(SALE, apps=apps, tags=tags)
    assert [each for each in (HEALTH, TRAVEL, None) if occasion.concerns(each)] == concerned


def test_a_day_that_is_left_out_takes_its_hours_and_its_week_but_not_its_month() -> None:
    periods = ("2026-11-08", "2026-11-09", "2026-11-10T08", "2026-11-12", "2026-11-13", "2026-W46", "2026-11")
    assert excluded(Calendar(occasions=(RELEASE,)), *periods) == [
        "2026-11-09",
        "2026-11-10T08",
        "2026-11-12",
        "2026-W46",
    ]


def test_what_only_annotates_leaves_nothing_out_and_means_nothing_for_verdicts() -> None:
    noted = Calendar(occasions=(replace(RELEASE, excludes=False),))
    assert excluded(noted, "2026-11-11", "2026-W46") == []
    assert noted.meaning == Calendar().meaning == ""


def test_each_mini_program_has_a_calendar_of_what_concerns_it() -> None:
    calendar = Calendar(occasions=(SALE, replace(RELEASE, tags=("travel",)))).among([HEALTH, TRAVEL])
    assert [each.name for each in calendar.of(HEALTH.id).occasions] == ["618"]
    assert [each.name for each in calendar.of(TRAVEL.id).occasions] == ["618", "release"]
    assert [each.name for each in calendar.of(None).occasions] == ["618"]
    assert calendar.of(TRAVEL.id).meaning != calendar.of(HEALTH.id).meaning == calendar.of(None).meaning


def test_kin_share_a_calendar_and_nobody_is_left_out() -> None:
    calendar = Calendar(occasions=(SALE, replace(RELEASE, tags=("travel",)))).among([HEALTH, TRAVEL])
    everybody = {None, HEALTH.id, TRAVEL.id}
    kin = calendar.kin(everybody)
    assert sorted(kin, key=lambda each: len(each[1])) == [
        (calendar.of(TRAVEL.id), {TRAVEL.id}),
        (calendar, {None, HEALTH.id}),
    ]
    assert calendar.kin({TRAVEL.id}) == [(calendar.of(TRAVEL.id), {TRAVEL.id})]
    assert everybody == {None, HEALTH.id, TRAVEL.id}


def test_the_meaning_is_of_days_and_not_of_words() -> None:
    calendar = Calendar(occasions=(SALE, RELEASE))
    assert calendar.meaning == Calendar(occasions=(RELEASE, replace(SALE, name="sale"))).meaning
    assert calendar.meaning != Calendar(occasions=(SALE, replace(RELEASE, after=2))).meaning
    assert calendar.meaning != Calendar({date(2026, 11, 2): DayKind.HOLIDAY}, (SALE, RELEASE)).meaning
