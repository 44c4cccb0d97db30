"""On which line of a TOML document each key and value stands; no TOML library says it of valid documents.

The scanner follows the grammar only as far as finding places needs: it is for text that ``tomllib`` has
accepted already.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from json import loads

Place = tuple[str | int, ...]
"""The way from the top of a document to a value: keys, and numbers of the entries of lists."""

_GAP = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")'
    r"|'''.*?'{3,5}(?!')"
    r'|"(?:[^"\\]|\\.)*"'
    r"|'[^']*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


class Lines:
    """The line of every place of a document."""

    def __init__(self, text: str) -> None:
        self._known = _Scanner(text).read()

    def of(self, place: Place) -> int:
        """The line of ``place``; of what it stands in, where it is not in the document itself."""
        for length in range(len(place), 0, -1):
            line = self._known.get(place[:length])
            if line is not None:
                return line
        return 1

    def __contains__(self, place: Place) -> bool:
        return place in self._known


class _Scanner:
    """Walks over a document once, from its first character to its last, and notes where things begin."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted = 0
        self._entries: dict[Place, int] = {}
        self._known: dict[Place, int] = {}

    def read(self) -> dict[Place, int]:
        """The line of each place; of one that is opened several times, the first."""
        table: Place = ()
        while self._skip(_GAP) < len(self._text):
            if self._sees("["):
                table = self._header()
            else:
                self._pair(table)
        return self._known

    def _header(self) -> Place:
        line = self._line_here()
        brackets = 2 if self._sees("[[") else 1
        self._at += brackets
        *outer, last = self._keys()
        self._at += brackets
        place: Place = ()
        for key in outer:
            place = self._newest_entry(self._note((*place, key), line))
        place = self._note((*place, last), line)
        if brackets == 1:
            return place
        self._entries[place] = self._entries.get(place, -1) + 1
        return self._note(self._newest_entry(place), line)

    def _newest_entry(self, place: Place) -> Place:
        return (*place, self._entries[place]) if place in self._entries else place

    def _pair(self, place: Place) -> None:
        line = self._line_here()
        for key in self._keys():
            place = self._note((*place, key), line)
        self._at += 1  # the sign of equality
        self._skip(_SPACE)
        self._value(place)

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._skip(_SPACE)
            quoted = self._sees('"') or self._sees("'")
            keys.append(_unquoted(self._take(_STRING)) if quoted else self._take(_BARE_KEY))
            self._skip(_SPACE)
            if not self._sees("."):
                return keys
            self._at += 1

    def _value(self, place: Place) -> None:
        if self._sees("["):
            self._members("]", lambda number: self._entry((*place, number)))
        elif self._sees("{"):
            self._members("}", lambda _: self._pair(place))
        elif self._sees('"') or self._sees("'"):
            self._take(_STRING)
        else:
            self._take(_SCALAR)

    def _members(self, end: str, read: Callable[[int], None]) -> None:
        """What a list or an inline table holds, up to its closing bracket."""
        self._at += 1
        number = 0
        while self._skip(_GAP) and not self._sees(end):
            read(number)
            number += 1
            self._skip(_GAP)
            self._at += self._sees(",")
        self._at += 1

    def _entry(self, place: Place) -> None:
        self._note(place, self._line_here())
        self._value(place)

    def _note(self, place: Place, line: int) -> Place:
        self._known.setdefault(place, line)
        return place

    def _line_here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _sees(self, mark: str) -> bool:
        return self._text.startswith(mark, self._at)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        self._take(pattern)
        return self._at

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise ValueError(f"line {self._line_here()}: the scanner lost its way")
        self._at = match.end()
        return match[0]


def _unquoted(key: str) -> str:
    if key.startswith("'"):
        return key[1:-1]
    # TOML's escapes are JSON's and one more: \UXXXXXXXX (and, since 1.1, \e and \xXX).
    wide = re.sub(r"(\\\\)|\\U([0-9A-Fa-f]{8})", lambda m: m[1] or chr(int(m[2], 16)), key)
    return str(loads(wide, strict=False))
