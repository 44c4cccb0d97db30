"""What the demonstration leaves behind: messages on the terminal, and files to open."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path
from shlex import join, quote

import click

from smartapp_watch.notify.message import SlackMessage
from smartapp_watch.notify.preview import show_in_terminal
from smartapp_watch.notify.preview_files import with_pictures
from smartapp_watch.notify.text import short, text_table
from smartapp_watch.simulator.inbox import Mail, PostedMessage

_TITLE = 70
_PAGE = "page=pages/checkout/*"

Titles = dict[Path, str]
"""Files to open, and what is in them."""


def show_messages(messages: Sequence[PostedMessage]) -> None:
    """Every Slack message as it would read."""
    for message in messages:
        click.secho(f"\nSlack, {message.channel}", bold=True)
        click.echo(show_in_terminal(SlackMessage(message.text, tuple(message.blocks))))


def write_slack(out: Path, messages: Sequence[PostedMessage]) -> Titles:
    """Every Slack message as the JSON that was posted."""
    titles: Titles = {}
    for number, message in enumerate(messages, start=1):
        path = _path(out, "slack", number, ".json")
        path.write_text(json.dumps(message.payload, ensure_ascii=False, indent=2), encoding="utf-8")
        titles[path] = message.text
    return titles


def write_mails(out: Path, mails: Sequence[Mail]) -> Titles:
    """Every mail as it arrived, and its parts as files that a browser and an editor open."""
    titles: Titles = {}
    for number, mail in enumerate(mails, start=1):
        _path(out, "mail", number, ".eml").write_bytes(mail.content)
        message = message_from_bytes(mail.content, policy=default)
        assert isinstance(message, EmailMessage)  # noqa: S101 - by its policy
        for kind, suffix in (("html", ".html"), ("plain", ".txt")):
            part = message.get_body((kind,))
            if part is not None:
                text = with_pictures(part.get_content(), _pictures(message))
                _path(out, "mail", number, suffix).write_text(text, encoding="utf-8")
        for attached in message.iter_attachments():
            suffix = Path(attached.get_filename("")).suffix
            _path(out, "mail", number, suffix).write_bytes(_content(attached))
        titles[_path(out, "mail", number, ".html")] = str(message["Subject"])
    return titles


def _pictures(message: EmailMessage) -> Iterator[tuple[str, bytes]]:
    """Each picture with the id that the page names it by."""
    for part in message.walk():
        if part.get_content_maintype() == "image":
            yield str(part["Content-ID"]).strip("<>"), _content(part)


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def say_where(out: Path, titles: Titles, app_id: int) -> None:
    """The files to open, and commands to copy."""
    click.secho("\nlook at", bold=True)
    rows = [[f"  {path}", short(title, _TITLE)] for path, title in titles.items()]
    click.echo(text_table([*rows, [f"  {out / 'history.db'}", "everything, as SQLite tables"]], right=False))
    click.secho("and try", bold=True)
    command = f"  {_program()} --config {quote(str(out / 'watch.toml'))}"
    for words in (["alerts"], ["status"], ["history", "visit_page.bounce_ratio", "--app", str(app_id)]):
        click.echo(f"{command} {join(words)}" + (f" --where {quote(_PAGE)}" if len(words) > 1 else ""))


def _program() -> str:
    """How this program was called, so that what is copied works in the same place."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{quote(sys.executable)} -m smartapp_watch"
    found = shutil.which(called.name)
    on_path = found is not None and called.exists() and Path(found).samefile(called)
    return called.name if on_path else quote(sys.argv[0])


def _path(out: Path, folder: str, number: int, suffix: str) -> Path:
    (out / folder).mkdir(exist_ok=True)
    return out / folder / f"{number}{suffix}"
