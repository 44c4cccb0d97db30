"""Posts to a server that speaks Slack's protocol on loopback."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable

import pytest
from werkzeug import Response

from smartapp_watch.alerts.notification import Notification
from smartapp_watch.errors import DeliveryError
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples import example_alerts, example_notices
from smartapp_watch.notify.examples_digests import example_digests
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.slack import SlackSender
from tests.notify.conftest import WEBHOOK_PATH, FakeSlack, api_error

Notify = Callable[..., Notification]
SECRETS = ("xoxb-not-to-be-told", WEBHOOK_PATH)


def test_a_bot_posts_within_the_limits_and_learns_where(
    slack: FakeSlack, bot: SlackSender, notify: Notify
) -> None:
    assert bot.send(notify()) == "C42:1700.1"
    post = slack.posts[0]
    assert post["channel"] == "#alerts"
    assert "页面退出率上升：云上生鲜" in post["text"]
    assert post["blocks"][0]["text"]["text"] == ":large_orange_circle: 页面退出率上升：云上生鲜"
    assert post["metadata"] == {"event_type": "smartapp_watch", "event_payload": {"key": "fire|12|growth"}}
    assert post["unfurl_links"] in (False, "0", "false")


def test_a_webhook_posts_the_same_and_learns_nothing(
    slack: FakeSlack, webhook: SlackSender, bot: SlackSender, notify: Notify
) -> None:
    assert webhook.send(notify()) == ""
    bot.send(notify())
    assert slack.posts[0]["blocks"] == slack.posts[1]["blocks"]
    assert slack.posts[0]["text"] == slack.posts[1]["text"]


@pytest.mark.parametrize("language", Language)
def test_every_kind_of_notice_is_accepted(
    slack: FakeSlack, bot: SlackSender, notify: Notify, language: Language
) -> None:
    notices = (*example_alerts(language), *example_digests(language), *example_notices(language))
    sender = SlackSender("ops", language, Renderer(), channel="#x", token="t", api_url=slack.url)
    for notice in notices:
        sender.send(notify(notice))
    assert slack.calls == len(slack.posts) == len(notices)


@pytest.mark.parametrize("kind", ["bot", "webhook"])
def test_blocks_that_slack_will_not_show_do_not_cost_the_message(
    slack: FakeSlack,
    notify: Notify,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    kind: str,
) -> None:
    slack.refuses_blocks = True
    with caplog.at_level(logging.WARNING):
        request.getfixturevalue(kind).send(notify())
    assert slack.calls == 2
    assert not slack.posts[0].get("blocks")
    assert "页面退出率上升" in slack.posts[0]["text"]
    assert "invalid_blocks" in caplog.text


def test_text_that_is_refused_too_is_an_error_and_not_tried_for_ever(
    slack: FakeSlack, bot: SlackSender, notify: Notify
) -> None:
    slack.answers = [api_error("msg_too_long"), api_error("msg_too_long")]
    with pytest.raises(DeliveryError, match="msg_too_long") as caught:
        bot.send(notify())
    assert (caught.value.permanent, caught.value.of_receiver) == (True, False)
    assert slack.calls == 2


@pytest.mark.parametrize(
    "words",
    [
        "invalid_auth", "account_inactive", "channel_not_found", "not_in_channel", "token_revoked",
        "missing_scope", "is_archived", "restricted_action_read_only_channel",
    ],
)  # fmt: skip
def test_what_no_second_try_can_help_is_permanent_in_slacks_words(
    slack: FakeSlack, bot: SlackSender, notify: Notify, words: str
) -> None:
    slack.answers = [api_error(words)]
    with pytest.raises(DeliveryError, match=words) as caught:
        bot.send(notify())
    assert caught.value.permanent
    assert caught.value.of_receiver
    assert slack.calls == 1


@pytest.mark.parametrize(
    "answer", [api_error("internal_error"), api_error("fatal_error"), api_error("new_words")]
)
def test_slacks_own_trouble_passes(
    slack: FakeSlack, bot: SlackSender, notify: Notify, answer: Response
) -> None:
    slack.answers = [answer]
    with pytest.raises(DeliveryError) as caught:
        bot.send(notify())
    assert not caught.value.permanent


@pytest.mark.parametrize("kind", ["bot", "webhook"])
@pytest.mark.parametrize("body", ["<html>upstream</html>", "", '{"ok": false}'])
def test_an_answer_of_5xx_passes_whatever_its_body(
    slack: FakeSlack, notify: Notify, request: pytest.FixtureRequest, kind: str, body: str
) -> None:
    slack.answers = [Response(body, 503)]
    with pytest.raises(DeliveryError, match="503") as caught:
        request.getfixturevalue(kind).send(notify())
    assert not caught.value.permanent
    assert slack.calls == 1


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("soon", None), ("-3", None)])
def test_slack_says_how_long_to_wait(
    slack: FakeSlack, request: pytest.FixtureRequest, notify: Notify, header: str, seconds: float | None
) -> None:
    for kind in ("bot", "webhook"):
        slack.answers = [api_error("ratelimited", 429, {"Retry-After": header})]
        with pytest.raises(DeliveryError) as caught:
            request.getfixturevalue(kind).send(notify())
        assert not caught.value.permanent
        assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "no_service"), (410, "channel_is_archived"), (403, "action_prohibited"), (400, "user_not_found")],
)
def test_a_webhook_that_is_gone_is_permanent(
    slack: FakeSlack, webhook: SlackSender, notify: Notify, status: int, words: str
) -> None:
    slack.answers = [Response(words, status)]
    with pytest.raises(DeliveryError, match=words) as caught:
        webhook.send(notify())
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("answer", "permanent", "of_receiver"),
    [
        (api_error("new_words"), False, False),
        (Response("new_words", 400), True, False),
        (Response("new_words", 404), True, True),
        (Response("<html>Too large</html>", 413), True, False),
        (Response("<html>Log in to the proxy</html>", 407), True, True),
        (Response("<html>Bad request</html>", 400), True, True),
        (Response("rollup_error", 500), False, True),
        (api_error("internal_error", 503), False, True),
        (api_error("ratelimited", 429), False, True),
    ],
)
def test_an_error_says_whether_other_messages_would_meet_it_too(
    slack: FakeSlack,
    request: pytest.FixtureRequest,
    notify: Notify,
    answer: Response,
    *,
    permanent: bool,
    of_receiver: bool,
) -> None:
    slack.answers = [answer]
    with pytest.raises(DeliveryError) as caught:
        request.getfixturevalue("bot" if answer.is_json else "webhook").send(notify())
    assert (caught.value.permanent, caught.value.of_receiver) == (permanent, of_receiver)


def test_a_server_that_is_not_there_is_tried_again_later(renderer: Renderer, notify: Notify) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    for sender in (
        SlackSender("ops", Language.ZH, renderer, channel="#x", token=SECRETS[0], api_url=address),
        SlackSender("ops", Language.ZH, renderer, webhook_url=address + WEBHOOK_PATH),
    ):
        with pytest.raises(DeliveryError, match="could not be reached") as caught:
            sender.send(notify())
        assert not caught.value.permanent
        assert caught.value.of_receiver


@pytest.mark.parametrize("kind", ["bot", "webhook"])
def test_neither_token_nor_address_is_ever_told(
    slack: FakeSlack,
    notify: Notify,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    kind: str,
) -> None:
    sender = request.getfixturevalue(kind)
    slack.answers = [
        api_error("invalid_auth", 401),
        Response("<html>" + SECRETS[0] + SECRETS[1], 500),
        Response(SECRETS[1] + SECRETS[0], 404),
    ]
    told = []
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            with pytest.raises(DeliveryError) as caught:
                sender.send(notify())
            told.append(str(caught.value))
        sender.send(notify())
    secret = SECRETS[0] if kind == "bot" else SECRETS[1]
    logged = [record.getMessage() for record in caplog.records if record.name != "werkzeug"]
    assert secret not in "".join([*told, *logged])


def test_a_webhook_that_does_not_say_ok_has_not_delivered(
    slack: FakeSlack, webhook: SlackSender, notify: Notify
) -> None:
    slack.answers = [Response("<html>Please log in to the proxy</html>", 200)]
    with pytest.raises(DeliveryError) as caught:
        webhook.send(notify())
    assert not caught.value.permanent
