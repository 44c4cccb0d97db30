"""How mistakes are put into words: values as they stand in the file, and what was probably meant."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, time
from difflib import get_close_matches

from pydantic_core import PydanticCustomError

_SHOWN = 60
_TELLING = 3
"""Letters from which on a word within another one says that it is meant."""


def refusal(what: str, meant: str = "") -> PydanticCustomError:
    """A mistake in our own words, for a validator to raise. The key is named by whoever reports it."""
    return PydanticCustomError("own", "{what}", {"what": what, "meant": meant})


def show(value: object) -> str:
    """A value as it might stand in the file, shortened; lists and tables by their kind alone."""
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    text = str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that ``word`` was probably meant to be; empty where none is near."""
    options = {option.lower(): option for option in known}
    close = get_close_matches(word.lower(), options, n=1, cutoff=0.6)
    if close:
        return options[close[0]]
    inside = [
        name
        for low, name in options.items()
        if len(word) >= _TELLING and (low in word.lower() or word.lower() in low)
    ]
    return inside[0] if inside else ""


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """``did you mean `x`?``, or ``otherwise`` where nothing known is near."""
    found = nearest(word, known)
    return f"did you mean `{found}`?" if found else otherwise


def listed(words: Iterable[str], last: str = "or") -> str:
    """``a, b or c``."""
    *head, tail = words
    return f"{', '.join(head)} {last} {tail}" if head else tail
