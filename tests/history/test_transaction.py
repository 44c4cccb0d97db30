"""Transactions: all or nothing, whatever SQLite, the disk or another process do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from smartapp_watch.errors import HistoryError
from smartapp_watch.history.database import History, open_history
from smartapp_watch.history.observations import Observations
from smartapp_watch.metrics.observation import Reading
from tests.history.made import DAY, MORNING, PAGES, cells, period, reading, row, select

WHOLE = 40
"""Rows of each reading here."""


def large(day: str) -> Reading:
    """A reading of 40 rows and about 80 kB."""
    rows = [row(PAGES, day, f"p{n:02}", texts=("x" * 2_000, None), pv_count=n) for n in range(WHOLE)]
    return reading(PAGES, 7, *rows, first=day)


def fill(observations: Observations) -> None:
    """Save until the disk is full."""
    day = period(DAY)
    for n in range(1_000):
        observations.save(large(str(day.shift(-n))), MORNING)


def assert_whole(path: Path) -> None:
    """Every period that was read has all its rows, and no other has any."""
    counts = select(path, "SELECT period, count(*) FROM visit_page GROUP BY period")
    assert counts == select(path, "SELECT period, 40 FROM readings ORDER BY period")
    assert select(path, "PRAGMA integrity_check") == [("ok",)]


def test_an_inner_transaction_is_undone_alone(history: History) -> None:
    def fail() -> None:
        with history.transaction():
            history.set_note("inner", "1")
            raise ZeroDivisionError

    with history.transaction():
        history.set_note("outer", "1")
        with pytest.raises(ZeroDivisionError):
            fail()
        with history.transaction():
            history.set_note("second", "1")

    assert [history.note(key) for key in ("outer", "inner", "second")] == ["1", None, "1"]


def test_what_raises_undoes_the_whole_transaction(history: History) -> None:
    def fail() -> None:
        with history.transaction():
            with history.transaction():
                history.set_note("inner", "1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert history.note("inner") is None
    with history.transaction():
        history.set_note("after", "1")
    assert history.note("after") == "1"


def test_a_history_that_another_process_holds_for_long_is_named(path: Path) -> None:
    with open_history(path) as one, open_history(path) as other:
        other._connection.execute("PRAGMA busy_timeout = 20")
        with one.transaction(), pytest.raises(HistoryError, match="another process locked"):
            other.set_note("a", "b")
        with other.transaction():
            other.set_note("a", "b")


def test_a_writer_waits_for_another_to_finish(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from smartapp_watch.history.database import open_history\n"
        "with open_history(Path(sys.argv[1])) as history:\n"
        "    for n in range(200):\n"
        "        with history.transaction():\n"
        "            history.set_note('count', str(int(history.note('count') or 0) + 1))\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, path]) for _ in range(3)]

    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
    with open_history(path, read_only=True) as history:
        assert history.note("count") == "600"


def test_a_full_disk_leaves_whole_periods(history: History, path: Path) -> None:
    history._connection.execute("PRAGMA max_page_count = 400")

    with pytest.raises(HistoryError, match=r"the disk that holds .*history\.db is full; nothing was written"):
        fill(history.observations)

    assert len(cells(path, PAGES)) > WHOLE
    assert_whole(path)


def test_nothing_is_written_after_a_full_disk_undid_the_transaction(history: History, path: Path) -> None:
    history._connection.execute("PRAGMA max_page_count = 400")

    def go_on_regardless() -> None:
        with history.transaction():
            history.set_note("before", "1")
            try:
                with history.transaction():
                    fill(history.observations)
            except HistoryError:
                if not history._connection.raw.in_transaction:
                    history.set_note("after", "1")
            raise ZeroDivisionError

    with pytest.raises((HistoryError, ZeroDivisionError)):
        go_on_regardless()

    assert select(path, "SELECT * FROM notes") == []
    assert_whole(path)


def test_a_transaction_that_sqlite_undid_takes_no_more(history: History, path: Path) -> None:
    def write_on() -> None:
        with history.transaction():
            history._connection.raw.execute("ROLLBACK")
            history.set_note("after", "1")

    with pytest.raises(HistoryError, match="was undone; nothing was written"):
        write_on()

    assert select(path, "SELECT * FROM notes") == []
    history.set_note("later", "1")


def test_a_disk_that_is_really_full_leaves_whole_periods(small_disk: Path) -> None:
    path = small_disk / "history.db"
    with open_history(path) as history, pytest.raises(HistoryError, match="is full; nothing was written"):
        fill(history.observations)

    copy = small_disk.parent / "copy.db"
    for suffix in ("", "-wal"):
        if (small_disk / f"history.db{suffix}").exists():
            shutil.copy(small_disk / f"history.db{suffix}", f"{copy}{suffix}")
    assert len(cells(copy, PAGES)) > WHOLE
    assert_whole(copy)


def test_a_new_history_on_a_full_disk_says_so(small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(b"\0" * (2 * 1024 * 1024 - 20_000))

    with pytest.raises(HistoryError, match="is full; nothing was written"):
        open_history(small_disk / "history.db")

    (small_disk / "ballast").unlink()
    open_history(small_disk / "history.db").close()


def test_a_quota_leaves_whole_periods(path: Path) -> None:
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from smartapp_watch.errors import HistoryError\n"
        "from smartapp_watch.history.database import open_history\n"
        "from tests.history.test_transaction import fill\n"
        "with open_history(Path(sys.argv[1])) as history:\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))\n"
        "    try: fill(history.observations)\n"
        "    except HistoryError as error: print(error)\n"
    )
    answer = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)

    assert "nothing was written" in answer.stdout
    assert "Traceback" not in answer.stderr
    assert len(cells(path, PAGES)) > WHOLE
    assert_whole(path)


def test_a_killed_process_leaves_whole_periods(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from smartapp_watch.history.database import open_history\n"
        "from tests.history.made import MORNING, period\n"
        "from tests.history.test_transaction import large\n"
        "history = open_history(Path(sys.argv[1])); day = period(sys.argv[2])\n"
        "for n in range(100_000):\n"
        "    history.observations.save(large(str(day.shift(-n))), MORNING)\n"
        "    if n == 3: print('going', flush=True)\n"
    )
    for first in (DAY, "2020-01-01", "2010-01-01"):
        process = subprocess.Popen([sys.executable, "-c", code, path, first], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
        process.wait()

        with open_history(path) as history:
            history.set_note("opened", "again")
        assert_whole(path)
