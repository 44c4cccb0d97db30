"""``init``: files to start from."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import click

from smartapp_watch.errors import UsageError
from smartapp_watch.shipped_files import shipped

_FOLDERS = ("rules", "templates")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
def command(folder: Path) -> None:
    """Write a commented watch.toml, rules/ and templates/ into FOLDER; nothing that is there is changed."""
    write_start(folder)
    click.echo(f"written: {folder / 'watch.toml'}, {folder / 'rules'}, {folder / 'templates'}")
    click.echo("next: put your mini-programs and receivers into watch.toml, then smartapp-watch check")


def write_start(folder: Path) -> None:
    """Copy what is shipped into ``folder``; UsageError where one of the files is there already."""
    there = [name for name in ("watch.toml", *_FOLDERS) if (folder / name).exists()]
    if there:
        raise UsageError(f"{folder} has {', '.join(there)} already; choose another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _FOLDERS:
            copytree(shipped(name), folder / name)
        (folder / "watch.toml").write_bytes(shipped("watch.toml").read_bytes())
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to: {error.strerror}") from None
