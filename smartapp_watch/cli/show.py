"""How commands print: JSON documents, CSV that no spreadsheet runs, tables that no name can break."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence

import click

from smartapp_watch.notify.text import one_line, text_table

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def print_json(document: object) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def print_table(head: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "nothing") -> None:
    """A table with aligned columns; Chinese is two columns wide, control characters are none."""
    lines = [[_cell(value) for value in row] for row in rows]
    click.echo(text_table([head, *lines], right=False) if lines else empty)


def print_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """CSV for a spreadsheet: a text that it would take for a formula gets an apostrophe before it."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_harmless(value) for value in row] for row in rows)
    click.echo(buffer.getvalue(), nl=False)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:g}" if isinstance(value, float) else one_line(str(value))


def _harmless(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
