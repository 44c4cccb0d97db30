"""The credentials file: what was saved is there, whatever happened then, and whoever else writes."""

from __future__ import annotations

import resource
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smartapp_watch.credentials.journal import PLATFORM, Credentials
from smartapp_watch.credentials.record import AppRecord, Gone, Lease, PlatformRecord
from smartapp_watch.errors import CredentialsError

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LEASE = Lease.begin("45.access", 3600, NOW)
FULL = AppRecord(
    7,
    refresh_token="46.refresh",
    in_use=True,
    seed="abc",
    lease=LEASE,
    refused="errno 50032",
    next_try=NOW + timedelta(days=1),
    enrolled=True,
    name="预约挂号",
    status=4,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "credentials.json"


def test_what_was_saved_is_there_for_another_process(file: Path) -> None:
    Credentials(file).save(FULL)
    Credentials(file).save(PlatformRecord("key", LEASE, "a ticket", NOW))
    later = Credentials(file)
    assert later.app(7) == FULL
    assert later.platform() == PlatformRecord("key", LEASE, "a ticket", NOW)
    assert later.app(8) == AppRecord(8)


def test_what_another_process_saves_is_seen_at_the_next_look(file: Path) -> None:
    ours, theirs = Credentials(file), Credentials(file)
    assert ours.apps() == {}
    theirs.save(FULL)
    assert ours.app(7) == FULL
    theirs.save(Gone(7))
    assert ours.apps() == {}


def test_nobody_else_can_read_it(file: Path) -> None:
    file.touch(0o644)
    Credentials(file).save(FULL)
    lock = file.with_name("credentials.json.lock")
    assert [stat.S_IMODE(each.stat().st_mode) for each in (file, lock)] == [0o600, 0o600]


def test_a_kill_at_any_byte_of_a_write_leaves_what_was_there_before(file: Path) -> None:
    Credentials(file).save(FULL)
    before = file.read_bytes()
    Credentials(file).save(replace(FULL, refresh_token="46.next"))
    after = file.read_bytes()
    for length in range(len(before), len(after)):
        file.write_bytes(after[:length])
        torn = Credentials(file)
        assert torn.app(7) == FULL
        torn.save(AppRecord(8, "46.other"))
        assert Credentials(file).apps() == {7: FULL, 8: AppRecord(8, "46.other")}


def test_a_line_that_is_no_record_costs_no_other(file: Path) -> None:
    Credentials(file).save(FULL)
    with file.open("ab") as opened:
        opened.write(b'\0\0\0\n[1]\n{"kind": "app"}\n{"kind": "x"}\n{"kind": "app", "app_id": 9}\n')
    assert Credentials(file).apps() == {7: FULL, 9: AppRecord(9)}


@contextmanager
def disk_full_at(size: int) -> Iterator[None]:
    """No file of this process grows beyond so many bytes, as on a disk that has no more."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_the_file_as_it_was_and_is_said(file: Path) -> None:
    credentials = Credentials(file)
    credentials.save(FULL)
    before = file.read_bytes()
    for room in (0, 1, 40):
        with disk_full_at(len(before) + room), pytest.raises(CredentialsError, match="cannot be written"):
            credentials.save(replace(FULL, refresh_token="46.next"))
        assert file.read_bytes() == before
        assert credentials.app(7) == FULL
    credentials.save(AppRecord(8))
    assert Credentials(file).apps() == {7: FULL, 8: AppRecord(8)}


def test_a_folder_that_is_missing_is_said(tmp_path: Path) -> None:
    missing = Credentials(tmp_path / "nowhere" / "credentials.json")
    assert missing.app(7) == AppRecord(7)
    with pytest.raises(CredentialsError, match="cannot be opened: No such file"):
        missing.save(FULL)


def test_the_file_does_not_grow_for_ever_and_others_follow_it_to_its_new_place(file: Path) -> None:
    ours, theirs = Credentials(file), Credentials(file)
    ours.save(PlatformRecord("key", LEASE))
    for number in range(1200):
        ours.save(AppRecord(7, f"46.{number}"))
        if number % 400 == 0:
            assert theirs.app(7).refresh_token == f"46.{number}"
    assert file.read_bytes().count(b"\n") < 1100
    assert theirs.app(7) == AppRecord(7, "46.1199")
    assert theirs.platform() == PlatformRecord("key", LEASE)
    assert [each.name for each in file.parent.iterdir() if each.suffix == ".new"] == []


_WRITER = """
import sys
from pathlib import Path
from smartapp_watch.credentials.journal import Credentials
from smartapp_watch.credentials.record import AppRecord
credentials = Credentials(Path(sys.argv[1]))
number = int(credentials.app(7).refresh_token or 0)
while True:
    number += 1
    credentials.save(AppRecord(7, str(number)))
    print(number, flush=True)
"""


def test_what_was_said_to_be_saved_survives_kills(file: Path) -> None:
    for _ in range(3):
        command = [sys.executable, "-c", _WRITER, str(file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout
            for _ in range(60):
                writer.stdout.readline()
            writer.send_signal(signal.SIGKILL)
            said = [int(line) for line in writer.stdout.read().split()]
        assert int(Credentials(file).app(7).refresh_token) >= max(said, default=60)


def test_one_at_a_time_deals_with_an_app_and_others_are_not_held_up(file: Path) -> None:
    ours, theirs = Credentials(file), Credentials(file)

    class Waits(Exception):
        pass

    def give_up(_: float) -> None:
        raise Waits

    with ours.alone(7):
        for same in (ours, theirs):
            with pytest.raises(Waits), same.alone(7, give_up):
                pass
        with theirs.alone(8, give_up), theirs.alone(PLATFORM, give_up):
            pass
    with theirs.alone(7, give_up):
        pass


def test_threads_and_processes_lose_no_line_of_one_another(file: Path) -> None:
    def save(first: int) -> None:
        mine = Credentials(file)
        for app_id in range(first, first + 50):
            mine.save(AppRecord(app_id, str(app_id)))

    threads = [threading.Thread(target=save, args=(first,)) for first in (100, 200, 300)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(Credentials(file).apps()) == 150


def test_a_ticket_and_events_are_kept(file: Path) -> None:
    credentials = Credentials(file)
    credentials.note_ticket("fresh", NOW)
    assert credentials.platform() == PlatformRecord(ticket="fresh", ticket_at=NOW)
    credentials.save(replace(FULL, enrolled=False))
    assert credentials.adopt(7, NOW, enrol=True)
    assert credentials.app(7) == replace(FULL, refused="", next_try=None, heard=NOW)
    assert credentials.retire(7, NOW)
    retired = credentials.app(7)
    assert (retired.enrolled, retired.refresh_token, retired.lease) == (False, "", Lease())
    assert retired.next_try == NOW + timedelta(days=1)
    assert credentials.adopt(7, NOW, enrol=False)
    assert not credentials.app(7).enrolled


def test_what_happened_before_is_no_news_when_it_is_heard_later(file: Path) -> None:
    credentials, earlier = Credentials(file), NOW - timedelta(seconds=1)
    credentials.note_ticket("new", NOW)
    credentials.adopt(7, NOW, enrol=True)
    later = Credentials(file)
    later.note_ticket("old", earlier)
    assert later.platform().ticket == "new"
    assert not later.retire(7, earlier)
    assert later.app(7).enrolled


def test_a_status_lasts_since_it_was_heard_of_first(file: Path) -> None:
    credentials = Credentials(file)
    credentials.save(FULL)
    days = enumerate((-1, -1, 1))
    found = [credentials.note_info(7, "", status, NOW + timedelta(days=day)) for day, status in days]
    assert [each.status_since for each in found] == [NOW, NOW, NOW + timedelta(days=2)]
    assert {each.name for each in found} == {FULL.name}
    assert credentials.app(7).refresh_token == FULL.refresh_token


def test_the_text_form_of_a_record_shows_no_token() -> None:
    shown = repr(FULL) + repr(PlatformRecord("key", LEASE, "a ticket", NOW))
    assert "46.refresh" not in shown
    assert "45.access" not in shown
    assert "a ticket" not in shown


@pytest.mark.parametrize(
    ("seconds", "old", "fresh"), [(3600, 3290, True), (3600, 3310, False), (2, 1.6, True), (2, 1.7, False)]
)
def test_a_token_is_stale_five_minutes_or_a_sixth_of_its_life_before_its_end(
    seconds: float, old: float, fresh: bool
) -> None:
    assert Lease.begin("45.x", seconds, NOW).is_fresh(NOW + timedelta(seconds=old)) is fresh


def test_a_clock_that_was_set_back_is_not_believed() -> None:
    assert not LEASE.is_fresh(NOW - timedelta(days=1))
