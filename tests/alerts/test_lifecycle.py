"""The alert's states: each test is a timeline, a letter a period.

``b`` breach, ``c`` clear, ``?`` unknown, ``h`` hold, ``x`` excluded.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.alerts.alert import OPEN, Alert, Event, State
from smartapp_watch.alerts.lifecycle import Subject, advance, close
from smartapp_watch.rules.rule import Rule
from smartapp_watch.rules.verdict import Judgement, Reason, Verdict
from tests.build import DAY, above, change, rule

LETTERS = {
    "b": Judgement(Verdict.BREACH, deviation=10),
    "B": Judgement(Verdict.BREACH, deviation=15),
    "c": Judgement(Verdict.CLEAR),
    "?": Judgement(Verdict.UNKNOWN, reason=Reason.ABSENT),
    "h": Judgement(Verdict.HOLD),
    "x": Judgement(Verdict.EXCLUDED),
}
SUBJECT = Subject(15263713, ())
DROP = rule("user_trend.new_user_count", change("drops_by 30% against 4_weeks"))


def play(timeline: str, watched: Rule = DROP) -> tuple[str, list[str]]:
    """The state at the end, and the events with the number of the period they came in."""
    alert: Alert | None = None
    told: list[str] = []
    for number, letter in enumerate(timeline):
        step = advance(watched, SUBJECT, alert, DAY.shift(number), LETTERS[letter])
        alert = step.alert if step.alert and step.alert.state in OPEN else None
        if step.event:
            told.append(f"{number} {step.event.type}")
    return (alert.state if alert else State.OK), told


@pytest.mark.parametrize(
    ("timeline", "state", "told"),
    [
        ("c", "ok", []),
        ("?", "ok", []),
        ("h", "ok", []),
        ("b", "firing", ["0 fire"]),
        ("bb", "firing", ["0 fire"]),
        ("bc", "ok", ["0 fire", "1 resolve"]),
        ("bcb", "firing", ["0 fire", "1 resolve", "2 fire"]),
        ("bh", "firing", ["0 fire"]),
        ("bx", "firing", ["0 fire"]),
        ("b???", "firing", ["0 fire"]),
        ("b????", "stale", ["0 fire", "4 stale"]),
        ("b????b", "firing", ["0 fire", "4 stale"]),
        ("b????h", "firing", ["0 fire", "4 stale"]),
        ("b????c", "ok", ["0 fire", "4 stale", "5 resolve"]),
        ("b??b??b??", "firing", ["0 fire"]),
        ("b" + "?" * 29, "stale", ["0 fire", "4 stale"]),
        ("b" + "?" * 30, "ok", ["0 fire", "4 stale", "30 closed"]),
        ("b" * 28, "firing", ["0 fire"]),
        ("b" * 29, "ok", ["0 fire", "28 closed"]),
        ("bB", "firing", ["0 fire", "1 worse"]),
        ("bBB", "firing", ["0 fire", "1 worse"]),
    ],
)
def test_a_rule_that_fires_at_once(timeline: str, state: str, told: list[str]) -> None:
    assert play(timeline) == (state, told)


@pytest.mark.parametrize(
    ("timeline", "state", "told"),
    [
        ("b", "pending", []),
        ("bb", "pending", []),
        ("bbb", "firing", ["2 fire"]),
        ("bbc", "ok", []),
        ("bbcb", "pending", []),
        ("bbh", "ok", []),
        ("bb?b", "firing", ["3 fire"]),
        ("bb???", "pending", []),
        ("bb????", "ok", []),
        ("bbxb", "firing", ["3 fire"]),
    ],
)
def test_a_rule_that_waits_for_three_periods(timeline: str, state: str, told: list[str]) -> None:
    assert play(timeline, replace(DROP, for_=3)) == (state, told)


def test_near_a_threshold_half_as_much_again_is_not_worse() -> None:
    """From 1 to 1.5 above a limit of 30 is half as much again, but nothing to wake anybody for."""
    watched = rule("activity_user.lost_ratio", above(30))
    first = advance(watched, SUBJECT, None, DAY, Judgement(Verdict.BREACH, deviation=1))
    near = advance(watched, SUBJECT, first.alert, DAY.shift(1), Judgement(Verdict.BREACH, deviation=1.5))
    far = advance(watched, SUBJECT, first.alert, DAY.shift(1), Judgement(Verdict.BREACH, deviation=4.1))
    assert near.event is None
    assert isinstance(far.event, Event)


def test_an_alert_remembers_its_first_breach_and_its_newest_period() -> None:
    alert = None
    for number in range(3):
        alert = advance(replace(DROP, for_=3), SUBJECT, alert, DAY.shift(number), LETTERS["b"]).alert
    assert alert is not None
    assert (alert.since, alert.period, alert.breaches) == (DAY, DAY.shift(2), 3)


def test_closing_what_was_only_pending_tells_nobody() -> None:
    pending = advance(replace(DROP, for_=3), SUBJECT, None, DAY, LETTERS["b"]).alert
    firing = advance(DROP, SUBJECT, None, DAY, LETTERS["b"]).alert
    assert pending is not None
    assert firing is not None
    assert close(pending, "rule gone").event is None
    closed = close(firing, "rule gone")
    assert closed.alert is not None
    assert closed.alert.state is State.CLOSED
    assert closed.event is not None
    assert closed.event.reason == "rule gone"


@given(st.text("bBc?hx", max_size=60), st.integers(1, 4))
def test_every_end_belongs_to_a_beginning_and_only_clear_resolves(timeline: str, enough: int) -> None:
    _, told = play(timeline, replace(DROP, for_=enough))
    is_open = False
    for event in told:
        number, kind = event.split()
        if kind == "fire":
            assert not is_open
            is_open = True
        elif kind in ("resolve", "closed"):
            assert is_open
            is_open = False
        if kind == "resolve":
            assert timeline[int(number)] == "c"
