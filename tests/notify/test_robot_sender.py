"""Robots of three platforms that answer as theirs do: HTTP 200, and an error code in the body."""

from __future__ import annotations

import hashlib
import logging
import socket
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from smartapp_watch.alerts.notification import Notice, Notification
from smartapp_watch.errors import DeliveryError
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify import dingtalk, feishu, wecom
from smartapp_watch.notify.examples import example_alerts, example_notices
from smartapp_watch.notify.examples_digests import example_digests
from smartapp_watch.notify.message import Picture, RobotMessage
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.robot import ROBOTS, Pace
from smartapp_watch.simulator.inbox import RobotTrouble
from tests.notify.robots import KINDS, NOW, SECRET, SIGNED, robot_inbox, robot_sender
from tests.notify.strange import HOSTILE, alert_of, digest_of

Notify = Callable[..., Notification]
ZH = Language.ZH
MESSAGE = RobotMessage("标题", ("一", "二"))
AT = datetime.fromtimestamp(1764567890.126).astimezone()


def refused(sender: object, notification: Notification) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        sender.send(notification)  # type: ignore[attr-defined]
    return caught.value


def test_dingtalks_signature_is_the_known_one_encoded_once() -> None:
    """The signature was computed with openssl; it has every sign that an address has to encode."""
    address, body = dingtalk.sign("https://h/robot/send?access_token=t", {"a": 1}, "SEC0f1e2d3c4b5a", AT)
    assert address == (
        "https://h/robot/send?access_token=t&timestamp=1764567890126"
        "&sign=h%2BumIgWFEmNu%2BM5s2NO85wp%2BjxkLFMvv7owBKrN%2FueY%3D"
    )
    assert parse_qs(urlsplit(address).query)["sign"] == ["h+umIgWFEmNu+M5s2NO85wp+jxkLFMvv7owBKrN/ueY="]
    assert body == {"a": 1}


def test_feishus_signature_is_the_known_one_in_the_body() -> None:
    """The signature was computed with openssl: of nothing, with seconds and secret as the key."""
    address, body = feishu.sign("https://h/hook/x", {"msg_type": "text"}, "FeishuSecret9", AT)
    assert address == "https://h/hook/x"
    assert body == {
        "timestamp": "1764567890",
        "sign": "r6tWxyBCwSKlvrH7vEPjcRc8bVySz+9Ji5U+DciW9XY=",
        "msg_type": "text",
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", Language)
def test_every_kind_of_notice_is_taken(kind: str, notify: Notify, language: Language) -> None:
    notices: list[Notice] = [
        *example_alerts(language), *example_digests(language), *example_notices(language),
    ]  # fmt: skip
    with robot_inbox(kind, a_minute=100) as inbox:
        for notice in notices:
            # A new sender each time: it has a pace of its own.
            assert robot_sender(inbox, kind).send(notify(notice)) == ""
        assert len(inbox.posts) == inbox.requests >= len(notices)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", HOSTILE)
def test_a_strange_name_is_within_the_limits_and_mentions_nobody(
    kind: str, text: str, notify: Notify
) -> None:
    with robot_inbox(kind) as inbox:
        for notice in (alert_of(text), digest_of(text, 500)):
            robot_sender(inbox, kind).send(notify(notice))
        for post in inbox.posts:
            shown = post.text.replace("<font color=", "").replace("</font>", "")
            assert "<" not in shown
            assert "@" not in shown
            assert "](https://evil" not in shown


@pytest.mark.parametrize("kind", SIGNED)
def test_a_wrong_signature_or_clock_is_permanent_in_the_platforms_words(kind: str, notify: Notify) -> None:
    with robot_inbox(kind) as inbox:
        for changes in ({"secret": "another"}, {"secret": ""}, {"clock": lambda: NOW - timedelta(hours=2)}):
            error = refused(robot_sender(inbox, kind, **changes), notify())
            assert (error.permanent, error.of_receiver) == (True, True)
            assert "sign" in str(error)
        assert inbox.posts == []


@pytest.mark.parametrize(("kind", "words"), [("dingtalk", "310000: keywords not in"), ("feishu", "19024")])
def test_a_message_without_the_robots_keyword_is_permanent(kind: str, words: str, notify: Notify) -> None:
    with robot_inbox(kind, keywords=("火警",)) as inbox:
        error = refused(robot_sender(inbox, kind), notify())
        assert (error.permanent, error.of_receiver) == (True, True)
        assert words in str(error)
    with robot_inbox(kind, keywords=("火警", "退出率")) as inbox:
        robot_sender(inbox, kind).send(notify())
        assert len(inbox.posts) == 1


@pytest.mark.parametrize(("kind", "seconds"), [("dingtalk", 600), ("feishu", 90), ("wecom", 90)])
def test_a_robot_that_was_told_too_much_is_left_alone_for_a_while(
    kind: str, seconds: float, notify: Notify
) -> None:
    with robot_inbox(kind) as inbox:
        inbox.trouble_next(RobotTrouble.RATE_LIMITED)
        error = refused(robot_sender(inbox, kind), notify())
    assert (error.permanent, error.of_receiver, error.retry_after) == (False, True, seconds)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("trouble", "of_receiver"),
    [
        (RobotTrouble.BUSY, False),
        (RobotTrouble.SERVER_ERROR, True),
        (RobotTrouble.DROPPED_BEFORE, True),
        (RobotTrouble.DROPPED_AFTER, True),
    ],
)
def test_other_trouble_passes(kind: str, trouble: RobotTrouble, of_receiver: bool, notify: Notify) -> None:
    with robot_inbox(kind) as inbox:
        inbox.trouble_next(trouble)
        error = refused(robot_sender(inbox, kind), notify())
        assert (error.permanent, error.of_receiver) == (False, of_receiver)
        assert inbox.requests == 1


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_that_is_no_robots_is_permanent(kind: str, notify: Notify) -> None:
    with robot_inbox(kind) as inbox:
        error = refused(robot_sender(inbox.webhook_url + "x", kind), notify())
        assert (error.permanent, error.of_receiver) == (True, True)
    error = refused(robot_sender("oapi.example.com/robot/5ecret", kind), notify())
    assert error.permanent
    assert "5ecret" not in str(error)


