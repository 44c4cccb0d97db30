"""Where the past of a holiday, or of a weekend that is worked, lies; and what an alarm on a holiday takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.account import account_for
from smartapp_watch.rules.baseline import Episode
from smartapp_watch.rules.calendar import Calendar, DayKind
from smartapp_watch.rules.carried import carry_over
from smartapp_watch.rules.judge import Evidence, Fleet, Point, judge
from smartapp_watch.rules.occasion import Occasion
from smartapp_watch.rules.precedent import Precedents, candidates_by, precedents_of
from smartapp_watch.rules.rule import Direction, Rule, Unusual
from smartapp_watch.rules.verdict import Judgement, Reason, Verdict
from tests.build import above, change, rule

USERS = "user_trend.user_count"
DROP = rule(USERS, change("drops_by 30% against 4_weeks"))
RISE = rule(USERS, change("rises_by 30% against 4_weeks"))
ODD = rule(USERS, Unusual(Direction.DROP))
CALENDAR = Calendar()
NATIONAL = Period.parse("2026-10-03")
SATURDAY, SUNDAY = Period.parse("2026-10-10"), Period.parse("2026-09-20")


def past_of(watched: Rule, text: str, calendar: Calendar = CALENDAR, nth: int = 1) -> list[str] | None:
    period = Period.parse(text)
    found = precedents_of(watched, calendar, period, nth)
    return None if found is None else [str(each) for each in candidates_by(watched, found)]


def test_a_saturday_that_is_worked_is_compared_with_fridays() -> None:
    past = past_of(DROP, str(SATURDAY)) or []
    assert past[:2] == ["2026-10-09", "2026-10-02"]
    assert {date.fromisoformat(each).weekday() for each in past} == {4}


def test_a_sunday_that_is_worked_is_compared_with_mondays() -> None:
    assert (past_of(DROP, str(SUNDAY)) or [])[:2] == ["2026-09-14", "2026-09-07"]


def test_an_hour_goes_by_the_same_hour() -> None:
    hourly = rule("user_trend_hour.user_count", change("drops_by 30% against 4_weeks"))
    assert (past_of(hourly, "2026-10-10T09") or [])[0] == "2026-10-09T09"
    assert past_of(hourly, "2026-10-03T09") == ["2025-10-03T09", "2024-10-03T09", "2023-10-02T09"]


def test_an_open_alert_keeps_the_workdays_before_it() -> None:
    found = precedents_of(DROP, CALENDAR, SATURDAY)
    assert found is not None
    past = candidates_by(DROP, found, Period.parse("2026-09-18"))
    assert str(past[0]) == "2026-09-11"


def test_a_limit_holds_on_a_worked_weekend_and_not_on_a_holiday() -> None:
    limit = rule(USERS, above(100))
    assert past_of(limit, str(SATURDAY)) == []
    assert past_of(limit, str(NATIONAL)) is None


@pytest.mark.parametrize(
    "watched",
    [
        rule(USERS, change("drops_by 30% against previous")),
        replace(DROP, window=7),
        rule("user_trend_week.user_count", change("drops_by 30% against 4_weeks")),
    ],
    ids=["against the day before", "a sum", "weeks"],
)
def test_what_has_no_precedent_stays_left_out(watched: Rule) -> None:
    every = {"week": "2026-W40"}.get(watched.every, str(NATIONAL))
    assert past_of(watched, every) is None


@pytest.mark.parametrize("text", ["2026-10-10", "2026-10-03"])
def test_a_cohort_of_such_a_day_stays_left_out(text: str) -> None:
    retention = rule("retained_user.retained_user_count", change("drops_by 30% against 4_weeks"))
    assert past_of(retention, text, nth=2) is None


@pytest.mark.parametrize("metric", ["user_trend.new_user_ratio", "visit_page.pv_count"])
def test_ratios_and_breakdowns_stay_left_out_on_holidays(metric: str) -> None:
    watched = rule(metric, change("drops_by 30% against 4_weeks"))
    assert past_of(watched, str(NATIONAL)) is None
    assert past_of(watched, str(SATURDAY)) is not None


def test_an_event_of_ones_own_leaves_such_days_out_all_the_same() -> None:
    for day in (SATURDAY, NATIONAL):
        own = Calendar(occasions=(Occasion("own", day.first, day.first, excludes=True),))
        assert past_of(DROP, str(day), own) is None
    a_year_ago = Occasion("own", date(2025, 10, 3), date(2025, 10, 3), excludes=True)
    assert past_of(DROP, str(NATIONAL), Calendar(occasions=(a_year_ago,))) == ["2024-10-03", "2023-10-02"]


def test_a_day_that_was_worked_after_all_is_no_precedent_of_a_holiday() -> None:
    worked = Calendar({date(2025, 10, 3): DayKind.ORDINARY})
    assert past_of(DROP, str(NATIONAL), worked) == ["2024-10-03", "2023-10-02"]


def test_the_level_of_a_holiday_is_told_by_ordinary_days_alone() -> None:
    found = precedents_of(DROP, CALENDAR, NATIONAL)
    assert found is not None
    assert SUNDAY not in found.level
    assert not any(CALENDAR.excludes(each) for each in found.level)
    assert len(found.level) == 13


def holiday(
    present: float | Reason, years: list[float], level: float = 1000, then: float = 1000, watched: Rule = DROP
) -> tuple[Judgement, Evidence]:
    """The verdict on the third day of National Day; ordinary days are at ``level``, and were at ``then``."""
    found = precedents_of(watched, CALENDAR, NATIONAL)
    assert found is not None
    known = {each.period: Point(value, {}) for each, value in zip(found.years, years, strict=False)}
    known |= {each: Point(level, {}) for each in found.level}
    known |= {each: Point(then, {}) for year in found.years for each in year.level}
    carried = carry_over(found, known.get, ())
    now = present if isinstance(present, Reason) else Point(present, {})
    evidence = Evidence(now, carried.past, precedents=found, level=carried.level)
    return judge(watched, NATIONAL, evidence), evidence


def test_what_is_expected_of_a_holiday_grows_with_the_ordinary_days() -> None:
    found, _ = holiday(1000, [500], level=2000)
    assert found.figures.baseline == 1000
    assert found.verdict is Verdict.CLEAR


@given(st.floats(0.4, 2.5), st.floats(0.05, 5), st.integers(1, 3), st.sampled_from([DROP, RISE, ODD]))
def test_growth_between_years_is_no_change(grown: float, share: float, years: int, watched: Rule) -> None:
    """Whatever share of an ordinary day a holiday has: the same share of a level that grew is no alarm."""
    found, _ = holiday(grown * share * 1000, [share * 1000] * years, level=grown * 1000, watched=watched)
    assert found.verdict is not Verdict.BREACH
    assert found.figures.change_percent == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("years", "share"), [(1, 0.32), (2, 0.43), (3, 0.48)])
def test_the_fewer_years_the_farther_an_alarm_is(years: int, share: float) -> None:
    """A third of what is expected by one year, and less than a half by three."""
    assert large(share, years).verdict is Verdict.BREACH
    assert large(share + 0.02, years).verdict is Verdict.HOLD


def large(share: float, years: int = 1, watched: Rule = DROP) -> Judgement:
    """The verdict on so much of what is usual, where counting alone makes no noise."""
    million = 1e6
    return holiday(share * million, [million] * years, million, million, watched)[0]


def test_years_that_differ_say_less() -> None:
    assert holiday(300, [1000, 1000, 1000])[0].verdict is Verdict.BREACH
    assert holiday(300, [1000, 500, 1500])[0].verdict is Verdict.HOLD


def test_three_times_as_much_is_as_far_as_a_third() -> None:
    assert large(3.1, watched=RISE).verdict is Verdict.BREACH
    assert large(2.9, watched=RISE).verdict is Verdict.HOLD


def test_an_outage_on_the_holiday_a_year_ago_is_no_rise_now() -> None:
    assert holiday(500, [50], watched=RISE)[0].verdict is Verdict.HOLD


def test_a_campaign_on_the_holiday_a_year_ago_is_no_drop_now() -> None:
    assert holiday(900, [5000])[0].verdict is Verdict.HOLD


def test_an_outage_on_a_holiday_is_a_drop() -> None:
    found, evidence = holiday(0, [500])
    assert found.verdict is Verdict.BREACH
    assert found.figures.baseline == 500
    account = account_for(DROP, NATIONAL, evidence)
    assert [(str(each.period), each.why_not == "") for each in account.candidates] == [
        ("2025-10-03", True),
        ("2024-10-03", False),
        ("2023-10-02", False),
    ]
    assert account.least == 1
    assert account.scored is not None
    assert account.scored.cut == 3.5


def test_an_unusual_drop_is_found_by_the_same_measure() -> None:
    assert holiday(0, [500], watched=ODD)[0].verdict is Verdict.BREACH
    assert holiday(300, [500], watched=ODD)[0].verdict is Verdict.CLEAR


@pytest.mark.parametrize("present", [0, 500, Reason.ABSENT])
@pytest.mark.parametrize("years", [[], [0]], ids=["none known", "nothing was there"])
def test_without_an_earlier_year_a_holiday_is_left_out_and_says_why(
    present: float | Reason, years: list[float]
) -> None:
    found, _ = holiday(present, years)
    assert (found.verdict, found.reason) == (Verdict.EXCLUDED, Reason.NO_EARLIER_HOLIDAY)


def test_against_last_week_the_newest_year_decides() -> None:
    newest = rule(USERS, change("drops_by 30% against last_week"))
    assert holiday(100, [1000, 400, 400], watched=newest)[0].figures.baseline == 1000
    assert holiday(100, [1000, 400, 400])[0].figures.baseline == 400


def test_where_the_fleet_is_at_half_of_every_holiday_one_at_half_is_well() -> None:
    _, evidence = holiday(500, [1000])
    found = judge(DROP, NATIONAL, replace(evidence, fleet=Fleet(shift=0.5)))
    assert found.verdict is Verdict.CLEAR


def test_days_of_an_alert_tell_no_level() -> None:
    found = precedents_of(DROP, CALENDAR, NATIONAL)
    assert found is not None
    ill = Episode(found.level[-1])
    known = {found.years[0].period: Point(500, {})}
    known |= {each: Point(1000, {}) for each in (*found.level, *found.years[0].level)}
    assert carry_over(found, known.get, ()).past
    assert not carry_over(found, known.get, (ill,)).past


def test_the_precedents_of_an_ordinary_day_are_its_own() -> None:
    assert precedents_of(DROP, CALENDAR, Period.parse("2026-11-20")) == Precedents(Period.parse("2026-11-20"))
