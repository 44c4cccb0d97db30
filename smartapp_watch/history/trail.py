"""What became of an alert: its events, the messages about them, and what the fleet was like."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from smartapp_watch.alerts.alert import OPEN, EventType
from smartapp_watch.history.connection import Connection
from smartapp_watch.history.instant import read_instant, write_instant
from smartapp_watch.history.outbox import MessageState
from smartapp_watch.history.silences import Ack
from smartapp_watch.rules.verdict import Figures

_OPEN = ", ".join(f"'{state}'" for state in OPEN)


@dataclass(frozen=True, slots=True)
class PastEvent:
    """An event on record; ``at`` is when it was found out, ``figures`` what was known then.

    ``held``: why it was not told, and the silence or window that kept it; empty where nothing did. ``acks``:
    who said after it that they deal with it.
    """

    type: EventType
    sequence: int
    at: datetime
    period: str
    reason: str
    figures: Figures
    held: str = ""
    acks: tuple[Ack, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message about an alert to one receiver. ``changed_at``: when its state was last written.

    ``event``: an event's type; or ``still``, a reminder; or ``ack`` and ``shown``, by which what was told is
    shown anew.
    """

    event: str
    receiver: str
    state: MessageState
    tries: int
    error: str
    changed_at: datetime


class Trail:
    """Reads what an evaluation and a delivery left behind."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def events(self, alert: int) -> Iterator[PastEvent]:
        """What happened to the alert of that number, in order."""
        rows = self._connection.select(
            "SELECT events.id, type, sequence, at, period, reason, figures, why, words FROM events "
            "LEFT JOIN held ON held.event = events.id WHERE events.alert = ? ORDER BY events.id",
            (alert,),
        )
        acks = self._acks(alert)
        for number, kind, sequence, at, period, reason, figures, why, words in rows:
            yield PastEvent(
                EventType(kind),
                sequence,
                read_instant(at),
                period,
                reason,
                _read_figures(figures),
                words or why or "",
                tuple(acks.get(number, ())),
            )

    def _acks(self, alert: int) -> dict[int, list[Ack]]:
        """Every acknowledgement of an alert, those that were revoked too, by the event it came after."""
        rows = self._connection.select(
            "SELECT event, author, note, at, via FROM acks WHERE alert = ? ORDER BY id", (alert,)
        )
        found: dict[int, list[Ack]] = {}
        for event, by, note, at, via in rows:
            found.setdefault(event, []).append(Ack(alert, by, note, read_instant(at), via))
        return found

    def deliveries(self, alert: int) -> Iterator[Delivery]:
        """The messages about the alert of that number, in the order they were queued."""
        rows = self._connection.select(
            "SELECT key, receiver, state, tries, error, changed_at FROM outbox "
            "WHERE key >= ? AND key < ? ORDER BY id",
            (f"alert/{alert}/", f"alert/{alert}0"),
        )
        for key, receiver, state, tries, error, changed_at in rows:
            yield Delivery(
                key.split("/")[2],
                receiver,
                MessageState(state),
                tries,
                error,
                read_instant(changed_at),
            )

    def prune_alerts(self, before: datetime) -> int:
        """Forget the alerts that were over before that, and all that is on record of them; gives their count.

        The newest alert stays: its number is never given to another.
        """
        over = (
            f"state NOT IN ({_OPEN}) AND changed_at < ?1 AND period < ?2 "
            "AND id < (SELECT max(id) FROM alerts)"
        )
        limits = (write_instant(before), str(before.date()))
        with self._connection.transaction():
            self._connection.execute(
                f"DELETE FROM events WHERE alert IN (SELECT id FROM alerts WHERE {over})", limits
            )
            return self._connection.execute(f"DELETE FROM alerts WHERE {over}", limits).rowcount

    def prune_judgements(self, before: date) -> None:
        """Forget how periods before that were judged: of rules that are gone, nobody else does.

        Periods of different lengths are compared as text: some weeks stay up to a year longer.
        """
        with self._connection.transaction():
            for table in ("fleet", "given_up", "judged", "near_misses"):
                self._connection.execute(f"DELETE FROM {table} WHERE period < ?", (str(before),))


def _read_figures(text: str) -> Figures:
    known = json.loads(text)
    counts = tuple(map(tuple, known.pop("counts", ())))
    return Figures(**known, counts=counts)
