"""Opening a history: a new one, an old one, and everything that is none."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlite_utils

from smartapp_watch.errors import HistoryError
from smartapp_watch.history import schema
from smartapp_watch.history.database import History, open_history
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.report import Table, Unit
from tests.history.made import DAY, MORNING, TREND, cells, reading, row, select


def test_a_new_history_has_every_table_of_the_catalog(path: Path) -> None:
    for name, table in TABLES.items():
        columns = select(path, f"SELECT name, type, pk FROM pragma_table_info('{name}')")
        assert tuple(column for column, _, _ in columns) == table.columns
        assert tuple(column for column, _, pk in sorted(columns, key=lambda each: each[2]) if pk) == table.key
        counts = {metric.name for metric in table.report.metrics if metric.unit is Unit.COUNT} | {
            "app_id",
            "nth",
        }
        measured = {metric.name for metric in table.report.metrics} - counts
        assert {column for column, kind, _ in columns if kind == "INTEGER"} == counts & set(table.columns)
        assert {column for column, kind, _ in columns if kind == "REAL"} == measured


def test_every_table_is_strict_and_the_reports_have_no_rowid(path: Path) -> None:
    flags = {name: (wr, strict) for _, name, _, _, wr, strict in select(path, "PRAGMA table_list")}

    assert all(flags[name] == (1, 1) for name in TABLES)
    ours = {"apps", "readings", "revisions", "alerts", "events", "judged", "outbox", "digests", "notes"}
    assert all(flags[name][1] == 1 for name in ours)


def test_only_its_owner_may_read_a_history(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    before = os.umask(0)
    try:
        with open_history(path) as history:
            history.set_note("a", "b")
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    finally:
        os.umask(before)

    assert modes == {"history.db": 0o600, "history.db-wal": 0o600, "history.db-shm": 0o600}


def test_the_permissions_that_an_operator_gave_stay(path: Path) -> None:
    path.chmod(0o640)
    open_history(path).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_strange_path_is_only_a_path(tmp_path: Path) -> None:
    path = tmp_path / "a?mode=memory#100% 历史.db"
    with open_history(path) as history:
        history.set_note("a", "b")
    with open_history(path, read_only=True) as history:
        assert history.note("a") == "b"

    assert {each.name.split(".db")[0] for each in tmp_path.iterdir()} == {path.stem}


def test_a_known_history_is_opened_without_the_migrations(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from smartapp_watch.history.database import open_history\n"
        "open_history(Path(sys.argv[1])).close(); open_history(Path(sys.argv[1]), read_only=True).close()\n"
        "print('sqlite_utils' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)

    assert answer.stdout == "False\n"


def test_eight_processes_may_start_on_one_new_file(tmp_path: Path) -> None:
    path, gate = tmp_path / "history.db", tmp_path / "gate"
    code = (
        "import sys, time; from pathlib import Path\n"
        "from smartapp_watch.history.database import open_history\n"
        "import smartapp_watch.history.migrations\n"
        "path, gate = map(Path, sys.argv[1:3])\n"
        "print('ready', flush=True)\n"
        "while not gate.exists(): time.sleep(0.001)\n"
        "with open_history(path) as history: history.set_note(sys.argv[3], 'here')"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, path, gate, str(n)], stdout=subprocess.PIPE)
        for n in range(8)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    gate.touch()

    assert [process.wait(timeout=60) for process in processes] == [0] * 8
    assert select(path, "SELECT count(*) FROM notes") == [(8,)]
    assert select(path, "SELECT count(*) FROM _sqlite_migrations") == [(4,)]
    assert select(path, "PRAGMA journal_mode") == [("wal",)]


def test_a_new_file_that_another_process_is_about_to_fill_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.2, lambda: other.execute("ROLLBACK"))
        timer.start()
        open_history(path).close()
        timer.join()

    assert select(path, "PRAGMA journal_mode") == [("wal",)]


def test_what_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("buy milk\n" * 1_000)

    for read_only in (True, False):
        with pytest.raises(HistoryError, match=r"notes\.txt is not a database"):
            open_history(path, read_only=read_only)
    assert path.read_text() == "buy milk\n" * 1_000
    assert [each.name for each in tmp_path.iterdir()] == ["notes.txt"]


def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE orders (id); CREATE TABLE customers (id)")
    before = path.read_bytes()

    for read_only in (True, False):
        with pytest.raises(HistoryError, match=r"another program's database \(tables: customers, orders\)"):
            open_history(path, read_only=read_only)
    assert path.read_bytes() == before


def test_a_history_of_a_newer_program_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
        connection.execute("PRAGMA wal_checkpoint(truncate)")
    before = path.read_bytes()

    for read_only in (True, False):
        with pytest.raises(HistoryError, match="newer smartapp-watch"):
            open_history(path, read_only=read_only)
    assert path.read_bytes() == before


def test_a_folder_is_no_history(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="is a folder"):
        open_history(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"the folder .*/var that should hold the history does not exist"):
        open_history(tmp_path / "var" / "history.db")


def test_reading_needs_a_history_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="there is no history at"):
        open_history(tmp_path / "history.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_only_begun_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    path.touch()
    with pytest.raises(HistoryError, match="run a command that writes first"):
        open_history(path, read_only=True)

    open_history(path).close()

    open_history(path, read_only=True).close()


def test_a_damaged_history_is_said_to_be_damaged(path: Path) -> None:
    with open_history(path) as history:
        history.observations.save(reading(TREND, 7, row(TREND, DAY, user_count=1)), MORNING)
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'user_trend'"
        ).fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(content)

    with open_history(path) as history, pytest.raises(HistoryError, match="is damaged"):
        list(history.observations.values(TREND, "user_count"))


AS_NOBODY = """
import os, sys
from pathlib import Path
import smartapp_watch.history.migrations
from smartapp_watch.errors import HistoryError
from smartapp_watch.history.database import open_history
from smartapp_watch.history.lock import hold_lock
if os.getuid() == 0:
    os.setuid(65534)
