"""What ails the service itself, and what ails everything that comes after it. Pure.

An ailment is the case, or it is not; who hears of it, and how often, is for :mod:`smartapp_watch.complain`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta, tzinfo

from smartapp_watch.alerts.notification import Topic
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.period import Period
from smartapp_watch.rules.rule import Late, Rule

FIGURES = TABLES["user_trend"]
"""The report that tells whether figures have come: every mini-program has a row of it every day."""

FAILS_AFTER = timedelta(days=1)
"""How long polls or cycles fail in a row before people hear of it."""

LOST_AFTER_POLLS = 2
"""How many polls in a row refuse a mini-program, or find no token for any, before people hear of it."""

LATE_AFTER = time(14)
"""The hour from which on yesterday's figures are late, where no rule says another."""

LEAST_FLEET = 5
"""The smallest number of mini-programs that are late together; of fewer each speaks for itself."""

EXPIRES_WITHIN = timedelta(days=7)
LEAST_FREE = 500_000_000
LEAST_FREE_SHARE = 0.05
GROWTH_DAYS = 14
"""The disk fills when less is free than the smaller of 500 MB and 5 %, or than so many days' growth."""

_CAUSES = (
    Topic.CYCLES_FAIL,
    Topic.SHUT_OUT,
    Topic.NO_RENEWAL,
    Topic.AUTHORISATION_LOST,
    Topic.POLLING_FAILS,
    Topic.DATA_LATE,
)
"""What keeps figures away, each the cause of those behind it."""

_CRITICAL = frozenset(
    {Topic.CYCLES_FAIL, Topic.SHUT_OUT, Topic.NO_RENEWAL, Topic.POLLING_FAILS, Topic.DISK_FILLS}
)
_MOST_APPS = 3
_GIGA = 1000


@dataclass(frozen=True, slots=True)
class Spell:
    """Something that was found again and again: since when, how many times in a row, the last in words."""

    since: datetime
    times: int = 1
    error: str = ""

    def go_on(self, error: str) -> Spell:
        """The same, found once more."""
        return replace(self, times=self.times + 1, error=error)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """For how many mini-programs the figures of a day came, of how many they usually do.

    ``due``: when they should have been there.
    """

    due: datetime
    arrived: int
    usual: int

    @property
    def missing(self) -> int:
        """For how many they did not come."""
        return self.usual - self.arrived

    @property
    def are_late(self) -> bool:
        """Whether it is the source that is late, and not one or the other mini-program."""
        return self.usual >= LEAST_FLEET and 2 * self.missing >= self.usual


