"""What the API answers to a call: the right report, cut into pages, with its numbers written as asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from smartapp_watch.simulator.breakdown_reports import (
    region,
    source,
    terminal,
    visit_attribute,
    visit_character,
    visit_page,
)
from smartapp_watch.simulator.breakdowns import Breakdowns
from smartapp_watch.simulator.call import Call
from smartapp_watch.simulator.platform_report import tp_data
from smartapp_watch.simulator.reports import NO_VALUE, Body, Row, activity_user, retained_user, user_trend
from smartapp_watch.simulator.world import World

Blank = Callable[[Call, str, str], bool]
"""Whether a cell has no value: (the call, the row's name or ``"sum"``, the field)."""

_OF_THE_ROW = ("pageName", "data", "name")


class Answers:
    """A world's answers to the calls of the API.

    ``numeric_strings``: numbers are written as text. ``blank``: cells for which it is true are ``"--"``.
    """

    def __init__(self, world: World, *, numeric_strings: bool = False, blank: Blank | None = None) -> None:
        self._world = world
        self._breakdowns = Breakdowns(world)
        self._numeric_strings = numeric_strings
        self._blank = blank
        self._body = lru_cache(maxsize=128)(self._make_body)

    def data(self, call: Call, now: datetime) -> Row:
        """The ``data`` of a successful answer."""
        # A reading asks for one page after another; the rows of all of them are made once.
        body = self._body(replace(call, number=0, start_index=0), self._world.last_change(now))
        if call.report == "visit_attribute":
            return {"data_list": [self._written(call, row) for row in body.rows]}
        page = body.rows[call.start_index : call.start_index + call.rows]
        paging: Row = {"offset": self._number(call.start_index), "total": self._number(len(body.rows))}
        rows = [self._written(call, row) for row in page]
        if call.report == "tp_data":
            return paging | {"result": rows}
        total = {} if body.sum is None else {"sum": self._written(call, body.sum, "sum")}
        return {"time_span": str(call.span)} | paging | total | {"data_list": rows}

    def _make_body(self, call: Call, now: datetime) -> Body:
        world, breakdowns = self._world, self._breakdowns
        if call.app_id is None:
            return tp_data(world, breakdowns, call, now)
        app = world.apps[call.app_id]
        match call.report:
            case "user_trend":
                return user_trend(world, breakdowns, app, call, now)
            case "activity_user":
                return activity_user(world, app, call, now)
            case "retained_user":
                return retained_user(world, app, call, now)
            case report:
                return _BREAKDOWNS[report](breakdowns, app, call, now)

    def _written(self, call: Call, row: Row, name: str = "") -> Row:
        if not self._numeric_strings and self._blank is None:
            return row
        name = name or next((str(row[key]) for key in _OF_THE_ROW if isinstance(row.get(key), str)), "")
        return {field: self._value(call, name, field, value) for field, value in row.items()}

    def _value(self, call: Call, name: str, field: str, value: object) -> object:
        if isinstance(value, list):
            return [self._written(call, child) for child in value]
        if field in _OF_THE_ROW or (isinstance(value, str) and call.report != "tp_data"):
            return value
        if self._blank is not None and self._blank(call, name, field):
            return NO_VALUE
        return self._number(value)

    def _number(self, value: object) -> object:
        return str(value) if self._numeric_strings else value


_BREAKDOWNS = {
    "visit_attribute": visit_attribute,
    "region": region,
    "terminal": terminal,
    "visit_page": visit_page,
    "visit_character": visit_character,
    "source": source,
}
