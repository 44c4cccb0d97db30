"""One alert: what it says, how the series went, who is on it, why it fired, and who was told."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

from smartapp_watch.alerts.alert import OPEN, Alert, State
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.alerts.trend import Trend
from smartapp_watch.history.database import History
from smartapp_watch.history.silences import Ack
from smartapp_watch.history.trends import Trends
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.alert_view import AlertView
from smartapp_watch.notify.dates import moment_words, parse_period, period_words
from smartapp_watch.notify.words import capitalised, reason_words, subject_of
from smartapp_watch.web.chart import ChartView, Place, Row, Series, Span, chart_view, periods_of, rows_of
from smartapp_watch.web.explained import Explained, explained, may_be_explained
from smartapp_watch.web.open_alerts import AlertLine, Lister
from smartapp_watch.web.source import Current, Source
from smartapp_watch.web.visit import Visit
from smartapp_watch.web.words import DELIVERY_STATES, EVENTS


@dataclass(frozen=True, slots=True)
class Answered:
    """Somebody said that they deal with it: when, by what way and from where, and what else they said."""

    at: str
    by: str
    via: str
    note: str


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to the alert: when it was found, of which period, why nobody was told, and who
    answered then."""

    at: str
    what: str
    period: str
    reason: str
    held: str
    answers: tuple[Answered, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """A message about the alert, and what became of it."""

    at: str
    what: str
    receiver: str
    state: str
    is_sent: bool
    tries: int
    error: str


@dataclass(frozen=True, slots=True)
class AlertPage:
    """What the alert's template may use. ``open``: somebody may still deal with it. ``ack_note``: what was
    said when it was acknowledged. ``explained``: None also while that is being worked out."""

    alert: AlertView
    line: AlertLine
    open: bool
    app_id: str
    chart: ChartView | None
    rows: tuple[Row, ...]
    acked: str
    acked_at: str
    ack_note: str
    explained: Explained | None
    may_be_explained: bool
    steps: tuple[Step, ...]
    sent: tuple[Sent, ...]


def view(source: Source, visit: Visit, request: Request) -> AlertPage:
    """The alert whose number stands in the address; 404 where there is none."""
    number, current, language = int(request.path_params["id"]), source.current, visit.language
    with source.reading() as history:
        alert = history.alerts.alert(number) if number < 2**63 else None
        if alert is None:
            raise HTTPException(404)
        lister = Lister.of(history, current, [alert], source.clock())
        notice = _with_trend(source, current, history, alert, lister.notice(alert))
        why = explained(source, current, history, alert, language)
        steps = tuple(_steps(history, alert, language))
        sent = tuple(_sent(history, alert, language))
    line = lister.line(notice, alert.state, language)
    series = _series(notice, alert, line.view.severity)
    ack = lister.acks.get(alert.id)
    return AlertPage(
        alert=line.view,
        line=line,
        open=alert.state in OPEN and alert.state is not State.PENDING,
        app_id="" if alert.app_id is None else str(alert.app_id),
        chart=_chart(line.view, series, language) if series else None,
        rows=tuple(rows_of(series, language))[::-1] if series else (),
        acked=line.acked,
        acked_at=moment_words(ack.at) if ack else "",
        ack_note=_note(ack),
        explained=why,
        may_be_explained=may_be_explained(current, alert),
        steps=steps,
        sent=sent,
    )


def _with_trend(
    source: Source, current: Current, history: History, alert: Alert, notice: AlertNotice
) -> AlertNotice:
    scope = current.scope
    trends = Trends(
        history.observations,
        history.alerts,
        scope.rules,
        scope.horizon,
        scope.calendar,
        source.clock(),
    )
    return trends.add_to(notice, current.rules.get(alert.rule), alert)


def _series(notice: AlertNotice, alert: Alert, words: str) -> Series | None:
    """How the alert's series went, with the alert on it; None where nothing is known of it."""
    trend: Trend | None = notice.trend
    periods = periods_of(trend.periods) if trend else None
    if trend is None or periods is None or all(value is None for value in trend.values):
        return None
    until: Period | None = None if alert.state in OPEN else alert.period
    span = Span(alert.since, until, alert.severity.value, words)
    unit = subject_of(notice.metric).metric.unit
    return Series(periods, trend.values, unit, trend.lows, trend.highs, (span,))


def _chart(shown: AlertView, series: Series, language: Language) -> ChartView:
    place, title = Place("alert", "alert"), capitalised(shown.metric)
    return chart_view(place, title, shown.alt, series, language, tone=shown.tone)


def _steps(history: History, alert: Alert, language: Language) -> list[Step]:
    return [
        Step(
            at=moment_words(each.at),
            what=EVENTS[each.type].in_(language),
            period=period_words(each.period, language) if parse_period(each.period) else each.period,
            reason=reason_words(each.reason, language),
            held=each.held,
            answers=tuple(Answered(moment_words(ack.at), ack.by, ack.via, ack.note) for ack in each.acks),
        )
        for each in history.trail.events(alert.id)
    ]


def _sent(history: History, alert: Alert, language: Language) -> list[Sent]:
    return [
        Sent(
            at=moment_words(each.changed_at),
            what=EVENTS[each.event].in_(language) if each.event in EVENTS else each.event,
            receiver=each.receiver,
            state=DELIVERY_STATES[each.state].in_(language),
            is_sent=each.state == "sent",
            tries=each.tries,
            error=each.error,
        )
        for each in history.trail.deliveries(alert.id)
    ]


def _note(ack: Ack | None) -> str:
    return ack.note if ack else ""
