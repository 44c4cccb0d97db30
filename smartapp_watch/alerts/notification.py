"""What a message says, before any receiver's form or language is given to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from smartapp_watch.alerts.alert import Event, EventType
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.words import Language
from smartapp_watch.rules.rule import Change, Condition, Rule, Severity, Unusual
from smartapp_watch.rules.verdict import Figures


class Kind(StrEnum):
    """What a notification is about."""

    ALERT = "alert"
    GROUP = "group"
    DIGEST = "digest"
    NOTICE = "notice"


class Topic(StrEnum):
    """What the service says of itself."""

    RECEIVER_OFF = "receiver_off"
    SHUT_OUT = "shut_out"
    NO_CALLS_LEFT = "no_calls_left"


@dataclass(frozen=True, slots=True)
class Trend:
    """How a series went, oldest first; the last is the period that an alert judged.

    ``values``: None where nothing is known. ``lows`` and ``highs``: between what each value would have been
    usual, None where too little is known to say.
    """

    periods: tuple[str, ...]
    values: tuple[float | None, ...]
    lows: tuple[float | None, ...]
    highs: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """Another figure of the same series and period, with the median of the same weekdays before it."""

    metric: str
    value: float
    usual: float | None = None


@dataclass(frozen=True, slots=True)
class AlertNotice:
    """One event of one alert, with everything a message may show. Periods are written as text.

    ``metric``: ``report.field``. ``dimensions`` and ``texts``: pairs of (column, value). ``condition``: the
    rule's own words, ``rises_by 5pp against 4_weeks``. ``app_id``: None for the platform's alerts.
    ``window``: over how many days the figures are added up, the last being the period.
    """

    kind: ClassVar[Kind] = Kind.ALERT

    alert: int
    type: EventType
    rule: str
    description: str
    severity: Severity
    app_id: int | None
    app_name: str
    metric: str
    dimensions: tuple[tuple[str, str | int], ...]
    texts: tuple[tuple[str, str], ...]
    period: str
    since: str
    figures: Figures
    condition: str
    breaches: int = 1
    against: str = ""
    reason: str = ""
    runbook: str = ""
    where: str = ""
    """``file:line`` of the rule."""
    acked: str = ""
    """Who deals with it; empty where nobody said so."""
    window: int = 1
    trend: Trend | None = None
    beside: tuple[Beside, ...] = ()
    peak: float | None = None
    """The value of the episode that was farthest from what is usual."""
    only_shown: bool = False
    """Nothing happened that is told: what was told before is to be shown anew, where it can be changed."""

    @classmethod
    def of(cls, rule: Rule | None, app: App | None, event: Event) -> AlertNotice:
        """What is said about ``event``; ``rule`` is None where it is gone, ``app`` for the platform."""
        alert = event.alert
        notice = cls(
            alert=alert.id,
            type=event.type,
            rule=alert.rule,
            description="",
            severity=alert.severity,
            app_id=alert.app_id,
            app_name=app.title if app else "",
            metric="",
            dimensions=alert.dimensions,
            texts=alert.texts,
            period=str(alert.period),
            since=str(alert.since),
            figures=alert.figures,
            condition="",
            breaches=alert.breaches,
            reason=event.reason,
        )
        if rule is None:
            return notice
        return replace(
            notice,
            description=rule.description,
            metric=rule.metric_name,
            condition=rule.condition.words,
            against=_against(rule.condition),
            window=rule.window,
            runbook=rule.runbook,
            where=f"{rule.file}:{rule.line}",
        )


class Layout(StrEnum):
    """Why several alerts are told in one message."""

    APP = "app"
    """They are of one mini-program."""
    RULES = "rules"
    """They are too many for a message each."""
    QUIET = "quiet"
    """They waited for the end of the receiver's quiet hours."""


@dataclass(frozen=True, slots=True)
class GroupNotice:
    """Several alerts in one message, each once, in the order to show them. Never stored: it is put together
    from the notices of its alerts when it is sent."""

    kind: ClassVar[Kind] = Kind.GROUP

    layout: Layout
    alerts: tuple[AlertNotice, ...]


