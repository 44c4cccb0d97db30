"""Daemons as processes: started for a test, ended in order, killed where they go on."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from tests.cli.desk import NOW, Desk

Daemon = subprocess.Popen[str]
Start = Callable[..., Daemon]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a daemon; what still runs when the test is over is killed."""
    started: list[Daemon] = []

    def start_daemon(desk: Desk, now: datetime | None = NOW) -> Daemon:
        started.append(desk.start("run", now=now))
        return started[-1]

    yield start_daemon
    for daemon in started:
        if daemon.poll() is None:
            daemon.kill()
        daemon.communicate()


def end(daemon: Daemon, number: signal.Signals = signal.SIGTERM, within: float = 5) -> list[str]:
    """Ask the daemon to end; it does so in time and without complaint. The lines of its log."""
    started = time.monotonic()
    daemon.send_signal(number)
    out, log = daemon.communicate(timeout=20)
    assert time.monotonic() - started < within
    assert (daemon.returncode, out) == (0, ""), log
    assert "Traceback" not in log
    return log.splitlines()


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def read_until(daemon: Daemon, words: str) -> list[str]:
    """The lines of the daemon's log up to one with these words."""
    lines = [""]
    while words not in lines[-1]:
        assert daemon.stderr is not None
        lines.append(daemon.stderr.readline())
        assert lines[-1], "the daemon ended"
    return lines
