"""Which days are unlike others: weekends and China's statutory holidays."""

from __future__ import annotations

from datetime import date, timedelta

_WEEKDAYS = (1.02, 1.0, 1.0, 0.99, 1.0, 0.88, 0.84)

_HOLIDAYS = (
    (date(2025, 1, 1), 1, 0.85),
    (date(2025, 1, 28), 8, 0.62),
    (date(2025, 4, 4), 3, 0.82),
    (date(2025, 5, 1), 5, 0.75),
    (date(2025, 5, 31), 3, 0.82),
    (date(2025, 10, 1), 8, 0.7),
    (date(2026, 1, 1), 3, 0.85),
    (date(2026, 2, 15), 9, 0.62),
    (date(2026, 4, 4), 3, 0.82),
    (date(2026, 5, 1), 5, 0.75),
    (date(2026, 6, 19), 3, 0.82),
    (date(2026, 9, 25), 3, 0.82),
    (date(2026, 10, 1), 7, 0.7),
)
"""The first day of a holiday, how many days it has, and what is left of a working day's use."""

_WORKED_WEEKENDS = frozenset(
    {
        date(2025, 1, 26),
        date(2025, 2, 8),
        date(2025, 4, 27),
        date(2025, 9, 28),
        date(2025, 10, 11),
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    }
)

_FACTORS = {
    first + timedelta(days=offset): factor for first, days, factor in _HOLIDAYS for offset in range(days)
}


def day_factor(day: date) -> float:
    """How much an app is used on ``day``, where an ordinary working day is 1."""
    if day in _FACTORS:
        return _FACTORS[day]
    return 1.0 if day in _WORKED_WEEKENDS else _WEEKDAYS[day.weekday()]
