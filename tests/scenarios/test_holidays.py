"""Two years of a mini-program that grows: its holidays, and the weekends that are worked, are judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from zlib import crc32

import pytest

from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.cli.explanation import explanation_lines
from smartapp_watch.evaluate import Scope, evaluate
from smartapp_watch.evaluate.backtest import backtest
from smartapp_watch.evaluate.explain import explain
from smartapp_watch.history.database import History
from smartapp_watch.metrics.period import Period, periods_between
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.alert_view import alert_view
from smartapp_watch.rules.calendar import Calendar, DayKind
from smartapp_watch.rules.rule import Direction, Unusual
from smartapp_watch.rules.verdict import Verdict
from tests.build import change, rule
from tests.daily import APP, noon_after, scope, tell

USERS = "user_trend.new_user_count"
DROP = rule(USERS, change("drops_by 30% against 4_weeks"), name="drop")
RULES = (
    DROP,
    rule(USERS, change("changes_by 40% against last_week"), name="change"),
    rule(USERS, change("rises_by 30% against 8_weeks"), name="rise"),
    rule(USERS, Unusual(Direction.EITHER), name="odd"),
)
FIRST = Period.parse("2024-08-01")
CALENDAR = Calendar()
Odd = Mapping[str, float]
"""How many times what it would be a day's figure is."""


def figure(day: Period, odd: Odd) -> int:
    """Half as many on weekends, a third on holidays, twice as many after two years; 5 % of noise."""
    kind, weekend = CALENDAR.kind(day.first), day.first.weekday() > 4
    of_kind = {DayKind.HOLIDAY: 0.33, DayKind.MAKE_UP: 1.0}.get(kind, 0.5 if weekend else 1.0)
    grown = 2 ** ((day.first - FIRST.first).days / 730)
    noise = 1 + (crc32(str(day).encode()) % 1000 / 1000 - 0.5) / 10
    return round(2000 * of_kind * grown * noise * odd.get(str(day), 1.0))


def fill(history: History, last: Period, odd: Odd, first: Period = FIRST) -> None:
    """Everything up to a day, read when that was final, as a service does that is new."""
    values = [figure(each, odd) for each in periods_between(first, last)]
    history.observations.save(tell(APP, values, last), noon_after(last))


def live(history: History, first: str, last: str, odd: Odd, watched: Scope) -> list[tuple[str, str, str]]:
    """What is told day by day: the rule, what of it, and when."""
    told: list[tuple[str, str, str]] = []
    for day in periods_between(Period.parse(first), Period.parse(last)):
        history.observations.save(tell(APP, [figure(day, odd)], day), noon_after(day))
        found = evaluate(history, watched, noon_after(day))
        told += [(notice.rule, str(notice.type), notice.period) for _, notice in found]
    return told


WATCHED = scope(*RULES)


def begin(history: History, before: str, odd: Odd | None = None, first: Period = FIRST) -> None:
    """A history up to the day before, judged."""
    day = Period.parse(before).shift(-1)
    fill(history, day, odd or {}, first)
    evaluate(history, WATCHED, noon_after(day))


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-02-10", "2026-03-02"), ("2026-09-18", "2026-10-12")],
    ids=["Spring Festival", "National Day"],
)
def test_nobody_is_told_of_a_holiday_that_is_as_it_was_a_year_ago(
    history: History, first: str, last: str
) -> None:
    begin(history, first)
    assert live(history, first, last, {}, WATCHED) == []


OUTAGE: Odd = {"2026-10-03": 0.05}


def test_an_outage_on_a_holiday_is_told_and_is_over_when_it_is(history: History) -> None:
    begin(history, "2026-10-01")
    told = live(history, "2026-10-01", "2026-10-05", OUTAGE, replace(WATCHED, rules=(DROP,)))
    assert told == [("drop", "fire", "2026-10-03"), ("drop", "resolve", "2026-10-04")]


def test_it_casts_no_echo_on_the_days_after(history: History) -> None:
    begin(history, "2026-10-01")
    told = live(history, "2026-10-01", "2026-11-08", OUTAGE, WATCHED)
    assert {period for _, _, period in told} == {"2026-10-03", "2026-10-04"}


def test_nor_is_it_a_rise_on_the_same_day_a_year_later(history: History) -> None:
    begin(history, "2026-10-01", {"2025-10-03": 0.05, "2024-10-03": 0.05})
    assert live(history, "2026-10-01", "2026-10-05", {}, WATCHED) == []


SATURDAY: Odd = {"2026-10-10": 0.1}


