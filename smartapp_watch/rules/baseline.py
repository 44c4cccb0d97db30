"""Which earlier periods a value is compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.rules.rule import Against, Change, Late, Rule, Threshold, Unusual

_WEEKS_REACH = 8
_LEAST_OF_UNUSUAL = 5


@dataclass(frozen=True, slots=True)
class Choice:
    """How many of the candidates make a baseline: at most ``most``, at least ``least``.

    ``weeks``: how far back the candidates reach; 0 is the period before alone.
    """

    weeks: int
    most: int
    least: int


_ALL_WEEKS = Choice(_WEEKS_REACH, _WEEKS_REACH, 0)
_CHOICES = {
    Against.PREVIOUS: Choice(0, 1, 1),
    Against.LAST_WEEK: Choice(4, 1, 1),
    Against.FOUR_WEEKS: Choice(_WEEKS_REACH, 4, 3),
    Against.EIGHT_WEEKS: Choice(_WEEKS_REACH, 8, 5),
}


@dataclass(frozen=True, slots=True)
class Episode:
    """Periods that were in breach: from ``since`` up to, not including, ``until`` (None: still)."""

    since: Period
    until: Period | None = None

    def covers(self, period: Period) -> bool:
        """Whether the period lies in it."""
        return self.since <= period and (self.until is None or period < self.until)

    def overlaps(self, other: Episode) -> bool:
        """Whether the two have a period in common."""
        ends_before = self.until is not None and self.until <= other.since
        begins_after = other.until is not None and other.until <= self.since
        return not (ends_before or begins_after)


def choice_of(rule: Rule) -> Choice | None:
    """How the rule's baseline is chosen; None where the condition has none."""
    match rule.condition:
        case Change(against=against):
            return _CHOICES[against]
        case Unusual(weeks=weeks):
            return Choice(weeks, weeks, min(weeks, _LEAST_OF_UNUSUAL))
        case Threshold() | Late():
            return None


def candidates(rule: Rule, period: Period, open_since: Period | None = None) -> tuple[Period, ...]:
    """The periods that ``period`` may be compared with, newest first; none where there is no baseline.

    ``open_since``: the first breach of an episode that is open: what it is compared with stays what stood
    before it, however long it lasts.
    """
    choice = choice_of(rule)
    return () if choice is None else _candidates(choice, period, open_since)


@lru_cache(maxsize=1024)
def _candidates(choice: Choice, period: Period, open_since: Period | None) -> tuple[Period, ...]:
    # Asked for each series of a period, and the same for nearly all of them.
    if choice.weeks == 0:
        return ((open_since or period).shift(-1),)
    first = 1 if open_since is None else _weeks_until_before(period, open_since)
    return tuple(period.weeks_before(weeks) for weeks in range(first, first + choice.weeks))


def _weeks_until_before(period: Period, since: Period) -> int:
    weeks = 1
    while period.weeks_before(weeks) >= since:
        weeks += 1
    return weeks


def companions(rules: Iterable[Rule]) -> list[tuple[Rule, ...]]:
    """The rules, in groups that compare the same figure with its past, each in the place of its first rule.

    An alert of one of a group says that a figure was unlike its past, so it is no past for the others
    either. A limit says nothing of the kind: a figure may be beyond it for years. It is alone, as is a rule
    of lateness. Sums over a window are figures of their own; of the platform's, so are other scenes, whose
    readings come at other times.
    """
    groups: dict[object, list[Rule]] = {}
    for rule in rules:
        scenes = rule.where if rule.table.report.of_platform else ()
        figure = (rule.table.name, rule.metric.name, rule.window, scenes)
        groups.setdefault(rule.name if choice_of(rule) is None else figure, []).append(rule)
    return [tuple(group) for group in groups.values()]


def companions_of(rule: Rule, rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rule in its group: among ``rules``, where it stands in place of the one of its name."""
    everybody = {each.name: each for each in rules} | {rule.name: rule}
    return next(group for group in companions(everybody.values()) if rule in group)


def meaning_among(rule: Rule, group: Iterable[Rule]) -> str:
    """What decides a rule's verdicts beside its companions, as text: an edit of one is one of all."""
    others = sorted(other.meaning for other in group if other.name != rule.name)
    if not others:
        return rule.meaning
    return sha256(repr((rule.meaning, others)).encode()).hexdigest()[:16]


def same_weekdays(rule: Rule, period: Period) -> tuple[Period, ...]:
    """The periods that a ratio's day-to-day noise is learned from, newest first; months have none."""
    if not rule.tests_significance or rule.every is Granularity.MONTH:
        return ()
    return _candidates(_ALL_WEEKS, period, None)


def usual_weekdays(period: Period, open_since: Period | None = None) -> tuple[Period, ...]:
    """The same weekdays (and hours) of eight weeks, newest first, that tell what is usual; months have none.

    ``open_since``: as of :func:`candidates`.
    """
    return () if period.granularity is Granularity.MONTH else _candidates(_ALL_WEEKS, period, open_since)


def clean(periods: Iterable[Period], episodes: Iterable[Episode]) -> list[Period]:
    """Those of the periods that lie in none of the episodes.

    An outage must not become what is usual, nor cast an echo a week later.
    """
    episodes = tuple(episodes)
    if not episodes:
        return list(periods)
    return [period for period in periods if not any(episode.covers(period) for episode in episodes)]
