"""``ack``: what people type is what others see."""

from __future__ import annotations

import json

from smartapp_watch.history.database import open_history
from smartapp_watch.history.outbox import MessageState
from tests.cli.desk import NOW, Call, Desk
from tests.outbox import notice, queue


def test_the_message_that_told_of_the_alert_shows_who_deals_with_it(judged: Call, filled: Desk) -> None:
    (before,) = filled.slack.messages
    assert judged("ack", "1", "--by", "zhang").code == 0
    assert judged("deliver").code == 0
    (after,) = filled.slack.messages
    assert (before.edits, after.edits) == (0, 1)
    assert "zhang" not in json.dumps(before.blocks)
    assert "zhang" in json.dumps(after.blocks)


def test_nobody_hears_of_it_who_is_gone_from_the_settings(judged: Call, filled: Desk) -> None:
    with open_history(filled.history) as history:
        queue(history, notice(1), receivers=("gone",), at=NOW)
        judged("ack", "1", "--by", "zhang")
        deliveries = [(each.event, each.receiver) for each in history.trail.deliveries(1)]
    assert ("ack", "ops") in deliveries
    assert ("ack", "gone") not in deliveries


def test_explain_tells_of_an_alert_that_was_acknowledged_and_recalled(judged: Call, filled: Desk) -> None:
    judged("ack", "1", "--by", "zhang")
    judged("deliver")
    with open_history(filled.history) as history:
        history.outbox.queue("alert/1/still/3/ops", "ops", notice(1), NOW)
    (found,) = judged("explain", "1", "--json").json
    assert [(each["event"], each["state"]) for each in found["deliveries"]] == [
        ("fire", MessageState.SENT),
        ("ack", MessageState.SENT),
        ("still", MessageState.QUEUED),
    ]
