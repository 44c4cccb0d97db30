"""Ailments of the service → notices, queued for its receivers.

What ails the service as a whole is told to every receiver: when it begins, then once a day for three days,
then once a week, and once more when it is over. What ails one receiver is told to another, once a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from smartapp_watch.alerts.notification import ServiceNotice, Topic
from smartapp_watch.alerts.routing import Route, receivers_of
from smartapp_watch.errors import QuotaExhausted
from smartapp_watch.health import Ailment
from smartapp_watch.history.database import History
from smartapp_watch.history.health_log import Told
from smartapp_watch.history.poll_log import Failure
from smartapp_watch.metrics.period import beijing_day
from smartapp_watch.rules.rule import Severity

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_DAILY_TIMES = 4

_OF_RECEIVER = frozenset({Topic.RECEIVER_OFF, Topic.RECIPIENTS_REFUSED})


@dataclass(frozen=True, slots=True)
class Complaints:
    """One history's way to tell what ails the service. ``receivers``: all there are, by name."""

    history: History
    receivers: tuple[str, ...]
    routes: tuple[Route, ...]

    def tell_all(self, ailments: Iterable[Ailment], now: datetime) -> None:
        """Queue what is to be told of these ailments now, and of those that are over."""
        ailments = tuple(ailments)
        for each in ailments:
            if each.topic in _OF_RECEIVER:
                self.tell_one(notice_of(each), now)
        before = self.history.health.told()
        words = list(words_due(before, [each for each in ailments if each.topic not in _OF_RECEIVER], now))
        after = tuple(told for told, _ in words)
        if after != before:
            with self.history.transaction():
                for told, notice in words:
                    if notice:
                        self._queue(told, notice, now)
                self.history.health.save_told(after)

    def forget_former_receivers(self) -> None:
        """Forget the trouble with receivers that are gone from the settings: they will never recover."""
        for trouble in self.history.outbox.troubles.all():
            if trouble.receiver not in self.receivers:
                self.history.outbox.troubles.clear(trouble.receiver)

    def tell_of_calls(self, failures: Sequence[Failure], now: datetime) -> None:
        """Tell that the day's calls are used up: until midnight no figure is fetched."""
        for each in failures:
            if each.kind == QuotaExhausted.kind:
                self.tell_one(ServiceNotice(Topic.NO_CALLS_LEFT, each.message, now), now)

    def tell_one(self, notice: ServiceNotice, now: datetime) -> None:
        """Queue a notice, once a day, for one receiver: one of critical alerts, if that works."""
        first = receivers_of(self.routes, "", Severity.CRITICAL, None)
        names = dict.fromkeys((*first, *self.receivers))
        if notice.topic is not Topic.RECIPIENTS_REFUSED:  # the others of them get it, if nobody else does
            names.pop(notice.receiver, None)
        failing = {trouble.receiver for trouble in self.history.outbox.troubles.all()}
        chosen = min(names, key=failing.__contains__, default=None)
        if chosen is not None:
            key = f"notice/{notice.topic}/{notice.receiver}/{beijing_day(now)}/{chosen}"
            self.history.outbox.queue(key, chosen, notice, now)

    def _queue(self, told: Told, notice: ServiceNotice, now: datetime) -> None:
        part = "over" if told.over else told.times
        for receiver in self.receivers:
            key = f"notice/{told.topic}/{told.first_at.isoformat()}/{part}/{receiver}"
            self.history.outbox.queue(key, receiver, notice, now)


def words_due(
    before: Iterable[Told], ailments: Iterable[Ailment], now: datetime
) -> Iterator[tuple[Told, ServiceNotice | None]]:
    """What is known to people after ``now``, each with the notice that makes it known, where one is due.

    What is over and ails again within a day waits until that day is over: nobody hears of it twice a day.
    What follows from another ailment is not told, nor is it over.
    """
    known = {told.topic: told for told in before}
    for ailment in ailments:
        told = known.pop(ailment.topic, None)
        if ailment.cause or (told and not _is_due(told, ailment, now)):
            if told:
                yield told, None
        elif told is None or told.over:
            yield Told(ailment.topic, ailment.since, now, now, 1, ailment.count), notice_of(ailment)
        else:
            again = replace(told, last_at=now, times=told.times + 1, count=ailment.count)
            yield again, notice_of(replace(ailment, since=min(told.since, ailment.since)))
    for told in known.values():
        if not told.over:
            yield replace(told, over=True), ServiceNotice(told.topic, "", told.since, over=True)
        elif now - told.last_at < _DAY:
            yield told, None


def _is_due(told: Told, ailment: Ailment, now: datetime) -> bool:
    daily = told.over or told.times < _DAILY_TIMES or ailment.count > told.count
    return now - told.last_at >= (_DAY if daily else _WEEK)


def notice_of(ailment: Ailment) -> ServiceNotice:
    """What is said of an ailment."""
    return ServiceNotice(
        topic=ailment.topic,
        error=ailment.error,
        since=ailment.since,
        receiver=ailment.receiver,
        apps=ailment.apps,
        count=ailment.count,
        of=ailment.of,
        critical=ailment.is_critical,
    )
