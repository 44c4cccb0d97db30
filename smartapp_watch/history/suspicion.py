"""Who could be in breach: a rule's bound as SQL, so that a fleet's quiet series never leave the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from smartapp_watch.history.selection import Clause, join_clauses, matching, unmentioned
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.bound import Bound, votes
from smartapp_watch.rules.rule import Direction, Rule, Where

_MOVED = {
    Direction.RISE: "present.{metric} - {past}",
    Direction.DROP: "{past} - present.{metric}",
    Direction.EITHER: "abs(present.{metric} - {past})",
}
_MANY = 99


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What makes a series of a rule a suspect at a period.

    ``where``: which rows the rule means. ``past``: the periods that a baseline may be made of, newest first.
    ``shift``: how many times what was usual is to be expected. ``disturbed``: a baseline need not be made of
    the newest periods, since the whole fleet had moved on one of them.
    """

    rule: Rule
    bound: Bound
    period: Period
    past: tuple[Period, ...]
    where: tuple[Where, ...]
    shift: float = 1.0
    disturbed: bool = False

    def plain(self) -> Clause:
        """Of ``present`` rows (what the statement calls the table) whose past is undisturbed and final.

        The newest periods make their baseline, if all of those have a value. Where not, any may; that is
        asked of the others too, once they have passed, since it is as true of them.
        """
        choice = self.bound.choice
        if choice is None or self.disturbed:
            return self.any()
        newest = [self._is_beyond(period) for period in self.past[: choice.most]]
        # Most are done with after these: with none of them beyond, too few are left.
        first = newest[: len(newest) + 1 - votes(len(newest))]
        some = _at_least(1, first, f"coalesce({{}}, {_MANY})")
        beyond = _at_least(votes(len(newest)), newest, f"coalesce({{}}, {_MANY})")
        return join_clauses((*self._of_present(), some, beyond, self._by_some()))

    def any(self) -> Clause:
        """The same of any row: whichever of the periods its baseline is made of."""
        return join_clauses((*self._of_present(), self._by_some()))

    def spread(self) -> Clause | None:
        """Of all rows of a series that may be compared with one another, grouped: whether they differ enough.

        None where nothing is compared. A shift is not regarded.
        """
        distance, metric = self.bound.distance, f"present.{self.rule.metric.name}"
        if distance is None:
            return None
        least, most, share = f"min({metric})", f"max({metric})", distance.share
        reference = least
        if distance.direction is Direction.DROP:
            reference, share = most, min(share, 1.0)
        return Clause(f"{most} - {least} >= max(?, ? * {reference})", (distance.amount, share))

    def of_rule(self) -> list[Clause]:
        """The rows that the rule means."""
        table = self.rule.table
        return [*matching(table, self.where), *unmentioned(table, self.where)]

    def _of_present(self) -> list[Clause]:
        bound, value = self.bound, f"present.{self.rule.metric.name}"
        clauses = [*self.of_rule(), Clause(f"{value} IS NOT NULL")]
        clauses += [Clause(f"coalesce(present.{column}, 0) >= ?", (floor,)) for column, floor in bound.floors]
        if bound.least is not None:
            clauses.append(Clause(f"{value} >= ?", (bound.least,)))
        if bound.most is not None:
            clauses.append(Clause(f"{value} <= ?", (bound.most,)))
        return clauses

    def _by_some(self) -> Clause:
        """Half of the least that makes a baseline lies beyond."""
        choice = self.bound.choice
        if choice is None:
            return Clause("true")
        if len(self.past) < choice.least:
            return Clause("false")
        found = [self._is_beyond(period) for period in self.past]
        either = [Clause(f"coalesce({each.sql}, 0)", each.values) for each in found]
        return _at_least(votes(choice.least), either)

    def _is_beyond(self, period: Period) -> Clause:
        """1 or 0; NULL where there is no value.

        A subquery for one row: of a join, SQLite would look at every row of the period once it has counted
        the tables, to build a filter.
        """
        distance, table, metric = self.bound.distance, self.rule.table, self.rule.metric.name
        if distance is None:
            return Clause("1")
        others = " AND ".join(f"past.{name} = present.{name}" for name in table.key[1:])
        past = f"past.{metric}" if self.shift == 1 else f"past.{metric} * {self.shift!r}"
        moved = _MOVED[distance.direction].format(metric=metric, past=past)
        far = f"{moved} >= max(?, ? * {past})"
        values: tuple[str | float, ...] = (distance.amount, distance.share)
        if distance.floor is not None:
            far += f" AND past.{metric} >= ?"
            values += (distance.floor,)
        sql = f"(SELECT {far} FROM {table.name} past WHERE past.period = ? AND {others})"
        return Clause(sql, (*values, str(period)))


def _at_least(count: int, found: Sequence[Clause], form: str = "{}") -> Clause:
    """So many of ``found``, each of which is 1 or 0, are 1."""
    total = form.format(" + ".join(each.sql for each in found) or "0")
    return Clause(f"{total} >= {count}", tuple(value for each in found for value in each.values))
