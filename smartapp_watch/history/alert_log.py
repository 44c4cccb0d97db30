"""The alerts and their events, and how far every rule has judged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from smartapp_watch.alerts.alert import OPEN, Alert, Dimensions, Event, EventType, State
from smartapp_watch.errors import UsageError
from smartapp_watch.history.connection import Connection
from smartapp_watch.history.instant import write_instant
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.baseline import Episode
from smartapp_watch.rules.rule import Severity
from smartapp_watch.rules.verdict import Figures

SeriesKey = tuple[int | None, Dimensions]
"""The mini-program (None: the platform) and the dimension values of a series."""

_COLUMNS = (
    "id, rule, app_id, dimensions, texts, state, severity, since, period, breaches, unknowns, told, "
    "value, baseline, change, change_percent, counts"
)
_OPEN = ", ".join(f"'{state}'" for state in OPEN)


@dataclass(frozen=True, slots=True)
class Judged:
    """How far a rule has judged one mini-program's lane (a retention cell's nth; else ``""``).

    ``meaning``: a digest of what the rule meant then.
    """

    app_id: int | None
    lane: str
    period: Period
    meaning: str


class AlertLog:
    """Reads and writes alerts; the caller opens the transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def start_evaluation(self, now: datetime) -> None:
        """Note that alerts are moved at ``now``; UsageError where they were moved later than that already."""
        self.refuse_earlier(now)
        self._connection.execute(
            "INSERT INTO notes VALUES ('evaluated_at', ?) "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (write_instant(now),),
        )

    def refuse_earlier(self, now: datetime) -> None:
        """UsageError where ``now`` is earlier than the last evaluation: time may not run backwards."""
        for (last,) in self._connection.select("SELECT value FROM notes WHERE key = 'evaluated_at'"):
            if write_instant(now) < last:
                raise UsageError(
                    f"the history was judged as of {last} already, and {write_instant(now)} is earlier; "
                    "only evaluate --dry-run may look back"
                )

    def open_alerts(self, rule: str | None = None) -> list[Alert]:
        """Alerts that are pending or open, of one rule or of all, in the order they began."""
        where = "" if rule is None else " AND rule = ?"
        return self._select(f"state IN ({_OPEN}){where}", () if rule is None else (rule,))

    def all_alerts(self) -> list[Alert]:
        """Every alert that ever was, in the order they began."""
        return self._select("1", ())

    def alert(self, number: int) -> Alert | None:
        """The alert of that number."""
        return next(iter(self._select("id = ?", (number,))), None)

    def episodes(self, rule: str, since: Period) -> dict[SeriesKey, list[Episode]]:
        """The episodes of a rule's series that reach to ``since`` or later, as far as they spoil a baseline.

        One that was closed does not: its level is what is usual now.
        """
        chosen = self._select("rule = ? AND period >= ? AND state <> 'closed'", (rule, str(since)))
        found: dict[SeriesKey, list[Episode]] = {}
        for alert in chosen:
            until = None if alert.state in OPEN else alert.period
            found.setdefault((alert.app_id, alert.dimensions), []).append(Episode(alert.since, until))
        return found

    def save(self, alert: Alert, at: datetime) -> Alert:
        """Write an alert, new or changed; the answer has its number."""
        figures = alert.figures
        columns = (
            alert.rule,
            alert.app_id or 0,
            write_dimensions(alert.dimensions),
            json.dumps(alert.texts, ensure_ascii=False),
            alert.state,
            alert.severity,
            str(alert.since),
            str(alert.period),
            alert.breaches,
            alert.unknowns,
            alert.told,
            figures.value,
            figures.baseline,
            figures.change,
            figures.change_percent,
            json.dumps(figures.counts),
            write_instant(at),
            write_instant(at),
        )
        (number,) = self._connection.execute(
            "INSERT INTO alerts (rule, app_id, dimensions, texts, state, severity, since, period, breaches, "
            "unknowns, told, value, baseline, change, change_percent, counts, opened_at, changed_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (rule, app_id, dimensions, since) DO UPDATE SET texts = excluded.texts, "
            "state = excluded.state, severity = excluded.severity, period = excluded.period, "
            "breaches = excluded.breaches, unknowns = excluded.unknowns, told = excluded.told, "
            "value = excluded.value, baseline = excluded.baseline, change = excluded.change, "
            "change_percent = excluded.change_percent, counts = excluded.counts, "
            "changed_at = excluded.changed_at RETURNING id",
            columns,
        ).fetchone()
        return replace(alert, id=number)

    def forget(self, alert: Alert) -> None:
        """Delete a pending alert that came to nothing."""
        self._connection.execute("DELETE FROM alerts WHERE id = ? AND state = 'pending'", (alert.id,))

    def add_event(self, event: Event, at: datetime) -> Event:
        """Write what happened to a saved alert; the answer has its number and sequence."""
        (sequence,) = self._connection.execute(
            "SELECT 1 + count(*) FROM events WHERE alert = ? AND type = ?", (event.alert.id, event.type)
        ).fetchone()
        (number,) = self._connection.execute(
            "INSERT INTO events (alert, type, sequence, at, period, reason, figures) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (
                event.alert.id,
                event.type,
                sequence,
                write_instant(at),
                str(event.alert.period),
                event.reason,
                _write_figures(event.alert.figures),
            ),
        ).fetchone()
        return replace(event, id=number, sequence=sequence)

    def told(self, alert: Alert) -> bool:
        """Whether people were told of the alert."""
        (count,) = self._connection.execute(
            "SELECT count(*) FROM events WHERE alert = ? AND type IN (?, ?)",
            (alert.id, EventType.FIRE, EventType.REOPEN),
        ).fetchone()
        return bool(count)

    def judged(self, rule: str) -> Iterator[Judged]:
        """How far the rule has judged each mini-program."""
        rows = self._connection.select(
            "SELECT app_id, lane, period, meaning FROM judged WHERE rule = ?", (rule,)
        )
        for app_id, lane, period, meaning in rows:
            yield Judged(app_id or None, lane, _parse_period(period), meaning)

    def save_judged(self, rule: str, judged: Iterable[Judged]) -> None:
        """Write how far the rule has judged."""
        self._connection.executemany(
            "INSERT INTO judged (rule, app_id, lane, period, meaning) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (rule, app_id, lane) DO UPDATE SET period = excluded.period, "
            "meaning = excluded.meaning",
            ((rule, each.app_id or 0, each.lane, str(each.period), each.meaning) for each in judged),
        )

    def _select(self, where: str, parameters: tuple[object, ...]) -> list[Alert]:
        rows = self._connection.select(
            f"SELECT {_COLUMNS} FROM alerts WHERE {where} ORDER BY since, id",
            parameters,
        )
        return [_read_alert(row) for row in rows]


