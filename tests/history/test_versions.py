"""A history that any earlier version wrote opens in this one, and nothing in it is lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from smartapp_watch.deliver import deliver
from smartapp_watch.history import schema
from smartapp_watch.history.database import open_history
from smartapp_watch.history.outbox import MessageState
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.render import Renderer
from tests.outbox import NOW, Receiver, notice

_DUMPS = sorted((Path(__file__).parent / "versions").glob("*.sql"))


def _old_history(dump: Path, folder: Path) -> Path:
    path = folder / "history.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
    return path


def _columns(path: Path) -> dict[str, list[str]]:
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
        )
        return {
            name: sorted(column for _, column, *_ in connection.execute(f"PRAGMA table_info({name})"))
            for (name,) in names
        }


def test_every_version_but_the_newest_has_a_dump() -> None:
    assert [int(dump.stem) for dump in _DUMPS] == list(range(1, schema.VERSION))


@pytest.mark.parametrize("dump", _DUMPS, ids=lambda dump: f"version {dump.stem}")
def test_a_history_of_an_earlier_version_has_the_tables_of_a_new_one(dump: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    with (
        open_history(_old_history(dump, tmp_path)) as old,
        open_history(tmp_path / "new" / "history.db") as new,
    ):
        paths = old.path, new.path

    def columns(path: Path) -> dict[str, list[str]]:
        with closing(sqlite3.connect(path)) as connection:
            names = [
                name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            return {
                name: sorted(row[1] for row in connection.execute(f"PRAGMA table_info({name})"))
                for name in names
                if not name.startswith("sqlite_")
            }

    assert columns(paths[0]) == columns(paths[1])


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
