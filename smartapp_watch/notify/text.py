"""Text from outside made fit to show: on one line, without tricks, cut and aligned by what it takes up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import category, combining, east_asian_width

ELLIPSIS = "…"
_SAFE_FORMAT = "\u200c\u200d"  # joiners, which emoji and several scripts are written with
_SPACES = re.compile(r"\s+")
_PLAIN = re.compile(r"[ -~\u4e00-\u9fff。，、：；（）“”！？《》·—–…−]*")


def one_line(text: str) -> str:
    """``text`` on one line: control characters become spaces, characters that turn the text around go.

    A lone half of a surrogate pair, which no receiver can encode, becomes a replacement character.
    """
    if not _PLAIN.fullmatch(text):
        text = "".join(_harmless(character) for character in text)
    return _SPACES.sub(" ", text).strip()


def _harmless(character: str) -> str:
    kind = category(character)
    if kind in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    if kind == "Cs":
        return "\ufffd"
    if kind == "Cf" and character not in _SAFE_FORMAT:
        return ""
    return character


def cut(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` characters, with an ellipsis where something was cut off."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def short(text: str, limit: int) -> str:
    """A name from outside, on one line and cut."""
    return cut(one_line(text), limit)


def width(text: str) -> int:
    """The columns that ``text`` takes up in a terminal or a fixed-width font: two for a Chinese character."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if combining(character) or character in _SAFE_FORMAT or character == "\ufe0f":
        return 0
    return 2 if east_asian_width(character) in ("W", "F") else 1


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """``text`` filled with spaces to ``columns``, aligned to the left, or to the right."""
    blank = " " * max(0, columns - width(text))
    return blank + text if right else text + blank


def text_table(rows: Sequence[Sequence[str]], *, right: bool = True) -> str:
    """``rows`` as lines with aligned columns; all but the first to the right, unless asked otherwise."""
    if not rows:
        return ""
    columns = range(max(len(row) for row in rows))
    filled = [[*row, *[""] * (len(columns) - len(row))] for row in rows]
    widths = [max(width(row[column]) for row in filled) for column in columns]
    return "\n".join(
        "  ".join(pad(row[column], widths[column], right=right and column > 0) for column in columns).rstrip()
        for row in filled
    )
