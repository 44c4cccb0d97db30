"""``backup``: a copy of the history, also while a daemon writes to it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from smartapp_watch.cli.session import Session, pass_session
from smartapp_watch.cli.show import print_json
from smartapp_watch.history.backup import back_up


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@pass_session
def command(session: Session, file: Path, *, force: bool, as_json: bool) -> None:
    """Copy the history to FILE and check the copy; a daemon may go on writing meanwhile."""
    path = session.config().history.path
    bar: Any = None

    def show(done: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            bar = click.progressbar(length=total, label="copying", file=sys.stderr).__enter__()
        bar.update(done - bar.pos)

    try:
        size = back_up(path, file, force=force, progress=show if sys.stderr.isatty() else None)
    finally:
        if bar is not None:
            bar.__exit__(None, None, None)
    if as_json:
        print_json({"file": str(file), "bytes": size})
        return
    click.echo(f"copied {path} to {file}: {size / 1e6:.1f} MB, checked")
