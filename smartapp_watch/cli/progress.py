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


class PollProgress:
    """Shows the queries done of those planned, with their rate and an estimate of what is left."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._rate = ""
        self._started = time.monotonic()
        self._logged = self._started

    def update(self, done: int, total: int) -> None:
        """Another query was answered, or failed."""
        now = time.monotonic()
        rate = done / max(now - self._started, 0.001)
        if sys.stderr.isatty():
            self._draw(total, rate)
        elif now - self._logged >= _LOG_EVERY:
            self._logged = now
            left = (total - done) / max(rate, 0.001)
            logger.warning(
                "polling: %d of %d queries, %.1f a second, about %.0f s left", done, total, rate, left
            )

    def _draw(self, total: int, rate: float) -> None:
        if self._bar is None:
            self._bar = click.progressbar(
                length=total,
                label="polling",
                file=sys.stderr,
                show_eta=True,
                item_show_func=lambda _item: self._rate,
            )
            self._bar.__enter__()
        self._rate = f"{rate:.0f} a second"
        self._bar.update(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.__exit__(kind, error, trace)
