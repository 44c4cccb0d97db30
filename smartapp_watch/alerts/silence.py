"""Silences and maintenance windows: what keeps an alert from being told. They never touch its state. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from smartapp_watch.alerts.routing import concerns
from smartapp_watch.metrics.observation import App
from smartapp_watch.rules.rule import Rule

FirstAfter = Callable[[str, datetime, tzinfo], datetime]
"""The first time of a crontab line, in a zone, that is not before a moment."""

_INSTANT = timedelta(microseconds=1)


class Hold(StrEnum):
    """Why an event was not told."""

    SILENCE = "silence"
    MAINTENANCE = "maintenance"
    SHADOW = "shadow"
    FLAPPING = "flapping"
    SOURCE_LATE = "source_late"
    """Figures are late for nearly everybody, and that is told as one thing."""
    FLEET = "fleet"
    """It is so of much of the fleet, and that is told as one thing."""
    UNKNOWN = "unknown"
    """People know nothing that it would be news to: the end of what they were never told of."""


@dataclass(frozen=True, slots=True)
class Matchers:
    """Which alerts are meant; an empty matcher means all. Globs: of rules, numbers or names of apps, tags."""

    rules: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def match(self, rule: str, app: App | None) -> bool:
        """Whether an alert is meant; one without an app is not, where apps or tags are named."""
        return concerns(rule, app, self.rules, self.apps, self.tags)

    @property
    def each(self) -> tuple[tuple[str, ...], ...]:
        """The globs of rules, of apps and of tags."""
        return self.rules, self.apps, self.tags

    @property
    def words(self) -> str:
        """The matchers as text: ``rule new-users-*, tag health``."""
        parts = zip(("rule", "app", "tag"), self.each, strict=True)
        return ", ".join(f"{name} {' or '.join(globs)}" for name, globs in parts if globs) or "everything"


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence that somebody asked for; in force from ``begins`` up to, not at, ``ends``.

    ``via``: by what way they asked for it, and from where.
    """

    id: int
    matchers: Matchers
    begins: datetime
    ends: datetime
    because: str
    by: str
    via: str = ""

    def is_on(self, now: datetime) -> bool:
        """Whether it is in force."""
        return self.begins <= now < self.ends


@dataclass(frozen=True, slots=True)
class Once:
    """A window with a beginning and an end, which is not part of it."""

    begins: datetime
    ends: datetime

    def is_open(self, now: datetime, _first_after: FirstAfter) -> bool:
        """Whether ``now`` lies in it."""
        return self.begins <= now < self.ends


@dataclass(frozen=True, slots=True)
class Recurring:
    """Windows that begin at the times of a crontab line, and last so long each."""

    schedule: str
    lasts: timedelta
    zone: tzinfo

    def is_open(self, now: datetime, first_after: FirstAfter) -> bool:
        """Whether ``now`` lies in one of them: whether one began within the last ``lasts``."""
        return first_after(self.schedule, now - self.lasts + _INSTANT, self.zone) <= now


@dataclass(frozen=True, slots=True)
class Maintenance:
    """One ``[[maintenance]]``; ``place``: where it stands, ``file:line``."""

    matchers: Matchers
    window: Once | Recurring
    because: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Quiet:
    """A silence or a maintenance window that is in force; ``words`` name it to people."""

    hold: Hold
    words: str
    matchers: Matchers


_SHADOW = Quiet(Hold.SHADOW, "the rule is in shadow", Matchers())


def in_force(
    silences: Iterable[Silence], maintenance: Iterable[Maintenance], now: datetime, first_after: FirstAfter
) -> tuple[Quiet, ...]:
    """Everything that keeps alerts from being told at ``now``."""
    return (*_silences_on(silences, now), *_windows_open(maintenance, now, first_after))


def _silences_on(silences: Iterable[Silence], now: datetime) -> Iterator[Quiet]:
    for each in silences:
        if each.is_on(now):
            yield Quiet(Hold.SILENCE, f"silence {each.id}: {each.because}", each.matchers)


def _windows_open(
    maintenance: Iterable[Maintenance], now: datetime, first_after: FirstAfter
) -> Iterator[Quiet]:
    for each in maintenance:
        if each.window.is_open(now, first_after):
            words = ": ".join(filter(None, ["maintenance", each.because or each.place]))
            yield Quiet(Hold.MAINTENANCE, words, each.matchers)


def silenced_by(quiets: Iterable[Quiet], rule: Rule | str, app: App | None) -> Quiet | None:
    """What keeps a rule's alerts on a mini-program from being told; None where nothing does.

    ``rule``: its name where it is gone.
    """
    if isinstance(rule, Rule) and rule.shadow:
        return _SHADOW
    name = rule.name if isinstance(rule, Rule) else rule
    return next((quiet for quiet in quiets if quiet.matchers.match(name, app)), None)
