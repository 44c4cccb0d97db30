"""What an alert's figures are compared with, for its messages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Compared:
    """What figures are compared with, where it is not their own weekday.

    ``day``: a period of the weekday that it is, written as text. ``holiday``: as it was published; then the
    same day of it, in ``years``, newest first.
    """

    day: str = ""
    holiday: str = ""
    years: tuple[int, ...] = ()


OWN_WEEKDAY = Compared()
