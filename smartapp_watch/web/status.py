"""Whether the service is well: what ails it, how fresh figures are, receivers, messages, the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from smartapp_watch.clock import first_after
from smartapp_watch.complain import notice_of
from smartapp_watch.errors import CredentialsError
from smartapp_watch.health import Ailment, bytes_words
from smartapp_watch.history.database import History
from smartapp_watch.history.outbox import MessageState
from smartapp_watch.history.troubles import Trouble
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.report import Table
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.dates import moment_words, period_words
from smartapp_watch.notify.words import capitalised
from smartapp_watch.status import AppFreshness, Freshness, overdue_since, read_freshness, settings_refused
from smartapp_watch.tokens import platform_expiry
from smartapp_watch.web.source import Current, Source
from smartapp_watch.web.visit import Visit

_LAGGING = 20
_FAILURES = 20
_FIRST_WITHIN = 2.0

_GRANULARITIES = {
    "hour": Words("（小时）", " by hour"),
    "day": Words("", ""),
    "week": Words("（周）", " by week"),
    "month": Words("（月）", " by month"),
}


@dataclass(frozen=True, slots=True)
class Ill:
    """What ails the service, in a line, and what to do about it."""

    headline: str
    text: str
    critical: bool


@dataclass(frozen=True, slots=True)
class TableState:
    """How far a report has come: its newest period, and how many of those that have it polled are there."""

    name: str
    newest: str
    there: int
    of: int


@dataclass(frozen=True, slots=True)
class Lagging:
    """A mini-program whose figures are older than others'."""

    id: int
    name: str
    tables: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReceiverState:
    """A receiver: ``state`` is works, failing, in_part or off; ``waiting`` and ``dead``: messages."""

    name: str
    state: str
    error: str
    since: str
    waiting: int
    dead: int


@dataclass(frozen=True, slots=True)
class _Fresh:
    """What is said of freshness, whatever the language: (table, newest period, how many are there, of how
    many), and who lags, some of ``count``."""

    tables: tuple[tuple[Table, str, int, int], ...]
    lagging: tuple[AppFreshness, ...]
    count: int


@dataclass(frozen=True, slots=True)
class StatusPage:
    """What the template of the service's state may use. Moments are in words; empty where there is none."""

    ailments: tuple[Ill, ...]
    overdue_since: str
    polled_at: str
    evaluated_at: str
    next_poll: str
    tables: tuple[TableState, ...]
    apps: int
    lagging: tuple[Lagging, ...]
    lagging_more: int
    failures: tuple[str, ...]
    failures_more: int
    receivers: tuple[ReceiverState, ...]
    token_expires: str
    size: str
    growth: str
    free: str
    days_left: int | None


def view(source: Source, visit: Visit, _request: Request) -> StatusPage:
    """How the service stands now; figures as of the newest poll."""
    current, language, now = source.current, visit.language, source.clock()
    watch, config = current.watch, current.watch.config
    with source.reading() as history:
        polled_at, evaluated_at = history.polls.newest_at(), history.alerts.evaluated_at()
        fresh = _freshness(source, current, polled_at)
        overdue = overdue_since(config, polled_at, now)
        found = (*watch.ailments(history), *settings_refused(history))
        failures = history.polls.newest().lines
        size = history.storage.size()
        receivers = tuple(_receivers(history, current))
    days = size.days_until_full
    return StatusPage(
        ailments=tuple(_in_words(current, each, language) for each in found if each.cause is None),
        overdue_since=moment_words(overdue) if overdue else "",
        polled_at=moment_words(polled_at) if polled_at else "",
        evaluated_at=moment_words(evaluated_at) if evaluated_at else "",
        next_poll=moment_words(first_after(config.poll.schedule, now, config.timezone)),
        tables=tuple(
            TableState(_name(table, language), _period(newest, language), there, of)
            for table, newest, there, of in (fresh.tables if fresh else ())
        ),
        apps=len(current.apps),
        lagging=tuple(_lagging(each, language) for each in fresh.lagging) if fresh else (),
        lagging_more=fresh.count - len(fresh.lagging) if fresh else 0,
        failures=tuple(failures[:_FAILURES]),
        failures_more=max(0, len(failures) - _FAILURES),
        receivers=receivers,
        token_expires=_expiry(current),
        size=bytes_words(size.file + size.log),
        growth="" if size.a_day is None else f"{size.a_day / 1e6:+,.1f} MB",
        free=bytes_words(size.disk_free),
        days_left=None if days is None else round(days),
    )


def _lagging(each: AppFreshness, language: Language) -> Lagging:
    tables = ((_name(TABLES[name], language), _period(each.newest[name], language)) for name in each.lags)
    return Lagging(each.settings.app.id, each.settings.app.title, tuple(tables))


def _freshness(source: Source, current: Current, polled_at: datetime | None) -> _Fresh | None:
    def read() -> _Fresh:
        with source.reading() as history:
            found = read_freshness(current.watch.config, history, source.clock())
        lagging = [each for each in found.apps if each.lags]
        return _Fresh(tuple(_counts(found)), tuple(lagging[:_LAGGING]), len(lagging))

    return source.kept.get("freshness", (id(current), polled_at), read, _FIRST_WITHIN)


def _counts(found: Freshness) -> Iterator[tuple[Table, str, int, int]]:
    newest: dict[str, Counter[str]] = {}
    for app in found.apps:
        for name, period in app.newest.items():
            newest.setdefault(name, Counter())[period or ""] += 1
    for name, period in found.platform.items():
        newest[name] = Counter({period or "": 1})
    for name, counts in newest.items():
        front = max(counts)
        yield TABLES[name], front, counts[front] if front else 0, sum(counts.values())


def _in_words(current: Current, ailment: Ailment, language: Language) -> Ill:
    """As its message would tell it."""
    message = current.watch.renderer.mail(notice_of(ailment), language)
    return Ill(message.subject, message.text.partition("\n-- \n")[0].strip(), ailment.is_critical)


def _name(table: Table, language: Language) -> str:
    tail = _GRANULARITIES[table.granularity].in_(language)
    return capitalised(table.report.words.in_(language)) + tail


def _period(text: str | None, language: Language) -> str:
    return period_words(text, language) if text else ""


def _receivers(history: History, current: Current) -> Iterator[ReceiverState]:
    troubles: Mapping[str, Trouble] = {each.receiver: each for each in history.outbox.troubles.all()}
    queue = history.outbox.undelivered()
    dead = Counter(each.receiver for each in queue if each.state is MessageState.DEAD)
    waiting = Counter(each.receiver for each in queue if each.state is not MessageState.DEAD)
    for settings in current.watch.config.receivers:
        trouble = troubles.get(settings.name)
        yield ReceiverState(
            name=settings.name,
            state=_state(trouble),
            error=trouble.error if trouble else "",
            since=moment_words(trouble.since) if trouble else "",
            waiting=waiting[settings.name],
            dead=dead[settings.name],
        )


def _state(trouble: Trouble | None) -> str:
    if trouble is None:
        return "works"
    return "off" if trouble.is_off else "in_part" if trouble.in_part else "failing"


def _expiry(current: Current) -> str:
    try:
        expiry = platform_expiry(current.watch.config)
    except CredentialsError:  # which the next poll tells of
        return ""
    return moment_words(expiry.at) if expiry else ""
