"""DingTalk's robots: Markdown with a title; the signature stands in the address."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from hmac import digest
from urllib.parse import urlencode

from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.dialect import UNFIT, USELESS, Dialect, Payload, Refusal, fit
from smartapp_watch.notify.message import RobotMessage

ROOM = 3600
"""Bytes of the text: every source names another limit of the whole message; 4 kB is below all of them."""

_TOO_FAST = Refusal(retry_after=600)
"""Over 20 messages a minute it is silent for ten minutes."""

REFUSALS = {
    -1: Refusal(),  # busy
    130101: _TOO_FAST,
    410100: _TOO_FAST,
    300001: USELESS,  # there is no such token
    310000: USELESS,  # the signature, the keyword or the address does not fit; the words say which
    400013: USELESS,  # the group is dissolved
    400101: USELESS,  # there is no such token
    400102: USELESS,  # the robot is switched off
    400106: USELESS,  # there is no such robot
    40035: UNFIT,  # it is no JSON
    400105: UNFIT,  # a kind of message that it does not know
    400402: UNFIT,  # a field is missing
    430101: UNFIT,  # a link, words or a picture that its censor does not pass
    430102: UNFIT,
    430103: UNFIT,
    430104: UNFIT,
    460101: UNFIT,  # too long
}


def payload(message: RobotMessage, language: Language) -> Payload:
    """The message; single line breaks are not shown, so every line is a paragraph."""
    lines = (f"#### {message.title}", *message.lines)
    text = fit(lines, ROOM, language, end="\n\n")
    return {"msgtype": "markdown", "markdown": {"title": message.title, "text": text}}


def sign(address: str, body: Payload, secret: str, now: datetime) -> tuple[str, Payload]:
    """The address with milliseconds and signature, which is encoded for the address exactly once."""
    timestamp = str(round(now.timestamp() * 1000))
    signature = b64encode(digest(secret.encode(), f"{timestamp}\n{secret}".encode(), sha256)).decode()
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{urlencode({'timestamp': timestamp, 'sign': signature})}", body


DINGTALK = Dialect(
    platform="DingTalk",
    codes=("errcode",),
    words=("errmsg",),
    refusals=REFUSALS,
    most=20,
    within=60,
    payload=payload,
    sign=sign,
    picture=lambda _picture: None,
)
