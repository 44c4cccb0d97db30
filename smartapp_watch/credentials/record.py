"""What is known of one mini-program's tokens, and of the platform's; its text form shows none of them."""

from __future__ import annotations

import json
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar

_Made = TypeVar("_Made")

STATUSES = {
    1: "normal",
    -1: "banned",
    2: "in review",
    4: "suspended",
    5: "forced offline",
    6: "to be rectified",
    7: "traffic offline",
}
"""What Baidu's numbers for the status of a mini-program mean."""

RESTRICTED = frozenset({-1, 4, 5, 7})
"""Those in which its users cannot reach it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """An access token, and from when to when it is good; at first, and when it was given up, none."""

    token: str = field(default="", repr=False)
    issued: datetime | None = None
    expires: datetime | None = None

    @classmethod
    def begin(cls, token: str, seconds: float, now: datetime) -> Self:
        """A token that was issued now, for so many seconds."""
        return cls(token, now, now + timedelta(seconds=seconds))

    def lives(self, now: datetime) -> bool:
        """Whether it may still open something."""
        return bool(self.token) and self.expires is not None and now < self.expires

    def is_fresh(self, now: datetime, share: int = 6, longest: timedelta = timedelta(minutes=5)) -> bool:
        """Whether there is no need for another yet: more than ``longest`` is left, or that share of its life.

        A clock that was set back makes a token look younger than new; it is then not believed.
        """
        if self.issued is None or self.expires is None or now < self.issued:
            return False
        return bool(self.token) and now < self.expires - min(longest, (self.expires - self.issued) / share)


@dataclass(frozen=True, slots=True)
class AppRecord:
    """What is known of one mini-program.

    ``refresh_token``: the next one to use; valid once. ``in_use``: it was handed to a call whose answer is
    not known, so it is as good as used. ``seed``: a fingerprint of the settings' own refresh token, which the
    chain began with. ``refused``: why Baidu renews nothing, and ``next_try``: when it is asked again.
    ``enrolled``: it is watched though the settings do not list it. ``heard``: when Baidu pushed last that it
    gave or took back its authorisation. ``name`` and ``status``: Baidu's own, the status since
    ``status_since``; ``asked``: when Baidu was asked for both.
    """

    app_id: int
    refresh_token: str = field(default="", repr=False)
    in_use: bool = False
    seed: str = ""
    lease: Lease = Lease()
    refused: str = ""
    next_try: datetime | None = None
    enrolled: bool = False
    name: str = ""
    status: int | None = None
    heard: datetime | None = None
    status_since: datetime | None = None
    asked: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlatformRecord:
    """What is known of the platform ``client_id``: its token, and the newest ticket that was received."""

    client_id: str = ""
    lease: Lease = Lease()
    ticket: str = field(default="", repr=False)
    ticket_at: datetime | None = None


Record = AppRecord | PlatformRecord


@dataclass(frozen=True, slots=True)
class Gone:
    """A mini-program of which nothing is to be known any more."""

    app_id: int


def write_record(record: Record | Gone) -> bytes:
    """One line of the file."""
    kind = {AppRecord: "app", PlatformRecord: "platform", Gone: "gone"}[type(record)]
    return json.dumps({"kind": kind, **_told(record)}, ensure_ascii=False).encode() + b"\n"


def read_record(line: bytes) -> Record | Gone:
    """What :func:`write_record` wrote; ValueError where it is none. Keys of a later version do not count."""
    try:
        document = json.loads(line)
        match document.pop("kind"):
            case "app":
                return _made(AppRecord, document)
            case "platform":
                return _made(PlatformRecord, document)
            case "gone":
                return _made(Gone, document)
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"no record ({type(error).__name__})") from None
    raise ValueError("a record of no known kind")


def _told(record: object) -> dict[str, object]:
    """Every field that says something."""
    found: dict[str, object] = {}
    for each in fields(record):  # type: ignore[arg-type]
        value = getattr(record, each.name)
        if each.default is not MISSING and value == each.default:
            continue
        if isinstance(value, Lease):
            value = _told(value)
        found[each.name] = value.isoformat() if isinstance(value, datetime) else value
    return found


def _made(cls: type[_Made], document: dict[str, Any]) -> _Made:
    given: dict[str, Any] = {}
    for each in fields(cls):  # type: ignore[arg-type]
        if each.name not in document:
            continue
        value = document[each.name]
        if each.name == "lease":
            value = _made(Lease, value)
        elif "datetime" in str(each.type):
            value = datetime.fromisoformat(value)
        given[each.name] = value
    return cls(**given)
