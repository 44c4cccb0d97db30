"""Commands called as a person would call them, on a desk with a filled history."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from smartapp_watch.cli.main import main
from tests.cli.desk import NOW, Call, Desk, Outcome, open_desk, run_module


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose history is still to be made."""
    with open_desk(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="session")
def yesterdays_history(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A history filled and judged on the day before :data:`NOW`."""
    folder = tmp_path_factory.mktemp("yesterday")
    yesterday = (NOW - timedelta(days=1)).isoformat()
    with open_desk(folder) as desk:
        for verb in ("poll", "evaluate"):
            words = ("--config", str(desk.settings), "--now", yesterday, verb)
            done = run_module(*words, folder=folder)
            assert done.code == 0, done.err
        return desk.history.read_bytes()


@pytest.fixture
def filled(desk: Desk, yesterdays_history: bytes) -> Desk:
    """A desk with yesterday's history: today's figures, which are bad, are still to be polled."""
    desk.history.write_bytes(yesterdays_history)
    return desk


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Call]:
    """Calls the command line in this process, with its own handling of errors."""
    root = logging.getLogger()
    before = root.level, list(root.handlers)

    def run(*words: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["smartapp-watch", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        assert code is None or isinstance(code, int)
        shown = capsys.readouterr()
        return Outcome(code or 0, shown.out, shown.err)

    yield run
    level, handlers = before
    root.setLevel(level)
    root.handlers[:] = handlers


@pytest.fixture
def at_desk(call: Call, filled: Desk) -> Call:
    """Calls the command line with the desk's settings, at :data:`NOW`."""

    def run(*words: str) -> Outcome:
        return call(*filled.words(*words))

    return run


@pytest.fixture
def judged(at_desk: Call) -> Call:
    """The same, after a cycle: three alerts are open and were told."""
    done = at_desk("once", "--json")
    assert done.code == 0, done.err
    return at_desk
