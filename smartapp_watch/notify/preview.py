"""A Slack message as text, for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from smartapp_watch.notify.block_kit import NEUTRAL
from smartapp_watch.notify.emoji import EMOJI
from smartapp_watch.notify.message import SlackMessage
from smartapp_watch.notify.text import one_line, pad, width

_LINK = re.compile(r"<(https?://[^|>]+)\|([^>]*)>")
_BOLD = re.compile(rf"(?<![\w{NEUTRAL}])\*([^*\n]+)\*(?![\w{NEUTRAL}])")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_MARGIN = "│ "
_GAP = 4
_LINE = 60


def show_in_terminal(message: SlackMessage) -> str:
    """The message's lines, without colours, control characters or Slack's markup."""
    lines = [line for block in message.blocks for line in _lines(block)] or _paragraph(message.text)
    return "\n".join((_MARGIN + line).rstrip() for line in lines)


def _lines(block: Mapping[str, object]) -> Iterator[str]:
    match block:
        case {"type": "header", "text": {"text": str(text)}}:
            title = _plain(text)
            yield from (title, "─" * max(width(title), _LINE))
        case {"type": "section", "text": {"text": str(text)}}:
            yield from (*_paragraph(text), "")
        case {"type": "section", "fields": [*fields]}:
            yield from (*_two_columns([_text_of(field) for field in fields]), "")
        case {"type": "context", "elements": [*elements]}:
            yield from (f"  {_text_of(element)}" for element in elements)
        case {"type": "image", "alt_text": str(text)}:
            yield from (f"[{_plain(text)}]", "")
        case {"type": "actions", "elements": [*elements]}:
            yield "  " + "  ".join(f"[{_label(element)}]" for element in elements)


def _label(element: object) -> str:
    match element:
        case {"text": {"text": str(text)}} | {"placeholder": {"text": str(text)}}:
            return _plain(text)
    return ""


def _text_of(element: object) -> str:
    match element:
        case {"text": str(text)}:
            return _plain(text)
    return ""


def _paragraph(text: str) -> list[str]:
    return [_plain(line) for line in text.split("\n")]


def _two_columns(cells: Sequence[str]) -> Iterable[str]:
    """Fields as Slack lays them out: two in a row."""
    left, right = cells[0::2], cells[1::2]
    columns = max(map(width, left), default=0) + _GAP
    for number, cell in enumerate(left):
        yield pad(cell, columns) + (right[number] if number < len(right) else "")


def _plain(text: str) -> str:
    """One line of Slack's markup as plain text."""
    text = _BOLD.sub(r"\1", _LINK.sub(r"\2 \1", text)).replace(NEUTRAL, "")
    for code, emoji in EMOJI.items():
        text = text.replace(code, emoji)
    for entity, sign in _ENTITIES:
        text = text.replace(entity, sign)
    return one_line(text)
