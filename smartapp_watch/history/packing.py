"""What is due for a receiver, put together into messages; and what has to wait, or needs no message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from smartapp_watch.alerts.grouping import OVER, Due, parcels
from smartapp_watch.alerts.notification import AlertNotice, Layout, Queued, ServiceNotice
from smartapp_watch.alerts.quiet_hours import QuietHours
from smartapp_watch.errors import DeliveryError
from smartapp_watch.history.outbox import Outbox, Waiting
from smartapp_watch.history.threads import Standing
from smartapp_watch.rules.rule import Severity

_Told = tuple[Waiting, AlertNotice]


@dataclass(slots=True)
class Packed:
    """``messages``: what goes out now, in order. ``quiet``: rows that wait for the end of quiet hours,
    ``quiet_until``. ``needless``: rows that need no message.
    """

    messages: list[Waiting] = field(default_factory=list)
    quiet: list[int] = field(default_factory=list)
    quiet_until: datetime | None = None
    needless: list[int] = field(default_factory=list)


def pack(
    outbox: Outbox, receiver: str, now: datetime, *, updates: bool, quiet_hours: QuietHours | None = None
) -> Packed:
    """Put together what is due for a receiver at ``now``; what was tried before stays as it was.

    ``updates``: the receiver can show a message anew. What follows on a message that is still on its way
    waits for that one: it is in none of the answer's lists.
    """
    packing = _Packing(outbox, receiver, now, updates, quiet_hours)
    packing.packed.quiet_until = quiet_hours.end(now) if quiet_hours else None
    packing.pack()
    return packing.packed


@dataclass(slots=True)
class _Packing:
    outbox: Outbox
    receiver: str
    now: datetime
    updates: bool
    quiet_hours: QuietHours | None
    packed: Packed = field(default_factory=Packed)

    def pack(self) -> None:
        bundles: dict[int, list[Waiting]] = {}
        alerts: dict[int, None] = {}
        for row in self.outbox.due(self.now, self.receiver):
            if row.bundle is None and row.alert is not None:
                alerts[row.alert] = None
            else:
                bundles.setdefault(row.bundle or row.id, []).append(row)
        for bundle in bundles.values():
            self._pack_again(bundle)
        self._pack_alerts(list(alerts))
        self.packed.messages.sort(key=lambda message: (message.bundle is None, message.id))

    def _pack_again(self, rows: list[Waiting]) -> None:
        """What is one message whatever else is due."""
        if self._is_quiet and not any(map(_is_critical, self._notices(rows))):
            self.packed.quiet += [row.id for row in rows]
        else:
            self._add(rows, rows[0].layout)

    def _pack_alerts(self, alerts: Sequence[int]) -> None:
        rows: dict[int, Waiting] = {}
        due: list[Due] = []
        for alert in alerts:
            standing = self.outbox.threads.standing(alert, self.receiver)
            for row, notice in self._to_tell(alert, standing):
                rows[row.id] = row
                due.append(self._due(row, notice, standing))
        due.sort(key=lambda each: each.id)
        for parcel in parcels(due, updates=self.updates):
            self._add([rows[number] for number in parcel.rows], parcel.layout)

    def _to_tell(self, alert: int, standing: Standing) -> list[_Told]:
        """What is to be told of an alert now.

        That is all that is queued of it, due or not: nothing may overtake what came before it.
        """
        if standing.is_on_its_way:
            return []
        found = list(self._readable(self.outbox.untried(alert, self.receiver)))
        news = [notice for _, notice in found if not notice.only_shown]
        if standing.is_lost and (not news or news[-1].type in OVER):
            self.packed.needless += [row.id for row, _ in found]
            return []
        if not self._is_quiet or any(_is_critical(notice) for notice in news):
            return found
        silent = [each for each in found if standing.thread is not None and each[1].only_shown]
        self.packed.quiet += [row.id for row, notice in found if (row, notice) not in silent]
        return silent

    def _due(self, row: Waiting, notice: AlertNotice, standing: Standing) -> Due:
        return Due(
            id=row.id,
            alert=notice.alert,
            app_id=notice.app_id,
            thread=standing.thread,
            only_shown=notice.only_shown,
            waited=self._has_waited(row, notice),
        )

    def _has_waited(self, row: Waiting, notice: AlertNotice) -> bool:
        if self.quiet_hours is None or _is_critical(notice):
            return False
        return row.created_at < self.quiet_hours.ended(self.now)

    def _readable(self, rows: list[Waiting]) -> Iterator[_Told]:
        """The rows with what they say; one that cannot be read is a message by itself, to be given up."""
        for row in rows:
            try:
                notice = self.outbox.contents.row(row.id)
            except DeliveryError:
                self._add([row])
            else:
                if isinstance(notice, AlertNotice):
                    yield row, notice

    def _notices(self, rows: Sequence[Waiting]) -> Iterator[Queued]:
        for row in rows:
            with suppress(DeliveryError):
                yield self.outbox.contents.row(row.id)

    def _add(self, rows: Sequence[Waiting], layout: Layout | None = None) -> None:
        first, *others = rows
        self.packed.messages.append(first.with_rows(others, layout))

    @property
    def _is_quiet(self) -> bool:
        return self.packed.quiet_until is not None


def _is_critical(notice: Queued) -> bool:
    match notice:
        case AlertNotice():
            return notice.severity is Severity.CRITICAL
        case ServiceNotice():
            return notice.critical
        case _:
            return False
