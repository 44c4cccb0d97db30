"""The forms of the log: for a terminal, for systemd's journal, or as JSON. None shows a secret."""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime
from enum import StrEnum

from smartapp_watch.redaction import RedactingFormatter, redact


class LogFormat(StrEnum):
    """``auto`` is ``journal`` where standard error goes to systemd's journal, else ``text``."""

    AUTO = "auto"
    TEXT = "text"
    JOURNAL = "journal"
    JSON = "json"


_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_DEBUG = 7


class JournalFormatter(RedactingFormatter):
    """Each line begins with the priority that the journal files it under; a traceback's lines do too."""

    def format(self, record: logging.LogRecord) -> str:
        priority = next((number for level, number in _PRIORITIES if record.levelno >= level), _DEBUG)
        return "\n".join(f"<{priority}>{line}" for line in super().format(record).splitlines())


class JsonFormatter(RedactingFormatter):
    """``time`` (UTC), ``level``, ``logger``, ``message`` and, of a failure, ``traceback``: one line each."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if record.exc_info:
            entry["traceback"] = redact(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def start_log(level: int, form: LogFormat = LogFormat.AUTO) -> None:
    """Log to standard error from ``level`` on, in place of whatever logged before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(form))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Its warnings are about wake-ups that found another at work, which is what one thread is for.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def _formatter(form: LogFormat) -> logging.Formatter:
    if form is LogFormat.AUTO:
        form = LogFormat.JOURNAL if _goes_to_journal() else LogFormat.TEXT
    match form:
        case LogFormat.JSON:
            return JsonFormatter()
        case LogFormat.JOURNAL:
            return JournalFormatter("%(name)s: %(message)s")
        case _:
            return RedactingFormatter("%(levelname)s %(name)s: %(message)s")


def _goes_to_journal() -> bool:
    """Whether standard error is the very stream that systemd connected to its journal."""
    device, _, inode = os.environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        found = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return (device, inode) == (str(found.st_dev), str(found.st_ino))
