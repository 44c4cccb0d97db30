"""A digest as a template sees it: everything in words, cut to what a message can hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from smartapp_watch.alerts.notification import AlertNotice, AppLine, DigestNotice, Total
from smartapp_watch.metrics.report import Unit
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.alert_view import NAME, PLACE, AlertView, alert_view
from smartapp_watch.notify.dates import moment_words, parse_period, period_words, span_words
from smartapp_watch.notify.numbers import (
    NO_DATA,
    Change,
    amount,
    change_of,
    digits_for,
    relative_change,
    sparkline,
)
from smartapp_watch.notify.text import short
from smartapp_watch.notify.words import capitalised, subject_of

CARDS = 5
ROWS = 40
_COLUMNS = 3
_LISTED = 20
_NAMES = 20
_FAILURES = 10
_APP_NAME = 40
_NEEDS_LOOK = Words("需关注", "needs a look")
_DAYS = Words("{}/{} 天", "{}/{} days")


@dataclass(frozen=True, slots=True)
class TotalView:
    """One figure of the fleet, or of one mini-program, with last period's; ``tone`` as of an alert."""

    label: str
    value: str
    before: str
    change: str
    judgement: str
    tone: str
    spark: str

    @property
    def cells(self) -> tuple[str, ...]:
        """Label, value, the value before, change and bars, for a table of text."""
        change = f"{self.change} {self.judgement}".strip()
        return self.label, self.value, self.before, change, self.spark


@dataclass(frozen=True, slots=True)
class AppRow:
    """One mini-program in the table of all: a total for each label of ``DigestView.columns``.

    ``days``: how many of the period's days are known, ``5/7 days``; empty where all are. ``mark``: a word
    where it has an open alert.
    """

    name: str
    totals: tuple[TotalView, ...]
    days: str
    mark: str

    @property
    def cells(self) -> tuple[str, ...]:
        """Name and values, for a table of text."""
        name = " ".join(part for part in (self.name, self.mark, self.days) if part)
        return name, *(f"{total.value} {total.change}".strip() for total in self.totals)


@dataclass(frozen=True, slots=True)
class DigestView:
    """What the templates of a digest may use; ``templates/README.md`` describes every field."""

    name: str
    kind: str
    period: str
    days: str
    days_and_year: str
    composed_at: str
    all_clear: bool
    unsure: bool
    apps_checked: int
    apps_complete: int
    apps_needing: int
    alerts_open: int
    totals: tuple[TotalView, ...]
    cards: tuple[AlertView, ...]
    more_cards: int
    opened: tuple[AlertView, ...]
    more_opened: int
    closed: tuple[AlertView, ...]
    more_closed: int
    shadowed: tuple[AlertView, ...]
    more_shadowed: int
    columns: tuple[str, ...]
    apps: tuple[AppRow, ...]
    more_apps: int
    missing: tuple[str, ...]
    more_missing: int
    failures: tuple[str, ...]
    more_failures: int
    undelivered: int


def digest_view(notice: DigestNotice, language: Language, rows: int = ROWS) -> DigestView:
    """The view of a digest; ``rows``: how many mini-programs its table may show at most."""
    needing = {alert.app_id for alert in notice.open if alert.app_id is not None}
    shown = notice.apps[:rows]
    metrics = tuple(total.metric for total in notice.totals[:_COLUMNS])
    period = parse_period(notice.period)
    complete = max(0, notice.apps_checked - len(notice.missing))
    unsure = not notice.open and bool(notice.missing) and not complete
    return DigestView(
        name=short(notice.name, NAME),
        kind=period.granularity.value if period else "",
        period=period_words(notice.period, language),
        days=span_words(notice.first, notice.last, language),
        days_and_year=span_words(notice.first, notice.last, language, year=True),
        composed_at=moment_words(notice.composed_at),
        all_clear=not notice.open and not unsure,
        unsure=unsure,
        apps_checked=notice.apps_checked,
        apps_complete=complete,
        apps_needing=len(needing),
        alerts_open=len(notice.open),
        totals=tuple(_total(total, language) for total in notice.totals),
        cards=_alerts(notice.open, CARDS, language),
        more_cards=_more(notice.open, CARDS),
        opened=_alerts(notice.opened, _LISTED, language),
        more_opened=_more(notice.opened, _LISTED),
        closed=_alerts(notice.closed, _LISTED, language),
        more_closed=_more(notice.closed, _LISTED),
        shadowed=_alerts(notice.shadowed, _LISTED, language),
        more_shadowed=_more(notice.shadowed, _LISTED),
        columns=tuple(_label(total, language) for total in notice.totals[:_COLUMNS]),
        apps=tuple(_row(app, metrics, notice.days, app.app_id in needing, language) for app in shown),
        more_apps=len(notice.apps) - len(shown),
        missing=tuple(short(name, _APP_NAME) for name in notice.missing[:_NAMES]),
        more_missing=_more(notice.missing, _NAMES),
        failures=tuple(short(failure, PLACE) for failure in notice.failures[:_FAILURES]),
        more_failures=_more(notice.failures, _FAILURES),
        undelivered=notice.undelivered,
    )


def _more(items: Sequence[object], shown: int) -> int:
    return max(0, len(items) - shown)


def _alerts(notices: Sequence[AlertNotice], limit: int, language: Language) -> tuple[AlertView, ...]:
    return tuple(alert_view(notice, language) for notice in notices[:limit])


def _label(total: Total, language: Language) -> str:
    words = subject_of(total.metric).metric.words
    if total.a_day:
        words = Words(f"日均{words.zh}", f"{words.en} a day")
    return capitalised(short(words.in_(language), NAME))


def _total(total: Total, language: Language) -> TotalView:
    metric = subject_of(total.metric).metric
    change = _change(total, language)
    digits = digits_for(_difference(total)) if metric.unit is Unit.PERCENT else 1
    return TotalView(
        label=_label(total, language),
        value=amount(total.value, metric.unit, language, digits),
        before=amount(total.before, metric.unit, language, digits),
        change=str(change),
        judgement=change.judgement,
        tone=change.tone,
        spark=sparkline(total.daily),
    )


def _difference(total: Total) -> float | None:
    """How far what can be compared moved: a mini-program that is new is no rise."""
    return None if total.comparable is None or total.before is None else total.comparable - total.before


def _change(total: Total, language: Language) -> Change:
    """Against the period before: ratios in points, all else in per cent alone, as there is little room."""
    difference, metric = _difference(total), subject_of(total.metric).metric
    if metric.unit is Unit.PERCENT or total.change_percent is None:
        return change_of(difference, None, metric.unit, metric.good, language)
    return relative_change(total.change_percent, metric.good, language)


def _row(app: AppLine, metrics: Sequence[str], days: int, needs_look: bool, language: Language) -> AppRow:
    totals = {total.metric: total for total in app.totals}
    empty = TotalView("", NO_DATA.in_(language), "", "", "", "", "")
    return AppRow(
        name=short(app.name, _APP_NAME) or str(app.app_id),
        totals=tuple(_total(totals[metric], language) if metric in totals else empty for metric in metrics),
        days="" if app.days_known >= days else _DAYS.in_(language).format(app.days_known, days),
        mark=_NEEDS_LOOK.in_(language) if needs_look else "",
    )
