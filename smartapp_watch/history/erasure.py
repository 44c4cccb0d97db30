"""Deletes what the history holds of one mini-program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from smartapp_watch.history.connection import Connection
from smartapp_watch.history.health_log import HealthLog
from smartapp_watch.history.poll_log import NewestPoll, PollLog

_OF_APPS = (
    "SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c"
    " WHERE t.type = 'table' AND c.name = 'app_id' ORDER BY t.name = 'alerts'"
)
_ITS_ALERTS = "IN (SELECT id FROM alerts WHERE app_id = :id)"
_ITS_MESSAGES = "kind = 'alert' AND json_extract(notice, '$.app_id') = :id"
_NAMES_IT = "(instr(notice, :number) OR instr(notice, :name))"
_KEEP_NUMBER = """UPDATE alerts SET app_id = 0, rule = '', dimensions = '[]', texts = '[]', state = 'closed',
    since = '2000-01-01', period = '2000-01-01', opened_at = '2000-01-01T00:00:00Z',
    changed_at = '2000-01-01T00:00:00Z', reason = '', counts = '[]', value = NULL, baseline = NULL,
    change = NULL, change_percent = NULL WHERE id = (SELECT max(id) FROM alerts) AND app_id = :id"""
"""The newest alert leaves its number behind: another's would answer the buttons of its messages."""

_WAITS = "state IN ('queued', 'sending', 'retry')"


class Erasure:
    """Forgets one mini-program: its figures, and everything that was made of them.

    Of what is about several, as a digest is, what was said is no longer kept once it is sent.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, app_id: int) -> int:
        """How many rows :meth:`forget` would delete."""
        found = 0
        for table, where in self._places():
            query = f"SELECT count(*) FROM {table} WHERE {where}"
            ((rows,),) = self._connection.select(query, self._values(app_id))
            found += rows
        return found

    def forget(self, app_id: int) -> int:
        """Delete all that is held of a mini-program, or nothing; gives the count of rows."""
        with self._connection.transaction():
            values = self._values(app_id)
            self._forget_notes(app_id)
            self._connection.execute(
                f"UPDATE digests SET notice = '' WHERE {_NAMES_IT} AND NOT EXISTS"
                f" (SELECT 1 FROM outbox o WHERE o.kind = 'digest' AND {_WAITS}"
                " AND json_extract(o.notice, '$.name') = name"
                " AND json_extract(o.notice, '$.period') = period)",
                values,
            )
            found = 0
            for table, where in list(self._places()):
                if table == "alerts":
                    self._connection.execute(_KEEP_NUMBER, values)
                found += self._connection.execute(f"DELETE FROM {table} WHERE {where}", values).rowcount
            return found

    def _forget_notes(self, app_id: int) -> None:
        health, polls = HealthLog(self._connection), PollLog(self._connection)
        record, newest = health.record(), polls.newest()
        health.save_record(
            replace(record, refused=tuple(each for each in record.refused if each[0] != app_id))
        )
        failures = tuple(each for each in newest.failures if each.app_id != app_id)
        polls.note_newest(NewestPoll(failures, newest.stopped))

    def _places(self) -> Iterator[tuple[str, str]]:
        """Each table that holds something of it, and which rows; those that others point to last."""
        yield "held", f"alert {_ITS_ALERTS}"
        yield "acks", f"alert {_ITS_ALERTS}"
        yield "events", f"alert {_ITS_ALERTS}"
        yield "outbox", _ITS_MESSAGES
        yield "outbox", f"kind = 'notice' AND {_NAMES_IT} AND NOT {_WAITS}"
        yield "silences", "app = :app OR app = :title"
        for (table,) in list(self._connection.select(_OF_APPS)):
            yield table, "app_id = :id"
        yield "apps", "id = :id"

    def _values(self, app_id: int) -> dict[str, object]:
        title = next(
            (name for (name,) in self._connection.select("SELECT name FROM apps WHERE id = ?", (app_id,))), ""
        ) or str(app_id)
        return {
            "id": app_id,
            "app": str(app_id),
            "title": title,
            "number": f'"app_id":{app_id},',
            "name": json.dumps(title, ensure_ascii=False),
        }
