"""Settings on disk, as an operator would have them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from smartapp_watch.config.load import inspect
from smartapp_watch.config.settings import WatchConfig

APP = """
[[apps]]
id = "15263713"
name = "预约挂号"
tags = ["health", "flagship"]
access_token = { env = "APP_15263713" }
"""

Write = Callable[..., Path]
Read = Callable[..., WatchConfig]


@pytest.fixture(autouse=True)
def _tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable that the usual mini-program's token is in is set."""
    monkeypatch.setenv("APP_15263713", "45.token")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes settings (after them one usual mini-program) and a rule file; returns the settings' path."""

    def write_files(settings: str = "", rules: str | None = None, *, app: bool = True) -> Path:
        path = tmp_path / "watch.toml"
        path.write_text(settings + (APP if app else ""), encoding="utf-8")
        if rules is not None:
            (tmp_path / "rules").mkdir(exist_ok=True)
            (tmp_path / "rules" / "own.toml").write_text(rules, encoding="utf-8")
        return path

    return write_files


@pytest.fixture
def read(write: Write) -> Read:
    """Writes settings and rules that are expected to be right, and reads them."""

    def read_files(settings: str = "", rules: str | None = None, *, app: bool = True) -> WatchConfig:
        config, problems = inspect(write(settings, rules, app=app))
        assert config is not None, problems
        return config

    return read_files


@pytest.fixture
def mistakes(write: Write) -> Callable[..., list[str]]:
    """Writes settings and rules, and returns the mistakes found in them, as people see them."""

    def find(settings: str = "", rules: str | None = None, *, app: bool = True) -> list[str]:
        _, problems = inspect(write(settings, rules, app=app))
        return [str(problem) for problem in problems if not problem.warning]

    return find


@pytest.fixture
def warnings(write: Write) -> Callable[..., list[str]]:
    """Writes settings and rules without a mistake, and returns the warnings."""

    def find(settings: str = "", rules: str | None = None, *, app: bool = True) -> list[str]:
        config, problems = inspect(write(settings, rules, app=app))
        assert config is not None, problems
        return [f"{problem.line}: {problem.what}" for problem in problems]

    return find
