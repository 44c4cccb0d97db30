"""A message in a receiver's own form, ready to be sent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart: PNG with a white ground and no words in it; ``alt`` says what it shows."""

    name: str
    """A file's name, made of a hash of the bytes: equal pictures are attached once."""
    png: bytes
    alt: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that comes with a mail; ``media_type`` as ``text/csv``."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """A post: ``text`` is what a notification and a screen reader say, ``blocks`` is Block Kit's JSON.

    ``picture`` belongs before the block of number ``picture_at``, once it is uploaded; where it cannot be
    shown, ``stand_in`` is shown there, a line of Slack's markup, empty for nothing.
    """

    text: str
    blocks: tuple[dict[str, object], ...] = ()
    picture: Picture | None = None
    picture_at: int = 0
    stand_in: str = ""


@dataclass(frozen=True, slots=True)
class MailMessage:
    """A mail's subject (one line) and its two bodies, which say the same.

    The HTML shows ``pictures`` by ``cid:NAME``.
    """

    subject: str
    text: str
    html: str
    pictures: tuple[Picture, ...] = ()
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class RobotMessage:
    """A message for a chat robot: a title and lines of Markdown, the most important first.

    ``tone``: ``bad``, ``good`` or empty. ``picture``: for robots that take one.
    """

    title: str
    lines: tuple[str, ...]
    tone: str = ""
    picture: Picture | None = None
