"""``silence`` and ``ack`` as people type them, also while a daemon works on the same history."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from smartapp_watch.alerts.alert import Alert, Event, EventType, Figures, State
from smartapp_watch.cli.main import main
from smartapp_watch.history.database import open_history
from smartapp_watch.history.lock import hold_lock
from smartapp_watch.metrics.period import BEIJING, Period
from smartapp_watch.rules.rule import Severity

NOW = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
ROOT = Path(__file__).parents[2]
SETTINGS = """
[history]
path = "{path}"

[api]
base_url = "http://127.0.0.1:9"

[[apps]]
id = "15263713"
name = "预约挂号"
tags = ["health"]
access_token = {{ env = "APP_15263713" }}
"""
RULES = """
[[rule]]
name = "new-users-drop"
metric = "user_trend.new_user_count"
drops_by = "30%"
against = "4_weeks"
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def settings(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of one mini-program and one rule, and a history with an open alert of it, number 1."""
    monkeypatch.setenv("APP_15263713", "45.token")
    file = tmp_path / "watch.toml"
    file.write_text(SETTINGS.format(path=path.name), encoding="utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.toml").write_text(RULES, encoding="utf-8")
    with open_history(path) as history:
        for rule, state in (("new-users-drop", State.FIRING), ("other", State.PENDING), ("a", State.CLOSED)):
            saved = history.alerts.save(alert(rule, state), NOW)
            history.alerts.add_event(Event(EventType.FIRE, saved), NOW)
    return file


def alert(rule: str, state: State) -> Alert:
    day = Period.parse("2026-11-22")
    figures = Figures(60.0, 100.0, -40.0, -40.0)
    return Alert(0, rule, 15263713, (), state, Severity.WARNING, day, day, figures)


@pytest.fixture
def run(settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command as the shell would, at NOW; the exit code, and what it printed."""

    def call(*words: str, now: datetime = NOW) -> tuple[int, str, str]:
        argv = ["smartapp-watch", "--config", str(settings), "--now", now.isoformat(), *words]
        monkeypatch.setattr(sys, "argv", argv)
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


def alerts(run: Run, now: datetime = NOW) -> dict[int, dict[str, object]]:
    _, out, _ = run("alerts", "--all", "--json", now=now)
    return {each["id"]: each for each in json.loads(out)}


def test_a_silence_says_its_number_and_how_many_open_alerts_it_covers(run: Run) -> None:
    code, out, err = run("silence", "add", "--rule", "new-*", "--for", "3d", "--because", "a release")
    assert (code, err) == (0, "")
    assert out == "silence 1: rule new-*, until 2026-11-26 12:00; it covers 1 open alert\n"


@pytest.mark.parametrize(
    ("matchers", "covered"),
    [
        (["--app", "15263713"], "2 open alerts"),
        (["--app", "预约*"], "2 open alerts"),
        (["--tag", "health", "--rule", "new-users-drop"], "1 open alert"),
        (["--tag", "health", "--rule", "page-*"], "0 open alerts"),
    ],
)
def test_every_matcher_of_a_silence_has_to_fit(run: Run, matchers: list[str], covered: str) -> None:
    _, out, _ = run("silence", "add", *matchers, "--for", "2h", "--because", "x")
    assert out.endswith(f"it covers {covered}\n")


@pytest.mark.parametrize(
    ("matchers", "warning"),
    [
        (["--rule", "new-user-drop"], "no rule matches 'new-user-drop'; did you mean `new-users-drop`?"),
        (["--app", "15263714"], "no mini-program matches '15263714'; did you mean `15263713`?"),
        (["--tag", "xyz"], "no tag matches 'xyz'"),
    ],
)
def test_a_silence_of_nothing_known_is_a_warning(run: Run, matchers: list[str], warning: str) -> None:
    code, _, err = run("silence", "add", *matchers, "--for", "2h", "--because", "x")
    assert (code, err) == (0, f"warning: {warning}\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--for", "3d", "--because", "x"], "needs --rule, --app or --tag"),
        (["--rule", "*", "--because", "x"], "either --for or --until"),
        (["--rule", "*", "--for", "3d"], "Missing option '--because'"),
        (["--rule", "*", "--for", "3d", "--because", " "], "--because is empty"),
        (["--rule", "*", "--for", "3", "--because", "x"], 'is "3", which is no duration; written "10s"'),
        (
            ["--rule", "*", "--until", "2026-11-23T12:00:00+08:00", "--because", "x"],
            "is not after the present",
        ),
        (
            ["--rule", "*", "--for", "1d", "--until", "2026-12-01T00:00:00+08:00", "--because", "x"],
            "either --for or --until",
        ),
    ],
)
def test_a_silence_that_cannot_be_meant_is_refused(run: Run, words: list[str], said: str) -> None:
    code, out, err = run("silence", "add", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert run("silence", "list", "--all")[1] == "no silence\n"


def test_silences_are_listed_until_they_end(run: Run) -> None:
    until = "2026-11-24T08:00:00+08:00"
    run("silence", "add", "--rule", "new-*", "--until", until, "--because", "a release", "--by", "zhang")
    (listed,) = json.loads(run("silence", "list", "--json")[1])
    assert {key: listed[key] for key in ("id", "rule", "app", "tag", "because", "by", "covers")} == {
        "id": 1,
        "rule": "new-*",
        "app": None,
        "tag": None,
        "because": "a release",
        "by": "zhang",
        "covers": 1,
    }
    assert datetime.fromisoformat(listed["until"]) == datetime.fromisoformat(until)
    _, out, _ = run("silence", "list")
    assert "2026-11-24 08:00" in out
    later = NOW + timedelta(days=1)
    assert run("silence", "list", now=later)[1] == "no silence is in force\n"
    assert "a release" in run("silence", "list", "--all", now=later)[1]


def test_a_silence_can_be_ended_once(run: Run) -> None:
    run("silence", "add", "--rule", "new-*", "--for", "3d", "--because", "a release")
    later = NOW + timedelta(hours=1)
    assert run("silence", "end", "1", now=later)[:2] == (0, "silence 1 is over\n")
    code, _, err = run("silence", "end", "1", now=later)
    assert (code, err) == (2, "smartapp-watch: silence 1 is over already; none is in force\n")


def test_the_end_of_an_unknown_silence_names_those_in_force(run: Run) -> None:
    run("silence", "add", "--rule", "new-*", "--for", "3d", "--because", "a release")
    code, _, err = run("silence", "end", "7")
    assert (code, err) == (2, "smartapp-watch: there is no silence 7; in force: 1\n")


def test_alerts_say_what_keeps_them_from_being_told(run: Run) -> None:
    assert alerts(run)[1]["silenced"] is False
    run("silence", "add", "--app", "15263713", "--for", "3d", "--because", "a release")
    found = alerts(run)
    assert [found[number]["silenced"] for number in (1, 2, 3)] == [True, True, False]
    assert found[1]["silenced_by"] == "silence 1: a release"
    assert "silence 1: a release" in run("alerts")[1]
    assert alerts(run, NOW + timedelta(days=4))[1]["silenced"] is False


def test_alerts_name_the_maintenance_window_that_is_open(run: Run, settings: Path) -> None:
    window = '[[maintenance]]\nfrom = 2026-11-23T08:00:00\nto = 2026-11-23T18:00:00\nbecause = "a move"\n'
    settings.write_text(settings.read_text(encoding="utf-8") + window, encoding="utf-8")
    assert alerts(run)[1]["silenced_by"] == "maintenance: a move"
    assert alerts(run, NOW + timedelta(hours=8))[1]["silenced_by"] is None


def test_an_alert_is_acknowledged_by_whoever_types(run: Run) -> None:
    code, out, err = run("ack", "1", "--note", "rolling back", "--by", "zhang")
    assert (code, err) == (0, "")
    assert out == "alert 1 (new-users-drop, since 2026-11-22) is acknowledged by zhang\n"
    found = alerts(run)[1]
    assert found["acked"] is True
    assert found["ack"] == {"by": "zhang", "at": "2026-11-23T04:00:00+00:00", "note": "rolling back"}
    assert "zhang deals with it: rolling back" in run("alerts")[1]
    run("ack", "1")
    newest = alerts(run)[1]["ack"]
    assert isinstance(newest, dict)
    assert newest["by"] not in ("", "zhang")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("7", "there is no alert 7; open are 1 (new-users-drop)"),
        ("2", "alert 2 is pending: nobody was told of it; open are 1 (new-users-drop)"),
        ("3", "alert 3 is over: closed; open are 1 (new-users-drop)"),
    ],
)
def test_an_alert_that_is_not_open_cannot_be_acknowledged(run: Run, number: str, said: str) -> None:
    code, _, err = run("ack", number)
    assert (code, err) == (2, f"smartapp-watch: {said}\n")


