"""One message an incident: changed where it is, answered in its thread, told anew where it is gone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.notification import AlertNotice, GroupNotice, Layout, Notification, Thread
from smartapp_watch.alerts.patience import STILL
from smartapp_watch.errors import DeliveryError
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.block_kit import picture_block
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.notify.examples_groups import example_app_group, example_changed_group
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.slack import SlackSender
from smartapp_watch.simulator.inbox import PostedMessage, SlackInbox, SlackTrouble
from tests.notify.conftest import CREATED, FakeSlack, api_answer, api_error
from tests.notify.strange import ALERTS, GROUPS, HOSTILE, group_of

EXPECTED = Path(__file__).parent / "expected"
EN = Language.EN
FIRE = example_alert(EventType.FIRE, EN)


@pytest.fixture
def inbox() -> Iterator[SlackInbox]:
    with SlackInbox() as inbox:
        inbox.files.unknown_for = 0
        yield inbox


@pytest.fixture
def sender(inbox: SlackInbox, renderer: Renderer) -> SlackSender:
    return _sender(inbox, renderer)


def _sender(inbox: SlackInbox, renderer: Renderer, **changes: Any) -> SlackSender:
    settings: dict[str, Any] = {"channel": "#alerts", "token": inbox.token, "api_url": inbox.api_url}
    return SlackSender("ops", EN, renderer, **settings | {"has_buttons": True, "timeout": 5} | changes)


def tell(notice: AlertNotice | GroupNotice, thread: Thread | None = None) -> Notification:
    return Notification(1, "alert/12/x/1/ops", "ops", notice, CREATED, thread=thread)


def thread(place: str, now: AlertNotice | GroupNotice, opening: AlertNotice | GroupNotice = FIRE) -> Thread:
    return Thread("alert/12/fire/1/ops", opening, now, place)


def of(kind: EventType, **changes: Any) -> AlertNotice:
    return replace(example_alert(kind, EN), **changes)


def shown(message: PostedMessage) -> str:
    """Everything in which Slack looks for mentions: not what stands for a picture."""
    blocks = [{**block, "alt_text": ""} for block in message.blocks]
    return json.dumps(blocks, ensure_ascii=False)


def kinds(message: PostedMessage) -> list[str]:
    return [block["type"] for block in message.blocks]


def test_what_follows_changes_the_message_and_answers_it_once(inbox: SlackInbox, sender: SlackSender) -> None:
    place = sender.send(tell(FIRE))
    resolved = of(EventType.RESOLVE)
    reply_at = sender.send(tell(resolved, thread(place, resolved)))
    message, reply = inbox.messages
    assert place == f"{inbox.channel_id('#alerts')}:{message.ts}:{inbox.files.all[0].id}"
    assert (message.edits, reply.edits) == (1, 0)
    assert "Exit rate back to normal" in shown(message)
    assert reply.thread_ts == message.ts
    assert reply_at.split(":")[:2] == [inbox.channel_id("#alerts"), reply.ts]
    assert kinds(reply) == ["section", "image"]
    assert "lasted" in shown(reply)


@pytest.mark.parametrize(
    ("notice", "is_broadcast"),
    [
        (of(EventType.WORSE), True),
        (of(EventType.REOPEN), True),
        (of(EventType.FIRE, reason=STILL), True),
        (of(EventType.STALE), False),
        (of(EventType.RESOLVE), False),
        (of(EventType.RETRACT), False),
        (of(EventType.CLOSED), False),
    ],
)
def test_an_answer_that_alarms_is_shown_in_the_channel_too(
    inbox: SlackInbox, sender: SlackSender, notice: AlertNotice, is_broadcast: bool
) -> None:
    place = sender.send(tell(FIRE))
    sender.send(tell(notice, thread(place, notice)))
    assert inbox.messages[1].is_broadcast is is_broadcast


def test_where_a_broadcast_is_not_allowed_the_thread_alone_is_answered(
    slack: FakeSlack, bot: SlackSender
) -> None:
    worse = of(EventType.WORSE, trend=None)
    slack.answers = [api_answer(ok=True), api_error("cant_broadcast_message")]
    assert bot.send(tell(worse, thread("C42:1.1", worse))) == "C42:1700.1"
    assert [post.get("reply_broadcast") for post in slack.posts] == [None]
    assert slack.calls == 3


def test_an_acknowledgement_changes_the_message_and_says_nothing(
    inbox: SlackInbox, sender: SlackSender
) -> None:
    place = sender.send(tell(FIRE))
    acked = replace(FIRE, acked="zhang.wei", only_shown=True)
    assert sender.send(tell(acked, thread(place, replace(acked, only_shown=False)))) == place
    (message,) = inbox.messages
    assert message.edits == 1
    assert "zhang.wei deals with it" in shown(message)
    assert "Acknowledge" not in shown(message)
    assert "Silence" in shown(message)


def test_a_silence_is_shown_until_when(inbox: SlackInbox, sender: SlackSender) -> None:
    place = sender.send(tell(FIRE))
    silenced = replace(FIRE, silenced="2026-11-30 10:40 · zhang.wei", only_shown=True)
    sender.send(tell(silenced, thread(place, silenced)))
    assert "Silenced until 2026-11-30 10:40 · zhang.wei" in shown(inbox.messages[0])


def test_the_picture_that_was_posted_stays_and_the_newest_is_in_the_answer(
    inbox: SlackInbox, sender: SlackSender, renderer: Renderer
) -> None:
    """An update with a file that no message showed before shows nobody anything."""
    place = sender.send(tell(FIRE))
    assert FIRE.trend is not None
    values = (*FIRE.trend.values[1:], 75.0)
    worse = of(EventType.WORSE, trend=replace(FIRE.trend, values=values))
    _sender(inbox, renderer).send(tell(worse, thread(place, worse)))  # as after a restart
    message, reply = inbox.messages
    (first,) = [block for block in message.blocks if block["type"] == "image"]
    (newest,) = [block for block in reply.blocks if block["type"] == "image"]
    assert message.lost == ()
    assert first["slack_file"]["id"] == place.split(":")[2]
    assert first["alt_text"] != newest["alt_text"]
    assert kinds(message) == ["header", "section", "section", "image", "section", "context", "actions"]


def test_a_second_try_changes_again_and_answers_once(inbox: SlackInbox, sender: SlackSender) -> None:
    place = sender.send(tell(FIRE))
    worse = of(EventType.WORSE, trend=None)
    inbox.refuse_next("chat.postMessage", SlackTrouble.RATE_LIMITED)
    with pytest.raises(DeliveryError) as caught:
        sender.send(tell(worse, thread(place, worse)))
    assert caught.value.retry_after == 1
    sender.send(tell(worse, thread(place, worse)))
    message, reply = inbox.messages
    assert (message.edits, reply.thread_ts) == (2, message.ts)


def test_an_answer_is_repeated_where_its_acceptance_was_lost(inbox: SlackInbox, sender: SlackSender) -> None:
    place = sender.send(tell(FIRE))
    worse = of(EventType.WORSE, trend=None)
    inbox.refuse_next("chat.postMessage", SlackTrouble.DROPPED_AFTER)
    with pytest.raises(DeliveryError):
        sender.send(tell(worse, thread(place, worse)))
    sender.send(tell(worse, thread(place, worse)))
    assert [each.thread_ts != "" for each in inbox.messages] == [False, True, True]


def test_what_was_told_in_a_message_that_is_gone_is_told_anew(inbox: SlackInbox, sender: SlackSender) -> None:
    place = sender.send(tell(FIRE))
    inbox.forget(inbox.messages[0].ts)
    worse = of(EventType.WORSE)
    assert sender.send(tell(worse, thread(place, worse))).split(":")[1] == inbox.messages[0].ts
    (message,) = inbox.messages
    assert message.thread_ts == ""
    assert message.blocks[-1]["type"] == "actions"
    ack = replace(worse, acked="x", only_shown=True)
    inbox.forget(message.ts)
    assert sender.send(tell(ack, thread(place, ack))) == ""
    assert inbox.messages == []


@pytest.mark.parametrize("place", ["", "C1:", ":1.1", "nonsense", "C1:1:2:3", "C999999999:1.1"])
def test_a_place_that_is_not_known_costs_nothing(inbox: SlackInbox, sender: SlackSender, place: str) -> None:
    resolved = of(EventType.RESOLVE)
    sender.send(tell(resolved, thread(place, resolved)))
    assert [each.thread_ts for each in inbox.messages] == [""]


def test_a_token_that_is_refused_is_no_message_that_is_gone(inbox: SlackInbox, renderer: Renderer) -> None:
    worse = of(EventType.WORSE)
    with pytest.raises(DeliveryError, match="invalid_auth") as caught:
        _sender(inbox, renderer, token="xoxb-old").send(tell(worse, thread("C1:1.1", worse)))
    assert caught.value.permanent


def test_a_webhook_tells_everything_in_messages_of_their_own(inbox: SlackInbox, renderer: Renderer) -> None:
    hook = _sender(inbox, renderer, token="", channel="", webhook_url=inbox.webhook_url)
    worse = of(EventType.WORSE)
    assert not hook.updates
    assert [hook.send(tell(FIRE)), hook.send(tell(worse, thread("", worse)))] == ["", ""]
    assert [(each.thread_ts, each.edits) for each in inbox.messages] == [("", 0), ("", 0)]
    assert inbox.files.all == []
    assert "Last 14 days  ▁" in shown(inbox.messages[0])


def test_a_group_is_changed_and_answered_as_one(inbox: SlackInbox, sender: SlackSender) -> None:
    group, changed = example_app_group(EN), example_changed_group(EN)
    place = sender.send(tell(group))
    sender.send(tell(changed, thread(place, changed, group)))
    message, reply = inbox.messages
    assert (message.edits, reply.thread_ts) == (1, message.ts)
    assert "actions" not in kinds(reply)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", [EventType.WORSE, EventType.RESOLVE])
def test_an_update_and_its_answer_look_as_they_did(
    inbox: SlackInbox, renderer: Renderer, kind: EventType, language: Language
) -> None:
    sender = SlackSender(
        "ops", language, renderer, channel="#alerts", token=inbox.token, api_url=inbox.api_url,
        has_buttons=True,
    )  # fmt: skip
    opening, notice = (example_alert(each, language) for each in (EventType.FIRE, kind))
    place = sender.send(tell(opening))
    sender.send(tell(notice, thread(place, notice, opening)))
    found = [
        {"method": method, "text": each.text, "blocks": each.blocks, "broadcast": each.is_broadcast}
        for method, each in zip(("chat.update", "chat.postMessage"), inbox.messages, strict=True)
    ]
    path = EXPECTED / f"follow-up.{kind}.{language}.json"
    text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    if os.environ.get("UPDATE_EXPECTED"):
        path.write_text(text)
    assert text == path.read_text()


Fault = Callable[[SlackInbox], None]


def _without_scope(inbox: SlackInbox) -> None:
    inbox.scopes = frozenset({"chat:write"})


def _refuse_pictures(inbox: SlackInbox) -> None:
    inbox.refuses_pictures = True


def _never_ready(inbox: SlackInbox) -> None:
    inbox.files.unknown_for = 10**6


def _fails(method: str, trouble: SlackTrouble) -> Fault:
    return lambda inbox: inbox.refuse_next(method, trouble)


@pytest.mark.parametrize(
    "fault",
    [
        _without_scope,
        _refuse_pictures,
        _never_ready,
        _fails("files.getUploadURLExternal", SlackTrouble.SERVER_ERROR),
        _fails("files.getUploadURLExternal", SlackTrouble.RATE_LIMITED),
        _fails("upload", SlackTrouble.SERVER_ERROR),
        _fails("upload", SlackTrouble.DROPPED_AFTER),
        _fails("files.completeUploadExternal", SlackTrouble.DROPPED_AFTER),
    ],
)
def test_a_picture_that_fails_costs_itself_alone_and_is_said_once(
    inbox: SlackInbox,
    renderer: Renderer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
) -> None:
    monkeypatch.setattr("smartapp_watch.notify.slack_pictures.PATIENCE", 0.3)
    sender = _sender(inbox, renderer, wait=lambda _seconds: None)
    fault(inbox)
    sender.send(tell(FIRE))
    (message,) = inbox.messages
    assert kinds(message) == ["header", "section", "section", "section", "section", "context", "actions"]
    assert "Last 14 days" in shown(message)
    assert len([record for record in caplog.records if record.name.startswith("smartapp_watch")]) == 1


def test_without_the_scope_for_files_nothing_is_uploaded_a_second_time(
    inbox: SlackInbox, sender: SlackSender, caplog: pytest.LogCaptureFixture
) -> None:
    _without_scope(inbox)
    for _ in range(3):
        sender.send(tell(FIRE))
    assert inbox.requests == 1 + 3
    assert caplog.text.count("files:write") == 1


def test_after_a_failure_the_messages_do_not_wait_for_pictures_for_a_while(
    inbox: SlackInbox, sender: SlackSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.refuse_next("files.getUploadURLExternal", SlackTrouble.SERVER_ERROR)
    sender.send(tell(FIRE))
    sender.send(tell(FIRE))
    assert inbox.files.all == []
    monkeypatch.setattr(sender._pictures, "_not_before", 0.0)
    sender.send(tell(FIRE))
    assert "image" in kinds(inbox.messages[2])


def test_after_a_refusal_the_messages_are_not_refused_first_for_a_while(
    inbox: SlackInbox, sender: SlackSender, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.refuses_pictures = True
    sender.send(tell(FIRE))
    before = inbox.requests
    sender.send(tell(FIRE))
    assert inbox.requests == before + 1
    assert caplog.text.count("invalid_blocks") == 1


def test_a_picture_is_waited_for_until_slack_knows_what_it_is(inbox: SlackInbox, renderer: Renderer) -> None:
    waited: list[float] = []
    inbox.files.unknown_for = 3
    _sender(inbox, renderer, wait=waited.append).send(tell(FIRE))
    assert waited == [0.5] * 3
    assert "image" in kinds(inbox.messages[0])


def test_a_process_that_is_to_end_waits_for_no_picture(inbox: SlackInbox, renderer: Renderer) -> None:
    inbox.files.unknown_for = 3
    _sender(inbox, renderer, wait=lambda _seconds: True).send(tell(FIRE))
    assert "image" not in kinds(inbox.messages[0])


@pytest.mark.parametrize(("alt", "length"), [("x" * 9000, 500), ("", 1)])
def test_what_a_picture_says_takes_little_of_the_room(alt: str, length: int) -> None:
    assert len(str(picture_block("F1", alt)["alt_text"])) == length


def test_equal_pictures_are_uploaded_once(inbox: SlackInbox, sender: SlackSender) -> None:
    for _ in range(2):
        sender.send(tell(FIRE))
    assert len(inbox.files.all) == 1


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(notice=ALERTS | GROUPS, words=st.sampled_from(HOSTILE), follows=st.booleans())
def test_whatever_is_told_is_taken_at_once_with_its_picture_and_its_buttons(
    inbox: SlackInbox,
    sender: SlackSender,
    caplog: pytest.LogCaptureFixture,
    *,
    notice: AlertNotice | GroupNotice,
    words: str,
    follows: bool,
) -> None:
    if isinstance(notice, AlertNotice):
        notice = replace(notice, acked="", silenced=words)
    place = sender.send(tell(FIRE)) if follows else ""
    sender.send(tell(notice, thread(place, notice) if follows else None))
    assert caplog.text == ""
    for message in inbox.messages:
        assert "<!" not in shown(message)
        assert "<@" not in shown(message)


@pytest.mark.parametrize("text", ["pages/index", HOSTILE[0], HOSTILE[1]])
@pytest.mark.parametrize("layout", Layout)
def test_a_group_of_500_alerts_is_taken_at_once(
    inbox: SlackInbox, sender: SlackSender, caplog: pytest.LogCaptureFixture, layout: Layout, text: str
) -> None:
    group = group_of(text, layout, 500)
    place = sender.send(tell(group))
    sender.send(tell(group, thread(place, group, group)))
    assert [each.edits for each in inbox.messages] == [1, 0]
    assert caplog.text == ""
    assert "more" in shown(inbox.messages[0])
