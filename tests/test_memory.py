"""A daemon at rest holds no library that it only needs for a moment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from smartapp_watch.memory import give_back, share_arenas

HELD_BY_NOBODY = ("apprise", "sqlite_utils", "pandas", "numpy", "websockets", "cryptography", "rich", "PIL")
"""PIL comes with the first chart."""


@pytest.mark.parametrize("module", ["smartapp_watch.cli.run", "smartapp_watch.monitor.page"])
def test_a_daemon_starts_without_what_it_needs_for_a_moment(module: str) -> None:
    words = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True).stdout
    assert not {name.partition(".")[0] for name in loaded.split()}.intersection(HELD_BY_NOBODY)


def test_the_server_of_metrics_loads_no_websockets() -> None:
    words = (
        "import sys; from smartapp_watch.serving import Server; "
        "server = Server(lambda *_: None, '127.0.0.1', 0, 'web'); "
        "server.start(); server.stop(); print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True).stdout
    assert "uvicorn.protocols.http" in loaded
    assert not {name.partition(".")[0] for name in loaded.split()}.intersection(HELD_BY_NOBODY)


def test_what_is_freed_goes_back_to_the_system() -> None:
    words = (
        "from bench.resting import Use\n"
        "from smartapp_watch.memory import give_back, share_arenas\n"
        "share_arenas()\n"
        "blocks = [bytes(2000) for _ in range(20_000)]\n"
        "kept = blocks[::1000]\n"  # so that what is freed is not at the end of the heap
        "kept.append(bytes(2000))\n"
        "del blocks\n"
        "before = Use.of().memory\n"
        "give_back()\n"
        "print(before - Use.of().memory)\n"
    )
    folder = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", words], capture_output=True, text=True, check=True, cwd=folder
    )
    assert float(done.stdout) > 20


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartapp_watch.memory._glibc", lambda: None)
    share_arenas()
    give_back()
