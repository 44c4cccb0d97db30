"""An explanation, as lines for people and as a JSON document for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from smartapp_watch.alerts.alert import Alert
from smartapp_watch.cli.evaluate import place, whole
from smartapp_watch.evaluate.explain import Explanation, Memory
from smartapp_watch.history.trail import Delivery, PastEvent
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Unit
from smartapp_watch.notify.cause_words import cause_words
from smartapp_watch.notify.document import Document
from smartapp_watch.notify.hints import occasion_words
from smartapp_watch.notify.text import one_line
from smartapp_watch.rules.account import Account, Significance
from smartapp_watch.rules.judge import Point
from smartapp_watch.rules.rule import Late, Rule
from smartapp_watch.rules.verdict import Figures, Reason, Verdict

_REASONS = {
    Reason.ABSENT: "asked for, and there was no value",
    Reason.NOT_FETCHED: "not asked for yet",
    Reason.PROVISIONAL: "read, but too early to be relied on",
    Reason.UNRIPE: "the cell is not over yet",
    Reason.LOW_VOLUME: "a count is under its floor",
    Reason.THIN_BASELINE: "too few values to compare with",
    Reason.NO_EARLIER_HOLIDAY: "a holiday, and of no earlier year is the same day known",
    Reason.UNDER_CUT: "passed the score, not the fleet's cut",
}


def explanation_lines(each: Explanation) -> list[str]:
    """What an explanation says, for people; names from outside play no tricks in it."""
    return _lines(each.rule.name, each.app, each, each.period, _facts(each))


def _lines(
    rule: str, app: App | None, series: Explanation | Alert, period: Period, facts: Iterable[Fact]
) -> list[str]:
    where = place(series.dimensions, series.texts)
    about = (
        f"{rule}: {app.title if app else whole(series.dimensions)}{', ' + where if where else ''}, {period}"
    )
    return [one_line(about), *(f"  {what:<10}  {one_line(text)}" for what, text in facts)]


Fact = tuple[str, str]
"""What it is, and what there is to say of it."""


def _facts(each: Explanation) -> Iterator[Fact]:
    rule = each.rule
    yield "rule", f"{rule.metric_name} {rule.condition.words} ({rule.file}:{rule.line})"
    yield "value", _value(each)
    yield from _baseline_facts(each)
    yield from _guard_facts(each.account)
    change = each.judgement.figures.change if each.judgement else None
    for words in cause_words(each.origin, change or 0):
        yield "because", words.en
    yield from _calendar_facts(each)
    yield "verdict", _verdict(each)
    yield "state", f"{each.before} before, {each.after} after"
    if each.alert:
        yield "alert", f"{each.alert.id}, {each.alert.state} since {each.alert.since}"
    yield from _event_facts(each.events)
    yield "told", each.told
    if each.held:
        yield "held now", each.held


def _calendar_facts(each: Explanation) -> Iterator[Fact]:
    of = each.evidence.looked_back_from(each.period)
    if each.evidence.level is not None:
        years = " and ".join(str(year.year) for year in of.years if year.period in each.evidence.past)
        level = _with_unit(each.evidence.level, each.rule)
        yield (
            "calendar",
            f"{of.holiday}: the same day in {years}, scaled to the ordinary days before it, now {level}",
        )
    elif of.of != each.period:
        yield "calendar", f"a weekend that is worked: the days before it like {of.of.first:%A}"
    for occasion in each.occasions:
        yield "calendar", occasion_words(occasion).en


def memory_lines(each: Memory) -> list[str]:
    """What is on record of an alert whose rule is gone, for people."""
    return _lines(each.alert.rule, each.app, each.alert, each.alert.period, _memory_facts(each))


def _memory_facts(each: Memory) -> Iterator[Fact]:
    alert, figures = each.alert, each.alert.figures
    what = "gone" if each.rule_gone else "of the whole fleet"
    yield "rule", f"{what}: this is what is on record, nothing can be judged again"
    counts = ", ".join(f"{column} {_number(count)}" for column, count in figures.counts)
    yield "value", _number(figures.value) + (f" ({counts})" if counts else "")
    if figures.baseline is not None:
        yield "usual", _number(figures.baseline)
    if figures.change is None and figures.change_percent is not None:
        yield "change", f"{figures.change_percent:+.1f}%"
    reason = f": {alert.reason}" if alert.reason else ""
    yield "alert", f"{alert.id}, {alert.state} since {alert.since}{reason}"
    yield from _event_facts(each.events)
    yield "told", each.told
    if each.held:
        yield "held now", each.held


def _event_facts(events: Iterable[PastEvent]) -> Iterator[Fact]:
    for event in events:
        reason = f", {event.reason}" if event.reason else ""
        held = f", held back: {event.held}" if event.held else ""
        found = f"found {event.at:%Y-%m-%d %H:%M} UTC"
        yield "event", f"{event.type} at {event.period}, {found}{reason}{held}"
        for ack in event.acks:
            note = f": {ack.note}" if ack.note else ""
            via = f" ({ack.via})" if ack.via else ""
            yield "answered", f"{ack.by} deals with it, {ack.at:%Y-%m-%d %H:%M} UTC{via}{note}"


def _value(each: Explanation) -> str:
    present = each.evidence.present
    if isinstance(present, Reason):
        if isinstance(each.rule.condition, Late):
            return "there by now" if present is not Reason.ABSENT else "nothing is there"
        return f"none: {_REASONS[present]}"
    columns = {column for column in present.counts if column != each.rule.metric.name}
    counts = ", ".join(f"{column} {_number(present.counts[column])}" for column in sorted(columns))
    return _with_unit(present.value, each.rule) + (f" ({counts})" if counts else "")


def _baseline_facts(each: Explanation) -> Iterator[Fact]:
    for candidate in each.account.candidates:
        value = "" if candidate.value is None else f" {_with_unit(candidate.value, each.rule)}"
        reason = f" not used: {candidate.why_not}" if candidate.why_not else ""
        yield "compared", f"{candidate.period}{value}{reason}"
    figures = each.judgement.figures if each.judgement else None
    if figures is None or figures.baseline is None:
        return
    change = figures.change or 0.0
    moved = f"{change:+.2f}pp" if each.rule.metric.unit is Unit.PERCENT else f"{change:+,.10g}"
    percent = "" if figures.change_percent is None else f", {figures.change_percent:+.1f}%"
    fleet = each.evidence.fleet
    if fleet.shift != 1:
        yield "fleet", f"at {100 * fleet.shift:.1f}% of what is usual; so much is expected here, too"
    yield "usual", _with_unit(figures.baseline, each.rule)
    yield "change", moved + percent


def _guard_facts(account: Account) -> Iterator[Fact]:
    for guard in account.guards:
        met = "enough" if guard.is_met else "too little"
        yield "at least", f"{guard.column} {guard.value:g} of the {guard.side}, floor {guard.floor:g}: {met}"
    tested = account.significance
    if tested:
        shares = f"{tested.share:.2f}% against {tested.baseline_share:.2f}%"
        bounds = f"between {tested.low:+.2f}pp and {tested.high:+.2f}pp at 99%"
        noise = f"overdispersion {tested.dispersion:.2f}"
        yield "chance", f"{shares}: the difference lies {bounds} ({noise}): {_chance(tested)}"
    scored = account.scored
    if scored:
        noise = f"fleet noise {100 * scored.noise:.1f}%"
        own = f"; the rule's own score: {scored.own:g}" if scored.cut > scored.own else ""
        distance = f"{scored.score:.2f} spreads of {scored.spread:.4g} ({noise})"
        yield "score", f"{distance}, a breach from {scored.cut:.4g} on{own}"


def _chance(tested: Significance) -> str:
    if not tested.consistent:
        return "not asked, the counts do not make the ratio"
    return "more than chance" if tested.beyond_chance else "may be chance"


def _verdict(each: Explanation) -> str:
    judgement = each.judgement
    if judgement is None:
        if isinstance(each.rule.condition, Late):
            return "by the clock: see the alert and its events"
        return "not judged"
    if judgement.verdict is Verdict.EXCLUDED and judgement.reason is None:
        return "excluded: a statutory holiday, a day worked for one, or an event's"
    if judgement.reason is not None:
        return f"{judgement.verdict}: {_REASONS[judgement.reason]}{_among(each, judgement.reason)}"
    return _hold(each) if judgement.verdict is Verdict.HOLD else str(judgement.verdict)


def _hold(each: Explanation) -> str:
    significance = each.account.significance
    if each.evidence.is_of_holiday:
        return "hold: not beyond what a holiday differs by from one year to the next"
    if significance and not significance.beyond_chance:
        return "hold: the condition is met, but it may be chance"
    if each.evidence.looked_back_from(each.period).of != each.period:
        return "hold: as a workday or as the weekend that it is, it is no breach"
    return str(Verdict.HOLD)


def _among(each: Explanation, reason: Reason) -> str:
    if reason is not Reason.UNDER_CUT:
        return ""
    return f": of {each.evidence.fleet.eligible:,} series, chance makes some as unusual"


def _with_unit(value: float, rule: Rule) -> str:
    match rule.metric.unit:
        case Unit.PERCENT:
            return f"{value:.2f}%"
        case Unit.SECONDS:
            return f"{value:g}s"
        case _:
            return _number(value)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.10g}"


def explanation_document(each: Explanation) -> Document:
    """Everything that ``explain`` found out about one series."""
    present, judgement = each.evidence.present, each.judgement
    figures = judgement.figures if judgement else Figures()
    return {
        "rule": each.rule.name,
        "rule_gone": False,
        "app": None if each.app is None else str(each.app.id),
        "dimensions": dict(each.dimensions),
        "texts": dict(each.texts),
        "period": str(each.period),
        "metric": each.rule.metric_name,
        "unit": each.rule.metric.unit,
        "condition": each.rule.condition.words,
        "value": present.value if isinstance(present, Point) else None,
        "counts": dict(present.counts) if isinstance(present, Point) else {},
        "baseline": figures.baseline,
        "change": figures.change,
        "change_percent": figures.change_percent,
        "verdict": judgement.verdict if judgement else None,
        "reason": _reason(each),
        "fleet": asdict(each.evidence.fleet),
        **_account(each.account),
        "causes": [asdict(cause) for cause in each.origin.values],
        "holiday": each.evidence.looked_back_from(each.period).holiday,
        "level": each.evidence.level,
        "calendar": [asdict(occasion) for occasion in each.occasions],
        "cohort": None if each.origin.cohort is None else asdict(each.origin.cohort),
        "before": each.before,
        "after": each.after,
        "alert": None if each.alert is None else each.alert.id,
        "state": None if each.alert is None else each.alert.state,
        **_trail(each.events, each.deliveries),
        "receivers": list(each.receivers),
        "held": each.held,
        "told": each.told,
    }


def memory_document(each: Memory) -> Document:
    """What is on record of an alert whose rule is gone."""
    alert, figures = each.alert, each.alert.figures
    return {
        "rule": alert.rule,
        "rule_gone": each.rule_gone,
        "app": None if alert.app_id is None else str(alert.app_id),
        "dimensions": dict(alert.dimensions),
        "texts": dict(alert.texts),
        "period": str(alert.period),
        "value": figures.value,
        "counts": dict(figures.counts),
        "baseline": figures.baseline,
        "change": figures.change,
        "change_percent": figures.change_percent,
        "alert": alert.id,
        "state": alert.state,
        **_trail(each.events, each.deliveries),
        "held": each.held,
        "told": each.told,
    }


def _trail(events: Iterable[PastEvent], deliveries: Iterable[Delivery]) -> Document:
    return {
        "events": [
            {
                "type": event.type,
                "period": event.period,
                "at": event.at.isoformat(),
                "reason": event.reason,
                "value": event.figures.value,
                "baseline": event.figures.baseline,
                "held": event.held,
                "acks": [
                    {"by": ack.by, "at": ack.at.isoformat(), "via": ack.via, "note": ack.note}
                    for ack in event.acks
                ],
            }
            for event in events
        ],
        "deliveries": [
            {
                "event": delivery.event,
                "receiver": delivery.receiver,
                "state": delivery.state,
                "tries": delivery.tries,
                "error": delivery.error,
                "at": delivery.changed_at.isoformat(),
            }
            for delivery in deliveries
        ],
    }


def _reason(each: Explanation) -> str | None:
    if each.judgement is not None:
        return each.judgement.reason
    return each.evidence.present if isinstance(each.evidence.present, Reason) else None


def _account(account: Account) -> Document:
    return {
        "candidates": [
            {
                "period": str(each.period),
                "value": each.value,
                "used": not each.why_not,
                "why_not": each.why_not,
            }
            for each in account.candidates
        ],
        "baseline_needs": account.least,
        "guards": [
            {
                "column": guard.column,
                "floor": guard.floor,
                "side": guard.side,
                "value": guard.value,
                "met": guard.is_met,
            }
            for guard in account.guards
        ],
        "significance": None if account.significance is None else asdict(account.significance),
        "score": None if account.scored is None else asdict(account.scored),
    }