path = Path(sys.argv[1])
for attempt in (
    lambda: open_history(path).set_note("a", "b"),
    lambda: open_history(path, read_only=True).note("a"),
    lambda: hold_lock(path).__enter__(),
):
    try:
        print(attempt())
    except HistoryError as error:
        print(str(error).replace(str(path), "PATH"))
"""


@pytest.fixture
def sealed(tmp_path_factory: pytest.TempPathFactory, blank: bytes) -> Path:
    """A history that another user can see, in a folder that nobody may write to."""
    folder = tmp_path_factory.mktemp("sealed")
    (folder / "history.db").write_bytes(blank)
    for each in (folder, *folder.parents):
        if each.stat().st_mode & 0o001 == 0 and each.owner() == folder.owner():
            each.chmod(0o711)
    folder.chmod(0o555)
    return folder / "history.db"


def as_nobody(path: Path) -> list[str]:
    answer = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, path],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        env={"PYTHONPATH": str(Path.cwd())},
    )
    return answer.stdout.splitlines()


def test_a_history_in_a_folder_that_may_not_be_written_can_be_read(sealed: Path) -> None:
    sealed.chmod(0o444)

    writing, reading_, locking = as_nobody(sealed)

    assert writing == "PATH may not be written to by this user"
    assert reading_ == "None"
    assert locking.startswith("the lock PATH.lock cannot be opened")


def test_a_folder_that_may_not_be_written_is_asked_about(sealed: Path) -> None:
    sealed.chmod(0o666)

    assert as_nobody(sealed)[0] == "PATH or its folder may not be written to; nothing was written"


def test_a_history_that_may_not_be_read_is_named(sealed: Path) -> None:
    sealed.chmod(0o000)

    assert as_nobody(sealed)[:2] == [
        "PATH may not be written to by this user",
        "PATH may not be read by this user",
    ]


def test_a_history_that_cannot_be_made_is_named(sealed: Path) -> None:
    answer = as_nobody(sealed.with_name("new.db"))[0]

    assert answer == "PATH cannot be made: Permission denied"


def test_reading_works_beside_a_writer_and_sees_whole_transactions(path: Path) -> None:
    with open_history(path) as writer, open_history(path, read_only=True) as reader:
        with writer.transaction():
            writer.set_note("a", "b")
            assert reader.note("a") is None
        assert reader.note("a") == "b"


def test_reading_never_writes(path: Path) -> None:
    with open_history(path, read_only=True) as history:
        with pytest.raises(HistoryError, match="may not be written to"):
            history.set_note("a", "b")
        with pytest.raises(HistoryError, match="may not be written to"), history.transaction():
            history.observations.save(reading(TREND, 7), MORNING)


def with_a_new_metric() -> dict[str, Table]:
    report = TREND.report
    metric = replace(report.metrics[0], name="share_count")
    return TABLES | {"user_trend": Table(replace(report, metrics=(metric, *report.metrics)))}


def test_a_new_field_of_the_catalog_becomes_a_column(path: Path) -> None:
    with open_history(path) as history:
        history.observations.save(reading(TREND, 7, row(TREND, DAY, user_count=1)), MORNING)
    tables = with_a_new_metric()
    with pytest.raises(HistoryError, match="run a command that writes first"):
        open_history(path, read_only=True, tables=tables)

    with open_history(path, tables=tables) as history:
        wide = tables["user_trend"]
        history.observations.save(reading(wide, 8, row(wide, DAY, user_count=2, share_count=3)), MORNING)

    assert cells(path, TREND, "user_count", "share_count") == [(DAY, 7, 1, None), (DAY, 8, 2, 3)]


def test_a_column_that_the_catalog_no_longer_has_stays(path: Path) -> None:
    open_history(path, tables=with_a_new_metric()).close()

    with open_history(path) as history:
        history.observations.save(reading(TREND, 7, row(TREND, DAY, user_count=1)), MORNING)

    assert cells(path, TREND, "user_count", "share_count") == [(DAY, 7, 1, None)]


def test_a_new_report_becomes_a_table(path: Path) -> None:
    report = replace(TREND.report, name="visitor_trend")
    open_history(path, tables=TABLES | {"visitor_trend": Table(report)}).close()

    assert cells(path, Table(report)) == []


def test_notes_are_kept_and_replaced(path: Path) -> None:
    with open_history(path) as history:
        assert history.note("paused_until") is None
        history.set_note("paused_until", "1")
        history.set_note("paused_until", "2")
    with open_history(path) as history:
        assert history.note("paused_until") == "2"


def test_people_open_it_with_sqlite_utils(history: History, path: Path) -> None:
    history.observations.save(reading(TREND, 7, row(TREND, DAY, user_count=1)), MORNING)

    rows = list(sqlite_utils.Database(path).query("SELECT period, app_id, user_count FROM user_trend"))

    assert rows == [{"period": DAY, "app_id": 7, "user_count": 1}]
