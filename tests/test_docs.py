"""What the documentation says is so: its commands run, its examples load, and nothing is left out."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

from docs.generate import CAUTIONS, MADE_OF, PAGE, page
from smartapp_watch import __version__
from smartapp_watch.cli.main import COMMANDS, cli
from smartapp_watch.config.complaints import known_keys
from smartapp_watch.config.load import inspect
from smartapp_watch.config.receivers import READERS
from smartapp_watch.config.written import (
    REPEATED,
    WrittenPerson,
    WrittenReceiver,
    WrittenWeb,
)
from smartapp_watch.config.written_rule import WrittenRule
from smartapp_watch.history.schema import STATEMENTS
from smartapp_watch.metrics.catalog import REPORTS
from smartapp_watch.metrics.catalog import TABLES as HISTORY_TABLES
from smartapp_watch.notify.robot import ROBOTS
from smartapp_watch.rules.rule import Against, Severity

ROOT = Path(__file__).parents[1]
README, COMMANDS_PAGE, HISTORY_PAGE, RECEIVERS_PAGE, RULE_GUIDE, CHANGELOG = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in (
        *("README.md", "docs/commands.md", "docs/history.md", "docs/receivers.md"),
        *("rules/README.md", "CHANGELOG.md"),
    )
)
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").glob("*.md"),
    ROOT / "rules/README.md",
    ROOT / "templates/README.md",
]
COPIED = (
    *("smartapp_watch", "rules", "templates", "deploy", "watch.toml", "README.md", "LICENSE"),
    *("Makefile", "pyproject.toml", "requirements-dev.txt"),
)
NOT_HERE = re.compile(r"pip install|-m venv|smartapp-watch (once|run)\b")
"""What needs a network or an account, or never ends."""


def blocks(text: str, language: str) -> list[str]:
    """The fenced examples of a page, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def ticked(text: str) -> set[str]:
    """Every word that a page sets in code."""
    return {word for code in re.findall(r"`([^`\n]+)`", text) for word in re.findall(r"[\w-]+", code)}


