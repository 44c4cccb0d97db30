"""What is forgotten of a mini-program is gone from every table, and nothing else is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.cli.desk import SICK, WELL, Call, open_desk

NAME = "预约挂号"


def everything(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        ]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}


def about(rows: list[tuple[Any, ...]], *marks: str) -> list[tuple[Any, ...]]:
    return [row for row in rows if any(mark in str(cell) for cell in row for mark in marks)]


def test_nothing_of_a_forgotten_app_is_left_in_any_table(tmp_path: Path, call: Call) -> None:
    app = SICK
    with open_desk(tmp_path) as desk:
        for verb in ("poll", "evaluate", "deliver"):
            assert call(*desk.words(verb)).code == 0
        silence = ("silence", "add", "--app", str(app), "--for", "3d", "--because", "x")
        assert call(*desk.words(*silence)).code == 0
        refused = call(*desk.words("apps", "remove", str(app), "--forget", "--yes"))
        assert refused.code == 2
        assert "is listed in watch.toml" in refused.err
        before = everything(desk.history)
        assert about(before["alerts"], str(app))
        assert about(before["outbox"], str(app))
        text = desk.settings.read_text()
        begins, ends = text.index("[[apps]]"), text.rindex("[[apps]]")
        desk.settings.write_text(text[:begins] + text[ends:])
        done = call(*desk.words("apps", "remove", str(app), "--forget", "--yes"))
        after = everything(desk.history)
        assert done.code == 0, done.err
        assert {name: left for name, rows in after.items() if (left := about(rows, str(app), NAME))} == {}
        gone = sum(map(len, before.values())) - sum(map(len, after.values()))
        assert f"{gone} rows of it are deleted" in done.out
        trends = [about(each["user_trend"], str(WELL)) for each in (before, after)]
        assert trends[0] == trends[1] != []
        for verb in ("poll", "evaluate", "deliver"):
            assert call(*desk.words(verb)).code == 0
