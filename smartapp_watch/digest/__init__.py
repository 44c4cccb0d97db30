"""History → a daily or weekly digest: composed once, frozen, and queued like any other message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from smartapp_watch.alerts.digest_parts import ReceiverOff, Tally
from smartapp_watch.alerts.notification import DigestNotice
from smartapp_watch.digest.figures import Figures, in_order, movers, with_days
from smartapp_watch.digest.gaps import UNREAD, find_gaps, group_failures
from smartapp_watch.digest.near_misses import RULES, find_near_misses
from smartapp_watch.digest.scope import FIGURES, Scope, days_of
from smartapp_watch.digest.told import Told, by_app, moments_of
from smartapp_watch.errors import UsageError
from smartapp_watch.history.database import History
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Period

__all__ = ["FIGURES", "Scope", "compose", "is_settled", "queue", "reaches_back_to"]

LISTED = 20
"""How many alerts of a kind are listed."""

_FLAPPING = 5


def is_settled(history: History, scope: Scope, period: Period, horizon: Horizon) -> bool:
    """Whether every day of ``period`` is final for every mini-program that figures are polled of."""
    days = list(days_of(period))
    readings = history.observations.maturity(FIGURES, days)
    return all(
        (reading := readings.get((app.id, str(day)))) is not None and horizon.is_final(day, 1, reading.state)
        for app in scope.apps
        if app.id not in scope.unpolled
        for day in days
    )


def reaches_back_to(history: History, scope: Scope, period: Period) -> bool:
    """Whether the history knows figures of ``period`` or of an earlier one, or is asked for none."""
    oldest = history.observations.oldest(FIGURES)
    nothing_polled = all(app.id in scope.unpolled for app in scope.apps)
    return nothing_polled or (oldest is not None and oldest.first <= period.last)


def compose(history: History, name: str, scope: Scope, period: Period, now: datetime) -> DigestNotice:
    """The digest of ``period``; the frozen one where it was composed before.

    What is read is read at once for all mini-programs; what is kept is what some message may show.
    """
    frozen = history.digests.find(name, period)
    if frozen:
        return frozen
    told = Told.read(history, scope, period, now)
    open_, opened, closed, shadowed = told.open(), told.opened(), told.closed(), told.shadowed()
    silenced, flapping = told.silenced(), told.flapping()
    figures, alerts, near = Figures.read(history, scope, period), by_app(open_), find_near_misses(told)
    lines = in_order(figures.line(app, alerts[app.id], near.of_app[app.id]) for app in scope.apps)
    rising, falling = movers(lines)
    lacking = [app for app in scope.apps if figures.days_known(app) < figures.days]
    notice = DigestNotice(
        name=name,
        period=str(period),
        first=str(period.first),
        last=str(period.last),
        composed_at=now,
        apps_checked=len(scope.apps),
        days=figures.days,
        totals=figures.totals(scope.apps),
        open=told.cards(open_),
        opened=told.notices(opened[:LISTED]),
        closed=told.notices(closed[:LISTED]),
        apps=tuple(with_days(history, lines, period)),
        missing=tuple(app.title for app in lacking),
        shadowed=told.notices(shadowed[:LISTED]),
        language=scope.language,
        before=str(period.weeks_before(1)),
        rising=tuple(with_days(history, rising, period)),
        falling=tuple(with_days(history, falling, period)),
        tally=Tally(
            open=len(open_),
            opened=len(opened),
            closed=len(closed),
            silenced=len(silenced),
            shadowed=len(shadowed),
            flapping=len(flapping),
            near_misses=near.of_app.total(),
        ),
        silenced=tuple(silenced[:LISTED]),
        flapping=tuple(flapping[:_FLAPPING]),
        answered=told.answered(opened),
        rules_checked=sum(not rule.shadow for rule in scope.rules),
        tags=scope.tags,
        zone=scope.zone,
        near_misses=near.rules[:RULES],
    )
    return _with_service(notice, history, scope, period, lacking)


def _with_service(
    notice: DigestNotice, history: History, scope: Scope, period: Period, lacking: list[App]
) -> DigestNotice:
    """``notice`` with how the service fared: what it did not read of whom, and whom it did not reach."""
    newest = history.polls.newest()
    unread = group_failures(scope, newest)
    first, end = moments_of(period)
    waiting = tuple(history.review.undelivered(first, end))
    return replace(
        notice,
        failures=tuple(newest.stopped.splitlines()) if lacking else (),
        undelivered=sum(each.count for each in waiting),
        gaps=find_gaps(history, scope, period, lacking, newest),
        unread=tuple(unread[:UNREAD]),
        tally=replace(notice.tally, unread=len(unread)),
        polls=history.polls.count(first, end),
        waiting=waiting,
        receivers_off=tuple(_receivers_off(history, scope)),
    )


def _receivers_off(history: History, scope: Scope) -> Iterator[ReceiverOff]:
    for trouble in history.outbox.troubles.all():
        known = scope.receivers is None or trouble.receiver in scope.receivers
        if trouble.is_off and known:
            yield ReceiverOff(trouble.receiver, trouble.since, trouble.error)


def queue(history: History, notice: DigestNotice, receivers: tuple[str, ...], now: datetime) -> int:
    """Freeze a digest and queue it for each receiver, each once; how many were new.

    UsageError where it was composed so long ago that what it said then is gone.
    """
    if history.digests.is_faded(notice.name, notice.period):
        raise UsageError(
            f"the digest {notice.name} of {notice.period} was composed long ago, and what it said is no "
            "longer kept; composed anew it would have other numbers, so it is not sent again"
        )
    with history.transaction():
        history.digests.freeze(notice, now)
        return sum(
            history.outbox.queue(f"digest/{notice.name}/{notice.period}/{receiver}", receiver, notice, now)
            for receiver in receivers
        )
