"""Numbers as people read them: 8,120, 61.0%, 1:36, +21.4 percentage points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from smartapp_watch.metrics.report import Good, Unit
from smartapp_watch.metrics.words import Language, Words

MINUS = "\N{MINUS SIGN}"
NO_DATA = Words("无数据", "no data")
NO_CHANGE = Words("无变化", "no change")
POINTS = Words(" 个百分点", " pp")
WORSE = Words("变差", "worse")
BETTER = Words("变好", "better")

_BARS = "▁▂▃▄▅▆▇█"
_SMALL_CHANGE = 1
_TOO_LONG = 1e15
_MINUTE = 60
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Change:
    """A move in words. ``tone``: ``bad``, ``good`` or empty, where nobody can say; colour follows it alone.

    ``text``: with its sign and unit, ``+21.4 pp`` or ``−41.2% (−5,680)``; empty where nothing is known.
    ``arrow``: ``▲``, ``▼`` or empty. ``judgement``: *worse*, *better*, or empty.
    """

    text: str = ""
    arrow: str = ""
    judgement: str = ""
    tone: str = ""

    def __str__(self) -> str:
        return f"{self.arrow} {self.text}".strip()


def amount(value: float | None, unit: Unit, language: Language, digits: int = 1) -> str:
    """A value with its unit; ``digits`` behind the point, of ratios."""
    if value is None or not isfinite(value):
        return NO_DATA.in_(language)
    sign = MINUS if value < 0 else ""
    return sign + _unsigned(abs(value), unit, digits) + ("%" if unit is Unit.PERCENT else "")


def _unsigned(value: float, unit: Unit, digits: int) -> str:
    if value >= _TOO_LONG:
        return f"{value:.3g}"
    match unit:
        case Unit.COUNT:
            return f"{value:,.0f}"
        case Unit.PERCENT:
            return f"{value:,.{digits}f}"
        case Unit.SECONDS:
            return _duration(round(value))
        case Unit.NUMBER:
            return f"{value:,.2f}".removesuffix(".00")


def _duration(seconds: int) -> str:
    hours, rest = divmod(seconds, _HOUR)
    minutes, seconds = divmod(rest, _MINUTE)
    return f"{hours:,}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def digits_for(change: float | None) -> int:
    """How many digits of a ratio to show, so that a small change is still seen."""
    return 2 if change is not None and 0 < abs(change) < _SMALL_CHANGE else 1


def change_of(
    change: float | None,
    change_percent: float | None,
    unit: Unit,
    good: Good,
    language: Language,
) -> Change:
    """A change in words: ratios in percentage points; all else in per cent, with the difference behind it."""
    if change is None or not isfinite(change):
        return Change()
    if change == 0:
        return Change(NO_CHANGE.in_(language))
    difference = _signed(change, unit, digits_for(change))
    if unit is Unit.PERCENT:
        text = difference + POINTS.in_(language)
    elif change_percent is None or not isfinite(change_percent):
        text = difference
    else:
        percent = _signed(change_percent, Unit.PERCENT) + "%"
        text = Words(f"{percent}（{difference}）", f"{percent} ({difference})").in_(language)
    return Change(text, _arrow(change), *_judge(change, good, language))


def relative_change(percent: float | None, good: Good, language: Language) -> Change:
    """A change in per cent alone, where there is little room."""
    if percent is None or not isfinite(percent):
        return Change()
    if percent == 0:
        return Change(NO_CHANGE.in_(language))
    text = _signed(percent, Unit.PERCENT) + "%"
    return Change(text, _arrow(percent), *_judge(percent, good, language))


def _signed(value: float, unit: Unit, digits: int = 1) -> str:
    return ("+" if value > 0 else MINUS) + _unsigned(abs(value), unit, digits)


def _arrow(change: float) -> str:
    return "▲" if change > 0 else "▼"


def _judge(change: float, good: Good, language: Language) -> tuple[str, str]:
    if good is Good.NEITHER:
        return "", ""
    if (change > 0) is (good is Good.UP):
        return BETTER.in_(language), "good"
    return WORSE.in_(language), "bad"


def sparkline(values: Sequence[float | None]) -> str:
    """The values as bars, lowest to highest; a dot where nothing is known. Empty for fewer than two."""
    heights = bar_heights(values, len(_BARS) - 1)
    return "".join("·" if height is None else _BARS[height] for height in heights)


def bar_heights(values: Sequence[float | None], most: int) -> tuple[int | None, ...]:
    """How high the bar of each value is, from 0 for the lowest to ``most`` for the highest; None where
    nothing is known. Empty for fewer than two."""
    known = [value for value in values if value is not None and isfinite(value)]
    if len(known) < 2:  # noqa: PLR2004
        return ()
    low, span = min(known), max(known) - min(known)
    return tuple(
        None if value is None or not isfinite(value) else round(most * _share(value, low, span))
        for value in values
    )


def _share(value: float, low: float, span: float) -> float:
    return (value - low) / span if span and isfinite(span) else 0.5
