"""``backup``, as a person calls it."""

from __future__ import annotations

from pathlib import Path

from smartapp_watch.history.database import open_history
from smartapp_watch.history.lock import hold_lock
from tests.cli.desk import Call, Desk


def test_a_backup_is_made_beside_a_daemon_and_says_what_it_is(
    at_desk: Call, filled: Desk, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    with hold_lock(filled.history):
        done = at_desk("backup", str(copy), "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json == {"file": str(copy), "bytes": copy.stat().st_size}
    with open_history(copy, read_only=True) as history:
        assert len(history.observations.apps()) == 2


def test_a_backup_replaces_nothing_unless_that_is_asked_for(
    at_desk: Call, filled: Desk, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    assert at_desk("backup", str(copy)).out.startswith(f"copied {filled.history} to {copy}: ")
    again = at_desk("backup", str(copy))
    assert (again.code, again.out) == (2, "")
    assert "is there already; with --force the copy takes its place" in again.err
    assert at_desk("backup", str(copy), "--force").code == 0
    assert at_desk("backup", str(filled.history), "--force").code == 2
