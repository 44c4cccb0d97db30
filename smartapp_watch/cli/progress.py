"""How far a poll has come: a bar on a terminal, one line a minute in a log."""

from __future__ import annotations

import logging
import sys
import time
from types import TracebackType
from typing import Any, Self

import click

_LOG_EVERY = 60.0

logger = logging.getLogger(__name__)


class LoggedProgress:
    """Logs the queries done of those planned once a minute, with their rate and what is left."""

    def __init__(self, level: int = logging.INFO) -> None:
        self._level = level
        self._started = self._logged = time.monotonic()

    def update(self, done: int, total: int) -> None:
        """Another query was answered, or failed."""
        now = time.monotonic()
        if now - self._logged < _LOG_EVERY:
            return
        self._logged = now
        rate = done / (now - self._started)
        left = (total - done) / rate
        logger.log(
            self._level,
            "polling: %d of %d queries, %.1f a second, about %.0f s left",
            done,
            total,
            rate,
            left,
        )


class PollProgress:
    """Shows the same on standard error: as a bar where that is a terminal, else as lines."""

    def __init__(self) -> None:
        self._log = LoggedProgress(logging.WARNING)
        self._bar: Any = None
        self._rate = ""
        self._started = time.monotonic()

    def update(self, done: int, total: int) -> None:
        """Another query was answered, or failed."""
        if not sys.stderr.isatty():
            self._log.update(done, total)
            return
        if self._bar is None:
            self._bar = self._begin(total)
        self._rate = f"{done / max(time.monotonic() - self._started, 0.001):.0f} a second"
        self._bar.update(1)

    def _begin(self, total: int) -> Any:
        bar: Any = click.progressbar(
            length=total,
            label="polling",
            file=sys.stderr,
            show_eta=True,
            item_show_func=lambda _item: self._rate,
        )
        return bar.__enter__()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.__exit__(kind, error, trace)
