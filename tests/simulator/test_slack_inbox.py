from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from smartapp_watch.simulator.inbox import SlackInbox, SlackTrouble

_BLOCKS: list[dict[str, Any]] = [{"type": "section", "text": {"type": "mrkdwn", "text": "*61.0 %* 退出"}}]


@pytest.fixture
def inbox() -> Iterator[SlackInbox]:
    with SlackInbox(channels=frozenset({"#alerts"})) as inbox:
        yield inbox


def _client(inbox: SlackInbox, token: str = "") -> WebClient:
    return WebClient(token or inbox.token, base_url=inbox.api_url, retry_handlers=[], timeout=5)


def _error(caught: pytest.ExceptionInfo[SlackApiError]) -> str:
    return str(caught.value.response["error"])


def test_slack_s_own_client_can_post(inbox: SlackInbox) -> None:
    answer = _client(inbox).chat_postMessage(channel="#alerts", text="exit rate high", blocks=_BLOCKS)
    (message,) = inbox.messages
    assert (answer["channel"], answer["ts"]) == (inbox.channel_id("#alerts"), message.ts)
    assert (message.channel, message.text, message.blocks) == ("#alerts", "exit rate high", _BLOCKS)
    assert _client(inbox).auth_test()["ok"]


def test_messages_can_form_a_thread(inbox: SlackInbox) -> None:
    first = _client(inbox).chat_postMessage(channel="#alerts", text="high")
    _client(inbox).chat_postMessage(channel="#alerts", text="recovered", thread_ts=first["ts"])
    parent, reply = inbox.messages
    assert reply.thread_ts == parent.ts != reply.ts
    with pytest.raises(SlackApiError) as caught:
        _client(inbox).chat_postMessage(channel="#alerts", text="lost", thread_ts="1.1")
    assert _error(caught) == "thread_not_found"


def test_what_slack_refuses_is_refused_and_not_kept(inbox: SlackInbox) -> None:
    refused = []
    for token, message in (
        ("xoxb-wrong", {"channel": "#alerts", "text": "x"}),
        ("", {"channel": "#nowhere", "text": "x"}),
        ("", {"channel": "#alerts", "text": "x", "blocks": [{"type": "divider"}] * 51}),
        ("", {"channel": "#alerts", "text": ""}),
    ):
        with pytest.raises(SlackApiError) as caught:
            _client(inbox, token).api_call("chat.postMessage", json=message)
        refused.append(_error(caught))
    assert refused == ["invalid_auth", "channel_not_found", "invalid_blocks", "no_text"]
    assert inbox.messages == []
    assert inbox.requests == 4


def test_the_reason_for_refused_blocks_is_told(inbox: SlackInbox) -> None:
    with pytest.raises(SlackApiError) as caught:
        _client(inbox).chat_postMessage(channel="#alerts", text="x", blocks=[{"type": "header"}])
    assert caught.value.response["errors"] == ["must be a text object [json-pointer:/blocks/0]"]


def test_other_methods_and_bodies_are_refused(inbox: SlackInbox) -> None:
    def post(method: str, body: bytes, **headers: str) -> Any:
        return requests.post(inbox.api_url + method, data=body, headers=headers, timeout=5).json()["error"]

    bearer = f"Bearer {inbox.token}"
    assert post("chat.postMessage", b"{}") == "not_authed"
    assert post("chat.delete", b"{}", Authorization=bearer) == "unknown_method"
    assert post("chat.postMessage", b"{", Authorization=bearer) == "invalid_json"
    assert post("chat.postMessage", b"[]", Authorization=bearer) == "invalid_json"


def test_a_form_is_as_good_as_json(inbox: SlackInbox) -> None:
    fields = {"channel": "#alerts", "text": "x", "blocks": json.dumps(_BLOCKS)}
    headers = {"Authorization": f"Bearer {inbox.token}"}
    requests.post(inbox.api_url + "chat.postMessage", data=fields, headers=headers, timeout=5)
    assert inbox.messages[0].blocks == _BLOCKS


def test_a_webhook_takes_a_message_and_answers_ok(inbox: SlackInbox) -> None:
    answer = WebhookClient(inbox.webhook_url).send(text="exit rate high", blocks=_BLOCKS)
    assert (answer.status_code, answer.body) == (200, "ok")
    (message,) = inbox.messages
    assert (message.channel, message.text, message.blocks) == ("", "exit rate high", _BLOCKS)


def test_a_webhook_says_why_it_refuses(inbox: SlackInbox) -> None:
    dead = WebhookClient(inbox.webhook_url + "x").send(text="x")
    empty = WebhookClient(inbox.webhook_url).send(text="")
    wrong = WebhookClient(inbox.webhook_url).send(text="x", blocks=[{"type": "table"}])
    garbage = requests.post(inbox.webhook_url, data=b"<xml>", timeout=5)
    assert (dead.status_code, dead.body) == (404, "no_service")
    assert (empty.status_code, empty.body) == (400, "no_text")
    assert (wrong.status_code, wrong.body) == (400, "invalid_blocks")
    assert (garbage.status_code, garbage.text) == (400, "invalid_payload")


def test_a_rate_limit_says_when_to_come_again(inbox: SlackInbox) -> None:
    inbox.trouble_next(SlackTrouble.RATE_LIMITED, SlackTrouble.SERVER_ERROR)
    limited, broken, fine = (
        requests.post(inbox.webhook_url, json={"text": "x"}, timeout=5) for _ in range(3)
    )
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "1")
    assert broken.status_code == 500
    assert fine.text == "ok"
    assert len(inbox.messages) == 1


