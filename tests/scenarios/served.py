"""What a simulated world serves, cell by cell: read off its answers with no code of the client's.

A row is known by (table, period, app, dimension values); its cells by the API's field names.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from smartapp_watch.simulator.answers import Answers
from smartapp_watch.simulator.call import PLATFORM_METRICS, Call
from smartapp_watch.simulator.world import World

Key = tuple[Any, ...]
Cells = dict[str, Any]

_ALL = 100_000
_KINDS = {
    "terminal": ("terminal_type", ["brand", "device", "os", "screen", "network"], "terminal_"),
    "visit_character": ("character_type", ["depth", "time", "interval", "frequency"], ""),
}
_GRANULARITIES = {
    "user_trend": ("day", "hour", "week", "month"),
    "retained_user": ("day", "week", "month"),
}
_IDENTITY = {"name", "pageId", "pageName", "pageAlias", "sceneId", "source", "attribute_id", "data"}


class Served:
    """Everything that ``world`` serves at ``now`` for the days ``first`` to ``last``."""

    def __init__(self, world: World, now: datetime, first: date, last: date) -> None:
        self._world, self._answers, self._now = world, Answers(world), now
        self._first, self._last = first, last

    def rows(self) -> dict[Key, Cells]:
        """Every cell of the ten reports, all granularities, all mini-programs."""
        found: dict[Key, Cells] = dict(self._platform())
        for app in self._world.apps:
            for report, granularities in _GRANULARITIES.items():
                for granularity in granularities:
                    read = self._retained if report == "retained_user" else self._trend
                    found.update(read(app, granularity))
            found.update(self._activity(app))
            for day in self._days():
                found.update(self._breakdowns(app, day))
        return found

    def _days(self) -> Iterator[date]:
        for number in range((self._last - self._first).days + 1):
            yield self._first + timedelta(days=number)

    def _data(self, report: str, app: int | None, first: date, last: date, **chosen: str) -> Any:
        call = Call(0, report, app, first, last, 0, _ALL, tuple(sorted(chosen.items())))
        return self._answers.data(call, self._now)

    def _span(self, granularity: str) -> tuple[date, date]:
        """Whole weeks and months, as many as a new mini-program is filled with."""
        if granularity == "week":
            monday = self._last - timedelta(days=self._last.weekday() if self._last.weekday() != 6 else 6)
            newest = monday if self._last.weekday() == 6 else monday - timedelta(days=7)
            return newest - timedelta(weeks=8), newest + timedelta(days=6)
        if granularity == "month":
            end = self._now.date().replace(day=1) - timedelta(days=1)
            begin = end.replace(day=1)
            for _ in range(2):
                begin = (begin - timedelta(days=1)).replace(day=1)
            return begin, end
        return self._first, self._last

    def _trend(self, app: int, granularity: str) -> Iterator[tuple[Key, Cells]]:
        table = "user_trend" if granularity == "day" else f"user_trend_{granularity}"
        if granularity == "hour":
            for day in self._days():
                for row in self._data("user_trend", app, day, day, gran="hour")["data_list"]:
                    yield (table, f"{day}T{row['name'][:2]}", app), _metrics(row)
            return
        first, last = self._span(granularity)
        for row in self._data("user_trend", app, first, last, gran=granularity)["data_list"]:
            yield (table, _period(row["name"], granularity), app), _metrics(row)

    def _activity(self, app: int) -> Iterator[tuple[Key, Cells]]:
        for row in self._data("activity_user", app, self._first, self._last)["data_list"]:
            yield ("activity_user", _period(row["name"], "day"), app), _metrics(row)

    def _retained(self, app: int, granularity: str) -> dict[Key, Cells]:
        table = "retained_user" if granularity == "day" else f"retained_user_{granularity}"
        first, last = self._span(granularity)
        found: dict[Key, Cells] = {}
        for kind, field in (("count", "retained_user_count"), ("ratio", "retained_ratio")):
            data = self._data("retained_user", app, first, last, gran=granularity, report_type=kind)
            for row in data["data_list"]:
                for name, value in row.items():
                    if name.startswith("第"):
                        key = (table, _period(row["name"], granularity), app, int(name[1:-1]))
                        cells = found.setdefault(key, {"active_user_count": row["active_user_count"]})
                        cells[field] = _value(value)
        return found

    def _breakdowns(self, app: int, day: date) -> Iterator[tuple[Key, Cells]]:
        portrait = self._data("visit_attribute", app, day, day)["data_list"][0]
        for attribute, values in portrait.items():
            for row in values:
                yield ("visit_attribute", str(day), app, attribute, row["name"]), _metrics(row)
        yield from self._rows("region", app, day, ())
        for report, (parameter, kinds, prefix) in _KINDS.items():
            for kind in kinds:
                yield from self._rows(report, app, day, (kind,), **{parameter: prefix + kind})
        yield from self._rows("visit_page", app, day, (), identity="pageId")
        yield from self._sources(app, day)

    def _rows(
        self, report: str, app: int, day: date, kind: Key, *, identity: str = "name", **chosen: str
    ) -> Iterator[tuple[Key, Cells]]:
        data = self._data(report, app, day, day, **chosen)
        yield (report, str(day), app, *kind, ""), _metrics(data["sum"])
        for row in data["data_list"]:
            yield (report, str(day), app, *kind, row[identity]), _metrics(row)

    def _sources(self, app: int, day: date) -> Iterator[tuple[Key, Cells]]:
        for group in self._data("source", app, day, day)["data_list"]:
            code = group["name"][0]["source"] if group["name"] else ""
            yield ("source", str(day), app, code, ""), _metrics(group)
            for child in group["name"]:
                yield ("source", str(day), app, code, child["sceneId"]), _metrics(child)

    def _platform(self) -> Iterator[tuple[Key, Cells]]:
        data = self._data("tp_data", None, self._first, self._last, metrics=",".join(PLATFORM_METRICS))
        for row in data["result"]:
            day = datetime.strptime(row["data"], "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
            yield ("tp_data", str(day), ""), {name: _value(row[name]) for name in PLATFORM_METRICS}


def stored(path: Path) -> dict[Key, Cells]:
    """Every row of every report's table of a history, as SQLite itself reads it."""
    found: dict[Key, Cells] = {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        ]
        for table in names:
            columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
            if not any(name == "period" and key == 1 for _, name, _, _, _, key in columns):
                continue
            keys = {name for _, name, _, _, _, key in columns if key}
            for row in connection.execute(f"SELECT * FROM {table}"):
                cells = {column[1]: value for column, value in zip(columns, row, strict=True)}
                key = (table, *(value for name, value in cells.items() if name in keys))
                found[key] = {
                    name: value
                    for name, value in cells.items()
                    if name not in keys and not isinstance(value, str) and value is not None
                }
    return found


def _metrics(row: Cells) -> Cells:
    return {name: _value(value) for name, value in row.items() if name not in _IDENTITY}


def _value(value: object) -> float | None:
    return None if value == "--" else float(str(value))


def _period(name: str, granularity: str) -> str:
    first = name.split(" - ", 1)[0].replace("/", "-")
    if granularity != "week":
        return first
    year, week, _ = date.fromisoformat(first).isocalendar()
    return f"{year}-W{week:02d}"


def known(rows: dict[Key, Cells]) -> dict[Key, Cells]:
    """The rows without the cells that have no value."""
    return {
        key: {name: cell for name, cell in cells.items() if cell is not None} for key, cells in rows.items()
    }
