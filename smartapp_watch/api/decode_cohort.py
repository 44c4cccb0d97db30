"""Retention: a row a cohort, a column a later day, week or month; counts and ratios come in two readings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from smartapp_watch.api.fields import Place, Row, note_unknown, to_number
from smartapp_watch.api.page import Line, Sheet
from smartapp_watch.errors import BadPayload
from smartapp_watch.metrics.observation import Observation
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.report import Metric

_CELLS = re.compile(r"第\s*([0-9]{1,4})\s*([天日周月])")
_UNITS = {"天": Granularity.DAY, "日": Granularity.DAY, "周": Granularity.WEEK, "月": Granularity.MONTH}
_CARRIES = {"count": "retained_user_count", "ratio": "retained_ratio"}
_ACTIVE = "active_user_count"


def cohort_lines(sheet: Sheet, row: Row, place: Place) -> Iterable[Line]:
    """One observation a cell: the cohort's own count and what the cell carries, None where it is not ripe."""
    written, cohort = sheet.asked_period(row, "name", place)
    if cohort is None:
        yield Line((written,), ignored=written)
        return
    metrics = sheet.report.metrics
    carried = sheet.report.metric(_CARRIES[sheet.request.kind])
    active = to_number(row.get(_ACTIVE), sheet.report.metric(_ACTIVE).unit, _ACTIVE, place)
    cells = _cells(sheet, row, carried, place)
    yield Line(
        (cohort,),
        tuple(
            Observation(
                cohort,
                (nth,),
                (),
                tuple(
                    active if metric.name == _ACTIVE else value if metric is carried else None
                    for metric in metrics
                ),
            )
            for nth, value in cells
        ),
    )


def _cells(sheet: Sheet, row: Row, carried: Metric, place: Place) -> list[tuple[int, int | float | None]]:
    cells: dict[int, int | float | None] = {}
    granularity_asked = sheet.query.table.granularity
    for field, value in row.items():
        if field in sheet.known:
            continue
        match = _CELLS.fullmatch(field)
        if match is None or not 2 <= int(match[1]) <= sheet.report.last_nth:  # noqa: PLR2004
            note_unknown(sheet.report, (field,))
            continue
        nth, granularity = int(match[1]), _UNITS[match[2]]
        if granularity is not granularity_asked or nth in cells:
            raise BadPayload(
                f"{place.report}, {place.row}: {field} stands in a report by {granularity_asked}"
            )
        cells[nth] = to_number(value, carried.unit, field, place)
    return sorted(cells.items())


def merge_kinds(parts: Sequence[Sequence[Observation]]) -> tuple[Observation, ...]:
    """One observation a cell of what the readings of count and ratio say about it; the first one leads."""
    merged: dict[tuple[object, ...], Observation] = {}
    for observation in (each for part in parts for each in part):
        key = (observation.period, observation.dimensions)
        known = merged.get(key)
        merged[key] = observation if known is None else _fill(known, observation)
    return tuple(merged.values())


def _fill(known: Observation, other: Observation) -> Observation:
    pairs = zip(known.values, other.values, strict=True)
    return replace(known, values=tuple(second if first is None else first for first, second in pairs))
