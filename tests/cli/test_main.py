"""Starting: quickly, and with a word of help for whoever mistypes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from smartapp_watch import __version__
from smartapp_watch.cli import main as command_line
from tests.cli.desk import Call, Desk, run_module

HEAVY = "requests apscheduler sqlite_utils sqlite3 jinja2 slack_sdk pydantic numpy tenacity logging pathlib"

START = "from smartapp_watch.__main__ import main; main()"


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_import_nothing_heavy(option: str, tmp_path: Path) -> None:
    program = (
        "import sys, json\nfrom smartapp_watch.cli.main import main\n"
        f"sys.argv = ['smartapp-watch', {option!r}]\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "smartapp" in done.stdout
    assert set(HEAVY.split()) & set(json.loads(done.stderr)) == set()


def test_help_takes_hardly_longer_than_importing_click() -> None:
    """By turns, and the best of each: a busy machine slows both."""
    best = {"help": 9.0, "click": 9.0}
    commands = {"help": ["-c", START, "--help"], "click": ["-c", "import click"]}
    rounds = 0
    while rounds < 5 or (best["help"] > 1.5 * best["click"] and rounds < 40):
        rounds += 1
        for name, words in commands.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
            best[name] = min(best[name], time.perf_counter() - started)
    print(f"--help {best['help'] * 1000:.0f} ms, import click {best['click'] * 1000:.0f} ms")
    assert best["help"] <= 1.5 * best["click"]


def test_help_lists_every_command_and_each_has_help_of_its_own(call: Call) -> None:
    listed = call("--help").out
    for name in command_line.COMMANDS:
        assert f"\n  {name} " in listed
        shown = call(name, "--help")
        assert (shown.code, shown.err) == (0, "")
        assert f"smartapp-watch {name}" in shown.out
    assert call("--version").out == f"smartapp-watch, version {__version__}\n"


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["histry"], "Did you mean 'history'?"),
        (["xyz"], "There are: demo, init, check, poll"),
        (["poll", "--dryrun"], "--dry-run"),
        (["digest", "weekly", "--tow", "a@example.com"], "No such option"),
        (["history"], "Missing argument 'METRIC'"),
        (["poll", "--days", "0"], "--days"),
        (["poll", "--app", "預約"], "--app"),
        (["--now", "2026-11-23T09:30", "status"], "has no zone; written 2026-11-23T09:30:00+08:00"),
        (["--now", "tomorrow", "status"], "is no time; written 2026-11-23T09:30:00+08:00"),
        (
            ["--config", "nowhere.toml", "status"],
            "nowhere.toml: there is no such file; `smartapp-watch init`",
        ),
        ([], "Usage: smartapp-watch"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_was_meant(call: Call, words: list[str], meant: str) -> None:
    ended = call(*words)
    assert (ended.code, ended.out) == (2, "")
    assert meant in ended.err


def test_a_reader_that_has_enough_ends_the_command_without_a_word(filled: Desk) -> None:
    command = filled.start("history", "visit_page.pv_count", "--csv")
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.close()
    assert command.wait(30) == 1
    assert command.stderr.read() == ""
    command.stderr.close()


def test_what_nobody_expected_is_shown_without_secrets(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(**_: object) -> None:
        raise RuntimeError("GET https://openapi.baidu.com/x?access_token=45.s3cret")

    monkeypatch.setattr(command_line, "cli", stumble)
    ended = call("status")
    assert ended.code == 1
    assert "RuntimeError: GET https://openapi.baidu.com/x?access_token=***" in ended.err
    assert "s3cret" not in ended.err


def test_a_terminal_without_chinese_is_no_reason_to_fail(filled: Desk, tmp_path: Path) -> None:
    environment = {"PATH": os.defpath, "PYTHONIOENCODING": "latin-1"}
    command = filled.start("status", env=environment, cwd=Path(__file__).parents[2])
    out, err = command.communicate(timeout=30)
    assert (command.returncode, err) == (0, "")
    assert r"\u9884\u7ea6\u6302\u53f7" in out


def test_an_interrupted_command_ends_with_130(tmp_path: Path) -> None:
    command = subprocess.Popen(
        [sys.executable, "-m", "smartapp_watch", "simulate", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert command.stdout is not None
    shown = [command.stdout.readline() for _ in range(9)]
    command.send_signal(signal.SIGINT)
    _, err = command.communicate(timeout=10)
    assert (command.returncode, err) == (130, "\n")
    assert "listens at http://127.0.0.1:" in shown[0]
    assert 'access_token = "45.simulated.15263713"\n' in shown


def test_python_m_is_the_same_command(tmp_path: Path) -> None:
    assert run_module("--version", folder=tmp_path).out.startswith("smartapp-watch, version")
