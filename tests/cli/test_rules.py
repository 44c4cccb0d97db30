"""``rules`` and ``explain`` as people type them, on a history with one bad day."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from smartapp_watch.cli.main import cli
from smartapp_watch.errors import UsageError
from smartapp_watch.history.database import History, open_history
from smartapp_watch.history.lock import hold_lock
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import App, Observation, Query, Reading
from smartapp_watch.metrics.period import BEIJING, Period

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
DAY = Period.parse("2026-11-22")
TREND = TABLES["user_trend"]
SETTINGS = """
[history]
path = "history.db"

[[apps]]
id = "15263713"
name = "预约挂号"
access_token = { env = "APP_15263713" }

[[receivers]]
name = "ops"
kind = "slack"
webhook_url = { env = "APP_15263713" }

[[routes]]
receivers = ["ops"]
"""
RULES = """[[rule]]
name = "users-drop"
metric = "user_trend.user_count"
drops_by = "30%"
against = "last_week"

[[rule]]
name = "nobody"
metric = "user_trend.user_count"
below = 10
mode = "shadow"
severity = "critical"
"""
TESTS = """
[[test]]
rule = "users-drop"
name = "fires at half"
values = "100x7 50"
expect = "ok x7 firing"

[[test]]
rule = "users-drop"
name = "a tenth is nothing"
values = "100x7 90"
events = []
"""

Run = Callable[..., Result]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """The rule file."""
    (tmp_path / "rules").mkdir()
    file = tmp_path / "rules" / "own.toml"
    file.write_text(RULES + TESTS, encoding="utf-8")
    return file


@pytest.fixture
def settings(tmp_path: Path, rules: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of one mini-program and two rules."""
    monkeypatch.setenv("APP_15263713", "https://hooks.example.com/45.token")
    file = tmp_path / "watch.toml"
    file.write_text(SETTINGS, encoding="utf-8")
    return file


@pytest.fixture
def bad_day(path: Path) -> Path:
    """A history of 40 days, of which one went wrong."""
    with open_history(path) as history:
        history.observations.save_apps([App(15263713, "预约挂号")])
        for number in range(40):
            save(history, DAY.shift(number - 39), 40 if number == 35 else 100)
    return path


def save(history: History, day: Period, users: int) -> None:
    cells = (None, None, None, None, users, None, None, None)
    reading = Reading(Query(TREND, 15263713, day, day), (Observation(day, (), (), cells),))
    history.observations.save(reading, day.closes() + timedelta(hours=12))


@pytest.fixture
def run(settings: Path) -> Run:
    """Runs a command at NOW."""

    def call(*words: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(settings), "--now", NOW.isoformat(), *words])

    return call


def test_the_list_names_every_rule_and_its_place(run: Run) -> None:
    lines = run("rules", "list").output.splitlines()
    drop = (
        "users-drop user_trend.user_count day drops_by 30% against last_week warning live 1 rules/own.toml:1"
    )
    nobody = "nobody user_trend.user_count day below 10 critical shadow 1 rules/own.toml:7"
    assert [" ".join(line.split()) for line in lines[1:]] == [drop, nobody]


def test_the_list_is_there_for_scripts(run: Run) -> None:
    drop, nobody = json.loads(run("rules", "list", "--json").stdout)
    assert (drop["rule"], drop["condition"], drop["watches"]) == (
        "users-drop",
        "drops_by 30% against last_week",
        1,
    )
    assert (nobody["mode"], nobody["severity"], nobody["line"]) == ("shadow", "critical", 7)


def test_what_comes_of_tests_is_there_for_scripts(run: Run, rules: Path) -> None:
    rules.write_text(RULES + TESTS.replace("100x7 50", "100x7 80"), encoding="utf-8")
    result = run("rules", "test", "--coverage", "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [each["passed"] for each in found["tests"]] == [False, True]
    assert found["tests"][0]["steps"][-1] == {
        "period": "2026-11-22",
        "state": "ok",
        "expected": "firing",
        "right": False,
        "verdict": "clear",
        "reason": None,
        "value": 80,
        "baseline": 100,
    }
    assert found["gaps"] == [
        {"rule": "users-drop", "lacks": ["firing"]},
        {"rule": "nobody", "lacks": ["firing", "quiet"]},
    ]


def test_tests_that_pass_say_how_many(run: Run) -> None:
    result = run("rules", "test")
    assert (result.exit_code, result.output) == (0, "2 tests, 0 failed\n")


def test_a_test_that_fails_is_shown_day_by_day(run: Run, rules: Path) -> None:
    rules.write_text(
        RULES + TESTS.replace("100x7 50", "100x7 80").replace("events = []", 'events = ["2026-11-22 fire"]')
    )
    result = run("rules", "test")
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "rules/own.toml:14: users-drop: fires at half: failed",
        "  2026-11-22: expected firing, is ok (clear: 80 against 100)",
        "rules/own.toml:20: users-drop: a tenth is nothing: failed",
        "  events expected: 2026-11-22 fire",
        "  events:          none",
        "2 tests, 2 failed",
    ]


