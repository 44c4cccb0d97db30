"""What a second reading of a period changes in what is stored. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Table

Dimensions = tuple[str | int, ...]
Cell = str | int | float | None
Cells = tuple[Cell, ...]
"""A row without its key: the texts, then the metrics."""

WHOLE_ROW = ""
"""The field of a revision that says: until then there was no such row."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """A value (None: none) that stood in ``field`` of a row until this reading."""

    dimensions: Dimensions
    field: str
    value: Cell


@dataclass(slots=True)
class Changes:
    """What a reading changes in a period: rows to write, rows to remove, and what stood there before.

    ``missing``: the cells, by row and field, that keep a value though the reading had none for them.
    """

    rows: dict[Dimensions, Cells] = field(default_factory=dict)
    removed: dict[Dimensions, None] = field(default_factory=dict)
    replaced: list[Replaced] = field(default_factory=list)
    missing: list[tuple[Dimensions, str]] = field(default_factory=list)


class Merge:
    """Merges readings into the stored rows of one table.

    A missing value never overwrites one that is there. The rows of a breakdown are replaced as a set: of
    each variant (brands, devices …) that the reading has values of; a total that is missing stays, since a
    total without a value is not served.
    """

    def __init__(self, table: Table) -> None:
        report = table.report
        self._replaces = table.is_breakdown
        self._has_total = report.has_sum
        self._ripens = report.last_nth > 1
        metrics = report.metrics
        self._own = [len(report.texts) + n for n, each in enumerate(metrics) if not each.of_cohort]
        self._text_count = len(report.texts)
        self._fields = table.columns[len(table.key) :]
        self._variant = next((n for n, each in enumerate(report.dimensions) if each.variants), None)

    def holds_value(self, cells: Cells) -> bool:
        """Whether a row says anything of its own: any metric but those of the whole cohort has a value."""
        return cells[self._own[0]] is not None or any(cells[n] is not None for n in self._own)

    def place_of(self, field: str) -> int:
        """Where a field stands in a row's cells."""
        return self._fields.index(field)

    def changes(
        self,
        period: Period,
        stored: Mapping[Dimensions, Cells],
        arrived: Mapping[Dimensions, Cells],
        read_before: datetime,
    ) -> Changes:
        """What the rows that ``arrived`` change in ``stored``, which was last read at ``read_before``."""
        changes = Changes()
        for dimensions, cells in arrived.items():
            before = stored.get(dimensions)
            if before != cells:
                known = not self._ripens or period.closes(int(dimensions[0])) <= read_before
                self._put(changes, dimensions, before, cells, known)
        gone = {dimensions: cells for dimensions, cells in stored.items() if dimensions not in arrived}
        if gone and self._replaces:
            self._remove(changes, gone, arrived)
        for dimensions, cells in gone.items():
            if dimensions not in changes.removed:
                self._miss(changes, dimensions, cells, ())
        return changes

    def _miss(self, changes: Changes, dimensions: Dimensions, kept: Cells, arrived: Cells) -> None:
        for n in range(self._text_count, len(kept)):
            if kept[n] is not None and (not arrived or arrived[n] is None):
                changes.missing.append((dimensions, self._fields[n]))

    def _put(
        self, changes: Changes, dimensions: Dimensions, before: Cells | None, cells: Cells, known: bool
    ) -> None:
        """``known``: whether the row could have had values when it was last read.

        A retention cell that was not over then was no value by definition; to note that for each of them
        would make the revisions larger than the table.
        """
        if before is None:
            changes.rows[dimensions] = cells
            if known and self._has_value(cells):
                changes.replaced.append(Replaced(dimensions, WHOLE_ROW, None))
            return
        after = tuple(old if new is None else new for old, new in zip(before, cells, strict=True))
        if after != cells:
            self._miss(changes, dimensions, after, cells)
        if after == before:
            return
        changes.rows[dimensions] = after
        for n in range(self._text_count, len(after)):
            if after[n] != before[n] and (known or before[n] is not None):
                changes.replaced.append(Replaced(dimensions, self._fields[n], before[n]))

    def _remove(
        self, changes: Changes, gone: Mapping[Dimensions, Cells], arrived: Mapping[Dimensions, Cells]
    ) -> None:
        variants = {self._variant_of(each) for each, cells in arrived.items() if self._has_value(cells)}
        for dimensions, cells in gone.items():
            is_total = self._has_total and dimensions[-1] == ""
            if is_total or self._variant_of(dimensions) not in variants:
                continue
            changes.removed[dimensions] = None
            changes.replaced.extend(
                Replaced(dimensions, name, value)
                for name, value in zip(self._fields, cells, strict=True)
                if value is not None
            )

    def _variant_of(self, dimensions: Dimensions) -> str | int | None:
        return None if self._variant is None else dimensions[self._variant]

    def _has_value(self, cells: Cells) -> bool:
        return any(value is not None for value in cells[self._text_count :])
