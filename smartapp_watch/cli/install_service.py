"""``install-service``: what systemd needs to run the daemon, and settings for it to start from."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import ndiff
from pathlib import Path

import click

from smartapp_watch.errors import UsageError, WatchError
from smartapp_watch.shipped_files import shipped

USER = "smartapp-watch"
UNIT = Path("etc/systemd/system/smartapp-watch.service")
SYSUSERS = Path("etc/sysusers.d/smartapp-watch.conf")
SETTINGS = Path("etc/smartapp-watch")
STATE = Path("var/lib/smartapp-watch")

_HIDDEN = tuple(map(Path, ("/home", "/root", "/run/user", "/tmp", "/var/tmp")))  # noqa: S108 - not written to
"""What the unit's ProtectHome= and PrivateTmp= keep from the service."""

_PLACEHOLDER = "/usr/bin/smartapp-watch"
_HISTORY = 'path = "history.db"'


@dataclass(frozen=True, slots=True)
class _File:
    """What is to be in ``path``, below the root. ``mode`` is 0640 where the operator edits it."""

    path: Path
    content: bytes
    mode: int = 0o644


@click.command()
@click.option(
    "--root", type=click.Path(path_type=Path, file_okay=False), help="Write below this folder; run nothing."
)
@click.option("--program", metavar="PATH", help="What the unit starts, in place of this very program.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
def command(root: Path | None, program: str | None, *, dry_run: bool) -> None:
    """Write the unit for systemd, its user, and settings to start from; settings that are there stay."""
    started = _program(program)
    if not (dry_run or root):
        _refuse_elsewhere()
    below = root or Path("/")
    begun = (below / SETTINGS / "watch.toml").exists()
    ours, theirs = _ours(started), () if begun else tuple(_theirs(below))
    if begun:
        click.echo(f"kept     {below / SETTINGS}")
    changed = [_tell(below, file) for file in ours]
    for name in dict.fromkeys(file.path.relative_to(SETTINGS).parts[0] for file in theirs):
        click.echo(f"new      {below / SETTINGS / name}")
    if dry_run:
        return
    os.umask(0o022)  # whatever the shell's is
    _write(below, ours)
    if root is not None:
        _make_folder(below / SETTINGS, 0o750)
        _write(below, theirs)
        return
    _run("systemd-sysusers", f"/{SYSUSERS}")
    _refuse_unusable(started)
    _make_folder(below / STATE, 0o700, user=USER, group=USER)
    _make_folder(below / SETTINGS, 0o750, group=USER)
    _write(below, theirs, group=USER)
    _run("systemctl", "daemon-reload")
    _say_next(started, begun=begun, changed=any(changed))


def _program(chosen: str | None) -> str:
    """The absolute path of what the unit starts; UsageError where the unit would not let it be seen."""
    if chosen is None:
        own = Path(sys.executable).with_name("smartapp-watch")
        if not own.exists():
            raise UsageError(f"there is no {own}; install the program, or name it with --program")
        _refuse_hidden(
            (own, own.resolve(), Path(sys.executable).resolve(), Path(sys.base_prefix), Path(__file__))
        )
        return str(own)
    if not Path(chosen).is_absolute():
        raise UsageError(f"--program {chosen} has to be an absolute path")
    _refuse_hidden((Path(chosen), Path(chosen).resolve()))
    return chosen


def _refuse_hidden(paths: Iterable[Path]) -> None:
    for path in paths:
        for folder in _HIDDEN:
            if path.is_relative_to(folder):
                raise UsageError(
                    f"{path} lies in {folder}, which the service cannot see (ProtectHome=, PrivateTmp=); "
                    "install the program, and its Python, in /opt or /usr/local, and call it from there"
                )


def _refuse_elsewhere() -> None:
    if os.geteuid() != 0:
        raise UsageError("this writes to /etc: run it as root; --dry-run only shows what it would write")
    if not Path("/run/systemd/system").is_dir():
        raise UsageError("systemd does not run here; --root FOLDER writes files for where it does")


def _refuse_unusable(program: str) -> None:
    """WatchError where the service's user may not start the program."""
    try:
        tried = subprocess.run(  # noqa: S603 - the path is the operator's own
            [program, "--version"],
            user=USER,
            group=USER,
            extra_groups=(),
            cwd="/",
            env={},
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise WatchError(f"the user {USER} cannot run {program}: {error.strerror}") from None
    if tried.returncode:
        last = (tried.stderr.splitlines() or ["it says nothing"])[-1]
        raise WatchError(f"the user {USER} cannot run {program}: {last}")


def _ours(program: str) -> tuple[_File, ...]:
    """What an upgrade brings anew."""
    unit = (shipped("deploy") / UNIT.name).read_text(encoding="utf-8")
    started = program.replace("%", "%%")
    started = f'"{started}"' if " " in started else started
    users = (shipped("deploy") / "sysusers.d" / SYSUSERS.name).read_bytes()
    return (
        _File(UNIT, unit.replace(f"ExecStart={_PLACEHOLDER} ", f"ExecStart={started} ").encode()),
        _File(SYSUSERS, users),
    )


def _theirs(below: Path) -> Iterator[_File]:
    """What the operator edits and is not there yet; watch.toml last: where that is there, all is."""
    for folder in ("rules", "templates"):
        for file in sorted(shipped(folder).rglob("*")):
            path = SETTINGS / folder / file.relative_to(shipped(folder))
            if file.is_file() and not (below / path).exists():
                yield _File(path, file.read_bytes(), 0o640)
    settings = shipped("watch.toml").read_text(encoding="utf-8")
    settings = settings.replace('path = "history.db"', f'path = "/{STATE}/history.db"')
    yield _File(SETTINGS / "watch.toml", settings.encode(), 0o640)


def _tell(below: Path, file: _File) -> bool:
    """Say what becomes of a file, with the lines that change; whether it was there and changes."""
    path = below / file.path
    before = path.read_bytes() if path.exists() else b""
    if before == file.content:
        click.echo(f"same     {path}")
        return False
    click.echo(f"{'changed' if before else 'new':8} {path}")
    if before:
        lines = ndiff(before.decode(errors="replace").splitlines(), file.content.decode().splitlines())
        for line in lines:
            if line.startswith(("+", "-")):
                click.echo(f"         {line}")
    return bool(before)


def _write(below: Path, files: Iterable[_File], group: str | None = None) -> None:
    """Write each file whole or not at all."""
    for file in files:
        path = below / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.write_bytes(file.content)
        new.chmod(file.mode)
        if group:
            shutil.chown(new, group=group)
        new.replace(path)


def _make_folder(path: Path, mode: int, user: str | None = None, group: str | None = None) -> None:
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    if user:
        shutil.chown(path, user=user)
    if group:
        shutil.chown(path, group=group)


def _run(*words: str) -> None:
    """Run a program of systemd; WatchError with its last words where it fails."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    except FileNotFoundError:
        raise WatchError(f"{words[0]} is not installed") from None
    if done.returncode:
        raise WatchError(f"{' '.join(words)}: {done.stderr.strip() or f'ended with {done.returncode}'}")


def _say_next(program: str, *, begun: bool, changed: bool) -> None:
    if begun:
        click.echo("next: systemctl restart smartapp-watch" if changed else "nothing is left to do")
        return
    settings = f"/{SETTINGS}/watch.toml"
    click.echo(f"next: put your mini-programs, receivers and their secrets into {settings}")
    click.echo(f"      sudo -u {USER} {program} --config {settings} check")
    click.echo("      systemctl enable --now smartapp-watch")
