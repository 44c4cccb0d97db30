"""Pages on a port of loopback, over the demonstration's history; and a browser that looks at them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from smartapp_watch.clock import Clock, frozen
from smartapp_watch.config.load import load
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.serving import Server
from smartapp_watch.web.pages import Pages, application
from smartapp_watch.web.source import Source
from tests.cli.desk import NOW, run_module

CHROMIUM = "/usr/bin/chromium"
SOON = NOW + timedelta(minutes=5)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demonstration: three mini-programs, 60 days, an incident that three alerts tell of."""
    folder = tmp_path_factory.mktemp("pages")
    done = run_module("demo", "--out", "demo", folder=folder)
    assert done.code == 0, done.err
    return folder / "demo"


@pytest.fixture
def config(demo: Path, tmp_path: Path) -> WatchConfig:
    """The settings over a copy of the demonstration, which a test may change."""
    shutil.copytree(demo, tmp_path / "demo")
    return load(tmp_path / "demo" / "watch.toml")


@contextmanager
def served(config: Callable[[], WatchConfig], clock: Clock) -> Iterator[str]:
    """The address of the pages of some settings."""
    server = Server(application(Pages(Source(config, clock))), "127.0.0.1", 0, "web")
    server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.stop()


@pytest.fixture(scope="session")
def pages(demo: Path) -> Iterator[str]:
    """The pages of the demonstration, five minutes after its cycle; for whoever only reads."""
    config = load(demo / "watch.toml")
    with served(lambda: config, frozen(SOON)) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser; without one, what needs it is skipped."""
    if not os.access(CHROMIUM, os.X_OK):
        pytest.skip(f"there is no {CHROMIUM} to look at pages with")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()
