"""ARCHITECTURE.md is true: the map is whole, and what there is none of is nowhere."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "smartapp_watch"
MAP = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
NOT_OURS = {"__pycache__", "shipped"}
OURS = (
    *("smartapp_watch", "rules", "templates", "docs", "tests", "bench", "deploy", ".ci"),
    *("*.md", "*.toml", "*.txt", "Makefile", ".gitignore"),
)
NOT_TEXT = {".pyc", ".db", ".png", ".gz", ".log"}

LONGEST_FUNCTION = 60
LONGEST_FILE = 350


def modules(*folders: str) -> dict[str, ast.Module]:
    """Every module of these folders, parsed, by its path within the repository."""
    files = (file for folder in folders for file in sorted((ROOT / folder).rglob("*.py")))
    return {
        str(file.relative_to(ROOT)): ast.parse(file.read_text(encoding="utf-8"))
        for file in files
        if NOT_OURS.isdisjoint(file.parts)
    }


SOURCES = modules("smartapp_watch")


def test_every_file_and_folder_on_the_map_exists() -> None:
    named = [name for name in re.findall(r"`([\w./-]+)`", MAP) if name.endswith(("/", ".py", ".toml", ".md"))]
    assert len(named) > 40
    assert [name for name in named if not ((ROOT / name).exists() or (PACKAGE / name).exists())] == []


def test_every_folder_and_every_root_module_of_the_package_is_on_the_map() -> None:
    folders = {f"{each.name}/" for each in PACKAGE.iterdir() if each.is_dir()} - {f"{x}/" for x in NOT_OURS}
    roots = {each.name for each in PACKAGE.glob("*.py")} - {"__init__.py"}
    assert folders | roots <= set(re.findall(r"`(?:smartapp_watch/)?([\w.]+/?)`", MAP))


def test_the_map_has_no_line_numbers() -> None:
    assert not re.search(r"\.py:\d", MAP)


def test_the_direction_of_imports_is_the_one_that_is_enforced() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (enforced,) = [each["layers"] for each in contracts if each["type"] == "layers"]
    direction = MAP.partition("## Direction of imports")[2].partition("```text\n")[2].partition("```")[0]
    assert [layer.split("|") for layer in re.sub(r"\s", "", direction).split("›")] == [
        [name.strip(" ()").removeprefix("smartapp_watch.") for name in layer.split("|")] for layer in enforced
    ]


def imports(tree: ast.AST) -> Iterator[str]:
    """The full name of everything that a module imports while it runs."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{each.name}" for each in node.names)
        else:
            yield from imports(node)


