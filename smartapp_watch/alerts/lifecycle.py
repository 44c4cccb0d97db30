"""The alert of one rule on one series as a fold of verdicts: one step a period, in the order of time. Pure.

| from       | breach                     | hold   | clear                  | unknown                |
| ---------- | -------------------------- | ------ | ---------------------- | ---------------------- |
| ok         | pending; enough: **fire**  | ok     | ok                     | ok                     |
| pending    | the same                   | ok     | ok                     | stays; over 3: ok      |
| firing     | stays; worse: **worse**    | stays  | recovering; **resolve** | stays; over 3: **stale** |
| recovering | firing, silently           | stays  | the same               | stays; over 3: **stale** |
| stale      | firing                     | firing | as firing              | stays; 30: **closed**  |

Enough is the rule's ``for``; an alert resolves after ``keep`` clear periods. Unknown verdicts are counted in
a row. Excluded periods change nothing. After 28 periods in breach an alert is **closed**: that is a new
level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from smartapp_watch.alerts.alert import Alert, Dimensions, Event, EventType, State
from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.rules.baseline import choice_of
from smartapp_watch.rules.rule import Rule, Threshold
from smartapp_watch.rules.verdict import Judgement, Verdict

UNKNOWNS_UNTIL_STALE = 3
UNKNOWNS_UNTIL_CLOSED = 30
_DAYS_UNTIL_NEW_LEVEL = 28
_HOURS_A_DAY = 24
NEW_LEVEL = "new level"
"""Why an alert is closed whose figures have become what is usual; a limit that is passed stays passed."""

_WORSE_FACTOR = 1.5
_WORSE_SHARE_OF_LIMIT = 0.1


@dataclass(frozen=True, slots=True)
class Subject:
    """What an alert is about: a mini-program (None: the platform), dimension values, and the row's words."""

    app_id: int | None
    dimensions: Dimensions
    texts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What a verdict leads to. ``alert``: None where all is well; one that is over says so by its state."""

    alert: Alert | None
    event: Event | None = None


def periods_until_new_level(rule: Rule) -> int:
    """How long figures have to stay away before they are what is usual; of hours, as many days as of days."""
    return _DAYS_UNTIL_NEW_LEVEL * (_HOURS_A_DAY if rule.every is Granularity.HOUR else 1)


def advance(rule: Rule, subject: Subject, alert: Alert | None, period: Period, judgement: Judgement) -> Step:
    """The alert after one more verdict, and what there is to tell; ``alert``: None where all was well."""
    match judgement.verdict:
        case Verdict.BREACH:
            return _breach(rule, subject, alert, period, judgement)
        case Verdict.CLEAR:
            return _clear(rule, alert, period, judgement)
        case Verdict.UNKNOWN:
            return _unknown(alert, period, judgement)
        case Verdict.HOLD:
            return _hold(alert, period, judgement)
        case Verdict.EXCLUDED:
            return Step(alert)


def close(alert: Alert, reason: str) -> Step:
    """End an open alert that nothing will judge any more; only what was told is told again."""
    closed = replace(alert, state=State.CLOSED, reason=reason)
    return Step(closed, None if alert.state is State.PENDING else Event(EventType.CLOSED, closed, reason))


def _breach(rule: Rule, subject: Subject, alert: Alert | None, period: Period, judgement: Judgement) -> Step:
    if alert is None:
        alert = Alert(
            id=0,
            rule=rule.name,
            app_id=subject.app_id,
            dimensions=subject.dimensions,
            state=State.PENDING,
            severity=rule.severity,
            since=period,
            period=period,
            figures=judgement.figures,
            breaches=0,
        )
    alert = replace(
        alert,
        period=period,
        figures=judgement.figures,
        texts=subject.texts,
        breaches=alert.breaches + 1,
        clears=0,
        unknowns=0,
        severity=rule.severity,
    )
    if alert.state is State.PENDING:
        return _fire(alert, judgement) if alert.breaches >= rule.for_ else Step(alert)
    if alert.breaches > periods_until_new_level(rule) and choice_of(rule) is not None:
        return close(alert, NEW_LEVEL)
    alert = replace(alert, state=State.FIRING)
    if _is_worse(rule, alert, judgement):
        alert = replace(alert, told=judgement.deviation)
        return Step(alert, Event(EventType.WORSE, alert))
    return Step(alert)


def _fire(alert: Alert, judgement: Judgement) -> Step:
    fired = replace(alert, state=State.FIRING, told=judgement.deviation)
    return Step(fired, Event(EventType.FIRE, fired))


def _is_worse(rule: Rule, alert: Alert, judgement: Judgement) -> bool:
    """Whether the deviation grew by half since it was last told; and, near a limit, by a share of that."""
    if isinstance(rule.condition, Threshold):
        floor = _WORSE_SHARE_OF_LIMIT * abs(rule.condition.limit)
        if judgement.deviation - alert.told < floor:
            return False
    return judgement.deviation >= _WORSE_FACTOR * alert.told


def _clear(rule: Rule, alert: Alert | None, period: Period, judgement: Judgement) -> Step:
    if alert is None or alert.state is State.PENDING:
        return Step(None)
    clears = alert.clears + 1
    cleared = replace(alert, period=period, clears=clears, unknowns=0)
    if clears < rule.keep:
        return Step(replace(cleared, state=State.RECOVERING))
    resolved = replace(cleared, state=State.RESOLVED, figures=judgement.figures)
    return Step(resolved, Event(EventType.RESOLVE, resolved))


def _hold(alert: Alert | None, period: Period, judgement: Judgement) -> Step:
    if alert is None or alert.state is State.PENDING:
        return Step(None)
    state = State.RECOVERING if alert.state is State.RECOVERING else State.FIRING
    return Step(replace(alert, state=state, period=period, figures=judgement.figures, unknowns=0))


def _unknown(alert: Alert | None, period: Period, judgement: Judgement) -> Step:
    if alert is None:
        return Step(None)
    unknowns = alert.unknowns + 1
    if alert.state is State.PENDING:
        return Step(None if unknowns > UNKNOWNS_UNTIL_STALE else replace(alert, unknowns=unknowns))
    alert = replace(alert, unknowns=unknowns, period=period)
    if alert.state is State.STALE:
        return close(alert, "no data") if unknowns >= UNKNOWNS_UNTIL_CLOSED else Step(alert)
    if unknowns > UNKNOWNS_UNTIL_STALE:
        stale = replace(alert, state=State.STALE)
        return Step(stale, Event(EventType.STALE, stale, str(judgement.reason or "")))
    return Step(alert)
