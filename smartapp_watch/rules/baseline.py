"""Which earlier periods a value is compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.rule import Against, Change, Rule

_LAST_WEEK_REACH = 4
_WEEKS_REACH = 8


@dataclass(frozen=True, slots=True)
class _Choice:
    """How many of the candidates make a baseline: at most ``most``, at least ``least``."""

    most: int
    least: int


_CHOICES = {
    Against.PREVIOUS: _Choice(1, 1),
    Against.LAST_WEEK: _Choice(1, 1),
    Against.FOUR_WEEKS: _Choice(4, 3),
}


@dataclass(frozen=True, slots=True)
class Episode:
    """Periods that were in breach: from ``since`` up to, not including, ``until`` (None: still)."""

    since: Period
    until: Period | None = None

    def covers(self, period: Period) -> bool:
        """Whether the period lies in it."""
        return self.since <= period and (self.until is None or period < self.until)


def candidates(rule: Rule, period: Period, open_since: Period | None = None) -> tuple[Period, ...]:
    """The periods that ``period`` may be compared with, newest first; none for a threshold.

    ``open_since``: the first breach of an episode that is open; the period before stays what it was then.
    """
    if not isinstance(rule.condition, Change):
        return ()
    match rule.condition.against:
        case Against.PREVIOUS:
            return ((open_since or period).shift(-1),)
        case Against.LAST_WEEK:
            return tuple(period.weeks_before(weeks) for weeks in range(1, _LAST_WEEK_REACH + 1))
        case Against.FOUR_WEEKS:
            return tuple(period.weeks_before(weeks) for weeks in range(1, _WEEKS_REACH + 1))


def clean(periods: Iterable[Period], episodes: Iterable[Episode]) -> list[Period]:
    """Those of the periods that lie in none of the series' own episodes.

    An outage must not become what is usual, nor cast an echo a week later.
    """
    episodes = tuple(episodes)
    return [period for period in periods if not any(episode.covers(period) for episode in episodes)]


def most(against: Against) -> int:
    """How many candidates a baseline takes, newest first."""
    return _CHOICES[against].most


def least(against: Against) -> int:
    """How many candidates there must be; under it the baseline is thin."""
    return _CHOICES[against].least
