"""What every command shares: settings, clock, log, and the history, opened to read or to write."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from smartapp_watch.clock import Clock
    from smartapp_watch.config.settings import WatchConfig
    from smartapp_watch.history.database import History
    from smartapp_watch.watch import Watch


@dataclass(slots=True)
class Session:
    """One call of the command line."""

    path: Path
    now: datetime | None = None
    verbose: int = 0

    def config(self) -> WatchConfig:
        """The settings; ConfigError with every mistake in them. Warnings go to standard error."""
        from smartapp_watch.config.load import load  # noqa: PLC0415

        self.start_log(logging.WARNING)
        return load(self.path)

    def clock(self) -> Clock:
        """The time of the domain: one moment for the whole command."""
        from smartapp_watch.clock import frozen, wall_clock  # noqa: PLC0415

        return frozen(self.now or wall_clock())

    def ticking_clock(self) -> Clock:
        """The time of the domain for a daemon; from ``--now`` on, where that is given."""
        from smartapp_watch.clock import ticking_from, wall_clock  # noqa: PLC0415

        return ticking_from(self.now) if self.now else wall_clock

    def watch(self) -> Watch:
        """Everything that the settings describe, wired."""
        from smartapp_watch.watch import Watch  # noqa: PLC0415

        return Watch(self.config(), self.clock())

    @contextmanager
    def writing(self, config: WatchConfig) -> Iterator[History]:
        """The history, for one writer at a time; HistoryError where a daemon works on it."""
        from smartapp_watch.history.database import open_history  # noqa: PLC0415
        from smartapp_watch.history.lock import hold_lock  # noqa: PLC0415

        with hold_lock(config.history.path), open_history(config.history.path) as history:
            yield history

    @contextmanager
    def reading(self, config: WatchConfig) -> Iterator[History]:
        """The history, to read beside whoever writes."""
        from smartapp_watch.history.database import open_history  # noqa: PLC0415

        with open_history(config.history.path, read_only=True) as history:
            yield history

    def start_log(self, level: int) -> None:
        """Log to standard error, without secrets; ``-v`` and ``-vv`` log more than ``level``."""
        from smartapp_watch.redaction import RedactingFormatter  # noqa: PLC0415

        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(RedactingFormatter("%(levelname)s %(name)s: %(message)s"))
        logging.basicConfig(
            level=max(logging.DEBUG, level - 10 * self.verbose), handlers=[handler], force=True
        )
        # Its warnings are about wake-ups that found another at work, which is what one thread is for.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)


pass_session = click.make_pass_decorator(Session)
