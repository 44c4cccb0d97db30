"""``apps_file``: a fleet as a table, one mini-program a line, with every mistake at its line."""

from __future__ import annotations

import csv
import io
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic_core import PydanticCustomError

from smartapp_watch.config import forms
from smartapp_watch.config.document import Findings, Part
from smartapp_watch.config.platform import WRITE_IT
from smartapp_watch.config.polling import Polling, tables_of
from smartapp_watch.config.secret import Secret, SecretSource
from smartapp_watch.config.settings import AppSettings
from smartapp_watch.config.wording import did_you_mean, listed, show
from smartapp_watch.errors import Problem
from smartapp_watch.metrics.observation import App

_COLUMNS = ("id", "name", "tags", "refresh_token")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_BETWEEN_TAGS = ";"
_HEADER = f"the first line names the columns: {','.join(_COLUMNS)}"
_AS_UTF8 = 'in Excel, "CSV UTF-8" of "Save as"'


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the table."""

    app: App
    refresh_token: Secret | None


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A table's file, as people would type its path, and where to complain about it."""

    shown: str
    findings: Findings

    def mistake(self, line: int, what: str, meant: str = "") -> None:
        self.findings.add(Problem(self.shown, line, what, meant))

    def warn(self, line: int, what: str, meant: str = "") -> None:
        self.findings.add(Problem(self.shown, line, what, meant, warning=True))


def add_fleet(part: Part, polling: Polling, path: Path, shown: str) -> Polling:
    """What is polled, and the fleet in the table at ``path``; every mistake in that noted.

    ``part``: the settings as a whole. ``shown``: the table's path as people would type it.
    """
    before = part.findings.mistakes
    text = _read(part, path, shown)
    known = {
        each.data["id"]: f"{part.document.shown}:{each.line_of('id')}"
        for each in part.tables("apps")
        if isinstance(each.data.get("id"), str | int)
    }
    places = {int(number): place for number, place in known.items() if str(number).isdigit()}
    sheet, platform = _Sheet(shown, part.findings), polling.platform
    entries = list(_read_entries(sheet, text, places)) if text is not None else []
    if entries and not platform.has_token and platform.app_access_token is None:
        what = "the mini-programs of `apps_file` get their tokens through the platform, which has none"
        part.mistake("apps_file", what, WRITE_IT)
    if any(each.refresh_token for each in entries) and path.stat().st_mode & _OTHERS:
        sheet.warn(1, "it holds refresh tokens, and other users may read it", f"chmod 600 {path.name}")
    tables = tables_of(polling.poll.reports, polling.poll.granularity)
    numbers = {each.app.id for each in entries}
    others = tuple(each for each in polling.apps if each.app.id not in numbers)
    return replace(
        polling,
        apps=others + tuple(AppSettings(each.app, None, tables, each.refresh_token) for each in entries),
        complete=polling.complete and part.findings.mistakes == before,
    )


def _read(part: Part, path: Path, shown: str) -> str | None:
    """The table's text; None, and a mistake, where it cannot be read as one."""
    try:
        written = path.read_bytes()
    except OSError as error:
        part.mistake("apps_file", f"the fleet cannot be read from {show(path.name)}: {error.strerror}")
        return None
    sheet = _Sheet(shown, part.findings)
    try:
        text = written.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        sheet.mistake(line, f"this is not UTF-8{_probably(written)}", f"save it as UTF-8; {_AS_UTF8}")
        return None
    if "\0" in text:
        sheet.mistake(1, "this is no text", f"a table in CSV; {_AS_UTF8}")
        return None
    return text


def _probably(written: bytes) -> str:
    if written.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ", but UTF-16"
    if written.startswith(b"PK\x03\x04"):
        return ", but a workbook or an archive"
    try:
        written.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return ", but probably GBK"


def _read_entries(sheet: _Sheet, text: str, places: dict[int, str]) -> Iterator[_Entry]:
    """The mini-programs without a mistake. ``places``: where each is listed already; new ones are added."""
    rows = _rows(sheet, text)
    header_line, header = next(rows, (1, []))
    columns = [column.strip() for column in header]
    if not _check_header(sheet, header_line, columns):
        return
    found = False
    tokens: dict[Secret, int] = {}
    for line, row in rows:
        found = True
        if len(row) != len(columns):
            what = f"{len(row)} columns, but the first line names {len(columns)}"
            sheet.mistake(line, what, "text with a comma in it stands in quotes")
            continue
        entry = _read_entry(sheet, line, dict(zip(columns, row, strict=True)))
        if entry is None:
            continue
        number, token = entry.app.id, entry.refresh_token
        if number in places:
            sheet.mistake(line, f"the mini-program {number} is listed twice", f"first at {places[number]}")
            continue
        if token is not None and tokens.setdefault(token, line) != line:
            sheet.mistake(line, f"its `refresh_token` is that of line {tokens[token]}", "each has its own")
        places[number] = f"{sheet.shown}:{line}"
        yield entry
    if not found:
        sheet.warn(header_line, "no mini-program is listed", "a line for each of them")


def _rows(sheet: _Sheet, text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not empty, with the line that it begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    try:
        for row in reader:
            if any(field.strip() for field in row):
                yield begins, row
            begins = reader.line_num + 1
    except csv.Error:
        sheet.mistake(begins, "a quoted text does not end here", 'a quote within such a text is doubled: ""')


def _check_header(sheet: _Sheet, line: int, columns: list[str]) -> bool:
    """Whether the first line names the columns, and nothing else."""
    before = sheet.findings.mistakes
    if len(columns) == 1 and set(";\t").intersection(columns[0]):
        sheet.mistake(line, "the columns are not separated by commas", _HEADER)
        return False
    for number, column in enumerate(columns):
        if column not in _COLUMNS:
            others = f"the columns are {listed(_COLUMNS, 'and')}"
            sheet.mistake(line, f"there is no column {show(column)}", did_you_mean(column, _COLUMNS, others))
        elif column in columns[:number]:
            sheet.mistake(line, f"the column `{column}` stands twice", "leave one of them out")
    if "id" not in columns and sheet.findings.mistakes == before:
        sheet.mistake(line, "the column `id` is missing", _HEADER)
    return sheet.findings.mistakes == before


def _read_entry(sheet: _Sheet, line: int, fields: dict[str, str]) -> _Entry | None:
    try:
        key = "id"
        number = forms.app_id(fields["id"].strip())
        key = "name"
        name = forms.line_of_text(fields.get("name", "").strip())
        key = "tags"
        tags = [tag.strip() for tag in fields.get("tags", "").split(_BETWEEN_TAGS)]
        app = App(number, name, frozenset(forms.name(tag) for tag in tags if tag))
        token = fields.get("refresh_token", "").strip()
        return _Entry(app, Secret(SecretSource.PLAIN, (token,)) if token else None)
    except PydanticCustomError as error:
        said = error.context or {}
        sheet.mistake(line, f"`{key}` {said['what']}", said["meant"])
        return None
