"""``init`` and ``check``: from nothing to settings without a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.desk import Call, Desk


def test_what_init_writes_passes_check(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "place"
    written = call("init", str(folder))
    assert (written.code, written.err) == (0, "")
    assert {path.name for path in folder.iterdir()} == {"watch.toml", "rules", "templates"}
    checked = call("--config", str(folder / "watch.toml"), "check")
    assert checked.code == 0
    assert checked.out.endswith(" rules, 2 receivers, 1 digest; no mistake\n")
    assert all("warning" in line for line in checked.err.splitlines())


@pytest.mark.parametrize("name", ["watch.toml", "rules", "templates"])
def test_init_overwrites_nothing(call: Call, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    refused = call("init", str(tmp_path))
    assert (refused.code, refused.out) == (2, "")
    assert f"{tmp_path} has {name} already" in refused.err
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_init_says_where_it_may_not_write(call: Call) -> None:
    refused = call("init", "/proc/here")  # where not even root may
    assert (refused.code, refused.out) == (2, "")
    assert "/proc/here cannot be written to: " in refused.err


def test_init_into_a_file_is_wrong_usage(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert call("init", str(file)).code == 2
    below = call("init", str(file / "below"))
    assert below.code == 2
    assert "Traceback" not in below.err


def test_check_finds_the_mistakes_of_settings_rules_and_templates_in_one_run(call: Call, desk: Desk) -> None:
    desk.change('kind = "slack"', 'kind = "slak"')
    desk.change("history_days = 30", "history_day = 30")
    rule = '[[rule]]\nname = "x"\nmetric = "user_trend.user_cuont"\nabove = 1\n'
    (desk.folder / "rules" / "own.toml").write_text(rule)
    template = desk.folder / "templates" / "slack" / "alert.zh.j2"
    template.parent.mkdir(parents=True)
    template.write_text("{% if %}")
    checked = call("--config", str(desk.settings), "check")
    assert (checked.code, checked.out) == (2, "")
    found = checked.err.splitlines()
    assert [line.split(" ")[0] for line in found] == [
        "watch.toml:9:",
        "watch.toml:21:",
        "rules/own.toml:3:",
        "templates/slack/alert.zh.j2:1:",
        "4",
    ]
    assert "did you mean `history_days`?" in found[0]
    assert "did you mean `user_trend.user_count`?" in found[2]


def test_a_mistake_in_any_file_starts_nothing(call: Call, desk: Desk) -> None:
    (desk.folder / "rules" / "own.toml").write_text("[[rule]]\n")
    for verb in ("poll", "evaluate", "deliver", "once", "run", "status", "alerts"):
        done = call(*desk.words(verb))
        assert (done.code, done.out) == (2, ""), verb
        assert "own.toml:1: " in done.err
    assert not desk.history.exists()
    assert desk.simulator.calls == 0


def test_check_and_a_dry_run_warn_of_more_calls_than_fit_into_the_polls_of_a_day(
    call: Call, desk: Desk
) -> None:
    desk.change("requests_per_second = 1000", "requests_per_second = 0.005")
    for words in (("check",), ("poll", "--dry-run")):
        done = call(*desk.words(*words))
        assert done.code == 0
        assert "warning: the reports take 10 calls a day or more, and only 6 fit" in done.err