@pytest.mark.parametrize(
    ("answer", "permanent", "of_receiver"),
    [
        (Response("<html>Please log in</html>", 200), False, True),
        (Response('{"errcode": "0"}', 200), False, True),
        (Response('{"errcode": 40058, "errmsg": "too long"}', 200), True, False),
        (Response('{"errcode": 0}', 503), False, False),
        (Response("", 302, {"Location": "https://evil.example.com/"}), True, True),
        (Response("no", 403), True, True),
        (Response("no", 400), True, False),
        (Response("no", 429, {"Retry-After": "7"}), False, True),
    ],
)
def test_an_answer_that_is_no_yes_is_an_error(
    httpserver: HTTPServer, notify: Notify, answer: Response, *, permanent: bool, of_receiver: bool
) -> None:
    httpserver.expect_request("/send").respond_with_response(answer)
    error = refused(robot_sender(httpserver.url_for("/send"), "wecom"), notify())
    assert (error.permanent, error.of_receiver) == (permanent, of_receiver)
    assert error.retry_after == (7 if answer.status_code == 429 else None)
    assert len(httpserver.log) == 1


def test_no_redirect_is_followed_to_where_the_address_would_be_told(
    httpserver: HTTPServer, notify: Notify
) -> None:
    there = Response("", 307, {"Location": httpserver.url_for("/elsewhere")})
    httpserver.expect_request("/send").respond_with_response(there)
    assert "leads elsewhere" in str(refused(robot_sender(httpserver.url_for("/send"), "wecom"), notify()))
    assert [request.path for request, _ in httpserver.log] == ["/send"]


def test_a_server_that_is_not_there_or_says_nothing_is_tried_later(notify: Notify) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/hook/5ecret5ecret5ecret"
        said = str(refused(robot_sender(address, "wecom", timeout=0.2), notify()))
    assert said == "WeCom could not be reached: no answer in time"
    error = refused(robot_sender(address, "wecom"), notify())
    assert str(error) == "WeCom could not be reached: Connection refused"
    assert (error.permanent, error.of_receiver) == (False, True)