def write_dimensions(dimensions: Dimensions) -> str:
    """Dimension values as they stand in the history: a JSON object, compact, in the order of the table."""
    return json.dumps(dict(dimensions), ensure_ascii=False, separators=(",", ":"))


def _read_alert(row: tuple[Any, ...]) -> Alert:
    (number, rule, app_id, dimensions, texts, state, severity, since, period, breaches, unknowns, told) = row[
        :12
    ]
    value, baseline, change, change_percent, counts = row[12:]
    return Alert(
        id=number,
        rule=rule,
        app_id=app_id or None,
        dimensions=tuple(json.loads(dimensions).items()),
        texts=tuple(map(tuple, json.loads(texts))),
        state=State(state),
        severity=Severity(severity),
        since=_parse_period(since),
        period=_parse_period(period),
        breaches=breaches,
        unknowns=unknowns,
        told=told or 0.0,
        figures=Figures(value, baseline, change, change_percent, tuple(map(tuple, json.loads(counts)))),
    )


def _write_figures(figures: Figures) -> str:
    return json.dumps(
        {
            "value": figures.value,
            "baseline": figures.baseline,
            "change": figures.change,
            "change_percent": figures.change_percent,
            "counts": figures.counts,
        }
    )


@lru_cache(maxsize=4096)
def _parse_period(text: str) -> Period:
    return Period.parse(text)
