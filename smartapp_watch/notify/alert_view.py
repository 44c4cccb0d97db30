"""An alert as a template sees it: every figure in words of one language, nothing left to decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from smartapp_watch.alerts.alert import EventType, is_of_fleet
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.alerts.patience import STILL
from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.metrics.report import Unit
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.chart import Drawing
from smartapp_watch.notify.conditions import condition_words, late_after, move_words, usual_words
from smartapp_watch.notify.dates import SPANS, count_words, parse_period, period_words
from smartapp_watch.notify.fleet_words import FLEET, IN_BREACH, OWN_ALERTS, breaching_words, fleet_sentence
from smartapp_watch.notify.hints import hints, main_cause
from smartapp_watch.notify.numbers import Change, amount, change_of, digits_for, relative_change
from smartapp_watch.notify.text import short
from smartapp_watch.notify.trend_view import trend_view
from smartapp_watch.notify.words import (
    NO_NAME,
    PLATFORM,
    SEVERITIES,
    Subject,
    capitalised,
    correction_words,
    counts_words,
    event_words,
    late_sentence,
    metric_words,
    note_words,
    reason_words,
    series_words,
    subject_of,
    value_sentence,
)
from smartapp_watch.rules.rule import Severity

NAME = 60
"""How much of a mini-program's or a rule's name is shown, in characters."""
PLACE = 120
"""How much of a page's path is shown."""
SENTENCE = 500
"""How much of a sentence that an operator wrote is shown."""
_ADDRESS = 1000

