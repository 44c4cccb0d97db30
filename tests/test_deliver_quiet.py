"""Quiet hours on a real outbox: what waits, what does not, and what people find in the morning."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from smartapp_watch.alerts.notification import GroupNotice, Layout, ServiceNotice, Topic
from smartapp_watch.alerts.quiet_hours import QuietHours
from smartapp_watch.deliver import RETRY_AFTER, DeliveryResult, deliver
from smartapp_watch.errors import DeliveryError
from smartapp_watch.history.database import History
from smartapp_watch.history.outbox import MessageState
from tests.outbox import Receiver, notice, queue, refusing, words

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = QuietHours(time(22), time(8), SHANGHAI)


def at(hour: int, minute: int = 0) -> datetime:
    """A time of the evening, or of the next morning."""
    return datetime(2026, 11, 22 if hour > 12 else 23, hour, minute, tzinfo=SHANGHAI)


EVENING, LATE, MORNING = at(20), at(23), at(8)


@pytest.fixture(params=[False, True], ids=["says it again", "changes what it said"])
def ops(request: pytest.FixtureRequest) -> Receiver:
    return Receiver(updates=request.param)


def send(history: History, ops: Receiver, now: datetime) -> DeliveryResult:
    return deliver(history, {"ops": ops}, now, quiet_hours={"ops": NIGHT})


def test_a_quiet_night_is_one_message_in_the_morning_each_alert_as_it_is_by_then(
    history: History, ops: Receiver
) -> None:
    queue(history, notice(1), at=LATE)
    assert send(history, ops, LATE).sent == 0
    queue(history, notice(2, lost=90), notice(1, "resolve"), at=at(3))
    assert send(history, ops, at(3)).sent == 0
    assert send(history, ops, at(7, 59)).sent == 0
    assert send(history, ops, MORNING).sent == 3
    (message,) = ops.messages
    assert isinstance(message.notice, GroupNotice)
    assert message.notice.layout is Layout.QUIET
    assert words(message.notice) == ["fire 2", "resolve 1"]
    assert (message.created_at, message.tried_at) == (at(3), MORNING)


def test_what_waits_says_until_when_and_was_not_tried(history: History, ops: Receiver) -> None:
    queue(history, notice(1), at=LATE)
    result = send(history, ops, LATE)
    (waiting,) = history.outbox.undelivered()
    assert (waiting.state, waiting.tries, waiting.next_try) == (MessageState.QUEUED, 0, MORNING)
    assert (result.retry, result.dead, result.errors) == (0, 0, [])


def test_by_day_nothing_waits(history: History, ops: Receiver) -> None:
    queue(history, notice(1), at=EVENING)
    assert send(history, ops, EVENING).sent == 1


def test_who_has_no_quiet_hours_is_told_at_once(history: History, ops: Receiver) -> None:
    queue(history, notice(1), receivers=("ops", "boss"), at=LATE)
    boss = Receiver()
    deliver(history, {"ops": ops, "boss": boss}, LATE, quiet_hours={"ops": NIGHT})
    assert (ops.said, boss.said) == ([], [["fire 1"]])


def test_what_is_critical_is_told_at_once_and_so_is_what_follows_on_it(
    history: History, ops: Receiver
) -> None:
    queue(history, notice(1, severity="critical"), notice(2), at=LATE)
    send(history, ops, LATE)
    queue(history, notice(1, "resolve", severity="critical"), at=at(3))
    send(history, ops, at(3))
    assert ops.said == [["fire 1"], ["resolve 1"]]
    send(history, ops, MORNING)
    assert ops.said[2:] == [["fire 2"]]


def test_what_became_critical_takes_along_what_waited_of_it(history: History, ops: Receiver) -> None:
    queue(history, notice(1), at=LATE)
    send(history, ops, LATE)
    queue(history, notice(1, "worse", severity="critical"), at=at(3))
    send(history, ops, at(3))
    assert ops.said == [["worse 1"]]
    assert history.outbox.undelivered() == []


def test_of_a_message_of_the_evening_the_news_of_the_night_are_told_in_the_morning(history: History) -> None:
    ops = Receiver(updates=True)
    queue(history, notice(1), at=EVENING)
    send(history, ops, EVENING)
    queue(history, notice(1, "resolve"), at=at(3))
    send(history, ops, at(3))
    send(history, ops, MORNING)
    (_, message) = ops.messages
    assert message.thread is not None
    assert message.thread.key == "alert/1/fire/1/ops"


def test_what_the_morning_tells_is_shown_in_the_message_of_the_evening_too(history: History) -> None:
    ops = Receiver(updates=True)
    queue(history, notice(1), at=EVENING)
    send(history, ops, EVENING)
    queue(history, notice(1, "resolve"), notice(2), at=at(3))
    send(history, ops, at(3))
    send(history, ops, MORNING)
    (_, bundle, shown) = ops.messages
    assert (words(bundle.notice), bundle.thread) == (["fire 2", "resolve 1"], None)
    assert shown.only_shown
    assert shown.thread is not None
    assert (shown.thread.key, words(shown.thread.notice)) == ("alert/1/fire/1/ops", ["resolve 1"])
    send(history, ops, at(8, 1))
    assert len(ops.messages) == 3


def test_an_acknowledgement_at_night_is_shown_at_once(history: History) -> None:
    ops = Receiver(updates=True)
    queue(history, notice(1), at=EVENING)
    send(history, ops, EVENING)
    queue(history, notice(1, "worse"), notice(1, "worse", acked="zhang", only_shown=True), at=LATE)
    send(history, ops, LATE)
    assert [message.only_shown for message in ops.messages] == [False, True]
    send(history, ops, MORNING)
    assert ops.said[2:] == [["worse 1"]]


def test_a_word_of_the_service_waits_and_is_a_message_of_its_own(history: History, ops: Receiver) -> None:
    word = ServiceNotice(Topic.RECEIVER_OFF, "gone", LATE, "boss")
    history.outbox.queue("notice/1/ops", "ops", word, LATE)
    queue(history, notice(1), notice(2), at=LATE)
    send(history, ops, LATE)
    assert ops.messages == []
    send(history, ops, MORNING)
    assert ops.taken == ["notice/1/ops", "alert/1/fire/1/ops"]


def test_what_was_tried_before_the_night_waits_too_and_stays_what_it_is(
    history: History, ops: Receiver
) -> None:
    queue(history, notice(1, app=7), notice(2, app=7), at=at(21, 59))
    ops.trouble = refusing(DeliveryError("503"))
    send(history, ops, at(21, 59))
    ops.trouble = lambda _message: None
    queue(history, notice(3), at=LATE)
    send(history, ops, at(22) + RETRY_AFTER[0])
    assert ops.messages == []
    send(history, ops, MORNING)
    assert ops.said == [["fire 1", "fire 2"], ["fire 3"]]


def test_a_receiver_that_works_again_at_night_is_left_alone_all_the_same(
    history: History, ops: Receiver
) -> None:
    queue(history, notice(1), at=at(21, 59))
    queue(history, notice(2, severity="critical"), at=at(21, 59))
    ops.trouble = refusing(DeliveryError("503"))
    send(history, ops, at(21, 59))
    ops.trouble = lambda _message: None
    queue(history, notice(3, severity="critical"), at=at(22, 5))
    send(history, ops, at(22, 5))
    assert sorted(ops.said) == [["fire 2"], ["fire 3"]]


def test_what_comes_by_day_is_no_part_of_the_nights_message(history: History, ops: Receiver) -> None:
    queue(history, notice(1), notice(2), at=LATE)
    send(history, ops, LATE)
    queue(history, notice(3), at=MORNING + timedelta(minutes=1))
    send(history, ops, MORNING + timedelta(minutes=2))
    assert sorted(ops.said) == [["fire 1", "fire 2"], ["fire 3"]]


def test_after_a_night_without_a_delivery_the_morning_is_one_message_all_the_same(
    history: History, ops: Receiver
) -> None:
    queue(history, notice(1), at=LATE)
    queue(history, notice(2), at=at(3))
    assert send(history, ops, at(9)).messages == 1
