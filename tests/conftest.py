"""A history on a real file, for whatever test writes into one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from smartapp_watch.history.database import History, open_history

# A property is about what is true, not about how busy the machine is.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


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
