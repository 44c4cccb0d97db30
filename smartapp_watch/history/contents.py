"""What the rows of the outbox say, alone and put together."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from smartapp_watch.alerts.grouping import compose, trimmed
from smartapp_watch.alerts.notification import AlertNotice, DigestNotice, Kind, Layout, Notice, Queued
from smartapp_watch.errors import DeliveryError
from smartapp_watch.history.connection import Connection
from smartapp_watch.history.digest_log import DigestLog
from smartapp_watch.history.notices import read_notice, write_notice


class Contents:
    """Reads what rows say; what is not as it was written costs its own message, as a DeliveryError."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._digests = DigestLog(connection)

    def row(self, row: int) -> Queued:
        """What one row says."""
        with _unreadable(row):
            return self._read(row)

    def message(self, rows: Sequence[int], layout: Layout | None) -> Notice:
        """What rows say as one message."""
        with _unreadable(rows[0]):
            first = self._read(rows[0])
            if not isinstance(first, AlertNotice):
                return first
            notices = map(self._read, rows)
            alerts = [trimmed(each, len(rows)) for each in notices if isinstance(each, AlertNotice)]
            return compose(alerts, layout)

    def alert(self, row: int, beside: int = 1) -> AlertNotice | None:
        """What a row about an alert says, in a message of so many; None where that cannot be read."""
        try:
            notice = self.row(row)
        except DeliveryError:
            return None
        return trimmed(notice, beside) if isinstance(notice, AlertNotice) else None

    def _read(self, row: int) -> Queued:
        ((kind, text),) = self._connection.select("SELECT kind, notice FROM outbox WHERE id = ?", (row,))
        if kind != Kind.DIGEST:
            return read_notice(kind, text)
        place = json.loads(text)
        digest = self._digests.find(place["name"], place["period"])
        if digest is None:
            raise LookupError(text)
        return digest


def write_content(notice: Queued) -> str:
    """A notice as text; of a digest, which may be megabytes, where it stands among the frozen ones."""
    if isinstance(notice, DigestNotice):
        return json.dumps({"name": notice.name, "period": notice.period}, ensure_ascii=False)
    return write_notice(notice)


@contextmanager
def _unreadable(row: int) -> Iterator[None]:
    try:
        yield
    except (ValueError, LookupError, TypeError):
        raise DeliveryError(
            f"what the outbox holds as message {row} cannot be read", permanent=True, of_receiver=False
        ) from None
