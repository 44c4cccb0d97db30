"""The alerts and their events, and how far every rule has judged."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from smartapp_watch.alerts.alert import OPEN, Alert, Dimensions, Event, EventType, State, fleet_dimensions
from smartapp_watch.alerts.fold import Recorded
from smartapp_watch.errors import UsageError
from smartapp_watch.history.connection import Connection
from smartapp_watch.history.fleet_log import FleetLog
from smartapp_watch.history.instant import read_instant, write_instant
from smartapp_watch.history.near_misses import NearMisses
from smartapp_watch.history.series_text import read_dimensions, read_pairs, write_dimensions, write_pairs
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.rule import Severity
from smartapp_watch.rules.verdict import Figures

SeriesKey = tuple[int | None, Dimensions]
"""The mini-program (None: the platform) and the dimension values of a series."""

_STORED = (
    *("rule", "app_id", "dimensions", "texts", "state", "severity", "since", "period", "breaches", "clears"),
    *("unknowns", "told", "value", "baseline", "change", "change_percent", "counts", "reason"),
)
_COLUMNS = ", ".join(("id", *_STORED))
_OPEN = ", ".join(f"'{state}'" for state in OPEN)


class Judged(NamedTuple):
    """How far a rule has judged some mini-programs; ``meaning``: a digest of what the rule meant then."""

    period: Period
    meaning: str
    app_ids: Collection[int | None]


class AlertLog:
    """Reads and writes alerts; the caller opens the transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.fleets = FleetLog(connection)
        self.near_misses = NearMisses(connection)

    def evaluated_at(self) -> datetime | None:
        """When alerts were moved last."""
        for (last,) in self._connection.select("SELECT value FROM notes WHERE key = 'evaluated_at'"):
            return read_instant(last)
        return None

    def note_evaluation(self, now: datetime) -> None:
        """Note that alerts are moved at ``now``; UsageError where they were moved later than that already."""
        self.refuse_earlier(now)
        self._connection.execute(
            "INSERT INTO notes VALUES ('evaluated_at', ?) "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (write_instant(now),),
        )

    def refuse_earlier(self, now: datetime) -> None:
        """UsageError where ``now`` is earlier than the last evaluation: time may not run backwards."""
        last = self.evaluated_at()
        if last is not None and write_instant(now) < write_instant(last):
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

    def reaching(self, since: date) -> list[Alert]:
        """Alerts that are open, or whose newest period may begin on ``since`` or later."""
        return self._select(f"state IN ({_OPEN}) OR period >= ?", (str(since),))

    def waiting(self) -> list[Alert]:
        """Alerts with events that were held back, of whom people may still be told something."""
        return self._select("id IN (SELECT alert FROM held WHERE waiting)", ())

    def beginnings(self, alert: Alert, since: Period) -> int:
        """How often an alert of that series fired, of those that began from ``since`` up to this one."""
        ((count,),) = self._connection.select(
            "SELECT count(*) FROM alerts WHERE rule = ? AND app_id = ? AND dimensions = ? "
            "AND state NOT IN ('pending', 'retracted') AND since BETWEEN ? AND ? AND EXISTS ("
            " SELECT 1 FROM events LEFT JOIN held ON held.event = events.id WHERE events.alert = alerts.id"
            " AND type IN ('fire', 'reopen') AND (held.event IS NULL OR held.why = 'flapping'))",
            (
                *(alert.rule, alert.app_id or 0, write_dimensions(alert.dimensions)),
                *(str(since), str(alert.since)),
            ),
        )
        return int(count)

    def newest_of_series(self, alert: Alert) -> Alert:
        """The last alert of the same series that fired; the alert itself where there is none."""
        fired = [each for each in self.of_series(alert) if each.state is not State.PENDING]
        return fired[-1] if fired else alert

    def of_series(self, alert: Alert) -> list[Alert]:
        """Every alert of the same series, this one too, in the order they began."""
        return self._select(
            "rule = ? AND app_id = ? AND dimensions = ?",
            (alert.rule, alert.app_id or 0, write_dimensions(alert.dimensions)),
        )

    def of_app(self, app_id: int, since: date) -> list[Alert]:
        """A mini-program's alerts that are open, or whose newest period may begin on ``since`` or later."""
        return self._select(f"app_id = ? AND (state IN ({_OPEN}) OR period >= ?)", (app_id, str(since)))

    def firing_beside(self, alert: Alert) -> tuple[int, int]:
        """How many other series of its mini-program, and how many other mini-programs, the rule fires for."""
        ((here, elsewhere),) = self._connection.select(
            "SELECT count(*) FILTER (WHERE app_id = ?2 AND id <> ?3),"
            " count(DISTINCT app_id) FILTER (WHERE app_id NOT IN (0, ?2))"
            f" FROM alerts WHERE rule = ?1 AND state IN ({_OPEN}) AND state = 'firing'",
            (alert.rule, alert.app_id or 0, alert.id),
        )
        return here, elsewhere

    def firing_since(self) -> list[tuple[Alert, datetime, int]]:
        """The alerts that are firing and that people were told of: when last, and how many times it began."""
        told = {
            number: (read_instant(at), count)
            for number, at, count in self._connection.select(
                "SELECT events.alert, max(at), count(*) FROM events JOIN alerts ON alerts.id = events.alert "
                "LEFT JOIN held ON held.event = events.id WHERE alerts.state = 'firing' "
                "AND held.event IS NULL AND type IN ('fire', 'reopen') GROUP BY events.alert"
            )
        }
        firing = self._select("state = 'firing'", ())
        return [(alert, *told[alert.id]) for alert in firing if alert.id in told]

    def alert(self, number: int) -> Alert | None:
        """The alert of that number."""
        return next(iter(self._select("id = ?", (number,))), None)

    def record(self, rule: str, since: Period) -> dict[SeriesKey, tuple[Recorded, ...]]:
        """The episodes of a rule's series that reach to ``since`` or later, in the order they began."""
        last_told = self._connection.select(
            "SELECT alert, type, max(events.id) FROM events JOIN alerts ON alerts.id = events.alert "
            "WHERE rule = ? AND type IN ('fire', 'reopen', 'retract', 'closed') GROUP BY alert",
            (rule,),
        )
        told = {number for number, kind, _ in last_told if kind in (EventType.FIRE, EventType.REOPEN)}
        found: dict[SeriesKey, list[Recorded]] = {}
        for alert in self._select("rule = ? AND period >= ?", (rule, str(since))):
            recorded = Recorded(alert, alert.id in told)
            found.setdefault((alert.app_id, alert.dimensions), []).append(recorded)
        return {key: tuple(records) for key, records in found.items()}

    def save(self, alert: Alert, at: datetime) -> Alert:
        """Write an alert, new or (by its number) changed; the answer has its number."""
        cells = _write_alert(alert)
        if alert.id:
            names = ", ".join(f"{name} = ?" for name in _STORED)
            self._connection.execute(
                f"UPDATE alerts SET {names}, changed_at = ? WHERE id = ?",
                (*cells, write_instant(at), alert.id),
            )
            return alert
        marks = ", ".join("?" * (len(_STORED) + 2))
        (number,) = self._connection.execute(
            f"INSERT INTO alerts ({', '.join(_STORED)}, opened_at, changed_at) VALUES ({marks}) RETURNING id",
            (*cells, write_instant(at), write_instant(at)),
        ).fetchone()
        return replace(alert, id=number)

    def forget(self, alert: Alert) -> None:
        """Delete a pending alert that came to nothing; one that something is on record of is closed."""
        self._connection.execute(
            "DELETE FROM alerts WHERE id = ? AND state = 'pending' "
            "AND NOT EXISTS (SELECT 1 FROM events WHERE alert = alerts.id)",
            (alert.id,),
        )
        self._connection.execute(
            "UPDATE alerts SET state = 'closed' WHERE id = ? AND state = 'pending'", (alert.id,)
        )

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

    def judged(self, rule: str, lane: str) -> Iterator[Judged]:
        """How far the rule has judged mini-programs, in few sets: nearly all are equally far.

        ``lane``: a retention cell's nth; else empty.
        """
        rows = self._connection.select(
            "SELECT period, meaning, json_group_array(app_id) FROM judged WHERE rule = ? AND lane = ? "
            "GROUP BY period, meaning",
            (rule, lane),
        )
        for period, meaning, app_ids in rows:
            yield Judged(_parse_period(period), meaning, {each or None for each in json.loads(app_ids)})

    def save_judged(self, rule: str, lane: str, judged: Judged) -> None:
        """Write how far the rule has judged these mini-programs."""
        self._connection.execute(
            "INSERT INTO judged (rule, app_id, lane, period, meaning) "
            "SELECT ?, value, ?, ?, ? FROM json_each(?) WHERE true ON CONFLICT (rule, app_id, lane) "
            "DO UPDATE SET period = excluded.period, meaning = excluded.meaning",
            (
                rule,
                lane,
                str(judged.period),
                judged.meaning,
                json.dumps([each or 0 for each in judged.app_ids]),
            ),
        )

    def save_given_up(self, rule: str, lane: str, period: Period, app_ids: Iterable[int | None]) -> None:
        """Keep in mind whose period was judged though it was not final, because nobody waited any longer."""
        self._connection.executemany(
            "INSERT INTO given_up VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [(rule, lane, str(period), app_id or 0) for app_id in app_ids],
        )

    def take_given_up(self, rule: str, lane: str, since: Period) -> dict[Period, set[int | None]]:
        """Whose periods from ``since`` on were given up; they are forgotten, and earlier ones with them."""
        found: dict[Period, set[int | None]] = {}
        rows = self._connection.select(
            "SELECT period, app_id FROM given_up WHERE rule = ? AND lane = ?", (rule, lane)
        )
        for text, app_id in list(rows):
            period = _parse_period(text)
            if period.granularity is since.granularity and period >= since:
                found.setdefault(period, set()).add(app_id or None)
        self._connection.execute("DELETE FROM given_up WHERE rule = ? AND lane = ?", (rule, lane))
        return found

    def firing_of_fleet(self, alert: Alert) -> Alert | None:
        """The open alert of the whole fleet that says what ``alert`` says of one series, if there is one."""
        found = self._select(
            f"rule = ? AND app_id = 0 AND dimensions = ? AND state IN ({_OPEN}) AND state <> 'pending'",
            (alert.rule, write_dimensions(fleet_dimensions(alert.dimensions))),
        )
        covers = alert.app_id is not None and bool(found) and found[0].since <= alert.since
        return found[0] if covers else None

    def _select(self, where: str, parameters: tuple[object, ...]) -> list[Alert]:
        rows = self._connection.select(
            f"SELECT {_COLUMNS} FROM alerts WHERE {where} ORDER BY since, id",
            parameters,
        )
        return [_read_alert(row) for row in rows]


