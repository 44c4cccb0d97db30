"""Runs the program that prints a secret."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from smartapp_watch.errors import WatchError

TIMEOUT = 10.0
"""Seconds that the program may take."""

_LONGEST = 65536


def first_line_of(words: Sequence[str], folder: Path, timeout: float = TIMEOUT) -> str:
    """The first line that a program prints, run in ``folder`` without a shell.

    What it writes to its standard error is dropped: it may hold the secret.
    """
    with subprocess.Popen(  # noqa: S603 -- the operator's own settings name the program
        list(words),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            printed = _read(process, time.monotonic() + timeout)
        except BaseException:
            _kill(process)
            raise
    if process.returncode:
        raise WatchError(f"it ended with exit code {process.returncode}")
    return printed.decode().partition("\n")[0]


def _read(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """Everything that is printed until the program ends; WatchError past the deadline or the limit."""
    pipe = process.stdout
    assert pipe is not None  # noqa: S101 -- it was asked for
    printed = b""
    while chunk := _chunk(pipe, deadline):
        printed += chunk
        if len(printed) > _LONGEST:
            raise WatchError("it prints too much for a secret")
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise WatchError("it did not end in time") from None
    return printed


def _chunk(pipe: IO[bytes], deadline: float) -> bytes:
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        if not selector.select(max(0.0, deadline - time.monotonic())):
            raise WatchError("it did not end in time")
    return os.read(pipe.fileno(), _LONGEST)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Ends the program and what it started; it was not waited for yet, so the number is still its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