def test_both_work_beside_a_process_that_holds_the_lock(run: Run, path: Path) -> None:
    with hold_lock(path):
        assert run("silence", "add", "--rule", "new-*", "--for", "3d", "--because", "x")[0] == 0
        assert run("silence", "end", "1", now=NOW + timedelta(hours=1))[0] == 0
        assert run("ack", "1")[0] == 0


def test_a_busy_history_is_waited_for(run: Run, path: Path) -> None:
    writing = threading.Event()

    def write() -> None:
        with open_history(path) as history, history.transaction():
            history.set_note("busy", "yes")
            writing.set()
            time.sleep(0.5)

    writer = threading.Thread(target=write)
    writer.start()
    writing.wait()
    started = time.monotonic()
    assert run("ack", "1")[0] == 0
    writer.join()
    assert time.monotonic() - started > 0.4
    with open_history(path, read_only=True) as history:
        assert (history.note("busy"), 1 in history.silences.acks()) == ("yes", True)


def test_both_work_beside_a_daemon(run: Run, settings: Path, path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "smartapp_watch",
        "--config",
        str(settings),
        "--now",
        NOW.isoformat(),
        "run",
    ]
    daemon = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        assert daemon.stderr is not None
        assert any("watching" in line for line in daemon.stderr)
        assert path.with_name(path.name + ".lock").read_text() == str(daemon.pid)
        assert run("silence", "add", "--rule", "new-*", "--for", "3d", "--because", "x")[0] == 0
        assert run("ack", "1")[0] == 0
    finally:
        os.kill(daemon.pid, signal.SIGTERM)
        daemon.communicate(timeout=30)
    assert daemon.returncode == 0
