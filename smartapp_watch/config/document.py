"""A TOML file as it was read, and the findings about it: every mistake and warning with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from smartapp_watch.config.lines import Lines, Place
from smartapp_watch.errors import Problem

_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_TWICE = re.compile(r"Cannot declare \((.*)\) twice")
_TOO_LONG = "this is not valid TOML: a number of too many digits"
_LARGEST = 2**63
_OPEN_TEXT = "a line ends within text in quotes"
_PLAIN_WORDS = {"Cannot overwrite a value": "the key stands twice", "Illegal character '\\n'": _OPEN_TEXT}


@dataclass(frozen=True)
class Document:
    """A file's text and what it says. ``shown`` is the path as people would type it."""

    shown: str
    text: str
    data: dict[str, Any]

    @cached_property
    def lines(self) -> Lines:
        """Where everything stands; found out when it is first asked for."""
        return Lines(self.text)


@dataclass
class Findings:
    """The mistakes and warnings found so far."""

    _problems: dict[Problem, None] = field(default_factory=dict)

    @property
    def problems(self) -> list[Problem]:
        """All of them, in the order they were found."""
        return list(self._problems)

    @property
    def mistakes(self) -> int:
        """How many of them are no warnings."""
        return sum(not problem.warning for problem in self._problems)

    def add(self, problem: Problem) -> None:
        """Note a problem; the same one twice is one."""
        self._problems.setdefault(problem)


@dataclass(frozen=True)
class Part:
    """A table of a document, by its place, and where to complain about it."""

    document: Document
    findings: Findings
    place: Place = ()

    @property
    def data(self) -> dict[str, Any]:
        """What the table holds; empty where it is not in the document."""
        value: Any = self.document.data
        for step in self.place:
            value = value[step] if isinstance(step, int) else value.get(step, {})
        return value if isinstance(value, dict) else {}

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.document.lines.of(self.place)

    def line_of(self, *keys: str | int) -> int:
        """Where a key of it stands."""
        return self.document.lines.of((*self.place, *keys))

    def mistake(self, keys: str | Place, what: str, meant: str = "") -> None:
        """Note a mistake at a key (or at the way to a deeper value)."""
        self._add(keys, what, meant, warning=False)

    def warn(self, keys: str | Place, what: str, meant: str = "") -> None:
        """Note a warning at a key (or at the way to a deeper value)."""
        self._add(keys, what, meant, warning=True)

    def _add(self, keys: str | Place, what: str, meant: str, *, warning: bool) -> None:
        place = self.place + ((keys,) if isinstance(keys, str) else keys)
        line = self.document.lines.of(place)
        self.findings.add(Problem(self.document.shown, line, what, meant, warning))

    def table(self, key: str) -> Part:
        """The table under a key; a mistake where something else stands there."""
        if not isinstance(self.data.get(key, {}), dict):
            header = ".".join(map(str, (*self.place, key)))
            self.mistake(key, f"`{key}` is no table", f"written `[{header}]`, its keys below it")
        return Part(self.document, self.findings, (*self.place, key))

    def tables(self, key: str) -> Iterator[Part]:
        """The tables that are repeated under a key; a mistake where something else stands there."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            header = ".".join(map(str, (*self.place, key)))
            self.mistake(key, f"`{key}` is to be repeated", f"written `[[{header}]]`, one for each")
            return
        for number in range(len(value)):
            yield Part(self.document, self.findings, (*self.place, key, number))


def read_document(path: Path, shown: str, findings: Findings) -> Document | None:
    """The file's contents; None, and a mistake, where it cannot be read or is not TOML."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        document = Document(shown, text, tomllib.loads(text))
    except FileNotFoundError:
        findings.add(
            Problem(shown, 0, "there is no such file", "`smartapp-watch init` writes one to start from")
        )
    except IsADirectoryError:
        findings.add(Problem(shown, 0, "this is a folder", "name the file in it"))
    except OSError as error:
        findings.add(Problem(shown, 0, f"it cannot be read: {error.strerror}"))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        findings.add(Problem(shown, line, "this is not UTF-8", "save the file as UTF-8"))
    except (ValueError, RecursionError) as error:
        findings.add(_not_toml(shown, text, error))
    else:
        return _without_huge_numbers(document, findings)
    return None


def _without_huge_numbers(document: Document, findings: Findings) -> Document | None:
    """The document, unless a number in it is larger than TOML allows; nothing else could even show it."""
    huge = next(_huge_numbers(document.data, ()), None)
    if huge is None:
        return document
    findings.add(Problem(document.shown, document.lines.of(huge), _TOO_LONG))
    return None


def _huge_numbers(value: object, place: Place) -> Iterator[Place]:
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, entry in inner:
        yield from _huge_numbers(entry, (*place, step))


def _not_toml(shown: str, text: str, error: Exception) -> Problem:
    if isinstance(error, RecursionError):
        return Problem(shown, 1, "this is not valid TOML: brackets nested too deeply")
    message = str(error)
    match = _AT.search(message)
    if match is None:
        return Problem(shown, 1, _TOO_LONG)
    line = int(match[1]) if match[1] else text.count("\n") + (not text.endswith("\n"))
    words = _TWICE.sub(_name_table, message[: match.start()])
    words = _PLAIN_WORDS.get(words, words)
    what = f"this is not valid TOML: {words[:1].lower()}{words[1:]}"
    return Problem(shown, max(line, 1), what, _hint(words))


def _name_table(match: re.Match[str]) -> str:
    return "the table `[" + ".".join(re.findall(r"'([^']*)'", match[1])) + "]` stands twice"


def _hint(words: str) -> str:
    if words == "Invalid value":
        return "text stands in quotes, and true and false in small letters"
    if words.endswith("twice"):
        return "a key and a `[table]` stand once; `[[table]]` may be repeated"
    if words.startswith("Expected newline"):
        return "one `key = value` a line"
    if words == _OPEN_TEXT:
        return "close the quotes on the same line"
    return ""
