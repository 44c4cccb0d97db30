"""What every command shares: settings, clock, log, and the history, opened to read or to write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from smartapp_watch.clock import Clock
    from smartapp_watch.config.settings import WatchConfig
    from smartapp_watch.history.database import History
    from smartapp_watch.watch import Watch

_AHEAD_DAYS = 1
"""How far ``--now`` may run ahead of the clock, and of a history that was judged ahead of it before."""

WARNING, INFO, DEBUG = 30, 20, 10  # as logging has them, which is not imported before it is needed


class Session:
    """One call of the command line. It imports what a command needs, when it needs it."""

    def __init__(
        self,
        settings: str = "watch.toml",
        now: datetime | None = None,
        verbose: int = 0,
        log_format: str = "auto",
    ) -> None:
        self.now = now
        self._settings = settings
        self._verbose = verbose
        self._log_format = log_format

    @property
    def path(self) -> Path:
        """The settings' file."""
        from pathlib import Path  # noqa: PLC0415

        return Path(self._settings)

    def config(self) -> WatchConfig:
        """The settings; ConfigError with every mistake in them."""
        from smartapp_watch.config.load import load  # noqa: PLC0415

        self.start_log(WARNING)
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
        """The history, for one writer at a time; HistoryError where a daemon works on it.

        UsageError where ``--now`` would take it into a future that there is no way back from.
        """
        from smartapp_watch.history.database import open_history  # noqa: PLC0415
        from smartapp_watch.history.lock import hold_lock  # noqa: PLC0415

        with hold_lock(config.history.path), open_history(config.history.path) as history:
            self.refuse_the_future(history)
            yield history

    def refuse_the_future(self, history: History) -> None:
        """UsageError where ``--now`` is far ahead.

        A slip in it must not judge every period up to it, and refuse to judge until it has come. A history
        that nothing was judged of has no time yet, and one that lives in another keeps to that.
        """
        from datetime import timedelta  # noqa: PLC0415

        from smartapp_watch.clock import wall_clock  # noqa: PLC0415
        from smartapp_watch.errors import UsageError  # noqa: PLC0415

        last = history.alerts.evaluated_at()
        if self.now is None or last is None:
            return
        if self.now > max(wall_clock(), last) + timedelta(days=_AHEAD_DAYS):
            raise UsageError(
                f"--now {self.now.isoformat()} is more than a day ahead of the clock and of the last "
                f"evaluation, {last.isoformat()}; what is judged as of then stays so until that day. "
                "evaluate --dry-run may look ahead"
            )

    @contextmanager
    def noting(self, config: WatchConfig) -> Iterator[History]:
        """The history, to write a line into beside a daemon: a transaction waits for its turn."""
        from smartapp_watch.history.database import open_history  # noqa: PLC0415

        with open_history(config.history.path) as history:
            yield history

    @contextmanager
    def reading(self, config: WatchConfig) -> Iterator[History]:
        """The history, to read beside whoever writes."""
        from smartapp_watch.history.database import open_history  # noqa: PLC0415

        with open_history(config.history.path, read_only=True) as history:
            yield history

    @contextmanager
    def rehearsing(self, config: WatchConfig, *, read_only: bool = True) -> Iterator[History]:
        """The history for a dry run, beside whoever writes; an empty one where there is none yet.

        What is not ``read_only`` has to undo by itself what it writes.
        """
        from pathlib import Path  # noqa: PLC0415
        from tempfile import TemporaryDirectory  # noqa: PLC0415

        from smartapp_watch.history.database import open_history  # noqa: PLC0415

        path = config.history.path
        with TemporaryDirectory(prefix="smartapp-watch-") as folder:
            there = path.exists()
            chosen = path if there else Path(folder) / path.name
            with open_history(chosen, read_only=there and read_only) as history:
                yield history

    @contextmanager
    def stopping(self, watch: Watch) -> Iterator[None]:
        """SIGINT and SIGTERM end the work of the block soon and in order; what was saved stays."""
        import signal  # noqa: PLC0415

        numbers = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(number, lambda *_: watch.stop.set()) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

    def start_log(self, level: int) -> None:
        """Log to standard error, without secrets; ``-v`` and ``-vv`` log more than ``level``."""
        from smartapp_watch.logs import LogFormat, start_log  # noqa: PLC0415

        start_log(max(DEBUG, level - 10 * self._verbose), LogFormat(self._log_format))


pass_session = click.make_pass_decorator(Session)
