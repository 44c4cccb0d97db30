"""How commands print: JSON documents, CSV that no spreadsheet runs, tables that no name can break."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Sequence

import click

from smartapp_watch.metrics.report import Unit
from smartapp_watch.notify.spreadsheet import csv_text
from smartapp_watch.notify.text import ELLIPSIS, one_line, pad, text_table, width

_WIDEST = 60
_TRICKS = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON may hold as it is, but a terminal would obey, or no encoding has."""


def print_json(document: object) -> None:
    """One JSON document on standard output."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    click.echo(_TRICKS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def print_table(
    head: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    numbers: Container[str] = (),
    empty: str = "nothing",
) -> None:
    """A table with aligned columns; Chinese is two columns wide, control characters are none.

    ``numbers``: the columns that are aligned to the right.
    """
    lines = _lines(head, rows)
    for column, name in enumerate(head):
        if name in numbers:
            widest = max(width(line[column]) for line in lines)
            for line in lines:
                line[column] = pad(line[column], widest, right=True)
    click.echo(text_table(lines, right=False) if len(lines) > 1 else empty)


def table_text(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Such a table as text."""
    return text_table(_lines(head, rows), right=False)


def print_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """CSV for a spreadsheet: a text is on one line, and one that looks like a formula gets an apostrophe."""
    click.echo(csv_text(head, rows), nl=False)


def show_figure(value: float | None, unit: Unit | str | None) -> str | None:
    """A value with its unit, as short as it can be without losing a digit that counts."""
    if value is None:
        return None
    signs = {Unit.PERCENT: " %", Unit.SECONDS: " s"}
    return _number(value) + (signs.get(Unit(unit), "") if unit else "")


def _lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[list[str]]:
    return [list(head), *([_cell(value) for value in row] for row in rows)]


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return _number(value) if isinstance(value, float) else _cut(one_line(str(value)))


def _cut(text: str) -> str:
    """``text`` in so many columns that a table stays readable."""
    if width(text) <= _WIDEST:
        return text
    text = text[:_WIDEST]
    while width(text) >= _WIDEST:
        text = text[:-1]
    return text + ELLIPSIS


def _number(value: float) -> str:
    text = f"{value:.4f}"
    return text.rstrip("0").rstrip(".")
