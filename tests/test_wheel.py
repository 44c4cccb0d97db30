"""What is built can be installed and used where there is no checkout; nothing is downloaded for it."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

from smartapp_watch import __version__
from tests.cli.desk import Outcome
from tests.wheels import ROOT, build

SHIPPED = ("rules", "templates")
"""What `init` writes."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """The Python of a new environment with the wheel, and of everything else this environment's packages.

    A .pth file of a folder that is named in a .pth file is not read, so the checkout is not on its path.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    ask = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip())
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index"]
    subprocess.run([*command, "--quiet", str(wheel)], check=True, capture_output=True)
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("place")


def run(python: Path, folder: Path, *words: str) -> Outcome:
    """The installed command, in ``folder``, without an environment."""
    command = [str(python.with_name("smartapp-watch")), *words]
    done = subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=False)
    return Outcome(done.returncode, done.stdout, done.stderr)


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in folder.rglob("*") if path.is_file()}


def test_the_wheel_carries_rules_templates_settings_and_what_runs_it(wheel: Path) -> None:
    folders = (*SHIPPED, "deploy")
    expected = {name for folder in folders for name in files_below(ROOT / folder)} | {"watch.toml"}
    found = {name.removeprefix("smartapp_watch/shipped/") for name in names_in(wheel) if "/shipped/" in name}
    assert found == expected


def test_the_wheel_carries_the_package_and_nothing_of_the_workshop(wheel: Path) -> None:
    names = names_in(wheel)
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "smartapp_watch").rglob("*.py")}
    assert modules <= names
    assert "smartapp_watch/py.typed" in names
    assert {name.split("/")[0] for name in names} == {
        "smartapp_watch",
        f"smartapp_watch-{__version__}.dist-info",
    }


def test_its_version_is_the_programs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        about = message_from_string(archive.read(f"smartapp_watch-{__version__}.dist-info/METADATA").decode())
    assert (about["Name"], about["Version"]) == ("smartapp-watch", __version__)


def test_the_installed_program_is_not_the_checkout(python: Path, place: Path) -> None:
    ask = [
        str(python),
        "-c",
        "import smartapp_watch, json, sys; print(json.dumps([smartapp_watch.__file__, sys.path]))",
    ]
    done = subprocess.run(ask, cwd=place, env={}, capture_output=True, text=True, check=True)
    file, path = json.loads(done.stdout)
    assert Path(file).is_relative_to(python.parents[1])
    assert str(ROOT) not in path


def test_what_is_installed_sets_itself_up_and_passes_its_own_check(python: Path, place: Path) -> None:
    written = run(python, place, "init", "start")
    assert (written.code, written.err) == (0, "")
    for folder in SHIPPED:
        expected = files_below(ROOT / folder)
        assert {
            str(path.relative_to(place / "start")) for path in (place / "start" / folder).rglob("*.*")
        } >= expected
    checked = run(python, place, "--config", "start/watch.toml", "check")
    assert checked.code == 0, checked.err
    assert "; no mistake" in checked.out


def test_what_is_installed_shows_the_whole_job(python: Path, place: Path) -> None:
    shown = run(python, place, "demo")
    assert (shown.code, shown.err) == (0, "")
    alerts = run(python, place, "--config", "demo/watch.toml", "alerts", "--json").json
    assert len(alerts) == 3
    assert (place / "demo" / "mail" / "2.html").is_file()


def test_a_wheel_of_the_sdist_is_the_same_wheel(tmp_path: Path, wheel: Path) -> None:
    sdist = build("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    again = build("wheel", tmp_path / f"smartapp_watch-{__version__}", tmp_path / "wheel")
    assert names_in(again) == names_in(wheel)
