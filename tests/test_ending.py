"""A daemon that is asked to end does so within seconds, in whatever it is; nothing is lost or told twice."""

from __future__ import annotations

import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from tests.cli.desk import NOW, Desk, open_desk, run_module
from tests.waiting import wait_until

WITHIN = 10.0
LATER = NOW + timedelta(minutes=10)


def ended(running: subprocess.Popen[str]) -> str:
    """Ask it to end, which it does in time and in order; its log."""
    asked = time.monotonic()
    running.send_signal(signal.SIGTERM)
    _, log = running.communicate(timeout=60)
    assert time.monotonic() - asked < WITHIN
    assert (running.returncode, "Traceback" in log) == (0, False), log
    return log


@contextmanager
def started(desk: Desk, now: datetime = NOW) -> Iterator[subprocess.Popen[str]]:
    """A daemon that has begun to work, and does not outlive the test."""
    running = desk.start("run", now=now)
    try:
        assert running.stderr is not None
        while "watching" not in (line := running.stderr.readline()):
            assert line, "the daemon ended"
        yield running
    finally:
        running.kill()
        running.communicate()


@contextmanager
def hanging() -> Iterator[tuple[str, Callable[[], bool]]]:
    """The address of a server that takes every request and never answers; and whether it got one."""
    taken: list[socket.socket] = []

    def take() -> None:
        while True:
            try:
                taken.append(listener.accept()[0])
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/", lambda: bool(taken)
        listener.shutdown(socket.SHUT_RDWR)
    for each in taken:
        each.close()


def told(desk: Desk) -> tuple[int, int]:
    """How many messages came to Slack, and how many by mail, when the next run is through."""
    done = run_module(*desk.words("once", now=LATER), folder=desk.folder)
    assert done.code == 0, done.err
    return len(desk.slack.messages), len(desk.mails.mails)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk of whose mini-programs nothing is known; the first cycle tells of what is open."""
    with open_desk(tmp_path, latency=0.004) as opened:
        yield opened


# Evaluation is not among it: of a large fleet it is one long transaction, which is made to end on its own.
def test_at_whatever_point_it_is_asked(desk: Desk) -> None:
    chance = random.Random(11)
    for number in range(4):
        with started(desk, NOW + timedelta(minutes=number)) as running:
            time.sleep(chance.uniform(0, 0.8))
            ended(running)
    assert told(desk) == (1, 1)


@pytest.mark.parametrize("who", ["slack", "api"])
def test_while_the_other_side_does_not_answer(desk: Desk, who: str) -> None:
    address = {"slack": desk.slack.api_url, "api": desk.simulator.url}[who]
    with hanging() as (url, is_asked):
        desk.change(address, url)
        with started(desk) as running:
            wait_until(is_asked, 60)
            log = ended(running)
        desk.change(url, address)
    assert ("did not answer in time" in log) is (who == "slack")
    assert told(desk) == (1, 1)