_STILL = Words("{}，持续{}", "{}, still ({})")
_NOW = Words("当前", "now")
_CHANGE = Words("变化", "change")
_BAD = (EventType.FIRE, EventType.WORSE, EventType.REOPEN)
_OVER = (EventType.RESOLVE, EventType.RETRACT)
_ICONS = {
    EventType.RESOLVE: ":white_check_mark:",
    EventType.STALE: ":hourglass_flowing_sand:",
    EventType.RETRACT: ":leftwards_arrow_with_hook:",
    EventType.CLOSED: ":white_circle:",
}
_SEVERITY_ICONS = {
    Severity.CRITICAL: ":red_circle:",
    Severity.WARNING: ":large_orange_circle:",
    Severity.INFO: ":large_blue_circle:",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure with its label; ``tone`` is ``bad``, ``good`` or empty."""

    label: str
    value: str
    tone: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """Label and value, for a table of text."""
        return self.label, self.value


@dataclass(frozen=True, slots=True)
class AlertView:
    """What the templates of an alert may use; ``templates/README.md`` describes every field."""

    id: int
    type: str
    icon: str
    tone: str
    headline: str
    topic: str
    app: str
    app_id: str
    metric: str
    metric_name: str
    where: str
    value: str
    usual: str
    usual_label: str
    change: str
    judgement: str
    sentence: str
    facts: tuple[Fact, ...]
    note: str
    rule: str
    description: str
    condition: str
    severity: str
    period: str
    since: str
    days: str
    lasting: bool
    reason: str
    correction: str
    late: bool
    runbook: str
    place: str
    acked: str
    cause: str
    hints: tuple[str, ...]
    peak: str
    still: str
    command: str
    chart: Drawing
    alt: str
    legend: str
    spark: str
    span: str
    bars: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Measure:
    """The figures of a notice, in words."""

    value: str
    usual: str
    usual_label: str
    change: Change
    digits: int


def alert_view(notice: AlertNotice, language: Language) -> AlertView:
    """The view of one event of an alert."""
    period = parse_period(notice.period)
    granularity = period.granularity if period else Granularity.DAY
    subject = _subject(notice, granularity)
    metric = short(metric_words(subject, language) or f"“{notice.rule}”", NAME)
    measure = _measure(notice, subject, period, language)
    app = short(notice.app_name, NAME) or _unnamed(notice, language)
    where = short(series_words(subject, notice.dimensions, notice.texts, language), PLACE)
    headline = event_words(notice.type, notice.condition, metric, measure.change.tone, language)
    still = _still(notice, granularity, language)
    tone = _tone(notice.type, measure.change)
    trend = trend_view(notice.trend, subject, tone, measure.usual_label, language)
    return AlertView(
        id=notice.alert,
        type=notice.type.value,
        icon=_ICONS.get(notice.type, _SEVERITY_ICONS[notice.severity]),
        tone=tone,
        headline=capitalised(_STILL.in_(language).format(headline, still) if still else headline),
        topic=_topic(app, _move(notice, metric, language), where, language),
        app=app,
        app_id="" if notice.app_id is None else str(notice.app_id),
        metric=metric,
        metric_name=short(subject.name, NAME),
        where=where,
        value=measure.value,
        usual=measure.usual,
        usual_label=measure.usual_label,
        change=str(measure.change),
        judgement=measure.change.judgement,
        sentence=capitalised(_sentence(notice, subject, measure.value, language)),
        facts=tuple(_facts(notice, subject, measure, language)),
        note=_note(notice, subject, language),
        rule=short(notice.rule, NAME) or NO_NAME.in_(language),
        description=short(notice.description, SENTENCE),
        condition=short(condition_words(notice.condition, subject.metric.unit, language), PLACE),
        severity=SEVERITIES[notice.severity].in_(language),
        period=period_words(notice.period, language),
        since=period_words(notice.since, language),
        days=count_words(max(1, notice.breaches), granularity, language),
        lasting=notice.breaches > 1,
        reason=short(reason_words(notice.reason, language), SENTENCE),
        correction=correction_words(notice.reason, subject.metric.unit, language),
        late=bool(late_after(notice.condition)),
        runbook=short(notice.runbook, _ADDRESS),
        place=short(notice.where, PLACE),
        acked=short(notice.acked, NAME),
        cause=main_cause(notice, language) if notice.type in _BAD else "",
        hints=hints(notice, subject, language) if notice.type in _BAD else (),
        peak=_peak(notice, subject, measure, language),
        still=still,
        command=_command(notice),
        chart=trend.chart,
        alt=trend.alt,
        legend=trend.legend,
        spark=trend.spark,
        span=trend.span,
        bars=trend.bars,
    )


def _subject(notice: AlertNotice, granularity: Granularity) -> Subject:
    """What the alert is about: a metric; of a rule of lateness, the whole report."""
    if late_after(notice.condition):
        return subject_of(notice.metric.partition(".")[0])
    return replace(subject_of(notice.metric, _nth(notice), granularity), window=notice.window)


def _sentence(notice: AlertNotice, subject: Subject, value: str, language: Language) -> str:
    if time := late_after(notice.condition):
        return short(late_sentence(subject, notice.type, time, notice.period, language), PLACE)
    if is_of_fleet(notice.dimensions):
        return short(fleet_sentence(notice, subject, language), SENTENCE)
    return short(value_sentence(subject, value, language), PLACE)


def _note(notice: AlertNotice, subject: Subject, language: Language) -> str:
    if not is_of_fleet(notice.dimensions):
        return note_words(subject, language)
    return OWN_ALERTS.in_(language) if notice.type in _BAD else ""


def _measure(notice: AlertNotice, subject: Subject, period: Period | None, language: Language) -> _Measure:
    figures, metric = notice.figures, subject.metric
    digits = digits_for(figures.change)
    known = figures.baseline is not None
    change = (
        relative_change(figures.change_percent, metric.good, language)
        if is_of_fleet(notice.dimensions)
        else change_of(figures.change, figures.change_percent, metric.unit, metric.good, language)
    )
    if notice.type is EventType.RETRACT:
        period = parse_period(notice.since) or period  # a withdrawn alert shows its first day's figures
    if notice.type in _OVER:
        # What is left of it is within what is usual: neither better nor worse.
        change = replace(change, judgement="", tone="")
    return _Measure(
        value="" if figures.value is None else amount(figures.value, metric.unit, language, digits),
        usual=amount(figures.baseline, metric.unit, language, digits) if known else "",
        usual_label=usual_words(notice, period, language) if known else "",
        change=change,
        digits=digits,
    )


def _still(notice: AlertNotice, granularity: Granularity, language: Language) -> str:
    """Of a reminder, how long it has been so: ``第 3 天``; else empty."""
    if notice.reason != STILL:
        return ""
    one, count = SPANS[granularity][0], notice.breaches
    return Words(f"第 {count} {one.zh}", f"{one.en} {count}").in_(language)


def _peak(notice: AlertNotice, subject: Subject, measure: _Measure, language: Language) -> str:
    return "" if notice.peak is None else amount(notice.peak, subject.metric.unit, language, measure.digits)


def _command(notice: AlertNotice) -> str:
    """What to type so that others see who deals with it; empty where nobody has to."""
    over = notice.type in _OVER or notice.type is EventType.CLOSED
    return "" if over or notice.acked or not notice.alert else f"smartapp-watch ack {notice.alert}"


def _unnamed(notice: AlertNotice, language: Language) -> str:
    if notice.app_id is not None:
        return str(notice.app_id)
    return (FLEET if is_of_fleet(notice.dimensions) else PLATFORM).in_(language)


def _nth(notice: AlertNotice) -> int | None:
    value = dict(notice.dimensions).get("nth")
    return value if isinstance(value, int) else None


def _tone(kind: EventType, change: Change) -> str:
    if kind is EventType.RESOLVE:
        return "good"
    return change.tone if kind in _BAD else ""


def _move(notice: AlertNotice, metric: str, language: Language) -> str:
    if late_after(notice.condition) and notice.app_id is None:
        # Its name is its report's, and is not said twice.
        return event_words(EventType.FIRE, notice.condition, metric, "", language)
    return move_words(notice.condition, metric, language)


def _topic(app: str, move: str, where: str, language: Language) -> str:
    head = Words(f"{app}：{move}", f"{app}: {move}").in_(language)
    return f"{head} · {where}" if where else head


def _facts(notice: AlertNotice, subject: Subject, measure: _Measure, language: Language) -> Iterable[Fact]:
    change = measure.change
    if measure.value:
        yield Fact(capitalised(_now(notice.window).in_(language)), measure.value, change.tone)
    if measure.usual_label:
        yield Fact(capitalised(measure.usual_label), measure.usual)
    if change.text:
        comma = Words("，", ", ").in_(language)
        words = f"{change}{comma}{change.judgement}" if change.judgement else str(change)
        yield Fact(capitalised(_CHANGE.in_(language)), words, change.tone)
    yield from _count_facts(notice, subject, language)
    if notice.type in _BAD:
        yield from _facts_beside(notice, subject, language)


def _facts_beside(notice: AlertNotice, subject: Subject, language: Language) -> Iterable[Fact]:
    """The other figures of the row, each with what is usual; none that is behind the value anyway."""
    shown = {name for name, _ in notice.figures.counts}
    for each in notice.beside:
        name = each.metric.partition(".")[2]
        if name not in shown:
            label, unit = _column(subject, name, language)
            value = amount(each.value, unit, language)
            if each.usual is not None:
                usual = amount(each.usual, unit, language)
                value = Words(f"{value}（往常 {usual}）", f"{value} (usual {usual})").in_(language)
            yield Fact(capitalised(label), value)


def _now(window: int) -> Words:
    return Words(f"近 {window} 天", f"last {window} days") if window > 1 else _NOW


def _count_facts(notice: AlertNotice, subject: Subject, language: Language) -> Iterable[Fact]:
    if is_of_fleet(notice.dimensions):
        yield Fact(capitalised(IN_BREACH.in_(language)), breaching_words(notice, subject, language))
        return
    counts = dict(notice.figures.counts)
    if subject.metric.of and counts.keys() >= set(subject.metric.of):
        part, whole = (amount(counts.pop(name), Unit.COUNT, language) for name in subject.metric.of)
        label, words = counts_words(subject, part, whole, language)
        yield Fact(capitalised(label), words)
    for name, count in counts.items():
        if name != subject.metric.name:
            label, unit = _column(subject, name, language)
            yield Fact(capitalised(label), amount(count, unit, language))


def _column(subject: Subject, name: str, language: Language) -> tuple[str, Unit]:
    if subject.report is not None:
        for metric in subject.report.metrics:
            if metric.name == name:
                return metric.words.in_(language), metric.unit
    return short(name, NAME), Unit.COUNT
