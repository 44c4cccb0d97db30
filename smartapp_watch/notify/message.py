"""A message in a receiver's own form, ready to be sent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """A post: ``text`` is what a notification and a screen reader say, ``blocks`` is Block Kit's JSON."""

    text: str
    blocks: tuple[dict[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class MailMessage:
    """A mail's subject (one line) and its two bodies, which say the same."""

    subject: str
    text: str
    html: str
