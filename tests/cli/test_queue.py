"""``status`` of messages that are not sent: what waits, until when, and what was given up."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from smartapp_watch.alerts.quiet_hours import QuietHours
from smartapp_watch.cli.queue import queue_lines
from smartapp_watch.deliver import RETRY_AFTER, deliver
from smartapp_watch.errors import DeliveryError
from smartapp_watch.history.database import History
from smartapp_watch.metrics.period import BEIJING
from tests.cli.desk import NOW, Call, Desk
from tests.outbox import Receiver, notice, queue, refusing

NIGHT = {"ops": QuietHours(time(22), time(8), BEIJING)}
LATE = datetime(2026, 11, 22, 23, tzinfo=BEIJING)


def lines(history: History, now: datetime = LATE) -> list[str]:
    return list(queue_lines(history.outbox.undelivered(), NIGHT, now, BEIJING))


def test_what_waits_for_the_morning_is_one_line(history: History) -> None:
    queue(history, *(notice(number) for number in range(1, 13)), at=LATE)
    deliver(history, {"ops": Receiver()}, LATE, quiet_hours=NIGHT)
    assert lines(history) == [
        "messages that wait: 12",
        "  ops: 12 until 2026-11-23 08:00, the end of quiet hours",
        "messages given up: 0",
    ]


def test_what_was_not_taken_says_how_often_it_was_tried_and_why(history: History) -> None:
    queue(history, notice(1), notice(2), receivers=("boss",), at=LATE)
    deliver(history, {"boss": Receiver(refusing(DeliveryError("Slack answered 503")))}, LATE)
    assert lines(history)[1:3] == [
        "  boss: 1 until 2026-11-22 23:01, tried once: Slack answered 503",
        "  boss: 1 until 2026-11-22 23:01",
    ]
    later = LATE + RETRY_AFTER[0]
    assert lines(history, later)[1:3] == [
        "  boss: 1 for the next delivery, Slack answered 503",
        "  boss: 1 for the next delivery",
    ]


def test_what_was_given_up_is_listed_the_newest_in_the_end(history: History) -> None:
    too_large = DeliveryError("552 too large", permanent=True, of_receiver=False)
    for number in range(1, 26):
        queue(history, notice(number), at=LATE)
        deliver(history, {"ops": Receiver(refusing(too_large))}, LATE)
    shown = lines(history)
    assert shown[:3] == ["messages that wait: 0", "messages given up: 25", "  5 earlier ones"]
    assert shown[-1] == "  ops: alert/25/fire/1, 552 too large"
    assert len(shown) == 23


def test_status_shows_what_waits_for_the_end_of_quiet_hours(at_desk: Call, call: Call, filled: Desk) -> None:
    text = filled.settings.read_text(encoding="utf-8")
    filled.settings.write_text(text.replace('name = "ops"', 'name = "ops"\nquiet_hours = "10:00-12:00"'))
    for verb in ("poll", "evaluate", "deliver"):
        assert at_desk(verb).code == 0
    assert filled.slack.messages == []
    shown = at_desk("status")
    assert "  ops: 3 until 2026-11-23 12:00, the end of quiet hours\n" in shown.out
    waiting = at_desk("status", "--json").json["queue"]
    assert [(each["quiet"], each["next_try"]) for each in waiting] == [
        (True, "2026-11-23T04:00:00+00:00")
    ] * 3
    call(*filled.words("deliver", now=NOW + timedelta(hours=2)))
    assert len(filled.slack.messages) == 1