def test_a_worked_saturday_without_its_people_is_told(history: History) -> None:
    begin(history, "2026-10-10", SATURDAY)
    told = live(history, "2026-10-10", "2026-10-11", SATURDAY, replace(WATCHED, rules=(DROP,)))
    assert told == [("drop", "fire", "2026-10-10"), ("drop", "resolve", "2026-10-11")]


def test_people_who_do_not_work_on_a_worked_weekend_are_no_alarm(history: History) -> None:
    weekend = {"2026-09-20": 0.5, "2026-10-10": 0.5}
    begin(history, "2026-09-18")
    assert live(history, "2026-09-18", "2026-10-12", weekend, WATCHED) == []


def test_a_history_that_does_not_reach_back_leaves_a_holiday_out_and_says_why(history: History) -> None:
    begin(history, "2026-10-01", first=Period.parse("2026-07-01"))
    assert live(history, "2026-10-01", "2026-10-05", OUTAGE, WATCHED) == []
    lines = why(history, "2026-10-03")
    assert "  verdict     excluded: a holiday, and of no earlier year is the same day known" in lines


def why(history: History, day: str, now: str = "2026-10-12") -> Sequence[str]:
    period = Period.parse(day)
    (found,) = explain(
        history, WATCHED, DROP, app_id=APP.id, period=period, now=noon_after(Period.parse(now))
    )
    return explanation_lines(found)


def test_explain_names_the_days_of_earlier_years(history: History) -> None:
    begin(history, "2026-10-01")
    live(history, "2026-10-01", "2026-10-05", OUTAGE, WATCHED)
    lines = why(history, "2026-10-03")
    [known] = [line for line in lines if line.startswith("  calendar")]
    assert "National Day: the same day in 2025 and 2024" in known
    compared = [line.split()[1] for line in lines if line.startswith("  compared")]
    assert compared == ["2025-10-03", "2024-10-03"]


def test_explain_names_the_fridays_of_a_worked_saturday(history: History) -> None:
    begin(history, "2026-10-12")
    days = [line.split()[1:] for line in why(history, "2026-10-10") if line.startswith("  compared")]
    assert [each[0] for each in days][:3] == ["2026-10-09", "2026-10-02", "2026-09-25"]
    assert days[1][2:] == ["used:", "excluded", "day"]


def usual_labels(history: History) -> list[str]:
    due = history.outbox.due(noon_after(Period.parse("2026-11-01")))
    notices = [history.outbox.read(each).notice for each in due]
    fired = next(each for each in notices if isinstance(each, AlertNotice) and each.type == "fire")
    return [alert_view(fired, language).usual_label for language in (Language.ZH, Language.EN)]


def test_a_message_says_which_years_it_goes_by(history: History) -> None:
    begin(history, "2026-10-01")
    live(history, "2026-10-01", "2026-10-03", OUTAGE, replace(WATCHED, rules=(DROP,)))
    assert usual_labels(history) == [
        "2025、2024 年国庆节同日（折算）",
        "same day of National Day in 2025 and 2024, scaled to this year",
    ]


def test_a_message_says_which_weekday_a_worked_saturday_goes_by(history: History) -> None:
    begin(history, "2026-10-10")
    live(history, "2026-10-10", "2026-10-10", SATURDAY, replace(WATCHED, rules=(DROP,)))
    assert usual_labels(history) == ["往常周五", "usual Friday"]


def test_judging_the_year_at_once_finds_what_was_found_day_by_day(history: History) -> None:
    odd = {**OUTAGE, **SATURDAY, "2026-09-20": 0.3}
    begin(history, "2026-09-18")
    live(history, "2026-09-18", "2026-10-14", odd, WATCHED)
    end = noon_after(Period.parse("2026-10-14")) + timedelta(hours=1)
    found = {(each.rule, str(each.from_)) for each in backtest(history, WATCHED, end, days=30).episodes}
    alerts = {(each.rule, str(each.since)) for each in history.alerts.all_alerts()}
    assert found == {each for each in alerts if date.fromisoformat(each[1]) >= date(2026, 9, 18)}
    assert {since for _, since in found} == set(odd)


def test_the_verdict_on_a_holiday_as_usual_is_clear(history: History) -> None:
    begin(history, "2026-10-12")
    for day in ("2026-10-01", "2026-10-07", "2026-10-10"):
        (found,) = explain(
            history,
            WATCHED,
            DROP,
            app_id=APP.id,
            period=Period.parse(day),
            now=noon_after(Period.parse("2026-10-12")),
        )
        assert found.judgement is not None
        assert found.judgement.verdict is Verdict.CLEAR
