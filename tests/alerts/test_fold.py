"""What is told is the difference: timelines that are judged at once, in pieces, or for the first time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.alerts.alert import OPEN, Alert, State
from smartapp_watch.alerts.fold import Fold, Outcome
from smartapp_watch.alerts.lifecycle import Subject
from smartapp_watch.rules.rule import Rule
from smartapp_watch.rules.verdict import Judgement, Reason, Verdict
from tests.build import DAY, change, rule

LETTERS = {
    "b": Judgement(Verdict.BREACH, deviation=10),
    "B": Judgement(Verdict.BREACH, deviation=15),
    "c": Judgement(Verdict.CLEAR),
    "?": Judgement(Verdict.UNKNOWN, reason=Reason.ABSENT),
}
DROP = rule("user_trend.new_user_count", change("drops_by 30% against 4_weeks"))


def judge(
    timeline: str, start: int = 0, known: Alert | None = None, *, first: bool = False, watched: Rule = DROP
) -> Outcome:
    """The outcome of one evaluation that judges the periods of ``timeline``, from ``start`` on."""
    fold = Fold(watched, known, first)
    for number, letter in enumerate(timeline, start):
        fold.step(Subject(1, ()), DAY.shift(number), LETTERS[letter])
    return fold.outcome()


def told(outcome: Outcome) -> list[tuple[str, str]]:
    return [(event.type, event.reason) for event in outcome.events]


def still_open(outcome: Outcome) -> Alert | None:
    return next((alert for alert in outcome.alerts if alert.state in OPEN), None)


@pytest.mark.parametrize(
    ("timeline", "expected"),
    [
        ("c", []),
        ("b", [("fire", "")]),
        ("cbbb", [("fire", "late")]),
        ("cbc", []),
        ("bcb", [("fire", "")]),
        ("bB", [("fire", "late")]),
        ("b????", [("fire", "")]),
    ],
)
def test_catching_up_tells_of_what_is_open_once(timeline: str, expected: list[tuple[str, str]]) -> None:
    assert told(judge(timeline)) == expected


@pytest.mark.parametrize(
    ("timeline", "expected"),
    [
        ("b", []),
        ("c", [("resolve", "")]),
        ("Bc", [("resolve", "")]),
        ("B", [("worse", "")]),
        ("????", [("stale", "absent")]),
        ("????b", []),
        ("cb", [("resolve", ""), ("fire", "")]),
        ("cbc", [("resolve", "")]),
    ],
)
def test_what_people_know_of_ends_or_changes(timeline: str, expected: list[tuple[str, str]]) -> None:
    known = still_open(judge("b"))
    assert told(judge(timeline, 1, known)) == expected


def test_an_episode_that_came_and_went_unseen_is_kept_for_the_digest() -> None:
    outcome = judge("cbbc")
    assert [alert.state for alert in outcome.alerts] == [State.RESOLVED]


@pytest.mark.parametrize(
    ("timeline", "expected"),
    [("ccbbcc", []), ("ccbbccbb", [("fire", "late")]), ("b", [("fire", "")]), ("", [])],
)
def test_a_first_judgement_tells_only_what_is_open_now(
    timeline: str, expected: list[tuple[str, str]]
) -> None:
    assert told(judge(timeline, first=True)) == expected


def test_a_first_judgement_says_when_it_really_began() -> None:
    (event,) = judge("ccbbbb", first=True).events
    assert event.alert.since == DAY.shift(2)
    assert event.alert.period == DAY.shift(5)


def test_an_edited_rule_adopts_the_alert_that_still_holds_without_a_word() -> None:
    known = still_open(judge("cb"))
    assert known is not None
    outcome = judge("bbb", first=True, known=known)
    assert told(outcome) == []
    adopted = still_open(outcome)
    assert adopted is not None
    assert adopted.since == known.since


def test_an_edited_rule_closes_the_alert_that_no_longer_holds() -> None:
    known = still_open(judge("b"))
    outcome = judge("cc", first=True, known=known)
    assert told(outcome) == [("closed", "rule changed")]
    assert still_open(outcome) is None


def test_a_pending_alert_that_came_to_nothing_is_forgotten() -> None:
    slow = replace(DROP, for_=3)
    pending = still_open(judge("b", watched=slow))
    assert pending is not None
    assert pending.state is State.PENDING
    assert judge("c", 1, pending, watched=slow).forgotten == pending
    assert judge("b", 1, pending, watched=slow).forgotten is None


@given(st.text("bc?", max_size=40), st.data())
def test_judging_in_pieces_leads_to_the_same_alert_as_at_once(timeline: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(timeline)))
    before = judge(timeline[:cut])
    after = judge(timeline[cut:], cut, still_open(before))
    assert still_open(after) == still_open(judge(timeline))


@given(st.text("bc?", max_size=40))
def test_judging_day_by_day_tells_of_every_episode_once(timeline: str) -> None:
    known: Alert | None = None
    open_now = False
    for number, letter in enumerate(timeline):
        outcome = judge(letter, number, known)
        known = still_open(outcome)
        for kind, _ in told(outcome):
            if kind == "fire":
                assert not open_now
                open_now = True
            elif kind in ("resolve", "closed"):
                assert open_now
                open_now = False
    assert open_now == (known is not None)
