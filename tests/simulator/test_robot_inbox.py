from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import requests

from smartapp_watch.simulator.inbox import RobotInbox, RobotTrouble

NOW = datetime(2026, 11, 23, 2, 7, 30, tzinfo=UTC)
SECRET = "SEC1"
CARD = {
    "msg_type": "interactive",
    "card": {
        "header": {"title": {"tag": "plain_text", "content": "退出率"}, "template": "red"},
        "elements": [{"tag": "div", "text": {"tag": "lark_md", "content": "61.0%"}}],
    },
}
MESSAGES: dict[str, dict[str, Any]] = {
    "dingtalk": {"msgtype": "markdown", "markdown": {"title": "退出率", "text": "#### 退出率"}},
    "feishu": CARD,
    "wecom": {"msgtype": "markdown", "markdown": {"content": "**退出率**"}},
}


def post(inbox: RobotInbox, payload: object, query: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Code and words of the answer, which is HTTP 200 whatever it says."""
    answer = requests.post(inbox.webhook_url, json=payload, params=query, timeout=5)
    assert answer.status_code == 200
    code, words = answer.json().values()
    return code, words


def mac(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_message_is_taken_and_kept(kind: str) -> None:
    with RobotInbox(kind, lambda: NOW) as inbox:
        assert post(inbox, MESSAGES[kind])[0] == 0
        (taken,) = inbox.posts
        assert taken.payload == MESSAGES[kind]
        assert "退出率" in taken.text


@pytest.mark.parametrize("minutes", [0, 59, -59, 61, -61])
def test_dingtalks_signature_is_checked_with_its_time(minutes: int) -> None:
    timestamp = str(int((NOW + timedelta(minutes=minutes)).timestamp() * 1000))
    signed = {"timestamp": timestamp, "sign": mac(SECRET, f"{timestamp}\n{SECRET}")}
    with RobotInbox("dingtalk", lambda: NOW, secret=SECRET) as inbox:
        assert (post(inbox, MESSAGES["dingtalk"], signed)[0] == 0) == (abs(minutes) < 60)
        assert post(inbox, MESSAGES["dingtalk"], signed | {"sign": signed["sign"] + "x"})[0] == 310000
        twice = {**signed, "sign": quote(signed["sign"], safe="")}
        assert post(inbox, MESSAGES["dingtalk"], twice) == (310000, "sign not match")


@pytest.mark.parametrize("minutes", [0, 59, 61])
def test_feishus_signature_is_checked_with_its_time(minutes: int) -> None:
    timestamp = str(int((NOW - timedelta(minutes=minutes)).timestamp()))
    signed = CARD | {"timestamp": timestamp, "sign": mac(f"{timestamp}\n{SECRET}", "")}
    with RobotInbox("feishu", lambda: NOW, secret=SECRET) as inbox:
        assert (post(inbox, signed)[0] == 0) == (minutes < 60)
        assert post(inbox, signed | {"sign": mac(SECRET, f"{timestamp}\n{SECRET}")})[0] == 19021
        assert post(inbox, CARD)[0] == 19021


@pytest.mark.parametrize(
    ("kind", "payload", "code"),
    [
        ("dingtalk", {"msgtype": "markdown", "markdown": {"title": "", "text": "x"}}, 400402),
        ("dingtalk", {"msgtype": "markdown", "markdown": {"title": "x", "text": "长" * 1400}}, 460101),
        ("dingtalk", {"msgtype": "image"}, 400105),
        ("feishu", {"msg_type": "interactive", "card": {"header": {}}}, 9499),
        ("feishu", {"msg_type": "text"}, 19002),
        ("feishu", {"msg_type": "text", "x": "x" * 21_000}, 9499),
        ("wecom", {"msgtype": "markdown", "markdown": {"content": "长" * 1366}}, 40058),
        ("wecom", {"msgtype": "markdown", "markdown": {"content": ""}}, 44004),
        ("wecom", {"msgtype": "image", "image": {"base64": "eA==", "md5": "0"}}, 301019),
        ("wecom", {"msgtype": "file"}, 40008),
    ],
)
def test_what_a_platform_refuses_is_refused_and_not_kept(kind: str, payload: object, code: int) -> None:
    with RobotInbox(kind, lambda: NOW) as inbox:
        assert post(inbox, payload)[0] == code
        assert inbox.posts == []


@pytest.mark.parametrize(("kind", "code"), [("dingtalk", 130101), ("feishu", 11232), ("wecom", 45009)])
def test_more_than_so_many_messages_a_minute_are_refused(kind: str, code: int) -> None:
    now = [NOW]
    with RobotInbox(kind, lambda: now[0], a_minute=3) as inbox:
        assert [post(inbox, MESSAGES[kind])[0] for _ in range(4)] == [0, 0, 0, code]
        now[0] += timedelta(seconds=61)
        assert post(inbox, MESSAGES[kind])[0] == 0


@pytest.mark.parametrize(("kind", "code"), [("dingtalk", 300001), ("feishu", 19001), ("wecom", 93000)])
def test_another_address_is_no_robot(kind: str, code: int) -> None:
    with RobotInbox(kind, lambda: NOW) as inbox:
        wrong = requests.post(inbox.webhook_url + "x", json=MESSAGES[kind], timeout=5).json()
        assert code in wrong.values()
        garbage = requests.post(inbox.webhook_url, data=b"<xml>", timeout=5).json()
        assert 0 not in garbage.values()


def test_a_keyword_has_to_be_in_the_message() -> None:
    with RobotInbox("dingtalk", lambda: NOW, keywords=("火警", "退出率")) as inbox:
        assert post(inbox, MESSAGES["dingtalk"])[0] == 0
        other = {"msgtype": "markdown", "markdown": {"title": "x", "text": "x"}}
        assert post(inbox, other) == (310000, "keywords not in content")


@pytest.mark.parametrize(("trouble", "kept"), [("dropped_before", 0), ("dropped_after", 1)])
def test_a_connection_can_end_before_or_after_the_message_was_taken(trouble: str, kept: int) -> None:
    with RobotInbox("wecom", lambda: NOW) as inbox:
        inbox.trouble_next(None, RobotTrouble(trouble))
        post(inbox, MESSAGES["wecom"])
        with pytest.raises(requests.ConnectionError):
            post(inbox, MESSAGES["wecom"])
        assert len(inbox.posts) == 1 + kept
