"""A digest as a template sees it: everything in words, cut to what a message can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from smartapp_watch.alerts.digest_parts import Answered, Polls
from smartapp_watch.alerts.notification import AlertNotice, DigestNotice
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.alert_view import NAME, AlertView, alert_view
from smartapp_watch.notify.dates import moment_words, parse_period, period_words, span_words, weekday
from smartapp_watch.notify.digest_csv import csv_name
from smartapp_watch.notify.digest_figures import (
    AppRow,
    MoverView,
    TotalView,
    label_of,
    mover_view,
    row_view,
    total_view,
)
from smartapp_watch.notify.digest_service import (
    FlappingView,
    GapView,
    duration_words,
    end_words,
    failure_lines,
    flapping_view,
    gap_views,
    language_name,
    off_lines,
    waiting_lines,
)
from smartapp_watch.notify.near_miss_view import NearMissView, more_near_misses, near_miss_views
from smartapp_watch.notify.text import short

CARDS = 5
ROWS = 40
_COLUMNS = 3
_LISTED = 20
_MOVERS = 5
_LINES = 10
_TAGS = 10


@dataclass(frozen=True, slots=True)
class AlertCounts:
    """How many alerts there were; ``templates/README.md`` describes every field."""

    open: int
    opened: int
    closed: int
    silenced: int
    acked: int
    unacked: int
    ack_time: str


@dataclass(frozen=True, slots=True)
class DigestView:
    """What the templates of a digest may use; ``templates/README.md`` describes every field."""

    name: str
    kind: str
    period: str
    days: str
    days_and_year: str
    weekday: str
    before: str
    through: str
    composed_at: str
    all_clear: bool
    unsure: bool
    apps_checked: int
    rules_checked: int
    apps_complete: int
    apps_needing: int
    count: AlertCounts
    totals: tuple[TotalView, ...]
    cards: tuple[AlertView, ...]
    more_cards: int
    rising: tuple[MoverView, ...]
    falling: tuple[MoverView, ...]
    opened: tuple[AlertView, ...]
    more_opened: int
    closed: tuple[AlertView, ...]
    more_closed: int
    silenced: tuple[AlertView, ...]
    more_silenced: int
    shadowed: tuple[AlertView, ...]
    more_shadowed: int
    flapping: tuple[FlappingView, ...]
    more_flapping: int
    near_misses: tuple[NearMissView, ...]
    more_near_misses: int
    columns: tuple[str, ...]
    apps: tuple[AppRow, ...]
    more_apps: int
    file: str
    gaps: tuple[GapView, ...]
    more_gaps: int
    failures: tuple[str, ...]
    more_failures: int
    polls: Polls | None
    undelivered: int
    waiting: tuple[str, ...]
    receivers_off: tuple[str, ...]
    tags: tuple[str, ...]
    zone: str
    language: str


def digest_view(notice: DigestNotice, language: Language, rows: int = ROWS) -> DigestView:
    """The view of a digest; ``rows``: how many mini-programs its table may show at most."""
    alerts = _alerts_of_apps(notice)
    period = parse_period(notice.period)
    complete = max(0, notice.apps_checked - len(notice.missing))
    unsure = not notice.open and bool(notice.missing) and not complete
    tally, gaps, failures = notice.tally, gap_views(notice, language), failure_lines(notice, language)
    near = near_miss_views(notice, language, rows)
    return DigestView(
        name=short(notice.name, NAME),
        kind=period.granularity.value if period else "",
        period=period_words(notice.period, language),
        days=span_words(notice.first, notice.last, language),
        days_and_year=span_words(notice.first, notice.last, language, year=True),
        weekday=weekday(period.first, language) if period else "",
        before=period_words(notice.before, language) if notice.before else "",
        through=end_words(notice.last, language),
        composed_at=moment_words(notice.composed_at),
        all_clear=not notice.open and not unsure,
        unsure=unsure,
        apps_checked=notice.apps_checked,
        rules_checked=notice.rules_checked,
        apps_complete=complete,
        apps_needing=len(alerts),
        count=_counts(notice, language),
        totals=tuple(total_view(total, language) for total in notice.totals),
        cards=_alerts(notice.open, CARDS, language),
        more_cards=_more(notice.open, CARDS, tally.open),
        rising=tuple(mover_view(app, language) for app in notice.rising[:_MOVERS] if app.totals),
        falling=tuple(mover_view(app, language) for app in notice.falling[:_MOVERS] if app.totals),
        opened=_alerts(notice.opened, _LISTED, language),
        more_opened=_more(notice.opened, _LISTED, tally.opened),
        closed=_alerts(notice.closed, _LISTED, language),
        more_closed=_more(notice.closed, _LISTED, tally.closed),
        silenced=_alerts(notice.silenced, _LISTED, language),
        more_silenced=_more(notice.silenced, _LISTED, tally.silenced),
        shadowed=_alerts(notice.shadowed, _LISTED, language),
        more_shadowed=_more(notice.shadowed, _LISTED, tally.shadowed),
        flapping=tuple(flapping_view(each, language) for each in notice.flapping[:CARDS]),
        more_flapping=_more(notice.flapping, CARDS, tally.flapping),
        near_misses=near,
        more_near_misses=more_near_misses(notice, near),
        columns=tuple(label_of(total, language) for total in notice.totals[:_COLUMNS]),
        apps=_rows(notice, alerts, rows, language),
        more_apps=_more(notice.apps, rows),
        file=csv_name(notice) if notice.apps else "",
        gaps=gaps[:_LINES],
        more_gaps=_more(gaps, _LINES),
        failures=failures[:_LINES],
        more_failures=_more(failures, _LINES, tally.unread),
        polls=notice.polls,
        undelivered=notice.undelivered,
        waiting=waiting_lines(notice, language)[:_LINES],
        receivers_off=off_lines(notice, language)[:_LINES],
        tags=tuple(short(tag, NAME) for tag in notice.tags[:_TAGS]),
        zone=short(notice.zone, NAME),
        language=language_name(language),
    )


def _rows(
    notice: DigestNotice, alerts: Mapping[int, int], rows: int, language: Language
) -> tuple[AppRow, ...]:
    metrics = tuple(total.metric for total in notice.totals[:_COLUMNS])
    return tuple(
        row_view(app, metrics, notice.days, alerts.get(app.app_id, 0), language) for app in notice.apps[:rows]
    )


def _counts(notice: DigestNotice, language: Language) -> AlertCounts:
    """What was counted when it was composed; of older digests, what they hold."""
    tally, answered = notice.tally, notice.answered or Answered()
    opened = max(tally.opened, len(notice.opened))
    return AlertCounts(
        open=max(tally.open, len(notice.open)),
        opened=opened,
        closed=max(tally.closed, len(notice.closed)),
        silenced=tally.silenced,
        acked=answered.acked,
        unacked=opened - answered.acked if notice.answered else 0,
        ack_time=duration_words(answered.median_seconds, language),
    )


def _alerts_of_apps(notice: DigestNotice) -> dict[int, int]:
    """How many open alerts each mini-program has; older digests know of it by their alerts alone."""
    found = {app.app_id: app.alerts for app in notice.apps if app.alerts}
    if not found:
        for alert in notice.open:
            if alert.app_id is not None:
                found[alert.app_id] = found.get(alert.app_id, 0) + 1
    return found


def _more(items: Sequence[object], shown: int, count: int = 0) -> int:
    """How many there are beside those that are shown; ``count``: of all, where only some were kept."""
    return max(0, max(len(items), count) - min(shown, len(items)))


def _alerts(notices: Sequence[AlertNotice], limit: int, language: Language) -> tuple[AlertView, ...]:
    return tuple(alert_view(notice, language) for notice in notices[:limit])
