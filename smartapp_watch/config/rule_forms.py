"""The forms that a rule's values are written in: amounts of change, limits, selectors, patterns."""

from __future__ import annotations

import math
import re
from datetime import time

from smartapp_watch.config.forms import line_of_text
from smartapp_watch.config.wording import did_you_mean, listed, refusal, show
from smartapp_watch.rules.rule import Against, Scale, Selector, SelectorKind

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_LOOSE_CLOCK = re.compile(r"\s*(\d{1,2})(?::([0-5]\d))?(?::\d\d)?\s*")
_AMOUNT = re.compile(r"(\d{1,9}(?:\.\d+)?) ?(%|pp)")


def amount(value: object) -> tuple[float, Scale]:
    """How large a change: ``"20%"`` of the baseline, ``"5pp"``, or a bare number in the metric's unit."""
    match = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    if match is not None:
        size, scale = float(match[1]), Scale(match[2])
    elif isinstance(value, int | float) and not isinstance(value, bool):
        size, scale = float(value), Scale.UNITS
    else:
        raise refusal(f"is {show(value)}, which is no amount of change", _amount_meant(value))
    if not math.isfinite(size) or size <= 0:
        raise refusal(f"is {show(value)}", "more than 0: how far; the key says which way")
    return size, scale


def _amount_meant(value: object) -> str:
    number = re.search(r"\d+(?:\.\d+)?", value) if isinstance(value, str) else None
    size = number[0] if number else "20"
    return f'"{size}%" of the baseline, "{size}pp" for percentage points, or {size} in the metric\'s unit'


def number(value: object) -> float:
    """A number in the metric's unit; per cent too is written without its sign."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    found = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*(%|pp)?\s*", value) if isinstance(value, str) else None
    meant = f"written without quotes and unit: {found[1]}" if found else "a number in the metric's unit"
    raise refusal(f"is {show(value)}, which is no number", meant)


def selector(value: object) -> Selector:
    """One entry of a rule's ``apps``: a number, ``tag:flagship`` or ``name:预约*``."""
    text = line_of_text(str(value) if isinstance(value, int) and not isinstance(value, bool) else value)
    kind, colon, pattern = text.partition(":")
    if colon and kind in {"tag", "name"} and pattern:
        return Selector(SelectorKind(kind), pattern)
    if text.isascii() and text.isdigit():
        return Selector(SelectorKind.ID, text)
    raise refusal(f"is {show(text)}, which names no mini-program", f'"tag:{text}", "name:{text}" or a number')


def patterns(value: object) -> tuple[str, ...]:
    """What a dimension may be: a value, a glob, or a list of them."""
    entries = value if isinstance(value, list) else [value]
    if not entries:
        raise refusal("is an empty list, which watches nothing", "leave the key out to watch every value")
    for entry in entries:
        if isinstance(entry, bool) or not isinstance(entry, str | int):
            raise refusal(
                f"is {show(entry)}, which is no dimension's value", "a text, a glob, or a list of them"
            )
    return tuple(map(str, entries))


def against(value: object) -> str:
    """What the present is compared with."""
    if not isinstance(value, str) or value not in list(Against):
        meant = did_you_mean(str(value), Against, f"one of {listed(Against)}")
        raise refusal(f"is {show(value)}, which nothing is compared with", meant)
    return value


def clock(value: object) -> time:
    """A time of day, ``"14:00"``."""
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise refusal(f"is {show(value)}, which is no time of day", _clock_meant(value))
    return time(int(match[1]), int(match[2]))


def _clock_meant(value: object) -> str:
    if isinstance(value, time):
        return f'in quotes: "{value:%H:%M}"'
    loose = _LOOSE_CLOCK.fullmatch(str(value)) if isinstance(value, str | int) else None
    if loose is not None and int(loose[1]) < 24:  # noqa: PLR2004
        return f'written "{int(loose[1]):02d}:{loose[2] or "00"}"'
    return 'written "14:00", from "00:00" to "23:59"'
