"""Block Kit from the parts that a template wrote, within every limit that Slack has.

Slack refuses the whole post over one block that is too long. So rows are dropped whole, from the end, and
a last line says how many: a message that arrives shortened is better than one that does not arrive.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.message import SlackMessage
from smartapp_watch.notify.text import ELLIPSIS
from smartapp_watch.notify.words import MORE

HEADER = 150
SECTION = 3000
FIELDS = 10
FIELD = 2000
CONTEXT = 10
TEXT = 4000
ALL = 12_000
"""All text of all blocks. Slack does not say its limit; posts were seen refused from about 13,200 on."""

_ALT = 500
_STAND_IN = 300
_FIELD = 600
_SUMMARY = 2500
_CONTEXT_ELEMENT = 300
_MOST_FIELDS = 2 * FIELDS
_MORE_ROOM = 40
_BROKEN_END = re.compile(r"(&[a-z]{0,3}|<[^>]*)$")

Block = dict[str, object]

PARTS = ("header", "summary", "fields", "chart", "look", "context", "text")
"""The blocks of a template, in the order of the message; ``text`` is the post's own, ``chart`` stands in for
a picture that cannot be shown."""

NEUTRAL = "\u200b"
_FORMATTING = re.compile(r"(?<![A-Za-z0-9])[*_~`]|[*_~`](?![A-Za-z0-9])|`")


def mrkdwn(text: str) -> str:
    """``text`` as Slack's markup shows it literally: no mention, link or format is left in it.

    The three signs of Slack's markup are escaped as its documentation says. There is no escape for the signs
    of bold, italic, struck and code: a zero-width space on both sides keeps them from being a pair.
    Inside a word, where they format nothing, they stay as they are, so that a page's path can be copied.
    """
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _FORMATTING.sub(lambda match: f"{NEUTRAL}{match[0]}{NEUTRAL}", text)


def assemble(parts: Mapping[str, str], language: Language) -> SlackMessage:
    """The message that the parts make; ValueError where there is no text to tell."""
    text = _cut(" ".join(_lines(parts.get("text", ""))), TEXT)
    if not text:
        raise ValueError("the block text is empty")
    header = _cut(" ".join(_lines(parts.get("header", ""))), HEADER)
    summary = _cut("\n".join(_lines(parts.get("summary", ""))), _SUMMARY)
    context = [_cut(line, _CONTEXT_ELEMENT) for line in _lines(parts.get("context", ""))][:CONTEXT]
    stand_in = _cut(" ".join(_lines(parts.get("chart", ""))), _STAND_IN)
    room = ALL - len(header) - len(summary) - len(stand_in) - sum(map(len, context))
    fields = _fit(_lines(parts.get("fields", "")), _FIELD, min(room, SECTION), _MOST_FIELDS, language)
    room -= sum(map(len, fields))
    look = _fit(_lines(parts.get("look", "")), SECTION, room, room, language)
    facts = tuple(_facts(header, summary, fields))
    blocks = (*facts, *_rest(look, context))
    return SlackMessage(text, blocks, picture_at=len(facts), stand_in=stand_in)


def section(text: str) -> Block:
    """A block of text in Slack's markup."""
    return {"type": "section", "text": _markup(_cut(text, SECTION))}


def context(text: str) -> Block:
    """A block of small print in Slack's markup."""
    return {"type": "context", "elements": [_markup(_cut(text, _CONTEXT_ELEMENT))]}


def picture_block(file: str, alt: str) -> Block:
    """A block that shows an uploaded file; ``alt`` is cut to what is left beside all other text."""
    return {"type": "image", "slack_file": {"id": file}, "alt_text": _cut(alt, _ALT) or "-"}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _cut(text: str, limit: int) -> str:
    """``text`` within ``limit``, never cut inside an entity or a link."""
    if len(text) <= limit:
        return text
    return _BROKEN_END.sub("", text[: limit - 1]).rstrip() + ELLIPSIS


def _fit(rows: Sequence[str], longest: int, room: int, most: int, language: Language) -> list[str]:
    """As many whole rows as there is room for; the last one says how many more there are."""
    cut = [_cut(row, longest) for row in rows]
    if len(cut) <= most and sum(len(row) + 1 for row in cut) <= room:
        return cut
    kept: list[str] = []
    room -= _MORE_ROOM
    for row in cut[: most - 1]:
        room -= len(row) + 1
        if room < 0:
            break
        kept.append(row)
    return [*kept, MORE.in_(language).format(len(rows) - len(kept))]


def _facts(header: str, summary: str, fields: Sequence[str]) -> Iterable[dict[str, object]]:
    """What stands before a picture."""
    if header:
        yield {"type": "header", "text": {"type": "plain_text", "text": header, "emoji": True}}
    if summary:
        yield {"type": "section", "text": _markup(summary)}
    for start in range(0, len(fields), FIELDS):
        yield {"type": "section", "fields": [_markup(field) for field in fields[start : start + FIELDS]]}


def _rest(look: Sequence[str], context: Sequence[str]) -> Iterable[dict[str, object]]:
    for text in _sections(look):
        yield {"type": "section", "text": _markup(text)}
    if context:
        yield {"type": "context", "elements": [_markup(line) for line in context]}


def _markup(text: str) -> dict[str, object]:
    """Slack's markup, taken as it is: ``verbatim`` keeps Slack from finding links and channels by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _sections(rows: Sequence[str]) -> Iterable[str]:
    """The rows put together, as many in one section as it can hold."""
    section = ""
    for row in rows:
        if section and len(section) + 1 + len(row) > SECTION:
            yield section
            section = row
        else:
            section = f"{section}\n{row}" if section else row
    if section:
        yield section
