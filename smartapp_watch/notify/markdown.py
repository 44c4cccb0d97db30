"""The Markdown that chat robots have in common: bold and links, and only what templates write of it.

DingTalk, Feishu and WeCom each know another part of Markdown, and only Feishu says how to escape its signs.
So a sign that any of them could take for markup, a mention or a tag is shown as its full-width twin.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from smartapp_watch.notify.message import RobotMessage
from smartapp_watch.notify.text import cut, one_line

BLOCKS = ("title", "body")
"""The blocks of a template."""

TITLE = 100
"""Characters of a title."""

_SIGNS = "*`<>[]~\\@"
_TWINS = str.maketrans({sign: chr(ord(sign) + 0xFEE0) for sign in _SIGNS})
_HEADING = re.compile(r"(?<!\S)#")
_UNDERSCORE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_ENTITY = re.compile(r"&(?=#|[A-Za-z]+;)")
_ADDRESS = re.compile(r"https?://[^\s<>|\"\[\]]+")
_IN_ADDRESS = str.maketrans({"(": "%28", ")": "%29", "*": "%2A", "`": "%60", "~": "%7E"})


def masked(text: str) -> str:
    """``text`` on one line, as every robot shows it literally.

    An underscore within a word formats nothing and stays, so that a page's path can be copied.
    """
    text = _HEADING.sub("＃", one_line(text).translate(_TWINS))
    return _ENTITY.sub("＆", _UNDERSCORE.sub("＿", text))


def link(address: str, words: str) -> str:
    """A link; where the address is none, both as text."""
    if not _ADDRESS.fullmatch(address):
        return masked(f"{words}: {address}")
    return f"[{masked(words)}]({address.translate(_IN_ADDRESS)})"


def assemble(blocks: Mapping[str, str], tone: str) -> RobotMessage:
    """The message that a template's blocks make; ValueError where there is nothing to tell."""
    title = cut(one_line(blocks.get("title", "")), TITLE)
    if not title:
        raise ValueError("the block title is empty")
    lines = (one_line(line) for line in blocks.get("body", "").splitlines())
    return RobotMessage(title, tuple(line for line in lines if line), tone)