def _against(condition: Condition) -> str:
    """What the baseline is made of, as rules write it: ``8_weeks``; empty where there is none."""
    match condition:
        case Change(against=against):
            return against
        case Unusual(weeks=weeks):
            return f"{weeks}_weeks"
        case _:
            return ""


@dataclass(frozen=True, slots=True)
class Total:
    """One figure of the fleet, or of a mini-program, over a period.

    ``before``: the same over the period before; ``comparable``: the part of ``value`` that ``before`` speaks
    of, since a mini-program that one of the periods knows nothing of must not look like a change.
    ``a_day``: a day's average; a user who came on two days would be counted twice in a sum.
    ``daily``: one value a day of the period, oldest first; None where nothing is known of the day.
    """

    metric: str
    value: float | None
    before: float | None = None
    daily: tuple[float | None, ...] = ()
    comparable: float | None = None
    a_day: bool = False

    @property
    def change_percent(self) -> float | None:
        """How far what can be compared moved, in per cent; None where nothing can."""
        if self.comparable is None or not self.before:
            return None
        return 100 * (self.comparable - self.before) / self.before


@dataclass(frozen=True, slots=True)
class AppLine:
    """One mini-program in a digest: its totals over the period, and how many of its days are known."""

    app_id: int
    name: str
    totals: tuple[Total, ...]
    days_known: int


@dataclass(frozen=True, slots=True)
class DigestNotice:
    """A digest as it was composed: frozen, so that sending it again says the same.

    ``first`` and ``last``: days, as text. ``open``: alerts open at the end of the period, worst first;
    ``opened`` and ``closed``: those that were within it. ``missing``: names of mini-programs with days that
    nothing is known of. ``days``: of the period. ``failures``: polling failures in words.
    """

    kind: ClassVar[Kind] = Kind.DIGEST

    name: str
    period: str
    first: str
    last: str
    composed_at: datetime
    apps_checked: int
    days: int
    totals: tuple[Total, ...]
    open: tuple[AlertNotice, ...]
    opened: tuple[AlertNotice, ...]
    closed: tuple[AlertNotice, ...]
    apps: tuple[AppLine, ...]
    missing: tuple[str, ...]
    failures: tuple[str, ...] = ()
    undelivered: int = 0
    shadowed: tuple[AlertNotice, ...] = ()
    """Alerts of rules in shadow that are open, or began within the period: nobody was told of them."""
    language: Language | None = None
    """The digest's own, in place of the receivers'."""


@dataclass(frozen=True, slots=True)
class ServiceNotice:
    """Something that keeps the service from its work, and that somebody has to see to.

    ``receiver``: the one that is off, where it is about one. ``error``: in the other side's words.
    """

    kind: ClassVar[Kind] = Kind.NOTICE

    topic: Topic
    error: str
    since: datetime
    receiver: str = ""


Queued = AlertNotice | DigestNotice | ServiceNotice
"""What the outbox holds."""

Notice = Queued | GroupNotice
"""What a message says."""


@dataclass(frozen=True, slots=True)
class Thread:
    """The message that told a receiver of an alert first, for those that tell more of it.

    ``key``: its key. ``opening``: what it said. ``notice``: what it would say by now, each of its
    alerts as it was told of last, this message included. ``platform_id``: the platform's id of it; empty
    where that is not known.
    """

    key: str
    opening: AlertNotice | GroupNotice
    notice: AlertNotice | GroupNotice
    platform_id: str = ""


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to one receiver, as it stands in the outbox.

    ``key`` names what is told and to whom: the same key is never queued twice. ``id`` is the outbox's
    number. ``created_at`` is when it was queued. ``thread``: where it tells more of what was told before.
    """

    id: int
    key: str
    receiver: str
    notice: Notice
    created_at: datetime
    tries: int = 0
    thread: Thread | None = None

    @property
    def kind(self) -> Kind:
        """What it is about."""
        return self.notice.kind

    def language(self, receivers: Language) -> Language:
        """The language to tell it in: the digest's own where it has one, else the receiver's."""
        own = self.notice.language if isinstance(self.notice, DigestNotice) else None
        return own or receivers
