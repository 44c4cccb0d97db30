"""The settings and rules that are shipped: valid, and a complete reference of their keys."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartapp_watch.config.complaints import known_keys
from smartapp_watch.config.load import inspect
from smartapp_watch.config.settings import ApiSettings, HistorySettings, PollSettings, WatchConfig
from smartapp_watch.config.written import NESTED, REPEATED, TABLES, Written, WrittenTop
from smartapp_watch.config.written_rule import WrittenRule
from smartapp_watch.metrics.report import Unit
from smartapp_watch.rules.rule import Change, Late, Scale, Threshold, Unusual

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "watch.toml").read_text(encoding="utf-8")
RULE_GUIDE = (ROOT / "rules" / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", RULE_GUIDE, re.DOTALL)
FORMS: dict[str, tuple[type[Written], ...]] = {
    "": (WrittenTop,),
    **{name: (form,) for name, form in {**TABLES, **NESTED}.items()},
    **REPEATED,
}


@pytest.fixture(scope="module")
def shipped() -> WatchConfig:
    config, problems = inspect(ROOT / "watch.toml")
    assert config is not None, problems
    return config


def documented() -> Iterator[tuple[str, str]]:
    """Each (table, key) of the reference, those in comments too."""
    table = ""
    for line in REFERENCE.splitlines():
        if header := re.match(r"(?:# )?\[+([\w.]+)\]+", line):
            table = header[1]
        elif key := re.match(r"(?:# )?(\w+) = ", line):
            yield table, key[1]


def accepted() -> set[tuple[str, str]]:
    return {(name, key) for name, forms in FORMS.items() for form in forms for key in known_keys(form)}


def test_the_reference_names_every_key_that_is_accepted_and_no_other() -> None:
    assert set(documented()) == accepted()


def test_the_reference_has_only_doubts_about_the_environment() -> None:
    _, problems = inspect(ROOT / "watch.toml")
    assert all(problem.warning and "is not set here" in problem.what for problem in problems)


def test_the_reference_without_its_comment_signs_is_understood_too(tmp_path: Path) -> None:
    text = re.sub(r"^# (?=\w+ = |\[)", "", REFERENCE, flags=re.MULTILINE)
    text = text.replace("webhook_url", "# webhook_url", 1)
    text = re.sub(r"^(from = 2026|to = 2026|ticket = |refresh_token = )", r"# \1", text, flags=re.MULTILINE)
    (tmp_path / "watch.toml").write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    (tmp_path / "apps.csv").write_text("id,name,tags\n1,one,a;b\n", encoding="utf-8")
    (tmp_path / "events.toml").touch()
    config, problems = inspect(tmp_path / "watch.toml")
    assert config is not None, problems


def test_the_values_of_the_reference_are_the_defaults(shipped: WatchConfig) -> None:
    assert shipped.history == HistorySettings(ROOT / "history.db")
    assert shipped.api == ApiSettings()
    assert shipped.poll == PollSettings()
    assert len(shipped.apps) == 3
    assert {receiver.name for receiver in shipped.receivers} == {"ops", "growth"}


@pytest.mark.parametrize(
    ("table", "settings"),
    [("api", ApiSettings()), ("history", HistorySettings(Path("history.db"))), ("poll", PollSettings())],
)
def test_the_written_defaults_are_those_of_the_settings(table: str, settings: object) -> None:
    written = TABLES[table]()
    for key in known_keys(TABLES[table]):
        default = getattr(settings, key)
        if isinstance(default, tuple):
            default = list(default)
        assert getattr(written, key) == (str(default) if isinstance(default, Path) else default)


def test_the_shipped_rules_are_careful(shipped: WatchConfig) -> None:
    assert len(shipped.rules) >= 8
    for rule in shipped.rules:
        assert rule.description, rule.name
        assert (rule.keep, rule.shadow) == (1, False), rule.name
        if isinstance(rule.condition, Late):
            continue
        assert rule.at_least, rule.name
        assert all(least >= (20 if "app" in name else 200) for name, least in rule.at_least), rule.name
        assert isinstance(rule.condition, Change), rule.name


def test_the_shipped_ratios_have_to_change_by_more_than_chance(shipped: WatchConfig) -> None:
    tested = {rule.name for rule in shipped.rules if rule.tests_significance}
    assert tested == {"next-day-retention-drop", "page-exit-rate-rise"}


def test_the_shipped_rules_answer_the_questions_that_matter(shipped: WatchConfig) -> None:
    watched = {rule.metric_name for rule in shipped.rules}
    assert watched >= {
        "user_trend.new_user_count",
        "user_trend.session_count",
        "user_trend.average_session_time",
        "retained_user.retained_ratio",
        "activity_user.lost_ratio",
        "visit_page.bounce_ratio",
        "tp_data.tp_day_user_count",
    }


def test_without_a_platform_the_other_rules_stand_alone(tmp_path: Path) -> None:
    text = re.sub(r"\[platform\].*?\n\n", "", REFERENCE, flags=re.DOTALL)
    (tmp_path / "watch.toml").write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    config, problems = inspect(tmp_path / "watch.toml")
    assert config is None
    assert {problem.file for problem in problems if not problem.warning} == {"rules/platform.toml"}
    (tmp_path / "rules" / "platform.toml").unlink()
    config, problems = inspect(tmp_path / "watch.toml")
    assert config is not None, problems


def test_the_guide_to_rules_names_every_key_and_every_file() -> None:
    table = RULE_GUIDE.partition("## Keys")[2].partition("\n## ")[0]
    named = {
        key
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for key in re.findall(r"`(\w+)`", row)
    }
    assert named == set(known_keys(WrittenRule))
    files = {path.name for path in (ROOT / "rules").glob("*.toml")}
    assert set(re.findall(r"^\| `(\w+\.toml)`", RULE_GUIDE, re.MULTILINE)) == files


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_of_the_guide_is_a_rule_that_works(number: int, tmp_path: Path) -> None:
    config = read_example(EXAMPLES[number], tmp_path)
    assert len(config.rules) == EXAMPLES[number].count("[[rule]]") > 0


def test_the_examples_of_the_guide_can_stand_side_by_side(tmp_path: Path) -> None:
    rules = read_example("\n".join(EXAMPLES), tmp_path).rules
    assert {type(rule.condition) for rule in rules} == {Threshold, Change, Unusual, Late}
    changes = [rule.condition for rule in rules if isinstance(rule.condition, Change)]
    assert {change.scale for change in changes} == set(Scale)
    assert {rule.metric.unit for rule in rules} >= {Unit.COUNT, Unit.PERCENT}


def test_every_key_has_an_example_in_the_guide() -> None:
    written = {key for text in EXAMPLES for table in tomllib.loads(text)["rule"] for key in table}
    assert written == set(known_keys(WrittenRule))


def read_example(text: str, folder: Path) -> WatchConfig:
    """The settings of the reference, with hours, weeks and months too, and one text of rules."""
    settings = REFERENCE.replace('granularity = ["day"]', 'granularity = ["hour", "day", "week", "month"]')
    (folder / "watch.toml").write_text(settings, encoding="utf-8")
    (folder / "rules").mkdir()
    (folder / "rules" / "example.toml").write_text(text, encoding="utf-8")
    config, problems = inspect(folder / "watch.toml")
    assert config is not None, problems
    return config