def names(tree: ast.AST) -> Iterator[str]:
    """Every name that a module uses, with what stands before its last point: ``datetime.now``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield f"{ast.unparse(node.value).rpartition('.')[2]}.{node.attr}"


def texts(tree: ast.AST) -> Iterator[str]:
    """Every string of a module, those with fields in them piece by piece; not the docstrings."""
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


def uses(tree: ast.AST) -> Iterator[str]:
    """Both: what a module imports, and what it names."""
    yield from imports(tree)
    yield from names(tree)


Look = Callable[[ast.AST], Iterator[str]]
ABSENCES: dict[str, tuple[Look, str, tuple[str, ...]]] = {
    "print": (uses, r"print|click\.(s?echo|echo_via_pager)|(stdout|stderr)\.write", ("cli/",)),
    "wall clock": (
        uses,
        r"(datetime|date)\.(now|today|utcnow)|time\.(time|time_ns|localtime|gmtime|ctime|strftime)",
        ("clock.py",),
    ),
    "environment": (uses, r"os\.(environb?|getenvb?|putenv)", ("config/", "systemd.py", "logs.py")),
    "TOML": (imports, r"(tomllib|tomli|tomlkit)\b.*", ("config/",)),
    "SQLite": (imports, r"(sqlite3|sqlite_utils)\b.*", ("history/",)),
    "SQL": (
        texts,
        r"(?s)\s*(SELECT|INSERT (OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM|CREATE|DROP|ALTER TABLE|PRAGMA) .*",
        ("history/",),
    ),
    "Jinja2": (imports, r"(jinja2|markupsafe)\b.*", ("notify/templating.py", "notify/template_faults.py")),
    "HTTP client": (
        imports,
        r"(requests|urllib3)\b.*|http\.client(\.HTTPS?Connection)?|urllib\.request(\.urlopen)?",
        ("api/", "notify/post.py"),
    ),
    "Slack": (imports, r"slack_sdk\b.*", ("notify/slack_",)),
    "Pillow": (imports, r"PIL\b.*", ("notify/chart.py",)),
    "mail": (imports, r"smtplib\b.*", ("notify/email.py",)),
}
"""What there is none of: how to look for it, what it looks like, and where alone it may be."""


@pytest.mark.parametrize("what", ABSENCES)
def test_there_is_none_of_it_but_in_its_place(what: str) -> None:
    look, pattern, places = ABSENCES[what]
    found = {
        (path, each) for path, tree in SOURCES.items() for each in look(tree) if re.fullmatch(pattern, each)
    }
    inside = {each for each in found if each[0].startswith(tuple(f"smartapp_watch/{x}" for x in places))}
    assert found - inside == set()
    assert inside, "what is looked for is not even found where it should be"


def test_the_simulator_reads_the_api_document_for_itself() -> None:
    known = {
        (path, each)
        for path, tree in SOURCES.items()
        if path.startswith("smartapp_watch/simulator/")
        for each in imports(tree)
        if re.match(r"smartapp_watch\.(api|pushes|metrics\.(catalog|report))\b", each)
    }
    assert known == set()


def test_every_module_says_what_it_is() -> None:
    assert [path for path, tree in SOURCES.items() if not ast.get_docstring(tree)] == []


def long_files(folder: str) -> dict[str, int]:
    lengths = {path: (ROOT / path).read_text().count("\n") for path in modules(folder)}
    return {path: length for path, length in lengths.items() if length > LONGEST_FILE}


def long_functions(folder: str) -> dict[str, int]:
    lengths = {
        f"{path} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path, tree in modules(folder).items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION}


@pytest.mark.parametrize("folder", ["smartapp_watch", "bench", "docs"])
def test_no_function_and_no_file_is_too_long(folder: str) -> None:
    assert long_functions(folder) | long_files(folder) == {}


def written_texts() -> Iterator[tuple[str, str]]:
    """Every text file of the repository, (path, text), without what a user may have put beside them."""
    folders = [each for name in OURS if (each := ROOT / name).is_dir()]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    files += [file for name in OURS for file in ROOT.glob(name) if file.is_file()]
    for file in files:
        if NOT_OURS.isdisjoint(file.parts) and file.suffix not in NOT_TEXT:
            yield str(file.relative_to(ROOT)), file.read_text(encoding="utf-8", errors="replace")


FOREIGN = {
    "the folder of another project": r"\.\./shared|\bdesign/\w+\.md",
    "the number of an issue": r"(?i)\b(issues?|closes|fixes|see|pull request)[ :]+#?\d+\b|\bissues show\b",
    "a path of one machine": r"(?<![\w.:/-])/(work|home|root|Users)/\w",
    "a registry of packages": r"(?i)\bpypi\.org|python[h]osted|\b(mirrors?|pypi)\.[\w-]+\.\w+|index[-]url",
}


@pytest.mark.parametrize("what", FOREIGN)
def test_the_repository_speaks_of_itself_alone(what: str) -> None:
    found = {(path, match[0]) for path, text in written_texts() for match in re.finditer(FOREIGN[what], text)}
    assert found == set()


def test_the_locked_requirements_name_no_host() -> None:
    for file in ROOT.glob("requirements*.txt"):
        text = file.read_text()
        assert "://" not in text, file.name
        assert text.count("--hash=sha256:") >= text.count("=="), file.name
