"""A message as files to look at: its HTML, its text, Slack's blocks, and what is attached to it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path

from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.message import MailMessage, RobotMessage, SlackMessage
from smartapp_watch.notify.robot import ROBOTS

SUFFIXES = (".txt", ".json", ".csv")
"""Of the files beside the HTML."""


def preview_files(path: Path, mail: MailMessage, slack: SlackMessage) -> dict[Path, bytes]:
    """What to write: the mail's HTML at ``path``, its text and the Slack message beside it; and the first
    attachment, whose name is another in the mail."""
    text = f"Subject: {mail.subject}\n\n{mail.text}"
    blocks = {"text": slack.text, "blocks": slack.blocks}
    files = {
        path: page(mail).encode(),
        path.with_suffix(".txt"): text.encode(),
        path.with_suffix(".json"): _json(blocks),
    }
    for attachment in mail.attachments:
        files.setdefault(path.with_suffix(Path(attachment.name).suffix), attachment.content)
    return files


def robot_files(path: Path, message: RobotMessage, language: Language) -> dict[Path, bytes]:
    """What to write of a message for robots beside ``path``: its Markdown, and the JSON of each platform."""
    lines = "\n\n".join((f"# {message.title}", *message.lines))
    files = {path.with_suffix(".md"): f"{lines}\n".encode()}
    for kind, robot in ROBOTS.items():
        files[path.with_suffix(f".{kind}.json")] = _json(robot.payload(message, language))
    return files


def page(mail: MailMessage) -> str:
    """A mail's HTML as a browser shows it: with its pictures in it, which no mail program would show."""
    return with_pictures(mail.html, ((picture.name, picture.png) for picture in mail.pictures))


def _json(document: object) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def with_pictures(html: str, pictures: Iterable[tuple[str, bytes]]) -> str:
    """``html`` with each PNG, given by its content id, in the page itself."""
    for name, png in pictures:
        html = html.replace(f'"cid:{name}"', f'"data:image/png;base64,{b64encode(png).decode()}"')
    return html
