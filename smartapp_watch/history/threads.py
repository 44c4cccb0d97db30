"""Which message told a receiver of an alert first, and what that message would say by now."""

from __future__ import annotations

from dataclasses import dataclass

from smartapp_watch.alerts.grouping import as_shown, compose
from smartapp_watch.alerts.notification import AlertNotice, GroupNotice, Kind, Layout, Notice, Thread
from smartapp_watch.history.connection import Connection
from smartapp_watch.history.contents import Contents

_ANY = 2**63 - 1
_OF_ALERT = "key >= ? AND key < ? AND receiver = ?"
_TOLD = "(state = 'sent' OR platform_id <> '')"
"""Also what some of those got that a receiver stands for: what follows does not wait for the others."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a receiver stands with an alert.

    ``thread``: the number of the message that told of it first; None where none did. ``is_on_its_way``: a
    message about it was tried, and has not arrived yet. ``is_lost``: all that was to tell of it was given up.
    """

    thread: int | None
    is_on_its_way: bool
    is_lost: bool


class Threads:
    """Reads what receivers were told of alerts before."""

    def __init__(self, connection: Connection, contents: Contents) -> None:
        self._connection = connection
        self._contents = contents

    def standing(self, alert: int, receiver: str) -> Standing:
        """How a receiver stands with an alert."""
        rows = list(
            self._connection.select(
                f"SELECT bundle, iif({_TOLD}, 'sent', state) FROM outbox WHERE {_OF_ALERT} ORDER BY id",
                _keys_of(alert, receiver),
            )
        )
        thread = next((bundle for bundle, state in rows if state == "sent" and bundle is not None), None)
        on_its_way = any(bundle is not None and state not in ("sent", "dead") for bundle, state in rows)
        return Standing(thread, on_its_way, thread is None and any(state == "dead" for _, state in rows))

    def of(self, receiver: str, notice: Notice, message: int, newest: int) -> Thread | None:
        """The message that told of all the alerts of ``notice`` first; None where no single one did.

        ``message``: the number of the one now, which some may have got already; ``newest``: of the newest row
        that it is made of.
        """
        match notice:
            case AlertNotice(alert=alert):
                alerts = [alert]
            case GroupNotice():
                alerts = [each.alert for each in notice.alerts]
            case _:
                return None
        openings = (self._opening(alert, receiver) for alert in alerts)
        bundle = next(openings)
        if bundle in (None, message) or any(other != bundle for other in openings):
            return None
        return self._thread(bundle, receiver, newest)

    def newest_notice(self, alert: int, receiver: str) -> AlertNotice | None:
        """What a receiver was, or is to be, told of an alert last."""
        return self._contents.alert(self._newest(alert, receiver, _ANY))

    def told_at(self, place: str) -> tuple[str, tuple[int, ...]]:
        """Whom the message at ``place`` was sent to, and which alerts it is about; empty where none was sent.

        ``place``: its platform's id, or what that begins with, up to a colon.
        """
        rows = list(
            self._connection.select(
                "SELECT receiver, CAST(substr(key, 7) AS INTEGER) FROM outbox "
                "WHERE kind = ? AND state = 'sent' AND (platform_id = ? OR platform_id BETWEEN ? AND ?) "
                "ORDER BY id",
                (Kind.ALERT, place, f"{place}:", f"{place};"),
            )
        )
        return (rows[0][0] if rows else ""), tuple(dict.fromkeys(alert for _, alert in rows))

    def _opening(self, alert: int, receiver: str) -> int | None:
        rows = self._connection.select(
            f"SELECT bundle FROM outbox WHERE {_OF_ALERT} AND {_TOLD} AND bundle IS NOT NULL "
            "ORDER BY id LIMIT 1",
            _keys_of(alert, receiver),
        )
        return next((bundle for (bundle,) in rows), None)

    def _thread(self, bundle: int, receiver: str, newest: int) -> Thread | None:
        rows = list(
            self._connection.select(
                "SELECT id, key, platform_id, layout FROM outbox WHERE bundle = ? ORDER BY id", (bundle,)
            )
        )
        _, key, platform_id, name = rows[0]
        contents, count = self._contents, len(rows)
        said = {row: notice for row, *_ in rows if (notice := contents.alert(row, count))}
        if not said:
            return None
        alerts = dict.fromkeys(notice.alert for notice in said.values())
        newest_rows = [self._newest(alert, receiver, newest) for alert in alerts]
        now = [notice for row in newest_rows if (notice := said.get(row) or contents.alert(row, count))]
        layout = Layout(name) if name else None
        return Thread(key, compose(list(said.values()), layout), as_shown(now, layout), platform_id)

    def _newest(self, alert: int, receiver: str, last: int) -> int:
        """The number of the newest row about an alert, up to ``last``; 0 where there is none."""
        ((row,),) = self._connection.select(
            # With a bare id SQLite would look for the greatest from the end on, through everything newer.
            f"SELECT coalesce(max(+id), 0) FROM outbox WHERE {_OF_ALERT} AND +id <= ?",
            (*_keys_of(alert, receiver), last),
        )
        return int(row)


def _keys_of(alert: int, receiver: str) -> tuple[str, str, str]:
    """What ``_OF_ALERT`` asks for."""
    return f"alert/{alert}/", f"alert/{alert}0", receiver
