"""A history on a real file, for whatever test writes into one."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from smartapp_watch.history.database import History, open_history

# A property is about what is true, not about how busy the machine is.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


SURVIVED = ("smartapp_watch.evaluate.teller", "smartapp_watch.notify.chart")
"""Where a fault costs a message its chart and no more."""


class _Raise(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            raise record.exc_info[1]


@pytest.fixture(scope="session", autouse=True)
def survives_nothing() -> Iterator[logging.Handler]:
    """Lets a fault that the program would survive, and only log, fail the test."""
    handler = _Raise()
    for name in SURVIVED:
        logging.getLogger(name).addHandler(handler)
    yield handler
    for name in SURVIVED:
        logging.getLogger(name).removeHandler(handler)


@pytest.fixture
def survives(survives_nothing: logging.Handler) -> Iterator[None]:
    """For the tests of just that."""
    for name in SURVIVED:
        logging.getLogger(name).removeHandler(survives_nothing)
    yield
    for name in SURVIVED:
        logging.getLogger(name).addHandler(survives_nothing)


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a new history: a copy is made faster than a history."""
    path = tmp_path_factory.mktemp("blank") / "history.db"
    open_history(path).close()
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path, blank: bytes) -> Path:
    """The file of a new history."""
    file = tmp_path / "history.db"
    file.write_bytes(blank)
    return file


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    """A new history."""
    with open_history(path) as opened:
        yield opened
