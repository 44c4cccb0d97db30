"""Whatever is read, in whatever order: the history is what a simple model says, now and as it was known."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from json import dumps
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.history.database import History, open_history
from smartapp_watch.history.instant import write_instant
from smartapp_watch.metrics.observation import Observation, Query, Reading
from smartapp_watch.metrics.report import Table
from tests.history.made import DAY, MORNING, REGIONS, SOURCES, TERMINALS, TREND, period

Dimensions = tuple[str, ...]
Rows = dict[Dimensions, tuple[int | None, ...]]

NAMES: dict[str, tuple[Dimensions, ...]] = {
    "user_trend": ((),),
    "region": (("",), ("北京",), ("上海",)),
    "terminal": (("brand", ""), ("brand", "Apple"), ("os", "iOS"), ("os", "Android")),
    "source": (("", ""), ("feed", ""), ("feed", "1001")),
}
TABLES = (TREND, REGIONS, TERMINALS, SOURCES)
VALUES = st.sampled_from([None, 0, 1, 2])
_app_ids = count(1)


@st.composite
def sequences(draw: st.DrawFn) -> tuple[Table, list[Rows]]:
    """A table, and a few readings of one period of it."""
    table = draw(st.sampled_from(TABLES))
    width = len(table.report.metrics)
    cells = st.tuples(VALUES, VALUES).map(lambda pair: (*pair, *[None] * (width - 2)))
    rows = st.dictionaries(st.sampled_from(NAMES[table.name]), cells)
    return table, draw(st.lists(rows, min_size=1, max_size=6))


def has_values(cells: tuple[int | None, ...]) -> bool:
    return any(value is not None for value in cells)


def kind(table: Table, dimensions: Dimensions) -> str:
    return dimensions[0] if table is TERMINALS else ""


def remember(table: Table, known: Rows | None, read: Rows) -> Rows:
    """What is known after a reading, by the words of the interface alone; before the first: None."""
    if known is None:
        return read
    arrived = {kind(table, each) for each, cells in read.items() if has_values(cells)}
    if not arrived:
        return known
    merged = dict(known)
    for dimensions, cells in read.items():
        old = known.get(dimensions, (None,) * len(cells))
        merged[dimensions] = tuple(o if n is None else n for o, n in zip(old, cells, strict=True))
    if table is not TREND:
        for dimensions in known.keys() - read.keys():
            is_total = table is not SOURCES and dimensions[-1] == ""
            if kind(table, dimensions) in arrived and not is_total:
                del merged[dimensions]
    return merged


def stored(history: History, table: Table, app_id: int) -> Rows:
    raw = history._connection.raw
    columns = ", ".join(table.columns)
    width, head = len(table.report.metrics), len(table.key)
    rows = raw.execute(f"SELECT {columns} FROM {table.name} WHERE app_id = ?", (app_id,)).fetchall()
    return {row[2:head]: row[-width:] for row in rows}


def as_known(history: History, table: Table, app_id: int, at: datetime) -> Rows:
    """What was known at ``at``, by the rows and the revisions of now: the cells that had values."""
    raw, now = history._connection.raw, write_instant(at)
    (first_read,) = raw.execute(
        "SELECT first_read FROM readings WHERE report = ? AND app_id = ?", (table.name, app_id)
    ).fetchone()
    current = stored(history, table, app_id)
    names = [each.name for each in table.report.dimensions]
    found: Rows = {}
    for dimensions in NAMES[table.name]:
        text = dumps(dict(zip(names, dimensions, strict=True)), ensure_ascii=False, separators=(",", ":"))
        cells: list[Any] = []
        for n, metric in enumerate(table.report.metrics):
            revision = raw.execute(
                "SELECT value FROM revisions WHERE report = ? AND app_id = ? AND dimensions = ? "
                "AND field IN ('', ?) AND replaced_at > ? ORDER BY replaced_at LIMIT 1",
                (table.name, app_id, text, metric.name, now),
            ).fetchone()
            cells.append(
                revision[0] if revision else current[dimensions][n] if dimensions in current else None
            )
        if has_values(tuple(cells)) and first_read <= now:
            found[dimensions] = tuple(cells)
    return found


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> History:
    """One history for every example: each is another app."""
    return open_history(tmp_path_factory.mktemp("one") / "history.db")


@given(sequence=sequences())
def test_the_history_is_what_the_readings_add_up_to(one: History, sequence: tuple[Table, list[Rows]]) -> None:
    table, readings = sequence
    app_id = next(_app_ids)
    query = Query(table, app_id, period(DAY), period(DAY))
    texts = (None,) * len(table.report.texts)
    known: Rows | None = None
    then: list[tuple[datetime, Rows]] = []
    for n, read in enumerate(readings):
        at = MORNING + timedelta(hours=n)
        rows = tuple(Observation(period(DAY), dims, texts, cells) for dims, cells in read.items())
        one.observations.save(Reading(query, rows), at)
        known = remember(table, known, read)
        then.append((at, known))

    known = then[-1][1]
    assert stored(one, table, app_id) == known
    for at, rows_then in then:
        assert as_known(one, table, app_id, at) == {k: v for k, v in rows_then.items() if has_values(v)}
    ((number, last_read),) = one._connection.raw.execute(
        'SELECT "rows", last_read FROM readings WHERE report = ? AND app_id = ?', (table.name, app_id)
    ).fetchall()
    assert number == sum(map(has_values, known.values()))
    assert last_read == write_instant(then[-1][0])
