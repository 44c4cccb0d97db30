"""The receivers that do not take what is sent to them, noted until one of them takes something again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from smartapp_watch.history.connection import Connection
from smartapp_watch.history.instant import read_instant, write_instant

_KEY = "receiver_trouble/"
_OFF, _PART = "off", "part"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a receiver. ``is_off``: it will stay so until somebody changes something.
    ``in_part``: only some of those that it stands for get nothing.

    ``since``: the first failure since it worked; ``noted_at``: the newest.
    """

    receiver: str
    since: datetime
    noted_at: datetime
    is_off: bool
    error: str
    in_part: bool = False


class Troubles:
    """Reads and writes receivers' troubles; the caller opens the transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[Trouble]:
        """Every receiver in trouble, by name."""
        rows = self._connection.select(
            "SELECT substr(key, ?), value FROM notes WHERE key GLOB ? ORDER BY key",
            (len(_KEY) + 1, f"{_KEY}*"),
        )
        return [_read(receiver, value) for receiver, value in rows]

    def note(self, receiver: str, error: str, at: datetime, *, is_off: bool, in_part: bool = False) -> None:
        """Note that a receiver failed, again or for the first time."""
        since = next((each.since for each in self.all() if each.receiver == receiver), at)
        state = _OFF if is_off else _PART if in_part else "waiting"
        self._connection.execute(
            "INSERT INTO notes VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (_KEY + receiver, f"{write_instant(since)} {write_instant(at)} {state} {error}"),
        )

    def clear(self, receiver: str) -> bool:
        """Note that it works; whether it was in trouble."""
        cursor = self._connection.execute("DELETE FROM notes WHERE key = ?", (_KEY + receiver,))
        return cursor.rowcount == 1


def _read(receiver: str, value: str) -> Trouble:
    since, noted_at, state, error = value.split(" ", 3)
    return Trouble(
        receiver, read_instant(since), read_instant(noted_at), state == _OFF, error, in_part=state == _PART
    )
