"""Messages from a real outbox to a Slack that has bad days: each arrives, and hardly ever twice."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.deliver import deliver
from smartapp_watch.history.database import History, open_history
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.slack import SlackSender
from smartapp_watch.simulator.inbox import SlackInbox, SlackTrouble
from tests.outbox import NOW, queue

_RENDERER = Renderer()
_quick = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
TROUBLES = st.lists(st.sampled_from(SlackTrouble), max_size=8)


def alert(number: int, kind: EventType, *, app: int) -> AlertNotice:
    return replace(example_alert(kind, Language.EN), alert=number, app_id=app)


def run(history: History, sender: SlackSender, now: datetime) -> datetime:
    """Deliver until nothing waits; the time of the last try."""
    while True:
        deliver(history, {"ops": sender}, now)
        waiting = history.outbox.undelivered()
        if not waiting:
            return now
        now = max(each.next_try for each in waiting)


def live(history: History, sender: SlackSender, inbox: SlackInbox, *bad_days: list[SlackTrouble]) -> None:
    """Two alerts of one mini-program and one of another begin, one gets worse, and all end."""
    days = [
        [(1, EventType.FIRE, 7), (2, EventType.FIRE, 7), (3, EventType.FIRE, 8)],
        [(3, EventType.WORSE, 8)],
        [(1, EventType.RESOLVE, 7), (2, EventType.RESOLVE, 7), (3, EventType.RESOLVE, 8)],
    ]
    now = NOW
    for day, troubles in zip(days, bad_days, strict=True):
        queue(history, *(alert(number, kind, app=app) for number, kind, app in day), at=now)
        inbox.trouble_next(*troubles)
        now = run(history, sender, now) + timedelta(days=1)


@_quick
@given(
    bad_days=st.tuples(TROUBLES, TROUBLES, TROUBLES),
    refuses_pictures=st.booleans(),
    may_upload=st.booleans(),
)
def test_a_bot_tells_everything_and_twice_only_where_its_acceptance_was_lost(
    blank: bytes, bad_days: tuple[list[SlackTrouble], ...], refuses_pictures: bool, may_upload: bool
) -> None:
    scopes = frozenset({"chat:write", "files:write"} if may_upload else {"chat:write"})
    with TemporaryDirectory() as folder, SlackInbox(retry_after=3600, scopes=scopes) as inbox:
        inbox.files.unknown_for, inbox.refuses_pictures = 0, refuses_pictures
        sender = SlackSender(
            "ops", Language.EN, _RENDERER, channel="#alerts", token=inbox.token, api_url=inbox.api_url,
            has_buttons=True, wait=lambda _seconds: None, timeout=5,
        )  # fmt: skip
        path = Path(folder) / "history.db"
        path.write_bytes(blank)
        with open_history(path) as history:
            live(history, sender, inbox, *bad_days)
        messages = inbox.messages
    lost = sum(each is SlackTrouble.DROPPED_AFTER for troubles in bad_days for each in troubles)
    openings = [each for each in messages if not each.thread_ts]
    replies = Counter(each.payload["metadata"]["event_payload"]["key"] for each in messages if each.thread_ts)
    assert set(replies) == {"alert/3/worse/1/ops", "alert/1/resolve/1/ops", "alert/3/resolve/1/ops"}
    assert len(openings) >= 2
    assert len(messages) <= 5 + lost
    assert {each.is_broadcast for each in messages if "got worse" in each.text and each.thread_ts} == {True}
    # What was posted last is what the outbox knows, and what shows how it ended.
    ended = [each for each in openings if "back to normal" in json.dumps(each.blocks)]
    assert len(ended) == 2
    assert all("actions" not in {block["type"] for block in each.blocks} for each in ended)


@_quick
@given(bad_days=st.tuples(TROUBLES, TROUBLES, TROUBLES))
def test_a_webhook_tells_everything_and_twice_only_where_its_acceptance_was_lost(
    blank: bytes, bad_days: tuple[list[SlackTrouble], ...]
) -> None:
    with TemporaryDirectory() as folder, SlackInbox(retry_after=3600) as inbox:
        sender = SlackSender("ops", Language.EN, _RENDERER, webhook_url=inbox.webhook_url, timeout=5)
        path = Path(folder) / "history.db"
        path.write_bytes(blank)
        with open_history(path) as history:
            live(history, sender, inbox, *bad_days)
        texts = Counter(each.text for each in inbox.messages)
    lost = sum(each is SlackTrouble.DROPPED_AFTER for troubles in bad_days for each in troubles)
    assert len(texts) == 5
    assert texts.total() <= 5 + lost
