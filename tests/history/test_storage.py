"""The file itself: its size and growth, the room it gives back, and whether every page is in order."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from smartapp_watch.errors import HistoryUnusable
from smartapp_watch.history.database import History, open_history
from smartapp_watch.history.integrity import check
from smartapp_watch.stopping import Stop
from tests.history.made import DAY, MORNING, NOON, TREND, reading, row, select
from tests.history.test_backup import damage, filled

MONDAY = date(2026, 11, 23)


def empty(history: History) -> None:
    """Delete all figures: their pages are free then."""
    history._connection.execute("DELETE FROM visit_page")


def test_the_size_is_that_of_the_files(history: History, path: Path) -> None:
    history.set_note("a", "b")
    size = history.storage.size()
    assert size.log == path.with_name("history.db-wal").stat().st_size > 0
    assert (size.free, size.free_share, size.a_day, size.days_until_full) == (0, 0, None, None)
    history.storage.empty_log()
    assert (history.storage.size().file, history.storage.size().log) == (path.stat().st_size, 0)
    assert size.disk_free > 0


def test_growth_is_what_was_added_a_day_over_four_weeks(history: History) -> None:
    for number in range(40):
        history.set_note(f"ballast {number}", "x" * 40_000)
        history.storage.note_size(MONDAY + timedelta(days=number))
        grown = history.storage.size()
        assert (grown.a_day is None) == (number < 7)
    assert grown.a_day is not None
    assert grown.a_day == pytest.approx(40_960, rel=0.02)
    assert grown.days_until_full == pytest.approx(grown.disk_free / grown.a_day)
    assert len(history.storage._sizes()) == 29


def test_a_history_that_shrinks_never_fills_the_disk(path: Path) -> None:
    with open_history(filled(path)) as history:
        history.storage.note_size(MONDAY)
        empty(history)
        history.storage.note_size(MONDAY + timedelta(days=7))
        size = history.storage.size()
    assert size.a_day is not None
    assert size.a_day < 0
    assert size.days_until_full is None


def test_room_is_given_back_step_by_step(path: Path) -> None:
    with open_history(filled(path)) as history:
        empty(history)
        before = history.storage.size()
        assert before.free_share > 0.5
        history.storage.give_back(100)
        assert history.storage.size().file == before.file - 100 * 4096
        history.storage.give_back(10_000)
        assert history.storage.size().free == 0
        history.storage.empty_log()
        assert path.stat().st_size == history.storage.size().file < before.file / 2
    assert select(path, "PRAGMA integrity_check") == [("ok",)]


def test_a_file_of_before_this_was_possible_is_rebuilt_once(path: Path) -> None:
    with closing(sqlite3.connect(filled(path))) as connection:
        connection.executescript("PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM")
    with open_history(path) as history:
        empty(history)
        assert not history.storage.gives_back
        history.storage.give_back(10)
        assert history.storage.size().free_share > 0.5
        history.storage.rebuild()
        assert history.storage.gives_back
        assert history.storage.size().free == 0
    with open_history(path) as history:
        assert history.storage.gives_back


def test_a_new_history_gives_back(history: History) -> None:
    assert history.storage.gives_back


def test_a_log_that_somebody_reads_is_left_without_waiting(history: History, path: Path) -> None:
    with open_history(path, read_only=True) as reader, reader._connection.snapshot():
        reader.note("a")
        history.set_note("a", "b")
        history.storage.empty_log()
        assert history.storage.size().log > 0
    assert history._connection.number("busy_timeout") == 30_000


def test_a_history_in_order_is_found_to_be_so_beside_a_writer(history: History) -> None:
    with history.transaction():
        history.set_note("a", "b")
        assert history.storage.check(60, Stop())


def test_a_table_that_sqlite_misreads_is_no_damage(history: History) -> None:
    """SQLite 3.40 finds "NULL value in revisions.read_at" as soon as there are revisions."""
    for at, value in ((MORNING, 1), (NOON, 2)):
        history.observations.save(reading(TREND, 7, row(TREND, DAY, user_count=value)), at)
    assert history.storage.check(60, Stop())


def test_a_page_that_makes_no_sense_is_found_and_what_to_do_is_said(path: Path) -> None:
    damage(filled(path))
    before = path.read_bytes()
    with pytest.raises(HistoryUnusable, match=r"history\.db is damaged, .*restore a backup, or .*\.recover"):
        check(path)
    assert path.read_bytes() == before


def test_a_check_ends_with_its_time_or_at_once_when_everything_stops(path: Path) -> None:
    filled(path)
    stop = Stop()
    stop.set()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        # It cannot begin while somebody has the file to himself.
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        assert not check(path, stop=stop)
        assert not check(path, within=0.3)