def newcomers_copy(folder: Path) -> Path:
    """A copy of what is shipped, whose .venv runs it with the Python that runs this."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    programs = {
        name: f'"{sys.executable}" -m {name.replace("-", "_")}' for name in ("hatchling", "sqlite-utils")
    }
    programs["smartapp-watch"] = f'"{sys.executable}" -m smartapp_watch'
    programs["pytest"] = "echo would run:"  # or this would run itself
    (folder / ".venv/bin").mkdir(parents=True)
    for name, command in programs.items():
        program = folder / ".venv/bin" / name
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        program.chmod(0o755)
    (folder / ".venv/.ready").touch()
    (folder / "home").mkdir()
    return folder


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[subprocess.CompletedProcess[str]]]:
    """The copy in which every shell example of README and docs/history.md was run, and what came of each."""
    if not (shutil.which("make") and shutil.which("bash")):
        pytest.skip("the examples need make and bash")
    copy = newcomers_copy(tmp_path_factory.mktemp("newcomer"))
    environment = {
        **os.environ,
        "HOME": str(copy / "home"),
        "PATH": f"{copy / '.venv/bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(copy),
    }
    results = []
    for block in (*blocks(README, "sh"), *blocks(HISTORY_PAGE, "sh")):
        script = "\n".join(line for line in block.splitlines() if not NOT_HERE.search(line))
        results.append(
            subprocess.run(
                ["bash", "-ec", script],
                cwd=copy,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
        )
    return copy, results


def test_every_shell_example_runs_as_it_stands(
    followed: tuple[Path, list[subprocess.CompletedProcess[str]]],
) -> None:
    copy, results = followed
    assert len(results) >= 8
    for result in results:
        assert result.returncode == 0, f"{result.args[-1]}\n{result.stderr}"
    assert list((copy / "dist").glob("smartapp_watch-*.whl"))
    assert (copy / "home/fleet/watch.toml").exists()


def test_the_message_of_the_readme_is_one_that_the_demo_sends(
    followed: tuple[Path, list[subprocess.CompletedProcess[str]]],
) -> None:
    (shown,) = blocks(README, "text")
    mails = [file.read_text(encoding="utf-8") for file in followed[0].glob("demo/mail/*.txt")]
    assert len(mails) >= 2
    assert any(mail.startswith(shown) for mail in mails), "\n".join(mails)


def test_the_readme_is_neither_too_short_nor_too_long() -> None:
    assert 400 <= len(README.split()) <= 700


def test_the_rule_of_the_readme_is_one_that_is_shipped() -> None:
    shown = tomllib.loads(blocks(README, "toml")[0])["rule"]
    shipped = [
        rule for file in (ROOT / "rules").glob("*.toml") for rule in tomllib.loads(file.read_text())["rule"]
    ]
    assert [rule in shipped for rule in shown] == [True]


def test_the_settings_of_the_readme_are_enough_to_start_with(tmp_path: Path) -> None:
    rule, settings = blocks(README, "toml")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/pages.toml").write_text(rule, encoding="utf-8")
    (tmp_path / "watch.toml").write_text(settings, encoding="utf-8")
    config, problems = inspect(tmp_path / "watch.toml")
    assert config is not None, problems
    assert re.findall(r"# (\d)\.", settings) == list("12345")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_every_option_of_it_is_documented(name: str) -> None:
    assert name in ticked(README) | {word for block in blocks(README, "sh") for word in block.split()}
    rows = re.findall(rf"^\| `{name}(?: [\w\[\] ]+)?` \|(.*)\|$", COMMANDS_PAGE, re.MULTILINE)
    assert rows, f"{name} has no row in docs/commands.md"
    command = import_module(f"smartapp_watch.cli.{name.replace('-', '_')}").command
    assert options(command) <= set(re.findall(r"`(--[\w-]+)", rows[0]))


@pytest.mark.parametrize("name", ["silence", "rules", "notify", "apps"])
def test_every_part_of_a_command_and_every_option_of_it_is_documented(name: str) -> None:
    parts = import_module(f"smartapp_watch.cli.{name}").command.commands
    tables = COMMANDS_PAGE.partition("## JSON")[0]
    rows = dict(re.findall(rf"^\| `{name} (\w+)[^`]*` \|(.*)\|$", tables, re.MULTILINE))
    assert rows.keys() == parts.keys()
    for part, command in parts.items():
        assert options(command) <= set(re.findall(r"`(--[\w-]+)", rows[part])), part


def test_every_option_of_the_program_is_documented() -> None:
    assert options(cli) <= set(re.findall(r"`(--?[\w-]+)", COMMANDS_PAGE))


def options(command: click.Command) -> set[str]:
    return {option for each in command.params if isinstance(each, click.Option) for option in each.opts[:1]}


def test_no_command_is_documented_that_is_not_there() -> None:
    tables = COMMANDS_PAGE.partition("## To begin")[2].partition("## JSON")[0]
    assert set(re.findall(r"^\| `([\w-]+)", tables, re.MULTILINE)) == set(COMMANDS)


def test_every_key_of_the_json_documents_is_documented() -> None:
    names = ("documents", "rule_documents", "explanation", "status", "apps")
    keys = dictionary_keys(*(f"cli/{name}.py" for name in names))
    assert len(keys) > 30
    assert keys <= ticked(COMMANDS_PAGE.partition("## JSON")[2])


def dictionary_keys(*files: str, within: str = "") -> set[str]:
    """Every key that a dictionary of these modules has, or of one function of them."""
    trees: list[ast.AST] = [
        ast.parse((ROOT / "smartapp_watch" / file).read_text(encoding="utf-8")) for file in files
    ]
    if within:
        nodes = [node for tree in trees for node in ast.walk(tree)]
        trees = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == within]
    return {
        key.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def test_the_reference_of_reports_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run .venv/bin/python docs/generate.py"


def test_what_the_reference_adds_is_about_metrics_that_exist() -> None:
    assert set(CAUTIONS) <= set(REPORTS)
    known = {f"{name}.{metric.name}" for name, report in REPORTS.items() for metric in report.metrics}
    assert set(MADE_OF) <= known


def test_the_history_page_names_every_table() -> None:
    own = set(re.findall(r"CREATE TABLE (\w+)", "\n".join(STATEMENTS)))
    assert own | set(HISTORY_TABLES) <= ticked(HISTORY_PAGE)


@pytest.mark.parametrize("table", ["readings", "revisions", "unconfirmed"])
def test_the_history_page_names_every_column_of(table: str) -> None:
    (statement,) = [each for each in STATEMENTS if f"CREATE TABLE {table} " in each]
    columns = re.findall(r"\"?(\w+)\"? (?:TEXT|INTEGER|ANY|REAL)\b", statement)
    assert len(columns) >= 6
    assert set(columns) <= set(re.findall(r"\w+", HISTORY_PAGE))


def test_the_guide_to_rules_names_every_condition(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "watch.toml").write_text(blocks(README, "toml")[1], encoding="utf-8")
    rule = '[[rule]]\nname = "none"\nmetric = "user_trend.user_count"\n'
    (tmp_path / "rules/none.toml").write_text(rule, encoding="utf-8")
    (problem,) = [each for each in inspect(tmp_path / "watch.toml")[1] if not each.warning]
    conditions = set(re.findall(r"\w+", problem.meant)) & set(known_keys(WrittenRule))
    (sentence,) = re.findall(r"^A rule has exactly one of (.*?)\.$", RULE_GUIDE, re.MULTILINE | re.DOTALL)
    assert conditions == ticked(sentence)


def test_the_guide_to_rules_names_everything_to_compare_with_and_every_severity() -> None:
    assert {str(each) for each in (*Against, *Severity)} <= ticked(RULE_GUIDE)


def test_the_page_of_receivers_names_every_kind_and_every_key_of_it() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", RECEIVERS_PAGE.partition("\n## ")[0], re.MULTILINE))
    assert rows.keys() == READERS.keys()
    common = set(known_keys(WrittenReceiver))
    of_forms = set().union(*(known_keys(form) for form in REPEATED["receivers"]))
    assert set().union(*map(ticked, rows.values())) == of_forms - common
    assert common - {"kind"} <= ticked(RECEIVERS_PAGE)


def test_the_page_of_receivers_names_every_error_code_of_a_robot() -> None:
    (table,) = re.findall(r"^\| what was answered .*?\n\n", RECEIVERS_PAGE, re.MULTILINE | re.DOTALL)
    for robot in ROBOTS.values():
        codes = {code for code in robot.refusals if code > 0} - {430102, 430103}  # within a range
        assert codes <= {int(code) for code in re.findall(r"\d{5,6}", table)}, robot.platform


def test_the_page_of_receivers_names_every_key_of_a_webhook() -> None:
    section = RECEIVERS_PAGE.partition("## Webhook")[2].partition("\n## ")[0]
    keys = dictionary_keys("notify/document.py", "notify/webhook.py")
    evaluated = dictionary_keys("notify/document.py", within="alert_document")
    assert len(evaluated) > 10
    assert evaluated <= ticked(COMMANDS_PAGE.partition("## JSON")[2])
    assert keys - evaluated <= ticked(section)


def test_the_page_of_the_web_names_every_key() -> None:
    keys = {*known_keys(WrittenWeb), *known_keys(WrittenPerson)}
    assert keys <= ticked((ROOT / "docs" / "web.md").read_text(encoding="utf-8"))


def test_the_changelog_is_of_this_version() -> None:
    assert CHANGELOG.partition("\n## ")[2].startswith(__version__)


def links(text: str) -> Iterator[tuple[str, str]]:
    """Each link within the repository: (file, heading)."""
    without_code = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code):
        if "://" not in target:
            file, _, heading = target.partition("#")
            yield file, heading


@pytest.mark.parametrize("page_", PAGES, ids=lambda each: str(each.relative_to(ROOT)))
def test_every_link_leads_somewhere(page_: Path) -> None:
    for file, heading in links(page_.read_text(encoding="utf-8")):
        target = page_.parent / file if file else page_
        assert target.exists(), file
        if heading:
            assert re.search(rf"^#+ {heading}$", target.read_text(encoding="utf-8"), re.MULTILINE), heading