@pytest.mark.parametrize(
    ("trouble", "kept"), [(SlackTrouble.DROPPED_BEFORE, 0), (SlackTrouble.DROPPED_AFTER, 1)]
)
def test_a_connection_can_end_before_or_after_the_message_was_taken(
    inbox: SlackInbox, trouble: SlackTrouble, kept: int
) -> None:
    inbox.trouble_next(trouble)
    with pytest.raises(requests.ConnectionError):
        requests.post(inbox.webhook_url, json={"text": "x"}, timeout=5)
    assert len(inbox.messages) == kept


def _picture(client: WebClient, content: bytes = b"\x89PNG\r\n\x1a\n") -> dict[str, Any]:
    """Upload a picture until Slack knows what it is; the block that shows it."""
    answer = client.files_upload_v2(content=content, filename="a.png")
    number = str(answer["files"][0]["id"])
    for _ in range(3):
        answer = client.files_completeUploadExternal(files=[{"id": number}])
    assert answer["files"][0]["filetype"]
    return {"type": "image", "slack_file": {"id": number}, "alt_text": "a line"}


def test_a_message_is_changed_by_the_channels_number_alone(inbox: SlackInbox) -> None:
    client = _client(inbox)
    posted = client.chat_postMessage(channel="#alerts", text="high")
    refused = []
    for place in (
        {"channel": "#alerts", "ts": posted["ts"]},
        {"channel": posted["channel"], "ts": "1.1"},
        {"channel": "C999999999", "ts": posted["ts"]},
    ):
        with pytest.raises(SlackApiError) as caught:
            client.chat_update(**place, text="recovered")
        refused.append(_error(caught))
    assert refused == ["channel_not_found", "message_not_found", "channel_not_found"]
    client.chat_update(channel=posted["channel"], ts=posted["ts"], text="recovered", blocks=_BLOCKS)
    (message,) = inbox.messages
    assert (message.text, message.blocks, message.edits) == ("recovered", _BLOCKS, 1)


def test_a_message_that_somebody_deleted_cannot_be_changed(inbox: SlackInbox) -> None:
    posted = _client(inbox).chat_postMessage(channel="#alerts", text="high")
    inbox.forget(posted["ts"])
    with pytest.raises(SlackApiError) as caught:
        _client(inbox).chat_update(channel=posted["channel"], ts=posted["ts"], text="x")
    assert _error(caught) == "message_not_found"


def test_a_picture_is_shown_once_slack_knows_what_it_is(inbox: SlackInbox) -> None:
    client = _client(inbox)
    inbox.files.unknown_for = 1
    answer = client.files_upload_v2(content=b"\x89PNG\r\n\x1a\n", filename="a.png")
    assert answer["files"][0]["filetype"] == ""
    block = {"type": "image", "slack_file": {"id": answer["files"][0]["id"]}, "alt_text": "a line"}
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="#alerts", text="x", blocks=[block])
    assert _error(caught) == "invalid_blocks"
    client.files_completeUploadExternal(files=[{"id": answer["files"][0]["id"]}])
    client.chat_postMessage(channel="#alerts", text="x", blocks=[block])
    assert inbox.messages[0].blocks == [block]


def test_what_is_no_picture_or_of_nobody_is_not_shown(inbox: SlackInbox) -> None:
    client = _client(inbox)
    for block in (_picture(client, b"no picture"), _picture(client) | {"slack_file": {"id": "F99"}}):
        with pytest.raises(SlackApiError) as caught:
            client.chat_postMessage(channel="#alerts", text="x", blocks=[block])
        assert _error(caught) == "invalid_blocks"


def test_a_change_with_a_picture_that_nobody_saw_before_shows_nothing(inbox: SlackInbox) -> None:
    client = _client(inbox)
    seen, unseen = _picture(client), _picture(client)
    posted = client.chat_postMessage(channel="#alerts", text="x", blocks=[seen])
    for block in (seen, unseen):
        client.chat_update(channel=posted["channel"], ts=posted["ts"], text="x", blocks=[block])
    assert inbox.messages[0].lost == (unseen["slack_file"]["id"],)


def test_a_place_for_a_file_takes_as_many_bytes_as_were_said(inbox: SlackInbox) -> None:
    place = _client(inbox).files_getUploadURLExternal(filename="a.png", length=5)
    assert requests.post(place["upload_url"], data=b"too many", timeout=5).status_code == 404
    with pytest.raises(SlackApiError) as caught:
        _client(inbox).files_completeUploadExternal(files=[{"id": place["file_id"]}])
    assert _error(caught) == "file_not_found"


def test_a_method_takes_its_scope() -> None:
    with SlackInbox(scopes=frozenset({"chat:write"})) as inbox:
        _client(inbox).chat_postMessage(channel="#alerts", text="x")
        with pytest.raises(SlackApiError) as caught:
            _client(inbox).files_getUploadURLExternal(filename="a", length=1)
    assert _error(caught) == "missing_scope"


def test_an_apps_token_is_told_where_to_listen(inbox: SlackInbox) -> None:
    inbox.socket_url = "ws://127.0.0.1:1/link"
    assert _client(inbox).apps_connections_open(app_token=inbox.app_token)["url"] == inbox.socket_url
    with pytest.raises(SlackApiError) as caught:
        _client(inbox).apps_connections_open(app_token=inbox.token)
    assert _error(caught) == "invalid_auth"


def test_a_trouble_can_be_that_of_one_method(inbox: SlackInbox) -> None:
    inbox.refuse_next("chat.update", SlackTrouble.SERVER_ERROR)
    posted = _client(inbox).chat_postMessage(channel="#alerts", text="x")
    with pytest.raises(SlackApiError):
        _client(inbox).chat_update(channel=posted["channel"], ts=posted["ts"], text="y")
    assert [each.text for each in inbox.messages] == ["x"]
