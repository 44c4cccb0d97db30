"""Messages written to files, for people who change templates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from smartapp_watch.errors import UsageError
from smartapp_watch.notify.message import MailMessage, SlackMessage
from smartapp_watch.notify.preview_files import SUFFIXES, preview_files


def check_preview(path: Path) -> None:
    """UsageError where ``path`` is the name of a file that is written beside it."""
    if path.suffix in SUFFIXES:
        raise UsageError(
            f"{path} would be overwritten by the preview's own {path.suffix}; name the HTML, as "
            f"{path.with_suffix('.html')}"
        )


def write_preview(path: Path, mail: MailMessage, slack: SlackMessage) -> None:
    """Write a message as HTML to ``path``, and its other forms beside it; say where."""
    check_preview(path)
    write_files(preview_files(path, mail, slack))


def write_files(files: Mapping[Path, bytes]) -> None:
    """Write files, and say where."""
    for file, content in files.items():
        file.write_bytes(content)
        click.echo(f"written to {file}", err=True)
