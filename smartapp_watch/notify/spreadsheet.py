"""CSV that a spreadsheet shows and never runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from smartapp_watch.notify.text import one_line

_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # a spreadsheet takes the wide ones as well


def csv_text(head: Sequence[str], rows: Iterable[Sequence[object]], *, line_end: str = "\n") -> str:
    """A heading and rows; a text is on one line, and one that looks like a formula gets an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator=line_end)
    writer.writerows([_harmless(value) for value in row] for row in (head, *rows))
    return buffer.getvalue()


def _harmless(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = one_line(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
