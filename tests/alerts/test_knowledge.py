"""What people know of an alert, and what they are owed when they can be told again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.alerts.alert import OPEN, EventType, State
from smartapp_watch.alerts.knowledge import Happened, Knowledge, Owed, is_news, known, owed
from smartapp_watch.alerts.silence import Hold

FIRE, WORSE, RESOLVE, STALE, RETRACT, REOPEN, CLOSED = EventType


def told(*kinds: EventType) -> list[Happened]:
    return [Happened(kind) for kind in kinds]


def held(*kinds: EventType, by: Hold = Hold.SILENCE, reason: str = "") -> list[Happened]:
    return [Happened(kind, reason, by) for kind in kinds]


@pytest.mark.parametrize(
    ("story", "state", "expected"),
    [
        (held(FIRE), State.FIRING, FIRE),
        (held(FIRE), State.RECOVERING, FIRE),
        (held(FIRE, RESOLVE), State.RESOLVED, None),
        (held(FIRE, RETRACT), State.RETRACTED, None),
        (held(FIRE, RESOLVE, REOPEN), State.FIRING, FIRE),
        (told(FIRE) + held(RESOLVE), State.RESOLVED, RESOLVE),
        (told(FIRE) + held(CLOSED), State.CLOSED, CLOSED),
        (told(FIRE) + held(RETRACT), State.RETRACTED, RETRACT),
        (told(FIRE) + held(RETRACT), State.PENDING, RETRACT),
        (told(FIRE) + held(RESOLVE, REOPEN), State.FIRING, None),
        (told(FIRE) + held(WORSE), State.FIRING, WORSE),
        (told(FIRE) + held(WORSE), State.RECOVERING, None),
        (told(FIRE) + held(STALE), State.STALE, STALE),
        (told(FIRE) + held(STALE), State.FIRING, None),
        (told(FIRE, RESOLVE) + held(REOPEN), State.FIRING, REOPEN),
        (told(FIRE, RESOLVE) + held(REOPEN, RESOLVE), State.RESOLVED, None),
        (told(FIRE, RESOLVE) + held(RETRACT), State.RETRACTED, RETRACT),
        (told(FIRE, RETRACT) + held(FIRE), State.FIRING, FIRE),
        (told(FIRE), State.FIRING, None),
    ],
)
def test_people_are_owed_the_difference(
    story: list[Happened], state: State, expected: EventType | None
) -> None:
    due = owed(story, state)
    assert (due.type if due else None) is expected


@pytest.mark.parametrize(
    ("story", "state", "expected"),
    [
        (held(FIRE, reason="late"), State.FIRING, "silence ended"),
        (held(FIRE, by=Hold.MAINTENANCE), State.FIRING, "maintenance ended"),
        (held(FIRE, by=Hold.SHADOW), State.FIRING, "shadow ended"),
        (held(FIRE) + held(WORSE, by=Hold.UNKNOWN), State.FIRING, "silence ended"),
        (told(FIRE) + held(CLOSED, reason="rule gone"), State.CLOSED, "rule gone"),
        (told(FIRE) + held(STALE, reason="absent"), State.STALE, "absent"),
        (told(FIRE) + held(RESOLVE), State.RESOLVED, "silence ended"),
    ],
)
def test_what_is_told_later_says_why(story: list[Happened], state: State, expected: str) -> None:
    due = owed(story, state)
    assert due is not None
    assert due.reason == expected


STEPS = {
    None: [(FIRE, State.FIRING)],
    State.FIRING: [
        (WORSE, State.FIRING),
        (STALE, State.STALE),
        (RESOLVE, State.RESOLVED),
        (CLOSED, State.CLOSED),
        (RETRACT, State.RETRACTED),
    ],
    State.STALE: [(RESOLVE, State.RESOLVED), (CLOSED, State.CLOSED), (RETRACT, State.RETRACTED)],
    State.RESOLVED: [(REOPEN, State.FIRING), (RETRACT, State.RETRACTED)],
    State.CLOSED: [(REOPEN, State.FIRING)],
    State.RETRACTED: [(FIRE, State.FIRING)],
}
"""What may happen to an episode in a state, and the state that follows."""


@st.composite
def episodes(draw: st.DrawFn) -> tuple[list[Happened], State]:
    """What happened to an alert while silences came and went: told as the rules of telling have it."""
    story: list[Happened] = []
    state: State | None = None
    for _ in range(draw(st.integers(1, 12))):
        kind, state = draw(st.sampled_from(STEPS[state]))
        silent = draw(st.booleans())
        why = Hold.SILENCE if silent else None if is_news(known(story), kind) else Hold.UNKNOWN
        story.append(Happened(kind, "", why))
        if not silent:
            story += catch_up(story, state)
    assert state is not None
    return story, state


def catch_up(story: list[Happened], state: State) -> Iterator[Happened]:
    due = owed(story, state)
    if due:
        yield Happened(due.type, due.reason)


@given(episodes())
def test_when_nothing_is_silenced_people_know_how_it_stands(episode: tuple[list[Happened], State]) -> None:
    story, state = episode
    story += catch_up(story, state)
    expected = (
        Knowledge.OPEN if state in OPEN else Knowledge.NOTHING if state is State.RETRACTED else known(story)
    )
    assert known(story) is expected
    assert known(story) is not Knowledge.OPEN or state in OPEN
    assert owed(story, state) is None


@given(episodes())
def test_what_is_told_makes_sense_by_itself(episode: tuple[list[Happened], State]) -> None:
    story, state = episode
    heard: list[Happened] = []
    for each in [*story, *catch_up(story, state)]:
        if each.held is None:
            assert is_news(known(heard), each.type), (heard, each)
            heard.append(each)


@given(episodes())
def test_nobody_is_told_of_an_end_without_a_beginning(episode: tuple[list[Happened], State]) -> None:
    story, _ = episode
    heard = [each.type for each in story if each.held is None]
    assert not heard or heard[0] is FIRE


def test_without_silences_everything_is_told_at_once() -> None:
    story = told(FIRE, WORSE, RESOLVE, REOPEN, CLOSED)
    assert owed(story, State.CLOSED) is None
    assert owed(held(FIRE), State.FIRING) == Owed(FIRE, "silence ended")
