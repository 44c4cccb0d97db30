"""The compact notation of series in tests of rules: ``1000x28 500`` is 28 times 1000 and one 500. Pure.

| written     | is                                                                 |
| ----------- | ------------------------------------------------------------------ |
| ``1000``    | a value, read when it was settled                                  |
| ``1000x28`` | the same 28 times; anything here may be repeated                   |
| ``_``       | a gap: asked for, and there was no value                           |
| ``?``       | not asked for                                                      |
| ``~500``    | a value that was read before it was settled, and not again         |
| ``500>950@+1`` | a value that was corrected to another one, one period later     |
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

_T = TypeVar("_T")

LONGEST = 500
"""Of a series; a year of days fits."""

_REPEATED = re.compile(r"(?P<what>.*?)x(?P<count>\d{1,4})")
_NUMBER = r"\d{1,15}(?:\.\d{1,9})?"
_VALUE = re.compile(rf"(?P<early>~)?(?P<value>{_NUMBER})(?:>(?P<later>{_NUMBER})@\+(?P<after>\d{{1,2}}))?")


@dataclass(frozen=True, slots=True)
class Cell:
    """What is read of one period. ``value``: None is a gap. ``read``: whether it is asked for at all.

    ``early``: only before it is settled. ``later``: what it is corrected to, ``after`` so many periods.
    """

    value: float | None = None
    read: bool = True
    early: bool = False
    later: float | None = None
    after: int = 0


def read_series(text: str) -> tuple[Cell, ...]:
    """The periods that ``text`` writes, oldest first; ValueError, in words for people, where it is none."""
    return _expand(text, _read_cell)


def read_words(text: str, known: frozenset[str]) -> tuple[str, ...]:
    """A series of words, each one of ``known``; ValueError as for :func:`read_series`."""

    def read(token: str) -> str:
        if token not in known:
            raise ValueError(f"{token} is none of {', '.join(sorted(known))}")
        return token

    return _expand(text, read)


def _expand(text: str, read: Callable[[str], _T]) -> tuple[_T, ...]:
    series: list[_T] = []
    for token in text.split():
        repeated = _REPEATED.fullmatch(token)
        what, count = (repeated["what"], int(repeated["count"])) if repeated else (token, 1)
        if repeated and not what:  # `ok x28`: the one before, so many times in all
            if not series:
                raise ValueError(f"{token} repeats nothing")
            series += [series[-1]] * (count - 1)
        else:
            series += [read(what)] * count
        if not count:
            raise ValueError(f"{token} repeats it 0 times")
        if len(series) > LONGEST:
            raise ValueError(f"more than {LONGEST} periods")
    if not series:
        raise ValueError("it is empty")
    return tuple(series)


def _read_cell(token: str) -> Cell:
    if token == "_":  # noqa: S105 - a token of the notation, and no secret
        return Cell()
    if token == "?":  # noqa: S105
        return Cell(read=False)
    match = _VALUE.fullmatch(token)
    if match is None:
        raise ValueError(f"{token} is no value; written 500, 500x7, ~500, 500>950@+1, _ or ?")
    later, after = match["later"], int(match["after"] or 0)
    if later and not after:
        raise ValueError(f"{token} is corrected at once; write the correction alone, or @+1")
    return Cell(
        float(match["value"]), early=bool(match["early"]), later=float(later) if later else None, after=after
    )
