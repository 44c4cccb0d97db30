"""Turns the ``data`` of one answer into observations, by the report's layout. Pure.

Beyond this file no payload travels as a dict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from smartapp_watch.api.decode_cohort import cohort_lines
from smartapp_watch.api.decode_source import source_lines
from smartapp_watch.api.fields import (
    Place,
    Row,
    known_fields,
    metric_values,
    name,
    note_unknown,
    text,
    to_number,
)
from smartapp_watch.api.page import Line, Page, Sheet, objects
from smartapp_watch.api.request import Request
from smartapp_watch.metrics.observation import Observation, Query
from smartapp_watch.metrics.report import Layout, Unit

_LISTS = {Layout.TOTALS: ("result", "data_list")}
_DAYS = ("data", "date")


def decode_page(query: Query, request: Request, data: object, start_index: int = 0) -> Page | None:
    """The page that begins with row ``start_index``; None where ``data`` is null or has no list.

    BadPayload, naming report, row and field, where a known field holds something else than it should.
    """
    report = query.table.report
    rows = _list_in(data, report.layout)
    if rows is None or not isinstance(data, dict):
        return None
    sheet = Sheet(query, request, known_fields(report, "name", *_DAYS))
    lines: list[Line] = []
    for number, row in enumerate(rows, start_index + 1):
        place = Place(sheet.title, f"row {number}")
        lines += _lines(sheet, row, place)
    place = Place(sheet.title, "the page")
    total = to_number(data.get("total"), Unit.COUNT, "total", place)
    whole = _whole(sheet, data.get("sum")) if report.has_sum and start_index == 0 else None
    return Page(tuple(lines), len(rows), None if total is None else int(total), whole)


def _list_in(data: object, layout: Layout) -> list[object] | None:
    if isinstance(data, dict):
        for field in _LISTS.get(layout, ("data_list",)):
            if isinstance(data.get(field), list):
                return list(data[field])
    return None


def _lines(sheet: Sheet, row: object, place: Place) -> Iterable[Line]:
    if not isinstance(row, dict):
        raise place.wrong("the row", row, "an object")
    layout = sheet.report.layout
    if layout is not Layout.COHORTS and not row.keys() <= sheet.known:
        note_unknown(sheet.report, row.keys() - sheet.known)
    return _READERS[layout](sheet, row, place)


def _period_lines(sheet: Sheet, row: Row, place: Place) -> Iterable[Line]:
    written, period = sheet.asked_period(row, "name", place)
    if period is None:
        return (Line((written,), ignored=written),)
    values = metric_values(row, sheet.report, place)
    return (Line((period,), (Observation(period, (), (), values),)),)


def _total_lines(sheet: Sheet, row: Row, place: Place) -> Iterable[Line]:
    field = next((field for field in _DAYS if field in row), _DAYS[0])
    written, period = sheet.asked_period(row, field, place)
    if period is None:
        return (Line((written,), ignored=written),)
    values = metric_values(row, sheet.report, place)
    return (Line((period,), (Observation(period, (sheet.query.scene,), (), values),)),)


def _value_lines(sheet: Sheet, row: Row, place: Place) -> Iterable[Line]:
    report = sheet.report
    dimensions = tuple(
        sheet.request.variant if dimension.parameter else name(row, dimension.field, place)
        for dimension in report.dimensions
    )
    return (_line(sheet, row, dimensions, place),)


def _portrait_lines(sheet: Sheet, row: Row, place: Place) -> Iterable[Line]:
    for attribute, stored in sheet.report.dimensions[0].variants:
        if row.get(attribute) is None:
            continue
        for number, item in enumerate(objects(row[attribute], attribute, place), 1):
            where = Place(place.report, f"{attribute} {number}")
            note_unknown(sheet.report, item.keys() - sheet.known)
            field = sheet.report.dimensions[1].field
            yield _line(sheet, item, (stored, name(item, field, where)), where)


def _line(sheet: Sheet, row: Row, dimensions: tuple[str, ...], place: Place) -> Line:
    texts = tuple(text(row, words.field, place) for words in sheet.report.texts)
    values = metric_values(row, sheet.report, place)
    return Line((dimensions,), (Observation(sheet.query.first, dimensions, texts, values),))


def _whole(sheet: Sheet, found: object) -> Observation | None:
    """The page's ``sum`` as the row whose last dimension is empty; None where it says nothing."""
    if found is None or found == []:  # the empty list is how PHP writes an empty object
        return None
    place = Place(sheet.title, "the page")
    if not isinstance(found, dict):
        raise place.wrong("sum", found, "an object")
    report = sheet.report
    values = metric_values(found, report, Place(sheet.title, "the sum"))
    if all(value is None for value in values):
        return None
    dimensions = tuple(sheet.request.variant if each.parameter else "" for each in report.dimensions)
    return Observation(sheet.query.first, dimensions, (None,) * len(report.texts), values)


_READERS: dict[Layout, Callable[[Sheet, Row, Place], Iterable[Line]]] = {
    Layout.PERIODS: _period_lines,
    Layout.COHORTS: cohort_lines,
    Layout.VALUES: _value_lines,
    Layout.PORTRAIT: _portrait_lines,
    Layout.SOURCES: source_lines,
    Layout.TOTALS: _total_lines,
}