@pytest.mark.parametrize("kind", KINDS)
def test_neither_address_nor_secret_is_ever_told(
    kind: str, notify: Notify, httpserver: HTTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    key = "0123456789abcdef-5ecret"
    echo = f'{{"errcode": 77, "code": 77, "errmsg": "{key} {SECRET}", "msg": "{key} {SECRET}"}}'
    httpserver.expect_request(f"/send/{key}").respond_with_data(echo)
    with caplog.at_level(logging.DEBUG):
        sender = robot_sender(httpserver.url_for(f"/send/{key}"), kind, secret=SECRET)
        told = [str(refused(sender, notify()))]
        httpserver.stop()
        told.append(str(refused(sender, notify())))
        httpserver.start()
    assert "answered 77: … …" in told[0]
    logged = [record.getMessage() for record in caplog.records if record.name != "werkzeug"]
    for secret in (key, SECRET):
        assert secret not in "".join([*told, *logged])


def test_a_password_file_adds_nothing_to_the_request(
    httpserver: HTTPServer, notify: Notify, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write("machine localhost login me password mine\n")
    monkeypatch.setenv("NETRC", netrc)
    httpserver.expect_request("/send").respond_with_json({"errcode": 0})
    robot_sender(httpserver.url_for("/send"), "wecom").send(notify())
    assert "Authorization" not in httpserver.log[0][0].headers


PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 2000


class WithPicture(Renderer):
    """Every message has a picture."""

    png = PNG

    def robot(self, notice: Notice, language: Language) -> RobotMessage:
        return replace(super().robot(notice, language), picture=Picture("a.png", self.png, "a line"))


@pytest.mark.parametrize("kind", KINDS)
def test_only_wecom_gets_the_picture_after_its_message(kind: str, notify: Notify) -> None:
    with robot_inbox(kind) as inbox:
        sender = robot_sender(inbox, kind)
        sender.renderer = WithPicture()
        sender.send(notify())
        assert [post.picture for post in inbox.posts] == ([b"", PNG] if kind == "wecom" else [b""])


@pytest.mark.parametrize("trouble", RobotTrouble)
def test_a_picture_that_fails_does_not_cost_the_message(
    trouble: RobotTrouble, notify: Notify, caplog: pytest.LogCaptureFixture
) -> None:
    with robot_inbox("wecom") as inbox:
        sender = robot_sender(inbox, "wecom")
        sender.renderer = WithPicture()
        inbox.trouble_next(None, trouble)
        assert sender.send(notify()) == ""
        assert len([post for post in inbox.posts if post.text]) == 1
        assert inbox.requests == 2
        assert "without its picture" in caplog.text


def test_a_picture_that_is_too_large_is_not_sent() -> None:
    large = Picture("a.png", b"x" * (wecom.LARGEST_PICTURE + 1), "")
    assert wecom.picture(large) is None
    fitting = wecom.picture(Picture("a.png", PNG, ""))
    assert fitting is not None
    image = fitting["image"]
    assert isinstance(image, dict)
    assert b64decode(image["base64"]) == PNG
    assert image["md5"] == hashlib.md5(PNG).hexdigest()


@pytest.mark.parametrize(("tone", "template"), [("bad", "red"), ("good", "green"), ("", "grey")])
def test_the_colour_of_a_card_says_good_or_bad(tone: str, template: str) -> None:
    card = feishu.payload(replace(MESSAGE, tone=tone), ZH)["card"]
    assert isinstance(card, dict)
    assert card["header"]["template"] == template
    assert card["header"]["title"]["content"] == "标题"
    assert card["elements"][0]["text"]["content"] == "一\n二"


def test_every_line_of_dingtalks_is_a_paragraph() -> None:
    written = dingtalk.payload(MESSAGE, ZH)["markdown"]
    assert written == {"title": "标题", "text": "#### 标题\n\n一\n\n二"}


def test_a_robot_takes_no_more_than_its_platform_allows(notify: Notify) -> None:
    with robot_inbox("dingtalk", a_minute=100) as inbox:
        sender = robot_sender(inbox, "dingtalk")
        for _ in range(20):
            sender.send(notify())
        error = refused(sender, notify())
        assert inbox.requests == 20
    assert (error.permanent, error.of_receiver) == (False, True)
    assert error.retry_after is not None
    assert 50 < error.retry_after <= 60


def test_a_turn_comes_when_the_oldest_is_long_enough_ago() -> None:
    pace = Pace(2, 0.2)
    assert [pace.take(), pace.take()] == [0, 0]
    left = pace.take()
    assert 0 < left <= 0.2
    time.sleep(left)
    assert pace.take() == 0


def test_the_three_are_paced_as_their_platforms_say() -> None:
    assert {kind: (robot.most, robot.within) for kind, robot in ROBOTS.items()} == {
        "dingtalk": (20, 60),
        "feishu": (5, 1),
        "wecom": (20, 60),
    }
