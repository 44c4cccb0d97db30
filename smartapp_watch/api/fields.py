"""The fields of one row: numbers, words and names, checked one by one.

Any number may come as a JSON number, as a numeric string, or as ``"--"``: no value yet, never zero. Whatever
else stands in a known field is a BadPayload that names the report, the row and the field.
"""

from __future__ import annotations

import logging
import math
import re
import reprlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from smartapp_watch.api.failure import one_line
from smartapp_watch.errors import BadPayload
from smartapp_watch.metrics.report import Metric, Report, Unit

Number = int | float | None
Row = dict[str, object]

NAMELESS = "#1"
"""Where a row's own name is empty: the empty name is the total's."""

_LOG = logging.getLogger(__name__)
_NO_VALUE = "--"
_NUMERIC = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,30})?")
_MOST = 10**15
_SURROGATES = re.compile("[\ud800-\udfff]")
_KINDS = {
    Unit.COUNT: "a count",
    Unit.PERCENT: "a percentage",
    Unit.SECONDS: "a time",
    Unit.NUMBER: "a number",
}

_noted: set[tuple[str, str]] = set()
_noting = threading.Lock()
_MOST_NOTED = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands, in words for a message."""

    report: str
    row: str

    def wrong(self, field: str, value: object, expected: str) -> BadPayload:
        """The error for a field that holds something else than ``expected``."""
        shown = one_line(reprlib.repr(value), 60)
        return BadPayload(f"{self.report}, {self.row}: {field} is {shown}, not {expected}")


def number(row: Row, metric: Metric, place: Place) -> Number:
    """A metric's value in its unit; None where there is none. A count is an int, all else a float."""
    if metric.name in row:
        return to_number(row[metric.name], metric.unit, metric.name, place)
    for field in metric.also:
        if field in row:
            return to_number(row[field], metric.unit, field, place)
    return None


def to_number(value: object, unit: Unit, field: str, place: Place) -> Number:
    """``value`` in ``unit``; BadPayload where it is neither a number nor the sign for none."""
    if type(value) is int and 0 <= value <= _MOST:  # as nearly all of them come
        return value if unit is Unit.COUNT else float(value)
    if type(value) is float and unit is not Unit.COUNT and -_MOST <= value <= _MOST:
        return value
    if value is None or value == _NO_VALUE:
        return None
    found = _read(value)
    if found is None or not math.isfinite(found) or abs(found) > _MOST:
        raise place.wrong(field, value, _KINDS[unit])
    if unit is not Unit.COUNT:
        return float(found)
    if found < 0 or found != int(found):
        raise place.wrong(field, value, _KINDS[unit])
    return int(found)


def _read(value: object) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if abs(value) <= _MOST else math.inf  # too large an int does not become a float
    if isinstance(value, float):
        return value
    if isinstance(value, str) and _NUMERIC.fullmatch(value.strip()):
        return float(value) if "." in value else int(value)
    return None


def text(row: Row, field: str, place: Place) -> str | None:
    """Words as they came; numbers as the API would have written them. None where there are none."""
    value = row.get(field)
    if value is None:
        return None
    if isinstance(value, str):
        # half a character cannot be stored in any file
        return value if value.isascii() else _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise place.wrong(field, value, "text")


def name(row: Row, field: str, place: Place) -> str:
    """The value of a dimension; BadPayload where the row has none."""
    found = text(row, field, place)
    if found is None:
        raise BadPayload(f"{place.report}, {place.row}: {field} is missing")
    return found or NAMELESS


def metric_values(row: Row, report: Report, place: Place) -> tuple[Number, ...]:
    """The values of all the report's metrics."""
    return tuple([number(row, metric, place) for metric in report.metrics])


def known_fields(report: Report, *names: str) -> frozenset[str]:
    """Every field that the report's rows are known to have; ``names`` are those of its layout."""
    fields = {field for metric in report.metrics for field in (metric.name, *metric.also)}
    fields |= {dimension.field for dimension in report.dimensions} | {words.field for words in report.texts}
    fields |= {sent for each in report.dimensions if not each.parameter for sent, _ in each.variants}
    return frozenset(fields | set(names))


def note_unknown(report: Report, fields: Iterable[str]) -> None:
    """Say once a process that the API has fields which this program does not know."""
    for field in fields:
        if (report.name, field) in _noted:
            continue
        with _noting:
            if (report.name, field) in _noted or len(_noted) >= _MOST_NOTED:
                continue
            _noted.add((report.name, field))
        _LOG.warning("%s has a field that is not known: %s; ignored", report.name, one_line(field, 60))