def _write_alert(alert: Alert) -> tuple[object, ...]:
    """An alert as it is stored, in the order of the columns."""
    figures = alert.figures
    return (
        *(alert.rule, alert.app_id or 0, write_dimensions(alert.dimensions)),
        write_pairs(alert.texts),
        *(alert.state, alert.severity, str(alert.since), str(alert.period)),
        *(alert.breaches, alert.clears, alert.unknowns, alert.told),
        *(figures.value, figures.baseline, figures.change, figures.change_percent),
        write_pairs(figures.counts),
        alert.reason,
    )


def _read_alert(row: tuple[Any, ...]) -> Alert:
    number, rule, app_id, dimensions, texts, state, severity, since, period, *others = row
    breaches, clears, unknowns, told, value, baseline, change, change_percent, counts, reason = others
    return Alert(
        id=number,
        rule=rule,
        app_id=app_id or None,
        dimensions=read_dimensions(dimensions),
        texts=read_pairs(texts),
        state=State(state),
        severity=Severity(severity),
        since=_parse_period(since),
        period=_parse_period(period),
        breaches=breaches,
        clears=clears,
        unknowns=unknowns,
        told=told or 0.0,
        figures=Figures(value, baseline, change, change_percent, read_pairs(counts)),
        reason=reason,
    )


def _write_figures(figures: Figures) -> str:
    names = ("value", "baseline", "change", "change_percent", "counts")
    return json.dumps({name: getattr(figures, name) for name in names})


@lru_cache(maxsize=4096)
def _parse_period(text: str) -> Period:
    return Period.parse(text)
