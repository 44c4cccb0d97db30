"""What a push says, once its envelope is open."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from smartapp_watch.metrics.period import BEIJING

_SECRET = re.compile(r"[!-~]{1,1024}")
_APP_ID = re.compile(r"[1-9][0-9]{0,17}")
_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)


class Kind(StrEnum):
    """What happened between a mini-program and the platform."""

    AUTHORIZED = "AUTHORIZED"
    UPDATED = "UPDATE_AUTHORIZED"
    UNAUTHORIZED = "UNAUTHORIZED"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the platform's token is asked for with; a secret."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Authorization:
    """A mini-program gave, changed or took back its authorisation.

    ``at``: where the push says when. ``code``: what its tokens are had for, once and soon; empty where the
    push brings none. A secret.
    """

    kind: Kind
    app_id: int
    at: datetime | None
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Other:
    """Anything else: news that this program has no use for. ``name``: of the event, fit for a log."""

    name: str


Message = Ticket | Authorization | Other


def read_message(message: bytes) -> Message:
    """What the message says; what is not understood is ``Other``.

    Baidu's own pages spell the keys ``Event`` in one push and ``event`` in the next.
    """
    try:
        written = json.loads(message.decode("utf-8"))
    except (ValueError, RecursionError):
        return Other("one that is no JSON")
    if not isinstance(written, dict):
        return Other("one that is no table")
    fields = {key.lower(): value for key, value in written.items()}
    event = fields.get("event")
    if fields.get("msgtype") == "ticket" or (event == "push" and "ticket" in fields):
        return _ticket(fields.get("ticket"))
    if event in list(Kind):
        return _authorization(Kind(event), fields)
    return Other(event if isinstance(event, str) and _NAME.fullmatch(event) else "one without a name")


def _ticket(value: Any) -> Ticket | Other:
    if isinstance(value, str) and _SECRET.fullmatch(value):
        return Ticket(value)
    return Other("a ticket that is none")


def _authorization(kind: Kind, fields: dict[str, Any]) -> Authorization | Other:
    number = str(fields.get("appid"))
    if not _APP_ID.fullmatch(number):
        return Other(f"{kind} without a mini-program")
    code = fields.get("authorizationcode")
    if not isinstance(code, str) or not _SECRET.fullmatch(code):
        code = ""
    return Authorization(kind, int(number), _moment(fields.get("eventtime")), code)


def _moment(value: Any) -> datetime | None:
    """Baidu's clock is Beijing's."""
    try:
        return datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except (TypeError, ValueError):
        return None
