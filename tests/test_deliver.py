"""Delivery from a real outbox to receivers that take, refuse and break off."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from smartapp_watch.alerts.notification import Notification
from smartapp_watch.deliver import GIVE_UP_AFTER, RETRY_AFTER, LateSender, deliver
from smartapp_watch.errors import ConfigError, DeliveryError, Problem, UsageError
from smartapp_watch.history.database import History
from smartapp_watch.history.outbox import MessageState
from smartapp_watch.history.troubles import Trouble
from tests.outbox import NOTICE, NOW, Receiver, refusing


def queue(history: History, *keys: str, at: datetime = NOW) -> None:
    for key in keys:
        history.outbox.queue(key, key.rsplit("/", 1)[1], NOTICE, at)


def states(history: History) -> dict[str, MessageState]:
    return {each.key: each.state for each in history.outbox.undelivered()}


def test_a_message_is_read_back_as_it_was_queued(history: History) -> None:
    queue(history, "a/ops")
    (message,) = history.outbox.due(NOW)
    assert history.outbox.read(message).notice == NOTICE


def test_a_key_is_queued_once(history: History) -> None:
    assert history.outbox.queue("a/ops", "ops", NOTICE, NOW)
    assert not history.outbox.queue("a/ops", "ops", NOTICE, NOW)


def test_messages_are_sent_once_and_in_the_order_they_were_queued(history: History) -> None:
    queue(history, "a/ops", "b/ops")
    ops = Receiver()
    assert deliver(history, {"ops": ops}, NOW).sent == 2
    assert deliver(history, {"ops": ops}, NOW).sent == 0
    assert ops.taken == ["a/ops", "b/ops"]


def test_a_receiver_that_fails_never_repeats_one_that_worked(history: History) -> None:
    queue(history, "a/ops", "a/growth")
    ops, growth = Receiver(refusing(DeliveryError("503 from Slack"))), Receiver()
    result = deliver(history, {"ops": ops, "growth": growth}, NOW)
    assert (result.sent, result.retry, result.errors) == (1, 1, ["ops: 503 from Slack"])
    ops.trouble = lambda _message: None
    deliver(history, {"ops": ops, "growth": growth}, NOW + RETRY_AFTER[0])
    assert (ops.taken, growth.taken) == (["a/ops"], ["a/growth"])


def test_what_failed_waits_longer_each_time(history: History) -> None:
    queue(history, "a/ops")
    ops = Receiver(refusing(DeliveryError("busy")))
    now, waits = NOW, []
    for _ in range(4):
        deliver(history, {"ops": ops}, now)
        (waiting,) = history.outbox.undelivered()
        waits.append(waiting.next_try - now)
        assert deliver(history, {"ops": ops}, waiting.next_try - timedelta(seconds=1)).retry == 0
        now = waiting.next_try
    assert waits == list(RETRY_AFTER[:4])


def test_the_platforms_own_wait_is_kept(history: History) -> None:
    queue(history, "a/ops")
    deliver(history, {"ops": Receiver(refusing(DeliveryError("429", retry_after=3600)))}, NOW)
    (waiting,) = history.outbox.undelivered()
    assert waiting.next_try == NOW + timedelta(hours=1)


@pytest.mark.parametrize("asked", [1e300, float("inf"), 10.0 * 24 * 3600])
def test_nobody_waits_longer_than_the_ladder_whatever_a_platform_asks_for(
    history: History, asked: float
) -> None:
    queue(history, "a/ops")
    assert (
        deliver(history, {"ops": Receiver(refusing(DeliveryError("429", retry_after=asked)))}, NOW).dead == 0
    )
    (waiting,) = history.outbox.undelivered()
    assert waiting.next_try == NOW + RETRY_AFTER[-1]


def test_a_message_that_is_refused_for_good_is_given_up_and_said(history: History) -> None:
    queue(history, "a/ops")
    error = DeliveryError("552 too large", permanent=True, of_receiver=False)
    result = deliver(history, {"ops": Receiver(refusing(error))}, NOW)
    assert (result.dead, result.errors) == (1, ["ops: 552 too large"])
    assert states(history) == {"a/ops": MessageState.DEAD}


def test_a_token_that_was_expired_for_ten_minutes_costs_no_message(history: History) -> None:
    queue(history, "a/ops", "b/ops")
    ops = Receiver(refusing(DeliveryError("token_expired", permanent=True)))
    result = deliver(history, {"ops": ops}, NOW)
    assert (result.retry, result.dead) == (2, 0)
    ops.trouble = lambda _message: None
    deliver(history, {"ops": ops}, NOW + timedelta(minutes=10))
    assert ops.taken == ["a/ops", "b/ops"]


def test_a_receiver_that_fails_is_on_record_until_it_takes_something(history: History) -> None:
    queue(history, "a/ops")
    ops = Receiver(refusing(DeliveryError("token expired", permanent=True)))
    deliver(history, {"ops": ops}, NOW)
    later = NOW + RETRY_AFTER[0]
    deliver(history, {"ops": ops}, later)
    assert history.outbox.troubles.all() == [Trouble("ops", NOW, later, True, "token expired")]
    ops.trouble = lambda _message: None
    deliver(history, {"ops": ops}, later + RETRY_AFTER[1])
    assert history.outbox.troubles.all() == []


def test_what_passes_does_not_turn_a_receiver_off(history: History) -> None:
    queue(history, "a/ops")
    deliver(history, {"ops": Receiver(refusing(DeliveryError("busy")))}, NOW)
    assert [each.is_off for each in history.outbox.troubles.all()] == [False]


def test_what_waited_for_a_receiver_goes_out_as_soon_as_that_works(history: History) -> None:
    queue(history, "a/ops", "b/ops")
    ops = Receiver(refusing(DeliveryError("down", retry_after=6 * 3600)))
    deliver(history, {"ops": ops}, NOW)
    ops.trouble = lambda _message: None
    later = NOW + timedelta(minutes=5)
    queue(history, "c/ops", at=later)
    assert deliver(history, {"ops": ops}, later).sent == 3
    assert sorted(ops.taken) == ["a/ops", "b/ops", "c/ops"]


def test_news_of_three_days_ago_is_given_up(history: History) -> None:
    queue(history, "a/ops")
    late = NOW + GIVE_UP_AFTER
    assert deliver(history, {"ops": Receiver(refusing(DeliveryError("busy")))}, late).dead == 1


def test_a_receiver_that_fails_is_tried_once_a_delivery(history: History) -> None:
    queue(history, "a/ops", "b/ops", "c/ops")
    tries: list[str] = []

    def refuse(message: Notification) -> None:
        tries.append(message.key)
        raise DeliveryError("connection refused")

    assert deliver(history, {"ops": Receiver(refuse)}, NOW).retry == 3
    assert tries == ["a/ops"]
    held = [(each.tries, each.error) for each in history.outbox.undelivered()]
    assert held == [(1, "connection refused"), (0, ""), (0, "")]
    again = NOW + RETRY_AFTER[0]
    assert deliver(history, {"ops": Receiver(refuse)}, again - timedelta(seconds=1)).retry == 0
    deliver(history, {"ops": Receiver()}, again)
    assert history.outbox.undelivered() == []


def test_no_message_is_given_up_untried(history: History) -> None:
    queue(history, "a/ops", "b/ops")
    now, tried = NOW, set()

    def refuse(message: Notification) -> None:
        tried.add(message.key)
        raise DeliveryError("connection refused")

    while now < NOW + GIVE_UP_AFTER + timedelta(days=1):
        deliver(history, {"ops": Receiver(refuse)}, now)
        dead = {key for key, state in states(history).items() if state is MessageState.DEAD}
        assert dead <= tried
        now += timedelta(minutes=20)
    assert dead == {"a/ops", "b/ops"}


def test_a_message_that_cannot_be_rendered_costs_no_other(
    history: History, caplog: pytest.LogCaptureFixture
) -> None:
    queue(history, "poison/ops", "a/ops", "b/ops")

    def stumble(message: Notification) -> None:
        if message.key == "poison/ops":
            raise KeyError("blocks")

    ops = Receiver(stumble)
    result = deliver(history, {"ops": ops}, NOW)
    assert (result.sent, result.retry) == (2, 1)
    assert ops.taken == ["a/ops", "b/ops"]
    assert "poison/ops" in caplog.text


def test_a_row_that_cannot_be_read_is_given_up_alone(history: History, path: Path) -> None:
    queue(history, "a/ops", "b/ops", "c/growth")
    with closing(sqlite3.connect(path, isolation_level=None)) as people:
        people.execute("UPDATE outbox SET notice = json_remove(notice, '$.severity') WHERE key = 'a/ops'")
        people.execute("UPDATE outbox SET kind = 'poem' WHERE key = 'c/growth'")
    ops, growth = Receiver(), Receiver()
    result = deliver(history, {"ops": ops, "growth": growth}, NOW)
    assert (result.sent, result.dead) == (1, 2)
    assert "cannot be read" in result.errors[0]
    assert ops.taken == ["b/ops"]


def test_a_sender_that_cannot_be_built_costs_its_own_receiver_alone(history: History) -> None:
    queue(history, "a/ops", "a/growth")

    def build() -> Receiver:
        raise ConfigError((Problem("the file token", 0, "No such file or directory"),))

    growth = Receiver()
    result = deliver(history, {"ops": LateSender(build), "growth": LateSender(lambda: growth)}, NOW)
    assert (result.sent, result.retry, growth.taken) == (1, 1, ["a/growth"])
    assert result.errors == ["ops: the file token: No such file or directory"]


def test_a_rotated_secret_is_read_again(history: History) -> None:
    queue(history, "a/ops", "b/ops")
    built = [Receiver(refusing(DeliveryError("invalid_auth", permanent=True))), Receiver()]
    sender = LateSender(iter(built).__next__)
    deliver(history, {"ops": sender}, NOW)
    deliver(history, {"ops": sender}, NOW + RETRY_AFTER[0])
    assert built[1].taken == ["a/ops", "b/ops"]


def test_a_message_that_a_sender_stumbles_over_holds_up_nobody(
    history: History, caplog: pytest.LogCaptureFixture
) -> None:
    queue(history, "a/ops", "a/growth")
    growth = Receiver()
    result = deliver(history, {"ops": Receiver(refusing(KeyError("blocks"))), "growth": growth}, NOW)
    assert (result.sent, result.retry) == (1, 1)
    assert "a/ops" in caplog.text


def test_what_is_for_a_receiver_that_is_gone_from_the_settings_is_given_up_at_once(history: History) -> None:
    queue(history, "a/ops", "b/growth")
    growth = Receiver()
    result = deliver(history, {"growth": growth}, NOW)
    assert (result.retry, result.dead, growth.taken) == (0, 1, ["b/growth"])
    (given_up,) = history.outbox.undelivered()
    assert (given_up.state, given_up.error) == (MessageState.DEAD, "no receiver is called 'ops' any more")
    assert history.outbox.troubles.all() == []


def test_a_message_that_is_at_fault_itself_does_not_turn_its_receiver_off(history: History) -> None:
    queue(history, "a/ops")
    error = DeliveryError("552 too large", permanent=True, of_receiver=False)
    assert deliver(history, {"ops": Receiver(refusing(error))}, NOW).dead == 1
    queue(history, "b/ops")
    assert deliver(history, {"ops": Receiver(refusing(KeyError("blocks")))}, NOW + GIVE_UP_AFTER).dead == 1
    assert history.outbox.troubles.all() == []


def test_a_crash_while_sending_sends_again_under_the_same_key(history: History) -> None:
    queue(history, "a/ops")

    def crash(_message: Notification) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(history, {"ops": Receiver(crash)}, NOW)
    assert states(history) == {"a/ops": MessageState.SENDING}
    ops = Receiver()
    deliver(history, {"ops": ops}, NOW)
    assert ops.taken == ["a/ops"]


def test_a_stop_ends_the_delivery_after_the_message_under_way(history: History) -> None:
    queue(history, "a/ops", "b/ops")
    stop = threading.Event()
    ops = Receiver(lambda _message: stop.set())
    assert deliver(history, {"ops": ops}, NOW, stop).sent == 1
    assert states(history) == {"b/ops": MessageState.QUEUED}


def test_time_may_not_run_backwards(history: History) -> None:
    history.alerts.note_evaluation(NOW)
    with pytest.raises(UsageError):
        deliver(history, {}, NOW - timedelta(seconds=1))


def test_what_is_over_is_forgotten_and_what_waits_is_not(history: History) -> None:
    queue(history, "a/ops", "b/growth")
    deliver(history, {"ops": Receiver(), "growth": Receiver(refusing(DeliveryError("down")))}, NOW)
    history.outbox.prune(NOW + timedelta(days=1))
    assert history.outbox.queue("a/ops", "ops", NOTICE, NOW)
    assert not history.outbox.queue("b/growth", "growth", NOTICE, NOW)
