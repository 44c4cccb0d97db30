"""What is told is the difference: timelines judged at once, in pieces, for the first time, and corrected."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartapp_watch.alerts.alert import OPEN, Alert, EventType, State
from smartapp_watch.alerts.fold import Fold, Outcome, Recorded
from smartapp_watch.alerts.lifecycle import Subject
from smartapp_watch.rules.baseline import Episode
from smartapp_watch.rules.rule import Rule
from smartapp_watch.rules.verdict import Figures, Judgement, Reason, Verdict
from tests.build import DAY, change, rule

LETTERS = {
    "b": Judgement(Verdict.BREACH, Figures(60.0, 100.0), deviation=10),
    "B": Judgement(Verdict.BREACH, Figures(50.0, 100.0), deviation=15),
    "c": Judgement(Verdict.CLEAR, Figures(95.0, 100.0)),
    "h": Judgement(Verdict.HOLD, Figures(80.0, 100.0)),
    "?": Judgement(Verdict.UNKNOWN, reason=Reason.ABSENT),
    "x": Judgement(Verdict.EXCLUDED),
}
DROP = rule("user_trend.new_user_count", change("drops_by 30% against 4_weeks"))


class Book:
    """The alerts on record and what was told, as a history keeps them."""

    def __init__(self, watched: Rule = DROP) -> None:
        self.rule = watched
        self.alerts: dict[int, Alert] = {}
        self.told: list[tuple[str, str]] = []
        self._known: set[int] = set()

    def judge(
        self, timeline: str, start: int = 0, *, replayed: bool = False, changed: bool = False
    ) -> Outcome:
        """One evaluation, of the periods of ``timeline`` from ``start`` on."""
        fold = Fold(self.rule, self.record, replayed, changed)
        for number, letter in enumerate(timeline, start):
            fold.step(Subject(1, ()), DAY.shift(number), LETTERS[letter])
        outcome = fold.outcome()
        for alert in outcome.forgotten:
            del self.alerts[alert.id]
        numbers = {alert.since: self._save(alert) for alert in outcome.alerts}
        for event in outcome.events:
            self.told.append((event.type, event.reason))
            number = numbers[event.alert.since]
            if event.type in (EventType.FIRE, EventType.REOPEN):
                self._known.add(number)
            if event.type in (EventType.RETRACT, EventType.CLOSED):
                self._known.discard(number)
        return outcome

    def _save(self, alert: Alert) -> int:
        number = alert.id or len(self.alerts) + 1000 * len(self.told) + 1
        while not alert.id and number in self.alerts:
            number += 1
        self.alerts[number] = replace(alert, id=number)
        return number

    @property
    def record(self) -> tuple[Recorded, ...]:
        return tuple(Recorded(alert, number in self._known) for number, alert in self.alerts.items())

    @property
    def open(self) -> Alert | None:
        return next((alert for alert in self.alerts.values() if alert.state in OPEN), None)


def after(*timelines: str, watched: Rule = DROP) -> Book:
    """A book after evaluations of several days each."""
    book, start = Book(watched), 0
    for timeline in timelines:
        book.judge(timeline, start)
        start += len(timeline)
    return book


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
    assert after(timeline).told == expected


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
    assert after("b", timeline).told[1:] == expected


def test_an_episode_that_came_and_went_unseen_is_kept_for_the_digest() -> None:
    assert [alert.state for alert in after("cbbc").alerts.values()] == [State.RESOLVED]


@pytest.mark.parametrize(
    ("timeline", "expected"),
    [("ccbbcc", []), ("ccbbccbb", [("fire", "late")]), ("b", [("fire", "")]), ("", [])],
)
def test_a_first_judgement_tells_only_what_is_open_now(
    timeline: str, expected: list[tuple[str, str]]
) -> None:
    book = Book()
    book.judge(timeline, replayed=True)
    assert book.told == expected


def test_a_first_judgement_says_when_it_really_began() -> None:
    book = Book()
    (event,) = book.judge("ccbbbb", replayed=True).events
    assert (event.alert.since, event.alert.period) == (DAY.shift(2), DAY.shift(5))


@pytest.mark.parametrize(
    ("known", "corrected", "expected"),
    [
        ("cb", "cb", []),
        ("cb", "cc", [("retract", "corrected from 60 to 95")]),
        ("cbb", "cbc", [("resolve", "")]),
        ("cbbc", "cbbb", [("reopen", "")]),
        ("cbbc", "cccc", [("retract", "corrected")]),
        ("cc", "cb", [("fire", "")]),
        ("ccc", "cbb", [("fire", "late")]),
        ("ccc", "cbc", []),
        ("ccb", "cbb", []),
        ("cb?", "cbc", [("resolve", "")]),
        ("c?", "cb", [("fire", "")]),
    ],
)
def test_corrected_data_take_back_reopen_or_fire_late(
    known: str, corrected: str, expected: list[tuple[str, str]]
) -> None:
    book = after(*known)
    before = len(book.told)
    book.judge(corrected, replayed=True)
    assert book.told[before:] == expected


def test_what_was_withdrawn_may_come_again() -> None:
    book = after(*"cb")
    book.judge("cc", replayed=True)
    book.judge("cb", replayed=True)
    assert [kind for kind, _ in book.told] == ["fire", "retract", "fire"]


def test_an_edited_rule_adopts_the_alert_that_still_holds_without_a_word() -> None:
    book = after("cb")
    book.judge("bb", replayed=True, changed=True)
    assert [kind for kind, _ in book.told] == ["fire"]
    assert book.open is not None
    assert book.open.since == DAY  # by the rule as it is now


def test_an_edited_rule_closes_the_alert_that_no_longer_holds() -> None:
    book = after("cb")
    book.judge("cc", replayed=True, changed=True)
    assert book.told[1:] == [("closed", "rule changed")]
    assert book.open is None


def test_an_edited_rule_does_not_take_back_what_is_over() -> None:
    book = after(*"cbc")
    book.judge("ccc", replayed=True, changed=True)
    assert [kind for kind, _ in book.told] == ["fire", "resolve"]


def test_a_pending_alert_that_came_to_nothing_is_forgotten() -> None:
    book = after("b", watched=replace(DROP, for_=3))
    assert book.open is not None
    assert book.open.state is State.PENDING
    book.judge("c", 1)
    assert (book.alerts, book.told) == ({}, [])


def test_an_alert_recovers_over_the_periods_it_has_to_keep_clear() -> None:
    book = after(*"bcc", watched=replace(DROP, keep=2))
    assert [kind for kind, _ in book.told] == ["fire", "resolve"]
    again = after(*"bcbcc", watched=replace(DROP, keep=2))
    assert [kind for kind, _ in again.told] == ["fire", "resolve"]
    assert [alert.state for alert in again.alerts.values()] == [State.RESOLVED]


VERDICTS = "bc?hx"
VALUES = "bch"
"""What data can be corrected to: a missing value never overwrites one that is there."""


def without_number(alert: Alert | None) -> Alert | None:
    return alert and replace(alert, id=0)


@given(st.text(VERDICTS, max_size=40), st.data(), st.integers(1, 3), st.integers(1, 3))
def test_judging_in_pieces_leads_to_the_same_alert_as_at_once(
    timeline: str, data: st.DataObject, enough: int, keep: int
) -> None:
    watched = replace(DROP, for_=enough, keep=keep)
    cut = data.draw(st.integers(0, len(timeline)))
    pieces, whole = after(timeline[:cut], timeline[cut:], watched=watched), after(timeline, watched=watched)
    assert without_number(pieces.open) == without_number(whole.open)


def spans(book: Book) -> list[tuple[Episode, bool]]:
    """The episodes that people were told of and that stand, with whether they are open."""
    return sorted(
        ((each.episode, each.is_open) for each in book.record if each.told), key=lambda pair: pair[0].since
    )


def check_told(book: Book) -> None:
    """Every end belongs to a beginning, and what is open on record is open for people too."""
    open_now = 0
    for kind, _ in book.told:
        if kind in ("fire", "reopen"):
            open_now += 1
        elif kind in ("resolve", "closed"):
            open_now -= 1
        assert open_now in (0, 1) or "retract" in {each for each, _ in book.told}
    told_open = [each for each in book.record if each.told and each.is_open]
    assert len(told_open) <= 1
    firing = book.open is not None and book.open.state is not State.PENDING
    assert bool(told_open) == firing


@settings(max_examples=10_000)
@given(
    st.text(VERDICTS, min_size=1, max_size=25),
    st.lists(st.tuples(st.integers(0, 24), st.sampled_from(VALUES)), max_size=6),
    st.integers(1, 2),
    st.integers(1, 2),
)
def test_live_with_corrections_ends_where_the_final_data_lead(
    timeline: str, corrections: list[tuple[int, str]], enough: int, keep: int
) -> None:
    """A day at a time, with random corrections, against one fold over the data as they ended up."""
    watched = replace(DROP, for_=enough, keep=keep)
    known, book = "", Book(watched)
    pending = sorted(corrections)
    for number, letter in enumerate(timeline):
        known += letter
        book.judge(letter, number)
        while pending and pending[0][0] <= number:
            place, corrected = pending.pop(0)
            known = known[:place] + corrected + known[place + 1 :]
            book.judge(known, replayed=True)
        check_told(book)
    before = list(book.told)
    book.judge(known, replayed=True)
    assert book.told == before, "a second replay tells nothing"
    final = Book(watched)
    final.judge(known, replayed=True)
    assert (book.open is None) == (final.open is None)
    if book.open is not None and final.open is not None:
        assert replace(book.open, id=0, told=0) == replace(final.open, id=0, told=0)
    if book.told and book.told[-1][0] == "resolve":
        assert "c" in known
