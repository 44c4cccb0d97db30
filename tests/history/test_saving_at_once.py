"""Whatever way readings take into the history, it holds what merging them one by one, in memory, leaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from json import dumps
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartapp_watch.errors import HistoryError
from smartapp_watch.history.database import History, open_in_memory
from smartapp_watch.history.instant import read_instant, write_instant
from smartapp_watch.history.merge import Cells, Dimensions, Merge
from smartapp_watch.metrics.observation import Observation, Reading
from smartapp_watch.metrics.report import Table, Unit
from tests.history.made import (
    DAY,
    MORNING,
    PAGES,
    PLATFORM,
    RETENTION,
    TERMINALS,
    TREND,
    period,
    reading,
    row,
)

DAYS = ("2026-11-21", DAY)
NAMES = ("", "a", "b")
NTHS = (2, 3)
KINDS = ("brand", "os")
HOUR = timedelta(hours=1)

TABLES = (TREND, RETENTION, PAGES, TERMINALS, PLATFORM)
Log = dict[str, Any]


@st.composite
def observations(draw: st.DrawFn, table: Table, day: str) -> Iterator[Observation]:
    """Rows of a day, whose first two metrics may lack."""
    keys: list[tuple[str | int, ...]]
    if table is TREND:
        keys = [()]
    elif table is RETENTION:
        keys = [(nth,) for nth in NTHS]
    elif table is TERMINALS:
        keys = [(kind, name) for kind in KINDS for name in NAMES[1:]]
    else:
        keys = [(name,) for name in NAMES]
    value = st.sampled_from((None, None, 0, 1))
    names = [metric.name for metric in table.report.metrics if metric.unit is Unit.COUNT][:2]
    word = st.sampled_from((None, "pages/x"))
    found = []
    for key in draw(st.lists(st.sampled_from(keys), unique=True)):
        texts = tuple(draw(word) for _ in table.report.texts)
        found.append(row(table, day, *key, texts=texts, **{name: draw(value) for name in names}))
    return iter(found)


@st.composite
def readings(draw: st.DrawFn, table: Table) -> Reading:
    """A reading of one of two mini-programs, or of one of two scenes of the platform."""
    first = draw(st.integers(0, len(DAYS) - 1))
    last = first if table.is_breakdown else draw(st.integers(first, len(DAYS) - 1))
    rows = [each for day in DAYS[first : last + 1] for each in draw(observations(table, day))]
    scene, app_id = "", draw(st.sampled_from((7, 8)))
    if table is PLATFORM:
        scene = draw(st.sampled_from(("", "search")))
        rows = [each for each in rows if each.dimensions == (scene,)]
        return reading(table, None, *rows, first=DAYS[first], last=DAYS[last], scene=scene)
    return reading(table, app_id, *rows, first=DAYS[first], last=DAYS[last])


@st.composite
def sequences(draw: st.DrawFn) -> list[tuple[Reading, datetime]]:
    """Readings of one table in the order they were made; some come again, or in the same second."""
    few = draw(st.lists(readings(draw(st.sampled_from(TABLES))), min_size=2, max_size=3))
    at, made = MORNING, []
    for each, hours in draw(
        st.lists(st.tuples(st.sampled_from(few), st.integers(-1, 3)), min_size=2, max_size=8)
    ):
        at += hours * HOUR
        made.append((each, at))
    return made


class Model:
    """What a history should hold: dictionaries, and a merge of every period that was read before."""

    def __init__(self) -> None:
        self.rows: dict[tuple[Any, ...], dict[Dimensions, Cells]] = {}
        self.readings: dict[tuple[Any, ...], Log] = {}
        self.revisions: dict[tuple[Any, ...], Any] = {}
        self.unconfirmed: dict[tuple[Any, ...], Any] = {}

    def save(self, reading: Reading, read_at: datetime) -> None:
        query, at = reading.query, write_instant(read_at)
        for each in query.periods:
            name = f"{query.table.name}/{query.scene}" if query.scene else query.table.name
            rows = [row for row in reading.observations if row.period == each]
            key = (name, str(each), query.app_id or 0)
            stored = self.rows.setdefault(key, {})
            log = self.readings.get(key)
            if log is None:
                stored.update({row.dimensions: row.texts + row.values for row in rows})
                log = {"first": at, "last": at, "rows": 0, "zeros": "", "valued": ""}
            elif any(row.has_value for row in rows):
                self._merge(query.table, key, rows, log, at)
            self._note(query.table, key, log, rows, at)

    def _note(self, table: Table, key: tuple[Any, ...], log: Log, rows: list[Observation], at: str) -> None:
        metrics = table.report.metrics
        valued = 0
        for cells in self.rows[key].values():
            figures = zip(metrics, cells[len(table.report.texts) :], strict=True)
            valued += any(value is not None and not metric.of_cohort for metric, value in figures)
        counts = [
            value
            for row in rows
            for metric, value in zip(metrics, row.values, strict=True)
            if metric.unit is Unit.COUNT and not metric.of_cohort and value is not None
        ]
        self.readings[key] = {
            "first": at if valued and not log["rows"] else log["first"],
            "last": max(log["last"], at),
            "rows": valued,
            "zeros": log["zeros"] if not counts else "" if any(counts) else log["zeros"] or at,
            "valued": max(log["valued"], at if any(row.has_value for row in rows) else ""),
        }

    def _merge(self, table: Table, key: tuple[Any, ...], rows: list[Observation], log: Log, at: str) -> None:
        stored = self.rows[key]
        arrived = {row.dimensions: row.texts + row.values for row in rows}
        merge = Merge(table)
        changes = merge.changes(period(key[1]), stored, arrived, read_instant(log["last"]))
        missing = {(self._written(table, each), field) for each, field in changes.missing}
        held = {self._written(table, each): cells for each, cells in stored.items()}
        notes = {
            (self._written(table, each.dimensions), each.field): (each.value, log["last"])
            for each in changes.replaced
            if log["rows"] or each.value is not None
        }
        for place, since in list(self.unconfirmed.items()):
            cell = place[3:]
            if place[:3] == key and cell not in missing:
                notes[cell] = (notes.get(cell, (held[cell[0]][merge.place_of(cell[1])],))[0], since[0])
                del self.unconfirmed[place]
        for cell, note in notes.items():
            self.revisions.setdefault((*key, *cell, at), note)
        for cell in missing:
            self.unconfirmed.setdefault((*key, *cell), (log["valued"] or log["last"], at))
        stored.update(changes.rows)
        for each in changes.removed:
            del stored[each]

    @staticmethod
    def _written(table: Table, dimensions: Dimensions) -> str:
        named = dict(zip((each.name for each in table.report.dimensions), dimensions, strict=True))
        return dumps(named, ensure_ascii=False, separators=(",", ":"))


def contents(history: History) -> Model:
    """What the tables hold, as a model would."""
    found = Model()
    read = history._connection.select
    for name, app_id, day, first, last, rows, zeros, valued in read("SELECT * FROM readings"):
        log = {"first": first, "last": last, "rows": rows, "zeros": zeros, "valued": valued}
        found.readings[name, day, app_id] = log
        found.rows[name, day, app_id] = {}
    for *cell, value, read_at, replaced_at in read("SELECT * FROM revisions"):
        found.revisions[*cell, replaced_at] = (value, read_at)
    for *cell, read_at, missing_at in read("SELECT * FROM unconfirmed"):
        found.unconfirmed[tuple(cell)] = (read_at, missing_at)
    for table in TABLES:
        for stored in read(f"SELECT {', '.join(table.columns)} FROM {table.name}"):
            head, cells = stored[: len(table.key)], stored[len(table.key) :]
            if table is PLATFORM:
                name = f"{table.name}/{head[1]}" if head[1] else table.name
                found.rows[name, head[0], 0][head[1:]] = cells
            else:
                found.rows[table.name, head[0], head[1]][head[2:]] = cells
    return found


@settings(max_examples=100)
@given(sequences(), st.integers(1, 5))
def test_readings_leave_what_merging_them_would_one_by_one_or_at_once(
    made: list[tuple[Reading, datetime]], together: int
) -> None:
    model = Model()
    for each, at in made:
        model.save(each, at)

    with open_in_memory() as one_by_one, open_in_memory() as at_once:
        for each, at in made:
            one_by_one.observations.save(each, at)
        for start in range(0, len(made), together):
            at_once.observations.save_all(made[start : start + together])

        for history in (one_by_one, at_once):
            found = contents(history)
            assert vars(found) == vars(model)


def test_a_breakdown_of_any_length_is_stored_whole_and_replaced_whole(history: History) -> None:
    for count in (1, 3, 4, 15, 16, 17, 37):
        rows = [row(PAGES, DAY, f"p{number}", pv_count=number) for number in range(count)]
        changed = [row(PAGES, DAY, f"p{number}", pv_count=number + 1) for number in range(count)]
        assert history.observations.save(reading(PAGES, count, *rows), MORNING) == count
        assert history.observations.save(reading(PAGES, count, *changed), MORNING + HOUR) == count

        found = history.observations.rows(PAGES, [period(DAY)], ["pv_count"], app_ids=[count])
        assert sorted(each.values for each in found) == [(number + 1,) for number in range(count)]


def test_a_reading_that_cannot_be_stored_leaves_those_before_it(history: History) -> None:
    good = [(reading(TREND, app_id, row(TREND, DAY, user_count=1)), MORNING) for app_id in (7, 9)]
    bad = (reading(TREND, 8, row(TREND, DAY, user_count=2**70)), MORNING)

    with pytest.raises(HistoryError, match="nothing was written"):
        history.observations.save_all([good[0], bad, good[1]])

    assert [each.app_id for each in history.observations.rows(TREND, [period(DAY)], ["user_count"])] == [7]


def test_half_a_surrogate_pair_is_replaced_in_one_of_many_too(history: History) -> None:
    strange = [(reading(PAGES, app_id, row(PAGES, DAY, "a\ud83d", pv_count=1)), MORNING) for app_id in (7, 8)]

    assert history.observations.save_all(strange) == 2

    names = {each.dimensions for each in history.observations.rows(PAGES, [period(DAY)], ["pv_count"])}
    assert names == {("a\ufffd",)}
