"""``install-service``, where nothing is run: what it writes below another root, and what it refuses."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from smartapp_watch.config.load import inspect
from smartapp_watch.shipped_files import shipped
from tests.cli.desk import Call

PROGRAM = "/opt/smartapp-watch/bin/smartapp-watch"
HOME = "/home"
UNIT = "etc/systemd/system/smartapp-watch.service"
SETTINGS = "etc/smartapp-watch/watch.toml"


@pytest.fixture
def install(call: Call, tmp_path: Path) -> Call:
    return lambda *words: call("install-service", "--root", str(tmp_path), "--program", PROGRAM, *words)


def modes(folder: Path) -> dict[str, int]:
    """Every file below the folder with its permissions."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.stat().st_mode & 0o777 for path in files}


def test_it_writes_the_unit_its_user_and_settings_to_start_from(install: Call, tmp_path: Path) -> None:
    done = install()
    assert (done.code, done.err) == (0, "")
    assert {line.split()[0] for line in done.out.splitlines()} == {"new"}
    found = modes(tmp_path)
    assert found.pop(UNIT) == 0o644
    assert found.pop("etc/sysusers.d/smartapp-watch.conf") == 0o644
    assert {"watch.toml", "rules", "templates"} == {Path(path).parts[2] for path in found}
    assert set(found.values()) == {0o640}
    assert (tmp_path / "etc/smartapp-watch").stat().st_mode & 0o777 == 0o750


def test_the_unit_is_the_shipped_one_that_starts_this_program(install: Call, tmp_path: Path) -> None:
    install()
    shipped_unit = (shipped("deploy") / "smartapp-watch.service").read_text().splitlines()
    changed = [line for line in (tmp_path / UNIT).read_text().splitlines() if line not in shipped_unit]
    assert changed == [f"ExecStart={PROGRAM} --config /{SETTINGS} run"]


def test_its_settings_hold_no_mistake_and_the_history_lies_where_the_service_may_write(
    install: Call, tmp_path: Path
) -> None:
    install()
    config, problems = inspect(tmp_path / SETTINGS)
    assert config is not None, problems
    assert config.history.path == Path("/var/lib/smartapp-watch/history.db")


def test_again_it_changes_nothing_and_of_a_changed_unit_it_tells_the_lines(
    install: Call, call: Call, tmp_path: Path
) -> None:
    install()
    before = {path: (tmp_path / path).read_bytes() for path in modes(tmp_path)}
    (tmp_path / "etc/smartapp-watch/rules/traffic.toml").unlink()
    (tmp_path / SETTINGS).write_text("mine")
    again = install()
    assert [line.split()[0] for line in again.out.splitlines()] == ["kept", "same", "same"]
    assert (tmp_path / SETTINGS).read_text() == "mine"
    assert not (tmp_path / "etc/smartapp-watch/rules/traffic.toml").exists()
    other = call("install-service", "--root", str(tmp_path), "--program", "/opt/other one/50%/watch")
    assert other.code == 0
    assert f"\n         - ExecStart={PROGRAM} --config" in other.out
    assert '\n         + ExecStart="/opt/other one/50%%/watch" --config' in other.out
    assert (tmp_path / UNIT).read_bytes() != before[UNIT]


def test_what_an_interruption_left_out_comes_the_next_time(install: Call, tmp_path: Path) -> None:
    install()
    whole = modes(tmp_path)
    (tmp_path / SETTINGS).unlink()  # the last that is written
    shutil.rmtree(tmp_path / "etc/smartapp-watch/templates")
    (tmp_path / "etc/smartapp-watch/rules/own.toml").write_text("mine")
    install()
    assert modes(tmp_path).keys() == whole.keys() | {"etc/smartapp-watch/rules/own.toml"}


def test_a_dry_run_writes_nothing(call: Call, install: Call, tmp_path: Path) -> None:
    said = install("--dry-run")
    assert said.code == 0
    assert f"new      {tmp_path / UNIT}" in said.out
    assert list(tmp_path.iterdir()) == []
    assert call("install-service", "--program", PROGRAM, "--dry-run").code == 0


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (f"{HOME}/me/venv/bin/smartapp-watch", "lies in /home, which the service cannot see (ProtectHome="),
        ("/tmp/venv/bin/smartapp-watch", "lies in /tmp, "),
        ("venv/bin/smartapp-watch", "has to be an absolute path"),
    ],
)
def test_a_program_that_the_service_could_not_start_is_refused(
    call: Call, tmp_path: Path, program: str, why: str
) -> None:
    refused = call("install-service", "--root", str(tmp_path), "--program", program)
    assert (refused.code, refused.out) == (2, "")
    assert why in refused.err
    assert list(tmp_path.iterdir()) == []


def test_an_interpreter_in_a_home_is_refused_too(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Path("/opt/venv/bin/python")
    monkeypatch.setattr(sys, "executable", str(own))
    monkeypatch.setattr(Path, "exists", lambda _: True)
    monkeypatch.setattr(sys, "base_prefix", f"{HOME}/me/python")
    refused = call("install-service", "--root", str(tmp_path))
    assert refused.code == 2
    assert f"{HOME}/me/python lies in {HOME}" in refused.err


def test_only_root_may_install_it_here(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    refused = call("install-service", "--program", PROGRAM)
    assert (refused.code, refused.out) == (2, "")
    assert "run it as root" in refused.err


def test_the_unit_is_little_exposed() -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=15"]
    command.append(str(shipped("deploy") / "smartapp-watch.service"))
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
