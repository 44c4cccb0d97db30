"""One bad file a mistake: each says in its first lines what is to be said about it, and nothing else is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from smartapp_watch.config.load import inspect

BAD = Path(__file__).parent / "bad"
SETTINGS = sorted((BAD / "settings").glob("*.toml"))
RULES = sorted((BAD / "rules").glob("*.toml"))
EVENTS = sorted((BAD / "events").glob("*.toml"))
AROUND_RULES = """\
[platform]
access_token = { env = "TP_ACCESS_TOKEN" }

[poll]
reports = ["user_trend", "activity_user", "retained_user", "visit_page", "terminal", "visit_attribute"]

[[apps]]
id = "15263713"
tags = ["flagship"]
access_token = { env = "APP_15263713" }
"""


def expected(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]


def mistakes(path: Path) -> list[str]:
    _, problems = inspect(path)
    return [str(problem) for problem in problems if not problem.warning]


@pytest.mark.parametrize("path", SETTINGS, ids=lambda path: path.stem)
def test_a_mistake_in_the_settings_is_said_with_its_line(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path / "watch.toml")
    assert mistakes(tmp_path / "watch.toml") == expected(path)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_a_mistake_in_a_rule_is_said_with_its_line(path: Path, tmp_path: Path) -> None:
    around = AROUND_RULES.partition("[poll]")[2] if path.stem == "platform-not-polled" else AROUND_RULES
    (tmp_path / "watch.toml").write_text(around if around is AROUND_RULES else "[poll]" + around)
    (tmp_path / "rules").mkdir()
    shutil.copy(path, tmp_path / "rules" / "bad.toml")
    assert mistakes(tmp_path / "watch.toml") == expected(path)


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_a_mistake_in_an_event_is_said_with_its_line(path: Path, tmp_path: Path) -> None:
    settings = '[calendar]\nevents = "events.toml"\n' + AROUND_RULES
    (tmp_path / "watch.toml").write_text(settings)
    shutil.copy(path, tmp_path / "events.toml")
    assert mistakes(tmp_path / "watch.toml") == expected(path)


def test_every_bad_file_says_what_is_expected_of_it() -> None:
    assert [path.stem for path in SETTINGS + RULES + EVENTS if not expected(path)] == []
    assert len(SETTINGS + RULES + EVENTS) > 150


@pytest.mark.parametrize(
    "path", [path for path in SETTINGS if "S3CRET" in path.read_text()], ids=lambda p: p.stem
)
def test_what_may_be_a_secret_is_in_no_mistake(path: Path) -> None:
    assert "S3CRET" not in "".join(expected(path))


def test_no_word_of_a_library_reaches_the_operator() -> None:
    said = "\n".join(line for path in SETTINGS + RULES + EVENTS for line in expected(path))
    for word in (
        "Input",
        "should be",
        "validation",
        "pydantic",
        "Unrecognized",
        "Traceback",
        "None",
        "[type=",
    ):
        assert word not in said
