"""What the demonstration leaves behind: messages on the terminal, and files to open."""

from __future__ import annotations

import json
from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import click

from smartapp_watch.notify.message import SlackMessage
from smartapp_watch.notify.preview import show_in_terminal
from smartapp_watch.simulator.inbox import Mail, PostedMessage


def show_messages(messages: Sequence[PostedMessage]) -> None:
    """Every Slack message as it would read."""
    for message in messages:
        click.secho(f"\nSlack, {message.channel}", bold=True)
        click.echo(show_in_terminal(SlackMessage(message.text, tuple(message.blocks))))


def write_slack(out: Path, messages: Sequence[PostedMessage]) -> None:
    """Every Slack message as the JSON that was posted."""
    for number, message in enumerate(messages, start=1):
        path = _path(out, "slack", number, ".json")
        path.write_text(json.dumps(message.payload, ensure_ascii=False, indent=2), encoding="utf-8")


def write_mails(out: Path, mails: Sequence[Mail]) -> None:
    """Every mail as it arrived, and its parts as files that a browser and an editor open."""
    for number, mail in enumerate(mails, start=1):
        _path(out, "mail", number, ".eml").write_bytes(mail.content)
        message = message_from_bytes(mail.content, policy=default)
        assert isinstance(message, EmailMessage)  # noqa: S101 - by its policy
        for kind, suffix in (("html", ".html"), ("plain", ".txt")):
            part = message.get_body((kind,))
            if part is not None:
                _path(out, "mail", number, suffix).write_text(part.get_content(), encoding="utf-8")


def _path(out: Path, folder: str, number: int, suffix: str) -> Path:
    (out / folder).mkdir(exist_ok=True)
    return out / folder / f"{number}{suffix}"
