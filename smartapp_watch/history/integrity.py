"""Whether every page of a history is in order."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from pathlib import Path

from smartapp_watch.errors import HistoryError, HistoryUnusable
from smartapp_watch.history.connection import DAMAGED
from smartapp_watch.history.opening import address
from smartapp_watch.stopping import Stop

_LOOKS = 0.2
_SHOWN = 200
_CHECK = """
import re, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30, uri=True)
try:
    faults = [fault for (fault,) in connection.execute("PRAGMA quick_check(100)") if fault != "ok"]
except sqlite3.DatabaseError as error:
    if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        raise
    faults = [str(error)]
print(*(each for each in faults if not re.fullmatch(r"\\S+ value in \\S+", each)))
"""
"""What the other process does. Of a large file it takes minutes, in which SQLite hears no interrupt.

SQLite 3.40 misreads tables without rowid whose key is not in the order of their columns, and tells of values
that are not as their columns want them: "NULL value in revisions.read_at". Damaged pages it tells of first.
"""


def check(path: Path, *, within: float = math.inf, stop: Stop | None = None, alone: bool = False) -> bool:
    """Read every page of the file at ``path``; False where that took longer than ``within`` seconds.

    So too where ``stop`` was set meanwhile. Nobody is kept from writing. ``alone``: nobody else has the file
    open, and nothing is put beside it. HistoryUnusable where a page makes no sense, HistoryError where it
    cannot be read.
    """
    options = "mode=ro&immutable=1" if alone else "mode=ro"
    process = subprocess.Popen(  # noqa: S603 - this Python, with the text above
        [sys.executable, "-I", "-c", _CHECK, address(path, options)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        done = _wait(process, time.monotonic() + within, stop)
    finally:
        process.kill()
        out, trace = process.communicate()
    if not done:
        return False
    if process.returncode:
        raise HistoryError(f"{path} cannot be checked: {trace.strip().rpartition(chr(10))[2]}")
    if out.strip():
        raise HistoryUnusable(f"{DAMAGED.format(path=path)}; SQLite: {' '.join(out.split())[:_SHOWN]}")
    return True


def _wait(process: subprocess.Popen[str], end: float, stop: Stop | None) -> bool:
    """Whether the process ended by itself before ``end``; what it prints fits into its pipes."""
    while True:
        try:
            process.wait(_LOOKS)
        except subprocess.TimeoutExpired:
            if time.monotonic() > end or (stop is not None and stop.is_set()):
                return False
        else:
            return True
