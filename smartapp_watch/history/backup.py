"""A copy of a history, made while others write to it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkstemp

from smartapp_watch.errors import HistoryError, HistoryUnusable, UsageError
from smartapp_watch.history.connection import Connection
from smartapp_watch.history.integrity import check
from smartapp_watch.history.opening import open_to_read, side_files

Progress = Callable[[int, int], None]
"""Hears how many bytes are copied, of how many."""

_STEP = 1000
"""Pages at once, between two signs of progress."""


def back_up(path: Path, to: Path, *, force: bool = False, progress: Progress | None = None) -> int:
    """Copy the history at ``path``, as of one moment, to a new file ``to``; gives its size in bytes.

    Writers are not held up. ``to`` is there once the copy is complete, on the disk and in order, or not at
    all; ``force``: it may take the place of another file. UsageError where it may not, or is part of the
    history itself; HistoryError where the copy cannot be made.
    """
    _refuse(path, to, force)
    with closing(open_to_read(path)) as source:
        try:
            part = _new_file(to)
            try:
                _copy(source, part, progress)
                _check(part, path)
                size = part.stat().st_size
                _refuse(path, to, force)
                part.replace(to)
                _flush(to.parent)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise HistoryError(f"{to} cannot be written: {error.strerror}; nothing is left of it") from None
    return size


def keep_copy(path: Path, version: int) -> None:
    """Copy a history of an older ``version`` before it is changed; the copy beside it is the only one kept.

    It is named after the version and the day of the last change. HistoryError where there is no room.
    """
    changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    to = path.with_name(f"{path.name}.v{version}-{changed:%Y-%m-%d}.bak")
    try:
        back_up(path, to, force=True)
    except HistoryError as error:
        raise HistoryError(
            f"{path} is of an older smartapp-watch, and is copied before it is brought up to date: {error}"
        ) from None
    for older in path.parent.glob(f"{path.name}.v*-????-??-??.bak"):
        if older != to:
            older.unlink()


def _refuse(path: Path, to: Path, force: bool) -> None:
    if to.is_dir():
        raise UsageError(f"{to} is a folder; name the file that the copy is to be")
    if not to.parent.is_dir():
        raise UsageError(f"the folder {to.parent} does not exist")
    own = (path, *side_files(path))
    if to.resolve() in {each.resolve() for each in own} or any(_is_same(to, each) for each in own):
        raise UsageError(f"{to} is the history itself, or belongs to it")
    if to.exists() and not force:
        raise UsageError(f"{to} is there already; with --force the copy takes its place")


def _is_same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _new_file(to: Path) -> Path:
    """An empty file beside ``to``, for this user alone."""
    descriptor, name = mkstemp(prefix=f".{to.name}.", suffix=".part", dir=to.parent)
    os.close(descriptor)
    return Path(name)


def _copy(source: Connection, part: Path, progress: Progress | None) -> None:
    page = source.number("page_size")
    _refuse_little_space(source, part)

    def step(_status: int, left: int, total: int) -> None:
        if progress is not None:
            progress((total - left) * page, total * page)

    with closing(sqlite3.connect(part, isolation_level=None)) as copy, source.snapshot():
        copy.execute("PRAGMA journal_mode = OFF")  # a copy that fails is removed
        copy.execute("PRAGMA synchronous = OFF")  # it is flushed as a whole
        # Without a moment that is held, SQLite would begin anew with whatever is written meanwhile, for ever.
        source.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        try:
            source.raw.backup(copy, pages=_STEP, progress=step, sleep=0)
        except sqlite3.DatabaseError as error:
            raise HistoryError(f"{source.path} cannot be copied: {error}; nothing is left of it") from None
    _flush(part)


def _refuse_little_space(source: Connection, part: Path) -> None:
    needed = source.number("page_count") * source.number("page_size")
    disk = os.statvfs(part.parent)
    free = disk.f_bavail * disk.f_frsize
    if free < needed:
        raise HistoryError(
            f"the copy takes {_megabytes(needed)}, and the disk that holds {part.parent} has "
            f"{_megabytes(free)} left; nothing was written"
        )


def _check(part: Path, path: Path) -> None:
    try:
        check(part, alone=True)
    except HistoryUnusable as error:
        words = str(error).rpartition("; ")[2]
        raise HistoryUnusable(
            f"the copy of {path} is not in order, and was removed; is {path} itself damaged, or the disk "
            f"that the copy was for? {words}"
        ) from None


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with suppress(PermissionError):  # not every file system flushes folders
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
