"""Invented trends for the invented alerts: four weeks of weekdays and weekends, and how they ended."""

from __future__ import annotations

from smartapp_watch.alerts.trend import Trend
from smartapp_watch.metrics.period import Period

_LAST = Period.parse("2026-11-22")
_DAYS = 28
_SHARES = (0.93, 0.95, 0.94, 0.96, 0.99, 1.04, 1.0)
"""Of a Sunday, from Monday on."""
_SCATTER = 0.02
_BAND = 0.035


def example_trend(usual: float, *ending: float | None, last: Period = _LAST) -> Trend:
    """28 periods up to ``last``, around ``usual`` on Sundays; the last of them are ``ending``."""
    periods = [last.shift(number - _DAYS + 1) for number in range(_DAYS)]
    levels = [usual * _SHARES[period.first.weekday()] for period in periods]
    quiet = [level * (1 + _scatter(number)) for number, level in enumerate(levels)]
    values = [*quiet[: _DAYS - len(ending)], *ending]
    return Trend(
        periods=tuple(map(str, periods)),
        values=tuple(None if value is None else round(value, 2) for value in values),
        lows=tuple(round(level * (1 - _BAND), 2) for level in levels),
        highs=tuple(round(level * (1 + _BAND), 2) for level in levels),
    )


def _scatter(number: int) -> float:
    """Something between plus and minus ``_SCATTER`` that looks like chance and always is the same."""
    return _SCATTER * (number * 37 % 11 - 5) / 5
