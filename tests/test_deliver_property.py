"""Whatever goes wrong on the way, people are told: at least once, in order, and the same again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartapp_watch.alerts.notification import AlertNotice, GroupNotice, Notification
from smartapp_watch.alerts.quiet_hours import QuietHours
from smartapp_watch.deliver import GIVE_UP_AFTER, deliver
from smartapp_watch.errors import DeliveryError
from smartapp_watch.history.database import History, open_history
from tests.outbox import NOW, notice, queue

NIGHT = QuietHours(time(22), time(8), ZoneInfo("Asia/Shanghai"))
TROUBLES = ("none", "none", "refused", "slow down", "lost", "crash before", "crash after")


@dataclass
class Flaky:
    """A receiver in which what is drawn goes wrong with each message; afterwards nothing does."""

    updates: bool
    troubles: list[str]
    accepted: list[Notification] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)

    def send(self, notification: Notification) -> str:
        """Take one, or not; or take it, and say nothing of it."""
        match self.troubles.pop() if self.troubles else "none":
            case "refused":
                raise DeliveryError("503")
            case "slow down":
                raise DeliveryError("429", retry_after=7200)
            case "stumbles":
                raise KeyError("blocks")
            case "crash before":
                raise KeyboardInterrupt
            case "lost":
                self._accept(notification, is_lost=True)
                raise DeliveryError("connection lost")
            case "crash after":
                self._accept(notification, is_lost=True)
                raise KeyboardInterrupt
        self._accept(notification, is_lost=False)
        return f"id-{len(self.accepted)}"

    def _accept(self, notification: Notification, *, is_lost: bool) -> None:
        self.accepted.append(notification)
        self.lost[notification.key] += is_lost


@dataclass(frozen=True)
class Step:
    """What happens next: some events of some alerts, then a while, then a delivery."""

    events: list[tuple[int, str]]
    wait: timedelta
    troubles: list[str]


EVENTS = st.tuples(st.integers(1, 9), st.sampled_from(["fire", "worse", "resolve", "reopen", "ack"]))


def steps_with(*troubles: str) -> st.SearchStrategy[list[Step]]:
    """Some steps, with any of these troubles."""
    step = st.builds(
        Step,
        st.lists(EVENTS, max_size=9),
        st.timedeltas(timedelta(0), timedelta(hours=9)),
        st.lists(st.sampled_from(troubles), max_size=4),
    )
    return st.lists(step, max_size=8)


def told_of(said: object) -> list[AlertNotice]:
    """The alerts that are told of; ``breaches`` numbers what was queued."""
    if isinstance(said, AlertNotice):
        return [said]
    assert isinstance(said, GroupNotice)
    return list(said.alerts)


def live(history: History, steps: list[Step], receiver: Flaky, *, quiet: bool) -> list[AlertNotice]:
    """Queue and deliver step by step, and then for as long as anything waits; what was queued."""
    now = NOW
    queued: list[AlertNotice] = []
    quiet_hours = {"ops": NIGHT} if quiet else {}
    for step in steps:
        for alert, kind in step.events:
            is_ack = kind == "ack"
            said = notice(alert, "fire" if is_ack else kind, app=alert % 4, only_shown=is_ack)
            said = replace(said, breaches=len(queued))
            queued.append(said)
            queue(history, said, at=now)
        now += step.wait
        receiver.troubles = list(step.troubles)
        with suppress(KeyboardInterrupt):
            deliver(history, {"ops": receiver}, now, quiet_hours=quiet_hours)
        receiver.troubles = []
    until = now + GIVE_UP_AFTER / 2
    while history.outbox.undelivered() and now < until:
        now += timedelta(hours=1)
        deliver(history, {"ops": receiver}, now, quiet_hours=quiet_hours)
    return queued


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outboxes")


Live = Callable[[list[Step], Flaky, bool], list[AlertNotice]]


@pytest.fixture(scope="module")
def played(folder: Path, blank: bytes) -> Live:
    def play(steps: list[Step], receiver: Flaky, quiet: bool) -> list[AlertNotice]:
        path = folder / "history.db"
        for each in folder.iterdir():
            each.unlink()
        path.write_bytes(blank)
        with open_history(path) as history:
            queued = live(history, steps, receiver, quiet=quiet)
            assert history.outbox.undelivered() == []
        return queued

    return play


@settings(max_examples=80)
@given(steps=steps_with(*TROUBLES, "stumbles"), updates=st.booleans(), quiet=st.booleans())
def test_people_know_the_newest_in_the_end_whatever_went_wrong(
    played: Live, steps: list[Step], updates: bool, quiet: bool
) -> None:
    receiver = Flaky(updates, [])
    queued = played(steps, receiver, quiet)
    newest = {said.alert: said.breaches for said in queued if not said.only_shown}
    known: dict[int, int] = {}
    for message in receiver.accepted:
        if not message.only_shown:
            known |= {each.alert: each.breaches for each in told_of(message.notice)}
    assert known == newest


@settings(max_examples=80)
@given(steps=steps_with(*TROUBLES, "stumbles"), updates=st.booleans(), quiet=st.booleans())
def test_of_each_alert_nothing_older_is_told_after_something_newer(
    played: Live, steps: list[Step], updates: bool, quiet: bool
) -> None:
    receiver = Flaky(updates, [])
    played(steps, receiver, quiet)
    told: dict[int, list[int]] = {}
    for message in receiver.accepted:
        for each in told_of(message.notice) if not message.only_shown else ():
            told.setdefault(each.alert, []).append(each.breaches)
    assert all(numbers == sorted(numbers) for numbers in told.values())


@settings(max_examples=80)
@given(steps=steps_with(*TROUBLES), updates=st.booleans(), quiet=st.booleans())
def test_a_message_is_told_twice_only_where_its_acceptance_was_lost_and_then_says_the_same(
    played: Live, steps: list[Step], updates: bool, quiet: bool
) -> None:
    receiver = Flaky(updates, [])
    played(steps, receiver, quiet)
    times = Counter(message.key for message in receiver.accepted)
    assert all(count <= 1 + receiver.lost[key] for key, count in times.items())
    said = {message.key: message for message in receiver.accepted}
    for message in receiver.accepted:
        again = said[message.key]
        assert (again.notice, again.thread, again.created_at) == (
            message.notice,
            message.thread,
            message.created_at,
        )
