"""What is due at one time, put together: messages of several alerts, and what follows on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from smartapp_watch.alerts.notification import GroupNotice, Layout, Notification
from smartapp_watch.deliver import GIVE_UP_AFTER, RETRY_AFTER, DeliveryResult, deliver
from smartapp_watch.errors import DeliveryError
from smartapp_watch.history.database import History
from smartapp_watch.history.outbox import MessageState
from tests.outbox import NOW, Receiver, notice, queue, refusing, words

LATER = NOW + timedelta(hours=1)
DOWN = DeliveryError("503")
TOO_LARGE = DeliveryError("552 too large", permanent=True, of_receiver=False)


@pytest.fixture(params=[False, True], ids=["says it again", "changes what it said"])
def ops(request: pytest.FixtureRequest) -> Receiver:
    return Receiver(updates=request.param)


def send(history: History, ops: Receiver, minutes: float = 0) -> DeliveryResult:
    return deliver(history, {"ops": ops}, NOW + timedelta(minutes=minutes))


def states(history: History) -> dict[str, MessageState]:
    return {each.key: each.state for each in history.outbox.undelivered()}


def test_thirty_alerts_at_once_are_one_message(history: History, ops: Receiver) -> None:
    queue(history, *(notice(number) for number in range(1, 31)))
    result = send(history, ops)
    assert (result.sent, result.messages) == (30, 1)
    (message,) = ops.messages
    assert isinstance(message.notice, GroupNotice)
    assert message.notice.layout is Layout.RULES
    assert len(message.notice.alerts) == 30
    assert message.key == "alert/1/fire/1/ops"


def test_two_alerts_of_one_app_are_one_message_the_worse_first(history: History, ops: Receiver) -> None:
    queue(history, notice(1, app=7, lost=10), notice(2, app=8), notice(3, app=7, lost=90))
    send(history, ops)
    assert ops.said == [["fire 3", "fire 1"], ["fire 2"]]


def test_each_receiver_has_its_own_messages(history: History) -> None:
    queue(history, notice(1), receivers=("ops", "boss"))
    queue(history, notice(2, app=1), receivers=("ops",))
    ops, boss = Receiver(), Receiver()
    deliver(history, {"ops": ops, "boss": boss}, NOW)
    assert (ops.said, boss.said) == ([["fire 1", "fire 2"]], [["fire 1"]])


def test_what_follows_knows_what_was_said_first_and_what_that_would_say_by_now(
    history: History, ops: Receiver
) -> None:
    queue(history, notice(1, app=7), notice(2, app=7))
    send(history, ops)
    queue(history, notice(1, "resolve", app=7), at=LATER)
    send(history, ops, 60)
    thread = ops.messages[1].thread
    assert ops.said[1] == ["resolve 1"]
    assert thread is not None
    assert (thread.key, thread.platform_id) == ("alert/1/fire/1/ops", "id-1")
    assert words(thread.opening) == ["fire 1", "fire 2"]
    assert words(thread.notice) == ["fire 2", "resolve 1"]
    assert ops.messages[0].thread is None


def test_a_message_shows_no_later_news_than_its_own_when_it_is_sent_again(history: History) -> None:
    ops = Receiver(updates=True)
    queue(history, notice(1))
    send(history, ops)
    queue(history, notice(1, "worse"))
    ops.trouble = refusing(DOWN)
    send(history, ops)
    queue(history, notice(1, "resolve"))
    ops.trouble = lambda _message: None
    send(history, ops, 5)
    threads = [message.thread for message in ops.messages]
    assert [words(thread.notice) for thread in threads if thread] == [["worse 1"], ["resolve 1"]]


def test_what_follows_on_one_message_at_one_time_is_one_message(history: History, ops: Receiver) -> None:
    queue(history, notice(1, app=7), notice(2, app=7), notice(3, app=7))
    send(history, ops)
    queue(history, notice(1, "worse", app=7), notice(2, "resolve", app=7), notice(1, "resolve", app=7))
    send(history, ops)
    assert ops.said[1] == ["resolve 1", "resolve 2"]
    assert len(ops.messages) == 2


@pytest.mark.parametrize(("updates", "messages"), [(False, 1), (True, 6)])
def test_where_nothing_can_be_changed_six_follow_ups_are_one_message(
    history: History, updates: bool, messages: int
) -> None:
    ops = Receiver(updates=updates)
    for number in range(1, 7):
        queue(history, notice(number))
        send(history, ops)
    queue(history, *(notice(number, "resolve") for number in range(1, 7)))
    assert send(history, ops).messages == messages
    threads = [message.thread is not None for message in ops.messages[6:]]
    assert threads == [updates] * messages


def test_what_is_told_with_others_later_still_belongs_to_what_told_of_it_first(history: History) -> None:
    ops = Receiver()
    for number in range(1, 7):
        queue(history, notice(number))
        send(history, ops)
    queue(history, *(notice(number, "worse") for number in range(1, 7)))
    send(history, ops)
    queue(history, notice(3, "resolve"))
    send(history, ops)
    thread = ops.messages[-1].thread
    assert thread is not None
    assert thread.key == "alert/3/fire/1/ops"


@pytest.mark.parametrize("minutes", [0, 1])
def test_a_crash_while_sending_sends_the_same_again_whatever_came_since(
    history: History, ops: Receiver, minutes: int
) -> None:
    queue(history, notice(1, app=7, lost=10), notice(2, app=7, lost=90))
    ops.trouble = refusing(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        send(history, ops)
    queue(history, notice(3, app=7), notice(1, "resolve", app=7))
    ops.trouble = lambda _message: None
    send(history, ops, minutes)
    assert ops.said == [["fire 2", "fire 1"], ["fire 3"], ["resolve 1"]]
    assert ops.taken[0] == "alert/1/fire/1/ops"


def test_a_retry_says_what_the_first_try_said(history: History, ops: Receiver) -> None:
    queue(history, *(notice(number) for number in range(1, 4)))
    queue(history, notice(4, app=1))
    tries: list[tuple[str, list[str]]] = []

    def refuse(message: Notification) -> None:
        tries.append((message.key, words(message.notice)))
        raise DOWN

    ops.trouble = refuse
    send(history, ops)
    queue(history, notice(5, app=1))
    send(history, ops, 1)
    assert tries == [("alert/1/fire/1/ops", ["fire 1", "fire 4"])] * 2


def test_all_of_a_message_waits_is_sent_and_given_up_together(history: History, ops: Receiver) -> None:
    queue(history, notice(1, app=7), notice(2, app=7))
    ops.trouble = refusing(DOWN)
    assert send(history, ops).retry == 2
    assert set(states(history).values()) == {MessageState.RETRY}
    late = GIVE_UP_AFTER.total_seconds() / 60
    assert send(history, ops, late).dead == 2
    assert len(history.outbox.dead_letters(NOW, NOW + 2 * GIVE_UP_AFTER)) == 2
    assert history.outbox.dead_letters(NOW, NOW + timedelta(hours=1)) == []


def test_a_receiver_that_refuses_a_group_for_good_is_off_and_loses_nothing(
    history: History, ops: Receiver
) -> None:
    queue(history, notice(1, app=7), notice(2, app=7))
    ops.trouble = refusing(DeliveryError("token_revoked", permanent=True))
    assert send(history, ops).retry == 2
    (trouble,) = history.outbox.troubles.all()
    assert (trouble.receiver, trouble.is_off, trouble.error) == ("ops", True, "token_revoked")
    ops.trouble = lambda _message: None
    assert send(history, ops, 60).sent == 2
    assert history.outbox.troubles.all() == []


def test_what_follows_waits_for_what_it_follows_on(history: History, ops: Receiver) -> None:
    def refuse(message: Notification) -> None:
        if "fire 1" in words(message.notice):
            raise DeliveryError("451 come back", of_receiver=False)

    ops.trouble = refuse
    queue(history, notice(1), notice(2))
    send(history, ops)
    queue(history, notice(1, "resolve"), notice(2, "resolve"))
    send(history, ops)
    assert ops.said == [["fire 2"], ["resolve 2"]]
    ops.trouble = lambda _message: None
    send(history, ops, 1)
    assert ops.said[2:] == [["fire 1"], ["resolve 1"]]


def test_nothing_overtakes_what_was_queued_before_it(history: History, ops: Receiver) -> None:
    queue(history, notice(1), notice(2))
    ops.trouble = refusing(DOWN)
    send(history, ops)  # alert 2 is held up behind alert 1, untried
    ops.trouble = lambda _message: None
    queue(history, notice(2, "resolve"))
    send(history, ops, 0.5)
    assert ops.said == [["resolve 2"], ["fire 1"]]


def lose_the_beginning(history: History, ops: Receiver) -> None:
    queue(history, notice(1))
    ops.trouble = refusing(TOO_LARGE)
    assert send(history, ops).dead == 1
    ops.trouble = lambda _message: None


@pytest.mark.parametrize("kind", ["resolve", "retract", "closed"])
def test_the_end_of_what_was_never_told_needs_no_message(history: History, ops: Receiver, kind: str) -> None:
    lose_the_beginning(history, ops)
    queue(history, notice(1, kind))
    assert send(history, ops).sent == 0
    assert ops.messages == []
    (_, end) = history.trail.deliveries(1)
    assert (end.state, "never told" in end.error) == (MessageState.SENT, True)


@pytest.mark.parametrize("kind", ["worse", "reopen", "stale"])
def test_what_goes_on_untold_is_told_as_something_new(history: History, ops: Receiver, kind: str) -> None:
    lose_the_beginning(history, ops)
    queue(history, notice(1, kind))
    send(history, ops)
    queue(history, notice(1, "resolve"))
    send(history, ops)
    assert ops.said == [[f"{kind} 1"], ["resolve 1"]]
    first, second = ops.messages
    assert first.thread is None
    assert second.thread is not None
    assert second.thread.key == f"alert/1/{kind}/1/ops"


def test_of_a_beginning_and_an_end_at_once_the_end_is_told(history: History, ops: Receiver) -> None:
    queue(history, notice(1), notice(1, "resolve"))
    send(history, ops)
    assert ops.said == [["resolve 1"]]
    assert history.outbox.undelivered() == []


def test_an_acknowledgement_changes_what_was_said_and_says_nothing(history: History) -> None:
    ops = Receiver(updates=True)
    queue(history, notice(1, app=7), notice(2, app=7))
    send(history, ops)
    queue(history, notice(2, app=7, acked="zhang", only_shown=True))
    send(history, ops)
    message = ops.messages[1]
    assert message.only_shown
    assert message.thread is not None
    assert isinstance(message.thread.notice, GroupNotice)
    assert [each.acked for each in message.thread.notice.alerts] == ["", "zhang"]


def test_an_acknowledgement_is_no_message_where_none_can_be_changed(history: History) -> None:
    ops = Receiver()
    queue(history, notice(1))
    send(history, ops)
    queue(history, notice(1, acked="zhang", only_shown=True))
    result = send(history, ops)
    assert (len(ops.messages), result.sent, history.outbox.undelivered()) == (1, 0, [])


def test_an_alert_that_is_acknowledged_before_it_is_told_says_so_at_once(
    history: History, ops: Receiver
) -> None:
    queue(history, notice(1), notice(1, acked="zhang", only_shown=True))
    send(history, ops)
    (message,) = ops.messages
    assert words(message.notice) == ["fire 1"]
    assert getattr(message.notice, "acked", None) == "zhang"


def poisoned(number: int, error: Exception) -> Callable[[Notification], None]:
    def refuse(message: Notification) -> None:
        if any(word.endswith(f" {number}") for word in words(message.notice)):
            raise error

    return refuse


@pytest.mark.parametrize("error", [KeyError("blocks"), TOO_LARGE], ids=["cannot be made", "is refused"])
def test_one_alert_that_cannot_be_sent_costs_none_of_those_beside_it(
    history: History, ops: Receiver, error: Exception
) -> None:
    queue(history, *(notice(number) for number in range(1, 31)))
    ops.trouble = poisoned(17, error)
    assert send(history, ops).sent == 29
    assert sorted(word for said in ops.said for word in said) == sorted(
        f"fire {number}" for number in range(1, 31) if number != 17
    )
    assert len(ops.messages) <= 5
    assert list(states(history)) == ["alert/17/fire/1/ops"]


def test_a_receiver_that_refuses_every_message_is_not_tried_for_ever(history: History, ops: Receiver) -> None:
    tries: list[str] = []

    def refuse(message: Notification) -> None:
        tries.append(message.key)
        raise TOO_LARGE

    ops.trouble = refuse
    queue(history, *(notice(number) for number in range(1, 201)))
    assert send(history, ops).dead == 200
    assert len(tries) < 40


def test_a_short_wait_that_is_asked_for_is_waited(history: History, ops: Receiver) -> None:
    busy = [DeliveryError("429", retry_after=0.01)]

    def refuse(_message: Notification) -> None:
        if busy:
            raise busy.pop()

    ops.trouble = refuse
    queue(history, notice(1))
    assert send(history, ops).sent == 1


def test_who_has_a_message_is_not_sent_it_again_for_those_who_have_to_wait(
    history: History, ops: Receiver
) -> None:
    tries: list[str] = []

    def take_in_part(message: Notification) -> None:
        tries.append(message.taken)
        if len(tries) == 1:
            raise DeliveryError("429", retry_after=0.01, of_receiver=False, taken="a@example.com")

    ops.trouble = take_in_part
    queue(history, notice(1, app=7), notice(2, app=7))
    send(history, ops)
    send(history, ops, 1)
    assert tries == ["", "a@example.com"]


def test_an_opening_that_cannot_be_read_any_more_costs_nothing_but_the_thread(history: History) -> None:
    ops = Receiver(updates=True)
    queue(history, notice(1))
    send(history, ops)
    history._connection.execute("UPDATE outbox SET notice = '{}'")
    queue(history, notice(1, "resolve"))
    assert send(history, ops).sent == 1


def test_one_row_that_cannot_be_read_costs_no_other(history: History, ops: Receiver) -> None:
    queue(history, *(notice(number) for number in range(1, 9)))
    history._connection.execute("UPDATE outbox SET notice = '{}' WHERE key = 'alert/3/fire/1/ops'")
    result = send(history, ops)
    assert (result.sent, result.dead, result.messages) == (7, 1, 1)


def test_messages_of_open_alerts_are_not_forgotten(history: History, ops: Receiver) -> None:
    queue(history, notice(1), notice(2))
    send(history, ops)
    history._connection.execute(
        "INSERT INTO alerts (id, rule, app_id, dimensions, texts, state, severity, since, period, breaches, "
        "opened_at, changed_at) VALUES (1, 'a', 1, '[]', '[]', 'firing', 'warning', '', '', 1, '', '')"
    )
    history.outbox.prune(NOW + timedelta(days=1))
    queue(history, notice(1, "resolve"), notice(2, "resolve"))
    send(history, ops, 5)
    assert [message.thread is not None for message in ops.messages[2:]] == [True, False]


def test_a_receiver_in_trouble_is_tried_with_one_message_however_many_there_are(
    history: History, ops: Receiver
) -> None:
    queue(history, notice(1), notice(2), notice(3))
    ops.trouble = refusing(DOWN)
    assert send(history, ops).retry == 3
    assert [each.tries for each in history.outbox.undelivered()] == [1, 0, 0]
    assert RETRY_AFTER[0] == timedelta(minutes=1)
    ops.trouble = lambda _message: None
    assert send(history, ops, 1).messages == 3
