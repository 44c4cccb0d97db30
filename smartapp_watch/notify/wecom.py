"""WeCom's robots: Markdown of 4096 bytes, and the chart as a message of its own."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from hashlib import md5

from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.dialect import UNFIT, USELESS, Dialect, Payload, Refusal, fit
from smartapp_watch.notify.message import Picture, RobotMessage

ROOM = 4096
"""Bytes of the text: about 1,360 Chinese characters."""

LARGEST_PICTURE = 2 * 1024 * 1024

_COLOURS = {"bad": "warning", "good": "info"}
_TOO_FAST = Refusal(retry_after=90)

REFUSALS = {
    -1: Refusal(),  # busy
    45009: _TOO_FAST,
    45033: _TOO_FAST,
    93000: USELESS,  # there is no such key
    40008: UNFIT,  # a kind of message that it does not know
    40058: UNFIT,  # too long, or a field is missing
    44004: UNFIT,  # empty
    45002: UNFIT,  # too long
}


def payload(message: RobotMessage, language: Language) -> Payload:
    """The message."""
    colour = _COLOURS.get(message.tone, "comment")
    title = f'**<font color="{colour}">{message.title}</font>**'
    return {"msgtype": "markdown", "markdown": {"content": fit((title, *message.lines), ROOM, language)}}


def unsigned(address: str, body: Payload, _secret: str, _now: datetime) -> tuple[str, Payload]:
    """As it is: the key in the address is the only secret."""
    return address, body


def picture(chart: Picture) -> Payload | None:
    """The picture's own message; None where it is too large."""
    if len(chart.png) > LARGEST_PICTURE:
        return None
    checksum = md5(chart.png, usedforsecurity=False).hexdigest()
    return {"msgtype": "image", "image": {"base64": b64encode(chart.png).decode(), "md5": checksum}}


WECOM = Dialect(
    platform="WeCom",
    codes=("errcode",),
    words=("errmsg",),
    refusals=REFUSALS,
    most=20,
    within=60,
    payload=payload,
    sign=unsigned,
    picture=picture,
)
