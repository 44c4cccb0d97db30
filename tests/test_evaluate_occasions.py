"""Events of one's own: days that are left out for some, and edits of them; timelines on a real history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.cli.explanation import explanation_lines
from smartapp_watch.evaluate import Scope, evaluate
from smartapp_watch.evaluate.explain import explain
from smartapp_watch.history.database import History
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.calendar import Calendar, DayKind
from smartapp_watch.rules.occasion import Occasion, Occurrence, Side
from smartapp_watch.rules.rule import Rule
from smartapp_watch.rules.verdict import Verdict
from tests.build import DAY, change, rule
from tests.daily import APP, DROP, OTHER, WEEKS_OF_100, noon_after, scope, tell

BEFORE = DAY.shift(-7)
SALE = Occasion("sale", DAY.first, DAY.first, excludes=True)
HEALTH = replace(SALE, tags=("health",))
LAST_WEEK = rule("user_trend.new_user_count", change("drops_by 30% against last_week"), name="last-week")


def on_days(
    *occasions: Occasion, rules: Sequence[Rule] = (DROP,), apps: tuple[App, ...] = (APP, OTHER)
) -> Scope:
    plain = {DAY.shift(-back).first: DayKind.ORDINARY for back in range(-30, 200)}
    return replace(scope(*rules, apps=apps), calendar=Calendar(plain, occasions).among(apps))


def judge(history: History, watched: Scope, day: Period = DAY) -> list[tuple[str, int | None, str]]:
    """What is told in the afternoon after a day."""
    found = evaluate(history, watched, noon_after(day) + timedelta(hours=1))
    return [(notice.type, notice.app_id, notice.reason) for _, notice in found]


@pytest.fixture
def fallen(history: History) -> History:
    """Two mini-programs that both fell to a tenth on the newest day."""
    for app in (APP, OTHER):
        history.observations.save(tell(app, [*WEEKS_OF_100, 10]), noon_after(DAY))
    return history


def test_a_day_that_is_left_out_is_judged_for_those_alone_whom_it_does_not_concern(fallen: History) -> None:
    assert judge(fallen, on_days(HEALTH)) == [("fire", OTHER.id, "")]


def test_a_day_that_is_left_out_is_no_past_for_those_whom_it_concerns(history: History) -> None:
    """Both rose tenfold a week ago and are back; only where that was an event is it no drop."""
    peak = replace(HEALTH, first=BEFORE.first, last=BEFORE.first)
    for app in (APP, OTHER):
        history.observations.save(tell(app, [*WEEKS_OF_100, 1000, *[100] * 7]), noon_after(DAY))
    watched = on_days(peak, rules=[LAST_WEEK])
    assert judge(history, watched) == [("fire", OTHER.id, "")]


def test_explain_says_what_is_left_out_for_the_mini_program_that_is_asked_about(fallen: History) -> None:
    watched = on_days(HEALTH)
    verdicts = {}
    for app in (APP, OTHER):
        (found,) = explain(fallen, watched, DROP, app_id=app.id, period=DAY, now=noon_after(DAY))
        verdicts[app.id] = found.judgement and found.judgement.verdict
    assert verdicts == {APP.id: Verdict.EXCLUDED, OTHER.id: Verdict.BREACH}


def test_an_event_that_is_added_closes_what_no_longer_holds_for_those_whom_it_concerns(
    fallen: History,
) -> None:
    assert sorted(judge(fallen, on_days())) == [("fire", APP.id, ""), ("fire", OTHER.id, "")]
    assert judge(fallen, on_days(HEALTH)) == [("closed", APP.id, "rule changed")]
    assert judge(fallen, on_days(HEALTH)) == []
    assert [alert.app_id for alert in fallen.alerts.open_alerts()] == [OTHER.id]


def test_an_event_that_is_taken_away_has_its_days_judged(fallen: History) -> None:
    assert judge(fallen, on_days(HEALTH)) == [("fire", OTHER.id, "")]
    assert judge(fallen, on_days()) == [("fire", APP.id, "")]


def test_other_words_or_an_event_that_only_annotates_have_nothing_judged_again(
    fallen: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge(fallen, on_days(HEALTH))
    monkeypatch.setattr("smartapp_watch.evaluate.walk.judge", None)
    noted = Occasion("noted", date(2026, 11, 1), date(2026, 11, 30))
    assert judge(fallen, on_days(replace(HEALTH, name="renamed"), noted)) == []


def test_mini_programs_of_many_calendars_are_judged_once_each(history: History) -> None:
    apps = tuple(App(number, tags=frozenset({f"t{number % 3}"})) for number in range(1, 8))
    for app in apps:
        history.observations.save(tell(app, [*WEEKS_OF_100, 10]), noon_after(DAY))
    watched = on_days(
        replace(SALE, tags=("t0",)), replace(SALE, tags=("t1",), first=date(2026, 11, 2)), apps=apps
    )
    told = judge(history, watched)
    assert sorted(told) == [("fire", app.id, "") for app in apps if app.id % 3 == 2]
    assert judge(history, watched) == []


def test_an_alert_of_such_a_day_says_which_event_it_was(fallen: History) -> None:
    noted = replace(HEALTH, name="4.0", first=BEFORE.first, last=BEFORE.first, after=7, excludes=False)
    watched = on_days(noted)
    judge(fallen, watched)
    queued = fallen.outbox.due(noon_after(DAY) + timedelta(hours=1))
    notices = [fallen.outbox.read(each).notice for each in queued]
    told = {each.app_id: each.occasions for each in notices if isinstance(each, AlertNotice)}
    occurrence = Occurrence("4.0", str(BEFORE), str(BEFORE), Side.AFTER)
    assert told == {APP.id: (occurrence,), OTHER.id: ()}
    (found,) = explain(fallen, watched, DROP, app_id=APP.id, period=DAY, now=noon_after(DAY))
    assert found.occasions == (occurrence,)
    assert "  calendar    shortly after 4.0 (Sun 15 Nov)" in explanation_lines(found)
