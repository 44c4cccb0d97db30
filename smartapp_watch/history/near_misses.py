"""The near misses of fleets, as they were found when periods were judged: so that a digest can name them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from smartapp_watch.alerts.near_miss import NearMiss
from smartapp_watch.history.connection import Connection
from smartapp_watch.history.instant import read_instant, write_instant
from smartapp_watch.history.series_text import read_dimensions, read_pairs, write_dimensions, write_pairs
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.rule import Rule
from smartapp_watch.rules.verdict import Figures


class NearMisses:
    """Reads and writes near misses; the caller opens the transaction.

    ``lane``: a retention cell's nth; else empty.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(
        self,
        rule: Rule,
        lane: str,
        period: Period,
        judged: Collection[int | None],
        found: Iterable[NearMiss],
    ) -> None:
        """Keep the near misses of the mini-programs that were ``judged``; what else was known is none now.

        One that was known keeps the time at which it was found first.
        """
        place = (rule.name, rule.meaning, str(period), lane)
        new = {(each.app_id or 0, write_dimensions(each.dimensions)): each for each in found}
        known = self._connection.select(
            "SELECT app_id, dimensions FROM near_misses "
            "WHERE rule = ? AND meaning = ? AND period = ? AND lane = ?",
            place,
        )
        gone = [key for key in known if key not in new and (key[0] or None) in judged]
        self._connection.executemany(
            "DELETE FROM near_misses WHERE rule = ? AND meaning = ? AND period = ? AND lane = ? "
            "AND app_id = ? AND dimensions = ?",
            [(*place, *key) for key in gone],
        )
        self._connection.executemany(
            "INSERT INTO near_misses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET texts = excluded.texts, score = excluded.score, "
            "value = excluded.value, baseline = excluded.baseline",
            [(*place, *key, *_write(each)) for key, each in new.items()],
        )

    def between(self, rule: Rule, first: Period, last: Period) -> list[NearMiss]:
        """Those of a rule as it is now, from ``first`` up to ``last``, both of the rule's granularity."""
        rows = self._connection.select(
            "SELECT app_id, dimensions, texts, period, value, baseline, score, at FROM near_misses "
            "WHERE rule = ? AND meaning = ? AND period BETWEEN ? AND ?",
            (rule.name, rule.meaning, str(first), str(last)),
        )
        return [
            NearMiss(
                app_id=app_id or None,
                dimensions=read_dimensions(dimensions),
                texts=read_pairs(texts),
                period=Period.parse(period),
                figures=Figures.against(baseline, value),
                score=score,
                at=read_instant(at),
            )
            for app_id, dimensions, texts, period, value, baseline, score, at in rows
        ]


def _write(each: NearMiss) -> tuple[object, ...]:
    figures = each.figures
    return write_pairs(each.texts), each.score, figures.value, figures.baseline, write_instant(each.at)
