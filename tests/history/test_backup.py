"""A copy of the history: of one moment, while others write; whole and in order, or not there at all."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from smartapp_watch.errors import HistoryError, HistoryUnusable, UsageError
from smartapp_watch.history import backup
from smartapp_watch.history.backup import back_up
from smartapp_watch.history.database import open_history
from tests.history.made import DAY, select
from tests.history.test_transaction import assert_whole, fill

WRITER = """
import sys
from pathlib import Path
from smartapp_watch.history.database import open_history
from tests.history.made import DAY, MORNING, period
from tests.history.test_transaction import large
with open_history(Path(sys.argv[1])) as history:
    for n in range(100_000):
        history.observations.save(large(str(period(DAY).shift(-n))), MORNING)
        if n == 30:
            print("going", flush=True)
"""
"""Writes a whole day of 40 rows after the other, until it is killed."""


def damage(path: Path) -> None:
    """Overwrite a page in the middle of the file."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)


def filled(path: Path) -> Path:
    """A history of some megabytes, with nothing beside it."""
    with open_history(path) as history:
        history._connection.execute("PRAGMA max_page_count = 1000")
        with pytest.raises(HistoryError, match="is full"):
            fill(history.observations)
    return path


def test_a_copy_beside_a_writer_is_of_one_moment_and_may_be_taken_for_the_history(
    path: Path, tmp_path: Path
) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        copies = [tmp_path / f"copy{n}.db" for n in range(3)]
        sizes = [back_up(path, copy) for copy in copies]
        assert writer.poll() is None
        writer.kill()

    assert sizes == [copy.stat().st_size for copy in copies]
    assert {stat.S_IMODE(copy.stat().st_mode) for copy in copies} == {0o600}
    for copy in copies:
        assert_whole(copy)
    assert sorted(each.name for each in tmp_path.glob("*copy*")) == ["copy0.db", "copy1.db", "copy2.db"]
    with open_history(copies[-1]) as history:
        history.set_note("a", "b")


def test_writers_are_not_held_up_by_a_copy(path: Path, tmp_path: Path) -> None:
    filled(path)
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as writer:

        def write(done: int, total: int) -> None:
            writer.execute("INSERT OR REPLACE INTO notes VALUES ('done', ?)", (str(done),))
            assert done <= total

        back_up(path, tmp_path / "copy.db", progress=write)
        assert select(tmp_path / "copy.db", "SELECT * FROM notes") == []
        assert select(path, "SELECT count(*) FROM notes") == [(1,)]


def test_nothing_is_overwritten_unless_that_is_asked_for(path: Path, tmp_path: Path) -> None:
    there = tmp_path / "copy.db"
    there.write_text("precious")
    with pytest.raises(UsageError, match="is there already; with --force"):
        back_up(path, there)
    assert there.read_text() == "precious"
    assert back_up(path, there, force=True) == there.stat().st_size


@pytest.mark.parametrize("name", ["history.db", "history.db-wal", "history.db.lock", "link.db", "hard.db"])
def test_the_history_itself_is_never_overwritten(path: Path, name: str) -> None:
    path.with_name("link.db").symlink_to(path)
    path.with_name("hard.db").hardlink_to(path)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="is the history itself, or belongs to it"):
        back_up(path, path.with_name(name), force=True)
    assert path.read_bytes() == before


def test_a_folder_is_no_place_for_a_copy(path: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        back_up(path, tmp_path)
    with pytest.raises(UsageError, match="does not exist"):
        back_up(path, tmp_path / "nowhere" / "copy.db")


def test_a_copy_of_what_is_damaged_is_none(path: Path, tmp_path: Path) -> None:
    damage(filled(path))
    before = path.read_bytes()
    with pytest.raises(
        HistoryUnusable, match=r"not in order, and was removed; is .*history\.db itself damaged"
    ):
        back_up(path, tmp_path / "copy.db")
    assert list(tmp_path.glob("*copy*")) == []
    assert path.read_bytes() == before


def test_where_there_is_no_room_nothing_is_begun(path: Path, small_disk: Path) -> None:
    filled(path)
    with pytest.raises(HistoryError, match=r"the copy takes \d\.\d MB, and the disk .* has 2\.\d MB left"):
        back_up(path, small_disk / "copy.db")
    assert list(small_disk.iterdir()) == []


def test_a_disk_that_fills_up_meanwhile_keeps_no_half_copy(
    path: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_STEP", 100)
    with open_history(path) as history:
        history._connection.execute("PRAGMA max_page_count = 400")
        with pytest.raises(HistoryError, match="is full"):
            fill(history.observations)

    def fill_disk(_done: int, _total: int) -> None:
        (small_disk / "ballast").write_bytes(b"\0" * 700_000)

    (small_disk / "copy.db").write_text("the last one")
    with pytest.raises(HistoryError, match="nothing is left of it"):
        back_up(path, small_disk / "copy.db", force=True, progress=fill_disk)
    assert {each.name for each in small_disk.iterdir()} == {"ballast", "copy.db"}
    assert (small_disk / "copy.db").read_text() == "the last one"


def test_a_copy_that_is_interrupted_leaves_nothing(path: Path, tmp_path: Path) -> None:
    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(path, tmp_path / "copy.db", progress=interrupt)
    assert list(tmp_path.glob("*copy*")) == []
    assert select(path, "SELECT count(*) FROM user_trend WHERE period = ?", DAY) == [(0,)]
