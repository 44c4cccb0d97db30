"""What fleets had in common at the periods that were judged: so that judging one again leads to the same."""

from __future__ import annotations

from collections.abc import Iterator

from smartapp_watch.alerts.alert import OPEN
from smartapp_watch.history.connection import Connection
from smartapp_watch.metrics.period import Period, periods_between
from smartapp_watch.rules.judge import Fleet
from smartapp_watch.rules.rule import Rule

_COLUMNS = "noise, correlation, shift, cut, eligible"
_OPEN = ", ".join(f"'{state}'" for state in OPEN)


class FleetLog:
    """Reads and writes what fleets had in common; the caller opens the transaction.

    ``lane``: a retention cell's nth; else empty.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, rule: Rule, lane: str, period: Period) -> Fleet | None:
        """What the fleet had in common when the rule judged the period first; None where it never did."""
        rows = self._connection.select(
            f"SELECT {_COLUMNS} FROM fleet WHERE rule = ? AND lane = ? AND meaning = ? AND period = ?",
            (rule.name, lane, rule.meaning, str(period)),
        )
        return next((Fleet(*row) for row in rows), None)

    def newest(self, rule: Rule, lane: str, before: Period) -> Fleet | None:
        """The noise of the newest earlier period that is on record."""
        rows = self._connection.select(
            "SELECT noise, correlation FROM fleet WHERE rule = ? AND lane = ? AND meaning = ? "
            "AND period < ? ORDER BY period DESC LIMIT 1",
            (rule.name, lane, rule.meaning, str(before)),
        )
        return next((Fleet(noise, correlation) for noise, correlation in rows), None)

    def since(self, rule: Rule, lane: str, first: Period) -> Iterator[tuple[Period, Fleet, int]]:
        """Each period on record from ``first`` on, in order: the fleet, and how many series were in alert."""
        rows = self._connection.select(
            f"SELECT {_COLUMNS}, period, (SELECT count(*) FROM alerts WHERE rule = fleet.rule "
            " AND app_id <> 0 AND period >= fleet.period AND since <= fleet.period AND state <> 'retracted'"
            f" AND (state IN ({_OPEN}) OR period > fleet.period)"
            " AND coalesce(json_extract(dimensions, '$.nth'), '') = fleet.lane) "
            "FROM fleet WHERE rule = ? AND lane = ? AND meaning = ? AND period >= ? ORDER BY period",
            (rule.name, lane, rule.meaning, str(first)),
        )
        for *fleet, period, alerts in list(rows):
            yield Period.parse(period), Fleet(*fleet), alerts

    def shifts(self, rule: Rule, lane: str, first: Period, before: Period) -> list[tuple[Period, Fleet]]:
        """Where the fleet was at each period on record from ``first`` on and ``before`` another, in order."""
        rows = self._connection.select(
            "SELECT period, shift, eligible FROM fleet WHERE rule = ? AND lane = ? AND meaning = ? "
            "AND period >= ? AND period < ? ORDER BY period",
            (rule.name, lane, rule.meaning, str(first), str(before)),
        )
        return [
            (Period.parse(period), Fleet(shift=shift, eligible=eligible)) for period, shift, eligible in rows
        ]

    def copy(self, source: FleetLog, rule: Rule, first: Period, last: Period) -> bool:
        """Take over what ``source`` has of the fleet at these periods; whether it has the last one."""
        found = None
        for nth in rule.cells:
            lane = str(nth) if nth > 1 else ""
            for period in periods_between(first, last):
                found = source.find(rule, lane, period)
                if found is not None:
                    self.save(rule, lane, period, found)
        return found is not None

    def save(self, rule: Rule, lane: str, period: Period, fleet: Fleet) -> None:
        """Keep what the fleet has in common, so that judging the period again leads to the same verdicts."""
        self._connection.execute(
            "INSERT INTO fleet (rule, lane, meaning, period, noise, correlation, shift, cut, eligible) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                *(rule.name, lane, rule.meaning, str(period), fleet.noise, fleet.correlation),
                *(fleet.shift, fleet.cut, fleet.eligible),
            ),
        )
