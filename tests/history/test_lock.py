"""One process at a time works on a history."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from smartapp_watch.errors import HistoryError
from smartapp_watch.history.database import open_history
from smartapp_watch.history.lock import hold_lock

HOLD = (
    "import sys; from pathlib import Path; from smartapp_watch.history.lock import hold_lock\n"
    "with hold_lock(Path(sys.argv[1])):\n"
    "    print('held', flush=True); sys.stdin.read()\n"
)


def test_a_second_process_is_told_who_is_at_work(path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    words = f"another smartapp-watch (process {process.pid}) is working on history.db"

    with pytest.raises(HistoryError, match=re.escape(words)), hold_lock(path):
        pass
    open_history(path, read_only=True).close()
    process.kill()
    process.wait()
    with hold_lock(path):
        pass


def test_one_process_cannot_hold_it_twice(path: Path) -> None:
    with hold_lock(path):
        with pytest.raises(HistoryError, match=f"process {os.getpid()}"), hold_lock(path):
            pass
        with pytest.raises(HistoryError, match=f"process {os.getpid()}"), hold_lock(path):
            pass
    with hold_lock(path):
        pass


def test_the_lock_is_given_back_when_the_work_fails(path: Path) -> None:
    def fail() -> None:
        with hold_lock(path):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with hold_lock(path):
        pass


def test_only_its_owner_may_read_the_lock(path: Path) -> None:
    with hold_lock(path):
        lock = path.with_name("history.db.lock")
        assert stat.S_IMODE(lock.stat().st_mode) == 0o600
        assert lock.read_text() == str(os.getpid())


def test_the_number_of_an_earlier_process_is_overwritten(path: Path) -> None:
    path.with_name("history.db.lock").write_text("99999999999")

    with hold_lock(path), pytest.raises(HistoryError, match=rf"process {os.getpid()}\)"), hold_lock(path):
        pass


def test_a_lock_in_a_missing_folder_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(HistoryError, match=r"history\.db\.lock cannot be opened: No such file"),
        hold_lock(tmp_path / "var" / "history.db"),
    ):
        pass