def test_coverage_names_the_rules_without_both_kinds_of_tests(run: Run) -> None:
    result = run("rules", "test", "--coverage")
    assert result.exit_code == 1
    assert result.output == (
        "2 tests, 0 failed\nrules/own.toml:7: nobody has no firing and quiet test that passes\n"
    )
    assert run("rules", "test", "--coverage", "--rule", "users-drop").exit_code == 0


def test_a_rule_that_there_is_none_of_is_refused(run: Run) -> None:
    result = run("rules", "test", "--rule", "user-drop")
    assert isinstance(result.exception, UsageError)
    assert str(result.exception) == "there is no rule 'user-drop'; did you mean `users-drop`?"


@pytest.mark.usefixtures("bad_day")
def test_a_backtest_is_one_json_document(run: Run) -> None:
    found = json.loads(run("rules", "backtest", "--days", "28", "--json").stdout)
    assert found == {
        "episodes": [
            {
                "rule": "users-drop",
                "app": "15263713",
                "dimensions": {},
                "from": "2026-11-18",
                "to": "2026-11-19",
                "peak": 40,
                "state": "resolved",
                "texts": {},
            }
        ],
        "per_week": {"users-drop": 0.25, "nobody": 0},
    }


@pytest.mark.usefixtures("bad_day")
def test_a_backtest_for_people_tells_what_other_settings_give(run: Run) -> None:
    lines = run("rules", "backtest", "--rule", "users-drop", "--days", "28").output.splitlines()
    assert " ".join(lines[1].split()) == "users-drop 预约挂号 2026-11-18 2026-11-19 40 resolved"
    assert lines[-1] == "users-drop  0.25           1 with 15%, 1 with 22.5%, 1 with 37.5%, 1 with 45%"


def test_a_backtest_reads_beside_a_daemon(run: Run, bad_day: Path) -> None:
    with hold_lock(bad_day):
        assert run("rules", "backtest", "--json").exit_code == 0


def test_the_same_rules_differ_in_nothing(run: Run, rules: Path) -> None:
    result = run("rules", "diff", str(rules), str(rules.parent))
    assert result.output.startswith("the rules are the same\n")


@pytest.mark.usefixtures("bad_day")
def test_an_edit_is_told_by_its_meaning_and_its_episodes(run: Run, rules: Path, tmp_path: Path) -> None:
    edited = tmp_path / "edited.toml"
    edited.write_text(RULES.replace("30%", "70%").replace("critical", "info"))
    found = json.loads(run("rules", "diff", str(rules), str(edited), "--json").stdout)
    assert [(each["rule"], each["change"]) for each in found["rules"]] == [
        ("nobody", "words"),
        ("users-drop", "meaning"),
    ]
    assert found["rules"][0]["keys"] == {"severity": {"old": "critical", "new": "info"}}
    assert [each["from"] for each in found["only_old"]] == ["2026-11-18"]
    assert found["only_new"] == []
    output = run("rules", "diff", str(rules), str(edited)).output
    assert "drops_by 30% against last_week  drops_by 70% against last_week" in output
    assert "alerts of the last 60 days that only OLD tells of:" in output


def test_without_a_history_an_edit_is_compared_by_its_words(run: Run, rules: Path, tmp_path: Path) -> None:
    edited = tmp_path / "edited.toml"
    edited.write_text(RULES.replace("nobody", "no-one"))
    result = run("rules", "diff", str(rules), str(edited))
    assert [line.split() for line in result.output.splitlines()[1:3]] == [
        ["no-one", "new"],
        ["nobody", "gone"],
    ]
    assert result.output.endswith("no history to try them on\n")


@pytest.mark.usefixtures("bad_day")
def test_an_alert_is_explained_by_its_number(run: Run) -> None:
    assert run("evaluate", "--period", "2026-11-18").exit_code == 0
    result = run("explain", "1")
    assert result.exit_code == 0, result.exception
    lines = [line.split(maxsplit=1) for line in result.output.strip().splitlines()]
    said = {key: rest for key, rest in lines if key not in ("compared", "event")}
    assert result.output.startswith("users-drop: 预约挂号, 2026-11-18\n")
    assert said["value"] == "40"
    assert said["usual"] == "100"
    assert said["change"] == "-60, -60.0%"
    assert said["verdict"] == "breach"
    assert said["state"] == "ok before, firing after"
    assert said["told"] == "fire to ops (queued)"


