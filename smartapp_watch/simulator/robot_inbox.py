"""Chat robots' side of a delivery: takes messages over HTTP on loopback, refuses what the platforms refuse.

All three answer HTTP 200 to nearly everything; whether a message was taken stands in the body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import Any

from smartapp_watch.simulator.loopback import Delivery, Reply, Request, Served

_DROPPED = Reply(b"", delivery=Delivery.RESET)
_HOUR = 3600
_MINUTE = 60
_PNG = b"\x89PNG\r\n\x1a\n"


class _Refused(Exception):
    """A message that is not taken: the platform's code and words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.answer = code, words


class RobotTrouble(StrEnum):
    """What can happen to the next request."""

    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    BUSY = "busy"
    """Answered with HTTP 200 and a code that nobody knows."""
    DROPPED_BEFORE = "dropped_before"
    """The connection ends and nothing was taken."""
    DROPPED_AFTER = "dropped_after"
    """The connection ends, but the message was taken."""


@dataclass(frozen=True, slots=True)
class RobotPost:
    """What was taken: all the JSON, the text of it as people would see it, and the picture if it is one."""

    payload: Mapping[str, Any] = field(repr=False)
    text: str
    picture: bytes = field(default=b"", repr=False)


class RobotInbox(Served):
    """One robot at ``webhook_url``, between ``with`` and its end.

    ``kind``: ``dingtalk``, ``feishu`` or ``wecom``. ``secret``: what messages have to be signed with, if
    anything. ``keywords``: one of them has to be in a message, if there are any. ``now``: asked at each
    request. ``a_minute``: how many messages it takes.
    """

    def __init__(
        self,
        kind: str,
        now: Callable[[], datetime],
        *,
        secret: str = "",
        keywords: tuple[str, ...] = (),
        a_minute: int = 20,
        port: int = 0,
    ) -> None:
        self._robot = _ROBOTS[kind]
        self._now = now
        self._secret = secret
        self._keywords = keywords
        self._a_minute = a_minute
        self._times: deque[float] = deque(maxlen=a_minute)
        self._troubles: deque[RobotTrouble | None] = deque()
        self._posts: list[RobotPost] = []
        self._requests = 0
        self._lock = Lock()
        super().__init__(self._respond, port)

    @property
    def webhook_url(self) -> str:
        """The robot's address."""
        return self._server.url + self._robot.address

    @property
    def posts(self) -> list[RobotPost]:
        """What was taken, in the order it came."""
        with self._lock:
            return list(self._posts)

    @property
    def requests(self) -> int:
        """How many requests have come, taken or not."""
        return self._requests

    def trouble_next(self, *troubles: RobotTrouble | None) -> None:
        """The next requests run into these, one each; None lets one pass."""
        with self._lock:
            self._troubles.extend(troubles)

    def _respond(self, request: Request) -> Reply:
        with self._lock:
            self._requests += 1
            trouble = self._troubles.popleft() if self._troubles else None
            match trouble:
                case RobotTrouble.RATE_LIMITED:
                    return self._answer(*self._robot.too_fast)
                case RobotTrouble.BUSY:
                    return self._answer(77_777, "something happened")
                case RobotTrouble.SERVER_ERROR:
                    return Reply(b"<html>Bad Gateway</html>", 502, "text/html")
                case RobotTrouble.DROPPED_BEFORE:
                    return _DROPPED
            try:
                self._posts.append(self._take(request))
            except _Refused as refused:
                return self._answer(*refused.answer)
        return _DROPPED if trouble is RobotTrouble.DROPPED_AFTER else self._answer(0, self._robot.fine)

    def _answer(self, code: int, words: str) -> Reply:
        return Reply(json.dumps({self._robot.code: code, self._robot.words: words}).encode())

    def _take(self, request: Request) -> RobotPost:
        robot = self._robot
        path, _, query = robot.address.partition("?")
        name, _, value = query.partition("=")
        if request.path != path or request.query.get(name, "") != value:
            raise _Refused(*robot.stranger)
        try:
            payload = json.loads(request.body)
        except ValueError:
            raise _Refused(*robot.unfit) from None
        now = self._now().timestamp()
        if len(self._times) == self._a_minute and self._times[0] > now - _MINUTE:
            raise _Refused(*robot.too_fast)
        if self._secret and not robot.is_signed(request, payload, self._secret, now):
            raise _Refused(*robot.unsigned)
        post = robot.read(payload, len(request.body))
        if self._keywords and not any(word in post.text for word in self._keywords):
            raise _Refused(*robot.no_keyword)
        self._times.append(now)
        return post


