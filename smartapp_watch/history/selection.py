"""Which rows of a table are meant: ``where`` as SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from json import dumps

from smartapp_watch.errors import UsageError
from smartapp_watch.metrics.report import Layout, Table
from smartapp_watch.rules.rule import Where


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition in SQL, and the values of its question marks."""

    sql: str
    values: tuple[str | int | float, ...] = ()


def one_of(column: str, values: Collection[str]) -> Clause:
    """``column`` is one of ``values``: each is looked up by itself, which a leading key column allows."""
    return Clause(f"{column} IN ({', '.join('?' * len(values))})", tuple(values))


def one_of_many(column: str, values: Iterable[str | int]) -> Clause:
    """The same for any number of values; SQLite takes only so many question marks."""
    return Clause(f"{column} IN (SELECT value FROM json_each(?))", (dumps(list(values)),))


def matching(table: Table, where: Sequence[Where]) -> tuple[Clause, ...]:
    """The rows whose columns match each of ``where``; UsageError for a column that cannot be matched."""
    return tuple(_matches(table, each) for each in where)


def unmentioned(table: Table, where: Sequence[Where]) -> tuple[Clause, ...]:
    """Which rows a rule means where its ``where`` is silent on the last dimension.

    The platform: all scenes together. Sources: the groups, or, where their words are asked for, the
    children, which alone have any. Other texts are asked for: the values, and so not the total. Retention:
    every cell.
    """
    totals = _means_totals(table, where)
    if totals is None:
        return ()
    return (Clause(f"{table.report.dimensions[-1].name} {'=' if totals else '<>'} ''"),)


def is_meant(
    table: Table, where: Sequence[Where], dimensions: Sequence[str | int], texts: Sequence[str | None]
) -> bool:
    """Whether a row is among those that ``matching`` and ``unmentioned`` select together."""
    report = table.report
    names = [each.name for each in report.dimensions] + [each.name for each in report.texts]
    row = dict(zip(names, (*dimensions, *texts), strict=True))
    if not all(_is_matched(table, each, row[each.column]) for each in where):
        return False
    totals = _means_totals(table, where)
    return totals is None or totals == (dimensions[-1] == "")


def _means_totals(table: Table, where: Sequence[Where]) -> bool | None:
    """Whether only totals are meant, or only what is none; None where both are."""
    report = table.report
    if not report.dimensions:
        return None
    last = report.dimensions[-1]
    named = {each.column for each in where}
    if last.integer or last.name in named:
        return None
    wants_words = not named.isdisjoint(text.name for text in report.texts)
    return report.of_platform or (report.layout is Layout.SOURCES and not wants_words)


def join_clauses(clauses: Iterable[Clause]) -> Clause:
    """All of ``clauses`` at once."""
    clauses = tuple(clauses)
    return Clause(
        " AND ".join(each.sql for each in clauses) or "true",
        tuple(value for each in clauses for value in each.values),
    )


def _matches(table: Table, where: Where) -> Clause:
    report = table.report
    names = [each.name for each in report.dimensions] + [each.name for each in report.texts]
    if where.column not in names:
        has = f"it has {', '.join(names)}" if names else "it has none"
        raise UsageError(f"{table.name} has no dimension {where.column}; {has}")
    literals = [pattern for pattern in where.patterns if not _is_glob(pattern)]
    either = [one_of(where.column, literals)] if literals else []
    either += [_like(table, where.column, pattern) for pattern in where.patterns if _is_glob(pattern)]
    values = tuple(value for each in either for value in each.values)
    return Clause("(" + (" OR ".join(each.sql for each in either) or "false") + ")", values)


def _is_glob(pattern: str) -> bool:
    return any(sign in pattern for sign in "*?[")


def _like(table: Table, column: str, pattern: str) -> Clause:
    # GLOB and fnmatch agree on * and ?, not on sets; GLOB is faster by far.
    sql = f"fnmatch({column}, ?)" if "[" in pattern else f"{column} GLOB ?"
    if column == table.report.dimensions[-1].name:
        sql = f"({sql} AND {column} <> '')"  # the total is meant only where it is written
    return Clause(sql, (pattern,))


def _is_matched(table: Table, where: Where, value: str | int | None) -> bool:
    if value is None:
        return False
    text = str(value)
    is_total = text == "" and where.column == table.report.dimensions[-1].name
    return any(
        fnmatchcase(text, pattern) and not is_total if _is_glob(pattern) else text == pattern
        for pattern in where.patterns
    )