@dataclass(frozen=True, slots=True)
class Polled:
    """How one poll of everything went, as far as it says whether polling works.

    ``planned``: how many queries; ``answered``: the mini-programs (None: the platform) of which any was.
    ``refusals``: those that were refused anything, with the words. ``error``: what went wrong, in words.
    ``shut_out``: why the whole platform was refused, ``no_renewal``: why nobody's token can be renewed; both
    empty where it is not so. ``whole``: the plan was not cut off by the clock. ``arrivals``: of the newest
    figures that were due then.
    """

    at: datetime
    planned: int = 0
    answered: frozenset[int | None] = frozenset()
    refusals: Mapping[int | None, str] = field(default_factory=dict)
    error: str = ""
    shut_out: str = ""
    no_renewal: str = ""
    whole: bool = True
    arrivals: Arrivals | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What the polls and cycles so far say. ``cycles``: those that ended by an error. ``refused``: each
    mini-program (None: the platform) that was refused everything. ``polled_at``: the newest whole poll.
    ``succeeded_at``: the newest poll that anything answered, or that had nothing to ask. ``arrivals``: as
    of the newest whole poll: what none asked for since it was due is not late yet.
    """

    polling: Spell | None = None
    shut_out: Spell | None = None
    no_renewal: Spell | None = None
    cycles: Spell | None = None
    refused: tuple[tuple[int | None, Spell], ...] = ()
    polled_at: datetime | None = None
    succeeded_at: datetime | None = None
    arrivals: Arrivals | None = None

    def after_poll(self, poll: Polled) -> Record:
        """The record with one more poll in it.

        One that had nothing to ask says nothing of tokens. What it did not come to stays as it was.
        """
        works = bool(poll.answered) or not poll.planned
        refused = {app: spell for app, spell in self.refused if app not in poll.answered}
        for app, error in poll.refusals.items():
            if app not in poll.answered:
                refused[app] = refused[app].go_on(error) if app in refused else Spell(poll.at, 1, error)
        return replace(
            self,
            polling=None if works else _again(self.polling, poll.at, poll.error),
            shut_out=_again(self.shut_out, poll.at, poll.shut_out) if poll.shut_out else None,
            no_renewal=self._without_renewal(poll),
            refused=tuple(refused.items()),
            polled_at=poll.at if poll.whole else self.polled_at,
            arrivals=poll.arrivals if poll.whole else self.arrivals,
            succeeded_at=poll.at if works else self.succeeded_at,
        )

    def _without_renewal(self, poll: Polled) -> Spell | None:
        """Tokens at hand may last for an hour; a poll that asked nothing says nothing of renewing them."""
        if poll.no_renewal:
            return _again(self.no_renewal, poll.at, poll.no_renewal)
        return None if poll.answered else self.no_renewal

    def after_error(self, at: datetime, error: str) -> Record:
        """The record with a cycle in it that ended by an error."""
        return replace(self, cycles=_again(self.cycles, at, error))


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes: free, and in all. ``growth``: of the history, a day; None where that is not known yet."""

    free: int
    total: int
    growth: float | None = None

    @property
    def fills(self) -> bool:
        """Whether somebody has to make room."""
        least = min(LEAST_FREE, LEAST_FREE_SHARE * self.total)
        return self.free < max(least, GROWTH_DAYS * (self.growth or 0))


@dataclass(frozen=True, slots=True)
class TokenExpiry:
    """Until when a token is good; ``subject`` names whose it is."""

    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Restriction:
    """A mini-program that Baidu keeps from its users: by its name; how, in words; and since when."""

    name: str
    status: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Vitals:
    """All that the ailments follow from.

    ``names``: of what is polled, by number (None: the platform). ``settings``: since when the daemon runs on
    others than those in the files, and why.
    """

    record: Record
    names: Mapping[int | None, str]
    disk: Disk | None = None
    tokens: Sequence[TokenExpiry] = ()
    settings: Spell | None = None
    restricted: Sequence[Restriction] = ()


@dataclass(frozen=True, slots=True)
class Ailment:
    """Something that keeps the service from its work.

    ``error``: in words, the other side's where there is one. ``apps``: the names of the first of ``count``
    that it is about, of ``of`` in all. ``receiver``: the one it is about. ``cause``: another ailment that it
    follows from; people hear of that one instead.
    """

    topic: Topic
    since: datetime
    error: str = ""
    apps: tuple[str, ...] = ()
    count: int = 0
    of: int = 0
    receiver: str = ""
    cause: Topic | None = None

    @property
    def is_critical(self) -> bool:
        """Whether alerts cannot be trusted to come; such a word does not wait for the end of quiet hours."""
        return self.topic in _CRITICAL


def late_hour(rules: Iterable[Rule]) -> time:
    """From which hour on figures are late: the earliest that a rule says, of any report."""
    return min(
        (rule.condition.after for rule in rules if isinstance(rule.condition, Late)), default=LATE_AFTER
    )


def newest_awaited(now: datetime, hour: time, zone: tzinfo) -> tuple[Period, datetime]:
    """The newest day whose figures should be there at ``now``, and since when they should."""
    day = Period.newest_closed(now)
    while (deadline := datetime.combine(day.shift(1).first, hour, zone)) > now:
        day = day.shift(-1)
    return day, deadline


def ailments(vitals: Vitals, now: datetime) -> tuple[Ailment, ...]:
    """What ails the service at ``now``, causes first; each topic once, however many it concerns."""
    found = {each.topic: each for each in _found(vitals, now)}
    return tuple(replace(each, cause=_cause(each, found)) for each in found.values())


