"""A history that any earlier version wrote opens in this one, and nothing in it is lost."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from smartapp_watch.deliver import deliver
from smartapp_watch.errors import HistoryError
from smartapp_watch.history import schema
from smartapp_watch.history.database import open_history, open_in_memory
from smartapp_watch.history.outbox import MessageState
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.render import Renderer
from tests.history.made import DAY, EVENING, TREND, reading, row, select
from tests.outbox import NOW, Receiver, notice

_DUMPS = sorted((Path(__file__).parent / "versions").glob("*.sql"))

_SUNDAY = 1795341600
"""2026-11-22, in seconds since 1970."""


def _old_history(dump: Path, folder: Path) -> Path:
    path = folder / "history.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
    return path


def test_every_version_but_the_newest_has_a_dump() -> None:
    assert [int(dump.stem) for dump in _DUMPS] == list(range(1, schema.VERSION))


@pytest.mark.parametrize("dump", _DUMPS, ids=lambda dump: f"version {dump.stem}")
def test_a_history_of_an_earlier_version_is_brought_up_to_date_by_who_writes(
    dump: Path, tmp_path: Path
) -> None:
    path = _old_history(dump, tmp_path)
    with pytest.raises(HistoryError, match="older smartapp-watch"):
        open_history(path, read_only=True)
    open_history(path).close()

    assert select(path, "PRAGMA user_version") == [(schema.VERSION,)]
    with closing(sqlite3.connect(path)) as migrated, open_in_memory() as new:
        tables = "SELECT type, name, sql FROM sqlite_schema ORDER BY name"
        assert migrated.execute(tables).fetchall() == new._connection.raw.execute(tables).fetchall()


@pytest.mark.parametrize("dump", _DUMPS, ids=lambda dump: f"version {dump.stem}")
def test_an_earlier_version_is_copied_before_it_is_changed_and_only_the_newest_copy_stays(
    dump: Path, tmp_path: Path
) -> None:
    path = _old_history(dump, tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    os.utime(path, (_SUNDAY, _SUNDAY))
    (tmp_path / "history.db.v1-2026-01-01.bak").touch()
    (tmp_path / "history.db.bak").touch()  # somebody else's
    with closing(sqlite3.connect(path)) as connection:
        before = list(connection.iterdump())
    open_history(path).close()
    open_history(path).close()

    copy = tmp_path / f"history.db.v{dump.stem}-2026-11-22.bak"
    assert {each.name for each in tmp_path.glob("*.bak")} == {copy.name, "history.db.bak"}
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert list(connection.iterdump()) == before


def test_without_room_for_a_copy_nothing_is_changed(small_disk: Path) -> None:
    path = _old_history(_DUMPS[0], small_disk)
    (small_disk / "ballast").write_bytes(b"\0" * (2 * 1024 * 1024 - path.stat().st_size - 200_000))

    with pytest.raises(HistoryError, match=r"copied before it is brought up to date: the copy takes .* left"):
        open_history(path)

    assert select(path, "PRAGMA user_version") == [(1,)]
    assert list(small_disk.glob("*bak*")) == []


@pytest.mark.parametrize("dump", _DUMPS, ids=lambda dump: f"version {dump.stem}")
def test_figures_of_an_earlier_version_are_kept_and_are_as_old_as_they_were(
    dump: Path, tmp_path: Path
) -> None:
    path, app = _old_history(dump, tmp_path), 15263713
    before = "SELECT user_count, session_count FROM user_trend WHERE app_id = ? AND period = ?"
    assert select(path, before, app, DAY) == [(7520, 10485)]
    with open_history(path) as history:
        assert history.observations.save(reading(TREND, app, row(TREND, DAY, session_count=5)), EVENING) == 1

    assert select(path, before, app, DAY) == [(7520, 5)]
    assert (app, "user_count", "2026-11-23T02:40:00Z") in select(
        path, "SELECT app_id, field, read_at FROM unconfirmed"
    )


@pytest.mark.parametrize("dump", _DUMPS, ids=lambda dump: f"version {dump.stem}")
def test_alerts_messages_and_digests_of_an_earlier_version_can_be_read(dump: Path, tmp_path: Path) -> None:
    with open_history(_old_history(dump, tmp_path)) as history:
        alerts = history.alerts.all_alerts()
        deliveries = [each for alert in alerts for each in history.trail.deliveries(alert.id)]
        digest = history.digests.find("weekly", "2026-W47")

    assert {alert.rule for alert in alerts} == {
        "page-exit-rate-rise",
        "next-day-retention-drop",
        "lost-ratio-spike",
    }
    assert {each.state for each in deliveries} == {MessageState.SENT}
    assert digest is not None
    assert digest.apps_checked == 3
    for language in Language:
        mail = Renderer().mail(digest, language)
        assert "47" in mail.subject
        assert len(mail.attachments[0].content.splitlines()) == 4


@pytest.mark.parametrize("dump", _DUMPS, ids=lambda dump: f"version {dump.stem}")
def test_what_follows_is_told_where_an_earlier_version_told_of_the_alert(dump: Path, tmp_path: Path) -> None:
    with open_history(_old_history(dump, tmp_path)) as history:
        (told, *_) = history.trail.deliveries(1)
        history.outbox.queue(f"alert/1/resolve/1/{told.receiver}", told.receiver, notice(1, "resolve"), NOW)
        receiver = Receiver(updates=True)
        deliver(history, {told.receiver: receiver}, NOW)
        ((key, platform_id),) = history._connection.select(
            "SELECT key, platform_id FROM outbox WHERE key GLOB ?", (f"alert/1/fire/*/{told.receiver}",)
        )

    (message,) = receiver.messages
    assert message.thread is not None
    assert (message.thread.key, message.thread.platform_id) == (key, platform_id)
