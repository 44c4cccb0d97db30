"""The hours in which a receiver is left alone with what is not critical. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of day up to another, every day, in a zone; where they end before they begin, overnight.

    Where clocks are put forward or back, the times of day count, not the hours between them.
    """

    begins: time
    ends: time
    zone: tzinfo

    def end(self, now: datetime) -> datetime | None:
        """When the quiet hours end that ``now`` lies in; None where it lies in none."""
        return next((end for begin, end in self._around(now) if begin <= now < end), None)

    def ended(self, now: datetime) -> datetime:
        """When quiet hours ended last, at ``now`` at the latest."""
        return max(end for _, end in self._around(now) if end <= now)

    def _around(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The nights that began on the days about ``now``."""
        today = now.astimezone(self.zone).date()
        over_midnight = self.ends <= self.begins
        for day in (today - 2 * _DAY, today - _DAY, today):
            last = day + _DAY if over_midnight else day
            yield self._at(day, self.begins), self._at(last, self.ends)

    def _at(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone).astimezone(UTC)