@pytest.mark.usefixtures("bad_day")
def test_an_alert_whose_rule_is_gone_is_told_from_the_record(run: Run, rules: Path) -> None:
    assert run("evaluate", "--period", "2026-11-18").exit_code == 0
    rules.write_text(RULES[RULES.index("[[rule]]", 1) :], encoding="utf-8")
    assert run("evaluate").exit_code == 0
    said = run("explain", "1").output
    for part in ("gone", "40", "closed since 2026-11-18: rule gone", "fire to ops", "closed to ops"):
        assert part in said
    (found,) = json.loads(run("explain", "1", "--json").stdout)
    assert (found["rule_gone"], found["value"], found["baseline"]) == (True, 40, 100)
    assert [each["type"] for each in found["events"]] == ["fire", "closed"]


@pytest.mark.usefixtures("bad_day")
def test_series_are_chosen_by_their_dimensions(run: Run, rules: Path, settings: Path) -> None:
    settings.write_text(settings.read_text() + '[poll]\nreports = ["user_trend", "visit_page"]\n')
    pages = '[[rule]]\nname = "exits"\nmetric = "visit_page.bounce_ratio"\nabove = 50\n'
    rules.write_text(pages, encoding="utf-8")
    with open_history(settings.with_name("history.db")) as history:
        rows = tuple(
            Observation(DAY, (page,), (f"pages/{page}", None), (None,) * 5 + (60.0, None, None))
            for page in ("cart", "pay")
        )
        at = DAY.closes() + timedelta(hours=12)
        history.observations.save(Reading(Query(TABLES["visit_page"], 15263713, DAY, DAY), rows), at)
    words = ("explain", "--rule", "exits", "--app", "15263713", "--period", "2026-11-22", "--json")
    assert len(json.loads(run(*words).stdout)) == 2
    (found,) = json.loads(run(*words, "--where", "page=pages/p*").stdout)
    assert found["dimensions"] == {"page_id": "pay"}


@pytest.mark.usefixtures("bad_day")
def test_a_day_without_an_alert_is_explained_as_json(run: Run) -> None:
    result = run(
        *("explain", "--rule", "users-drop", "--app", "15263713", "--period", "2026-11-22", "--every", "day"),
        "--json",
    )
    (found,) = json.loads(result.stdout)
    assert (found["value"], found["baseline"], found["verdict"], found["reason"]) == (100, 100, "clear", None)
    assert (found["before"], found["after"], found["alert"]) == ("ok", "ok", None)
    assert found["candidates"][0] == {"period": "2026-11-15", "value": 100, "used": True, "why_not": ""}
    assert found["told"] == "nothing: there is no alert"


@pytest.mark.usefixtures("bad_day")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["7"], "there is no alert 7"),
        ([], "explain needs an alert's number"),
        (["1", "--rule", "users-drop"], "either an alert's number"),
        (["--rule", "user-drop", "--app", "1", "--period", "2026-11-22"], "did you mean `users-drop`?"),
        (["--rule", "users-drop", "--period", "2026-11-22"], "say which one with --app"),
        (["--rule", "users-drop", "--app", "9", "--period", "2026-11-22"], "no mini-program 9 is listed"),
        (["--rule", "users-drop", "--app", "15263713", "--period", "today"], "is no period"),
        (["--rule", "users-drop", "--app", "15263713", "--period", "2026-W47"], "2026-W47 is a week"),
        (["1", "--where", "page=x"], "either an alert's number"),
        (
            ["--rule", "users-drop", "--app", "15263713", "--period", "2026-11-22", "--where", "page=x"],
            "user_trend has no column 'page' to choose by",
        ),
        (
            ["--rule", "users-drop", "--app", "15263713", "--period", "2026-11-22", "--every", "week"],
            "users-drop judges every day, not every week",
        ),
    ],
)
def test_what_cannot_be_explained_is_refused_in_words(run: Run, words: list[str], said: str) -> None:
    error = run("explain", *words).exception
    assert isinstance(error, UsageError)
    assert said in str(error)


def test_the_shipped_rules_all_have_a_firing_and_a_quiet_test(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "smartapp_watch", "--config", str(ROOT / "watch.toml")]
    done = subprocess.run(
        [*command, "rules", "test", "--coverage"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 failed" in done.stdout
