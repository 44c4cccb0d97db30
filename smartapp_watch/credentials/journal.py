"""The credentials file: a line of JSON a change, each on disk before anything is built on it.

The last line about a mini-program counts. A line is appended and forced to disk under a lock, so a kill
leaves at most a torn last line, which nobody reads and the next writer cuts off; a full disk leaves the file
as it was. Now and then the file is written anew beside itself, without what is out of date, and put in its
place. Several processes may use one file: each looks for what others appended before it trusts what it knows.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from smartapp_watch.credentials.record import (
    AppRecord,
    Gone,
    Lease,
    PlatformRecord,
    Record,
    read_record,
    write_record,
)
from smartapp_watch.errors import CredentialsError

PLATFORM = 0
"""What :meth:`Credentials.alone` calls the platform; numbers of mini-programs begin with 1."""

_PRIVATE = 0o600
_SLACK = 1000
"""Lines out of date that are put up with, beside as many as there are in force."""

_GLANCE = 0.05
_FILE, _FIRST = 0, 1  # bytes of the lock file: the credentials file itself, then the platform and each app

_LOG = logging.getLogger(__name__)


class Credentials:
    """The file at ``path``; it and its lock are made at the first write. Safe to use from many threads.

    Every method may raise CredentialsError: the file cannot be read or written; nothing was half-written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mutex = threading.Lock()
        self._file: BinaryIO | None = None
        self._forget()

    def app(self, app_id: int) -> AppRecord:
        """What is known of a mini-program, by any process; an empty record where nothing is."""
        with self._reading():
            return self._known(app_id)

    def apps(self) -> Mapping[int, AppRecord]:
        """What is known of every mini-program, by its number."""
        with self._reading():
            return dict(self._apps)

    def platform(self) -> PlatformRecord:
        """What is known of the platform; an empty record where nothing is."""
        with self._reading():
            return self._platform

    def save(self, record: Record | Gone) -> None:
        """Put ``record`` in the place of what was known; when this returns, it is on disk."""
        with self._writing():
            self._append(record)

    def change(self, app_id: int, **known: Any) -> AppRecord:
        """Put the fields that are ``known`` anew into a mini-program's record; the others are left alone."""
        with self._writing():
            return self._change(app_id, **known)

    def note_ticket(self, ticket: str, at: datetime) -> None:
        """Keep a ticket that the platform was sent, unless a newer one is kept; it brings the next token."""
        with self._writing():
            if self._platform.ticket_at is None or at >= self._platform.ticket_at:
                self._append(replace(self._platform, ticket=ticket, ticket_at=at))

    def note_info(self, app_id: int, name: str, status: int | None, at: datetime) -> AppRecord:
        """Keep what Baidu says of a mini-program; no name is no news."""
        with self._writing():
            known = self._known(app_id)
            since = known.status_since if status == known.status else None
            return self._change(
                app_id, name=name or known.name, status=status, status_since=since or at, asked=at
            )

    def adopt(self, app_id: int, at: datetime, *, enrol: bool) -> bool:
        """A mini-program gave its authorisation: ask for its tokens at once. ``enrol``: and watch it.

        False where it is no news: something that happened later was heard before.
        """
        changes = {"enrolled": True} if enrol else {}
        return self._hear(app_id, at, refused="", next_try=None, **changes)

    def retire(self, app_id: int, at: datetime) -> bool:
        """A mini-program took its authorisation back: watch it no more, or, if it is listed, ask in a day.

        False where it is no news.
        """
        return self._hear(
            app_id,
            at,
            enrolled=False,
            refresh_token="",
            in_use=False,
            lease=Lease(),
            refused="it took its authorisation back",
            next_try=at + timedelta(days=1),
        )

    @contextmanager
    def alone(self, app_id: int, pause: Callable[[float], object] = time.sleep) -> Iterator[None]:
        """Deal with the tokens of one mini-program, or of the PLATFORM, alone among processes and threads.

        ``pause``: waits for so many seconds; what it raises ends the waiting. The kernel gives the lock back
        when the process ends, however it ends.
        """
        descriptor = self._open_lock()
        try:
            while not _try_lock(descriptor, _FIRST + app_id):
                pause(_GLANCE)
            yield
        finally:
            os.close(descriptor)

    def _forget(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None
        self._read_up_to = 0
        self._lines = 0
        self._apps: dict[int, AppRecord] = {}
        self._platform = PlatformRecord()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._mutex, _explained(self.path, "read"):
            self._catch_up()
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._mutex:
            descriptor = self._open_lock()
            try:
                with _explained(self.path, "written"):
                    fcntl.fcntl(descriptor, fcntl.F_OFD_SETLKW, _region(_FILE))
                    self._catch_up()
                    yield
            finally:
                os.close(descriptor)

    def _open_lock(self) -> int:
        path = self.path.with_name(self.path.name + ".lock")
        with _explained(path, "opened"):
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)

    def _catch_up(self) -> None:
        """Take in what was appended since; all of it anew where another file is in its place."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            self._forget()
            return
        if self._file is not None:
            own = os.fstat(self._file.fileno())  # it is kept open, so that its number names no other file
            if (own.st_dev, own.st_ino) != (found.st_dev, found.st_ino) or own.st_size < self._read_up_to:
                self._forget()
            elif own.st_size == self._read_up_to:
                return
        if self._file is None:
            self._file = self.path.open("rb", buffering=0)
        self._file.seek(self._read_up_to)
        *lines, _torn = self._file.read().split(b"\n")
        for line in lines:
            self._take(line)

    def _take(self, line: bytes) -> None:
        self._read_up_to += len(line) + 1
        self._lines += 1
        try:
            record = read_record(line)
        except ValueError as error:
            _LOG.warning("%s:%d: %s; it is passed over", self.path.name, self._lines, error)
            return
        if isinstance(record, Gone):
            self._apps.pop(record.app_id, None)
        elif isinstance(record, AppRecord):
            self._apps[record.app_id] = record
        else:
            self._platform = record

    def _known(self, app_id: int) -> AppRecord:
        return self._apps.get(app_id) or AppRecord(app_id)

    def _change(self, app_id: int, **known: Any) -> AppRecord:
        record = replace(self._known(app_id), **known)
        self._append(record)
        return record

    def _hear(self, app_id: int, at: datetime, **known: Any) -> bool:
        """Take in what happened ``at`` that time. Baidu repeats what failed: the newer may come first."""
        with self._writing():
            before = self._known(app_id).heard
            if before is not None and at < before:
                return False
            self._change(app_id, heard=at, **known)
        return True

    def _append(self, record: Record | Gone) -> None:
        line = write_record(record)
        is_new = self._file is None
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
        try:
            os.fchmod(descriptor, _PRIVATE)
            os.ftruncate(descriptor, self._read_up_to)  # what a killed writer left torn
            try:
                _write_all(descriptor, line, self._read_up_to)
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, self._read_up_to)
                raise
        finally:
            os.close(descriptor)
        if is_new:
            _sync_folder(self.path.parent)
        self._catch_up()
        if self._lines > 2 * len(self._apps) + _SLACK:
            self._compact()

    def _compact(self) -> None:
        """Write the file anew; where that fails, it goes on growing."""
        records: list[Record] = [self._platform, *self._apps.values()]
        text = b"".join(map(write_record, records))
        beside = self.path.with_name(self.path.name + ".new")
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _PRIVATE)
            try:
                os.fchmod(descriptor, _PRIVATE)
                _write_all(descriptor, text, 0)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            beside.replace(self.path)
            _sync_folder(self.path.parent)
        except OSError as error:
            _LOG.warning("%s cannot be written anew: %s", self.path.name, error.strerror)
            with contextlib.suppress(OSError):
                beside.unlink()
        self._catch_up()


def _write_all(descriptor: int, data: bytes, at: int) -> None:
    written = 0
    while written < len(data):
        written += os.pwrite(descriptor, data[written:], at + written)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _region(byte: int) -> bytes:
    """One byte, as the kernel has locks described: of an open file, so that threads exclude one another."""
    return struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, byte, 1, 0)


def _try_lock(descriptor: int, byte: int) -> bool:
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _region(byte))
    except (BlockingIOError, PermissionError):
        return False
    return True


@contextmanager
def _explained(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or "it is no file of credentials"
    else:
        return
    raise CredentialsError(f"the credentials {path.name} cannot be {what}: {reason}")