@dataclass(frozen=True, slots=True)
class _Robot:
    """What differs between the platforms: where, in which words, and what is taken."""

    address: str
    code: str
    words: str
    fine: str
    stranger: tuple[int, str]
    unfit: tuple[int, str]
    too_fast: tuple[int, str]
    unsigned: tuple[int, str]
    no_keyword: tuple[int, str]
    is_signed: Callable[[Request, Mapping[str, Any], str, float], bool]
    read: Callable[[Mapping[str, Any], int], RobotPost]


def _mac(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def _dingtalk_is_signed(request: Request, _payload: Mapping[str, Any], secret: str, now: float) -> bool:
    timestamp = request.query.get("timestamp", "")
    if not timestamp.isdecimal() or abs(int(timestamp) / 1000 - now) > _HOUR:
        return False
    return request.query.get("sign") == _mac(secret, f"{timestamp}\n{secret}")


def _feishu_is_signed(_request: Request, payload: Mapping[str, Any], secret: str, now: float) -> bool:
    timestamp = str(payload.get("timestamp", ""))
    if not timestamp.isdecimal() or abs(int(timestamp) - now) > _HOUR:
        return False
    return payload.get("sign") == _mac(f"{timestamp}\n{secret}", "")


def _read_dingtalk(payload: Mapping[str, Any], length: int) -> RobotPost:
    match payload:
        case {"msgtype": "markdown", "markdown": {"title": str(title), "text": str(text)}} if title and text:
            if length > 4096:  # noqa: PLR2004  the smallest limit that anybody names
                raise _Refused(460101, "message too long")
            return RobotPost(payload, text)
        case {"msgtype": "markdown"}:
            raise _Refused(400402, "miss required field")
    raise _Refused(400105, "unsupported msgtype")


def _read_feishu(payload: Mapping[str, Any], length: int) -> RobotPost:
    if length > 20 * 1024:
        raise _Refused(9499, "Bad Request")
    match payload:
        case {
            "msg_type": "interactive",
            "card": {
                "header": {
                    "title": {"tag": "plain_text", "content": str(title)},
                    "template": "red" | "green" | "grey",
                },
                "elements": [{"tag": "div", "text": {"tag": "lark_md", "content": str(text)}}],
            },
        } if title and text:
            return RobotPost(payload, f"{title}\n{text}")
        case {"msg_type": "interactive"}:
            raise _Refused(9499, "Bad Request")
    raise _Refused(19002, "params error, msg_type need")


def _read_wecom(payload: Mapping[str, Any], _length: int) -> RobotPost:
    match payload:
        case {"msgtype": "markdown", "markdown": {"content": str(text)}}:
            if not text:
                raise _Refused(44004, "empty content")
            if len(text.encode()) > 4096:  # noqa: PLR2004
                raise _Refused(40058, "markdown.content exceed max length 4096. invalid Request Parameter")
            return RobotPost(payload, text)
        case {"msgtype": "image", "image": {"base64": str(content), "md5": str(checksum)}}:
            png = base64.b64decode(content)
            if hashlib.md5(png, usedforsecurity=False).hexdigest() != checksum:
                raise _Refused(301019, "media md5 not match")
            if len(png) > 2 * 1024 * 1024 or not png.startswith(_PNG):
                raise _Refused(40009, "invalid image size")
            return RobotPost(payload, "", png)
    raise _Refused(40008, "invalid message type")


_ROBOTS = {
    "dingtalk": _Robot(
        address="/robot/send?access_token=" + "d0" * 32,
        code="errcode",
        words="errmsg",
        fine="ok",
        stranger=(300001, "token is not exist"),
        unfit=(40035, "缺少参数 json"),
        too_fast=(130101, "send too fast, exceed 20 times per minute"),
        unsigned=(310000, "sign not match"),
        no_keyword=(310000, "keywords not in content"),
        is_signed=_dingtalk_is_signed,
        read=_read_dingtalk,
    ),
    "feishu": _Robot(
        address="/open-apis/bot/v2/hook/f3150000-0000-4000-8000-00005ecret00",
        code="code",
        words="msg",
        fine="success",
        stranger=(19001, "param invalid: incoming webhook access token invalid"),
        unfit=(9499, "Bad Request"),
        too_fast=(11232, "frequency limited"),
        unsigned=(19021, "sign match fail or timestamp is not within one hour from current time"),
        no_keyword=(19024, "Key Words Not Found"),
        is_signed=_feishu_is_signed,
        read=_read_feishu,
    ),
    "wecom": _Robot(
        address="/cgi-bin/webhook/send?key=5ecret00-0000-4000-8000-0000000000c0",
        code="errcode",
        words="errmsg",
        fine="ok",
        stranger=(93000, "invalid webhook url"),
        unfit=(40008, "invalid message type"),
        too_fast=(45009, "api freq out of limit"),
        unsigned=(93000, "invalid webhook url"),
        no_keyword=(93000, "invalid webhook url"),
        is_signed=lambda *_: True,
        read=_read_wecom,
    ),
}