def _found(vitals: Vitals, now: datetime) -> Iterator[Ailment]:
    record = vitals.record
    if _lasts(record.cycles, now):
        yield _ailment(Topic.CYCLES_FAIL, record.cycles)
    if record.shut_out:
        yield _ailment(Topic.SHUT_OUT, record.shut_out)
    if record.no_renewal and record.no_renewal.times >= LOST_AFTER_POLLS:
        yield _ailment(Topic.NO_RENEWAL, record.no_renewal)
    yield from _authorisation_lost(vitals)
    yield from _apps_restricted(vitals)
    if _lasts(record.polling, now):
        yield _ailment(Topic.POLLING_FAILS, record.polling)
    if record.arrivals and record.arrivals.are_late:
        error = record.polling.error if record.polling else ""
        missing, of = record.arrivals.missing, record.arrivals.usual
        yield Ailment(Topic.DATA_LATE, record.arrivals.due, error, count=missing, of=of)
    if vitals.disk and vitals.disk.fills:
        yield Ailment(Topic.DISK_FILLS, now, bytes_words(vitals.disk.free))
    yield from _tokens_expire(vitals.tokens, now)
    if vitals.settings:
        yield _ailment(Topic.SETTINGS_REFUSED, vitals.settings)


def _authorisation_lost(vitals: Vitals) -> Iterator[Ailment]:
    lost = [
        (app, spell)
        for app, spell in vitals.record.refused
        if app in vitals.names and spell.times >= LOST_AFTER_POLLS
    ]
    if lost:
        names = tuple(vitals.names[app] for app, _ in lost[:_MOST_APPS])
        since, error = min(spell.since for _, spell in lost), lost[0][1].error
        count, of = len(lost), len(vitals.names)
        yield Ailment(Topic.AUTHORISATION_LOST, since, error, names, count, of)


def _apps_restricted(vitals: Vitals) -> Iterator[Ailment]:
    """``error``: what was done to them, where it was the same to all."""
    restricted = sorted(vitals.restricted, key=lambda each: each.since, reverse=True)
    if restricted:
        statuses = {each.status for each in restricted}
        names = tuple(each.name for each in restricted[:_MOST_APPS])
        status = statuses.pop() if len(statuses) == 1 else ""
        of = sum(number is not None for number in vitals.names)
        yield Ailment(Topic.APPS_RESTRICTED, restricted[-1].since, status, names, len(restricted), of)


def _tokens_expire(tokens: Sequence[TokenExpiry], now: datetime) -> Iterator[Ailment]:
    soon = sorted((each for each in tokens if each.at - now <= EXPIRES_WITHIN), key=lambda each: each.at)
    if soon:
        names = tuple(each.subject for each in soon[:_MOST_APPS])
        yield Ailment(Topic.TOKENS_EXPIRE, soon[0].at, "", names, len(soon), len(tokens))


def _cause(ailment: Ailment, found: Mapping[Topic, Ailment]) -> Topic | None:
    """What an ailment follows from; a few mini-programs that are lost are no cause for all."""
    if ailment.topic is Topic.AUTHORISATION_LOST:
        return Topic.NO_RENEWAL if Topic.NO_RENEWAL in found else None
    if ailment.topic not in _CAUSES:
        return None
    for topic in _CAUSES[: _CAUSES.index(ailment.topic)]:
        cause = found.get(topic)
        if cause and (topic is not Topic.AUTHORISATION_LOST or 2 * cause.count >= cause.of):
            return topic
    return None


def _again(spell: Spell | None, at: datetime, error: str) -> Spell:
    return spell.go_on(error) if spell else Spell(at, 1, error)


def _lasts(spell: Spell | None, now: datetime) -> bool:
    """Whether it was found over a whole day, and not only at its beginning: the host may have been off."""
    return spell is not None and spell.times > 1 and now - spell.since >= FAILS_AFTER


def _ailment(topic: Topic, spell: Spell | None) -> Ailment:
    assert spell  # noqa: S101 - as its caller found
    return Ailment(topic, spell.since, spell.error)


def bytes_words(count: float) -> str:
    """A size as ``312 MB``, in steps of a thousand."""
    size = count / 1e6
    return f"{size:.0f} MB" if size < _GIGA else f"{size / _GIGA:.1f} GB"
