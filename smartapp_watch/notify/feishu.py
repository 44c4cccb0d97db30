"""Feishu's robots, and Lark's: a card with a coloured header; the signature stands in the body."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from hmac import digest

from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.dialect import UNFIT, USELESS, Dialect, Payload, Refusal, fit
from smartapp_watch.notify.message import RobotMessage

ROOM = 18_000
"""Bytes of the text, of the 20 kB that a request may have."""

_COLOURS = {"bad": "red", "good": "green"}
_TOO_FAST = Refusal(retry_after=90)

REFUSALS = {
    11232: _TOO_FAST,
    19001: USELESS,  # there is no such robot
    19007: USELESS,  # the robot is switched off
    19021: USELESS,  # the signature does not fit, or the clock is an hour off
    19022: USELESS,  # not from an address on its list
    19024: USELESS,  # none of its keywords is in the message
    19002: UNFIT,  # a kind of message that it does not know
    19036: UNFIT,  # too long
    # 9499 stands for a body it cannot read and for too many requests alike: as any code that is not known
}


def payload(message: RobotMessage, language: Language) -> Payload:
    """The message as a card."""
    return {
        "msg_type": "interactive",
        "card": {
            "config": {"wide_screen_mode": True},
            "header": {
                "title": {"tag": "plain_text", "content": message.title},
                "template": _COLOURS.get(message.tone, "grey"),
            },
            "elements": [
                {
                    "tag": "div",
                    "text": {"tag": "lark_md", "content": fit(message.lines, ROOM, language)},
                }
            ],
        },
    }


def sign(address: str, body: Payload, secret: str, now: datetime) -> tuple[str, Payload]:
    """The body with seconds and signature: an empty message under a key made of both."""
    timestamp = str(int(now.timestamp()))
    signature = b64encode(digest(f"{timestamp}\n{secret}".encode(), b"", sha256)).decode()
    return address, {"timestamp": timestamp, "sign": signature, **body}


FEISHU = Dialect(
    platform="Feishu",
    codes=("code", "StatusCode"),
    words=("msg", "StatusMessage"),
    refusals=REFUSALS,
    most=5,
    within=1,
    payload=payload,
    sign=sign,
    picture=lambda _picture: None,
)
