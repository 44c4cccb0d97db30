"""What a message says, before any receiver's form or language is given to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from smartapp_watch.alerts.alert import Event, EventType
from smartapp_watch.alerts.causes import NOWHERE, Origin
from smartapp_watch.alerts.compared import OWN_WEEKDAY, Compared
from smartapp_watch.alerts.digest_parts import (
    Answered,
    AppLine,
    Gap,
    Polls,
    ReceiverOff,
    Tally,
    Total,
    Undelivered,
    Unread,
)
from smartapp_watch.alerts.trend import Beside, Trend
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.words import Language
from smartapp_watch.rules.occasion import Occurrence
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
    RECIPIENTS_REFUSED = "recipients_refused"
    MESSAGE_GIVEN_UP = "message_given_up"
    SHUT_OUT = "shut_out"
    NO_CALLS_LEFT = "no_calls_left"
    NO_RENEWAL = "no_renewal"
    POLLING_FAILS = "polling_fails"
    CYCLES_FAIL = "cycles_fail"
    AUTHORISATION_LOST = "authorisation_lost"
    APPS_RESTRICTED = "apps_restricted"
    DATA_LATE = "data_late"
    DISK_FILLS = "disk_fills"
    TOKENS_EXPIRE = "tokens_expire"
    SETTINGS_REFUSED = "settings_refused"
    TEST = "test"


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
    silenced: str = ""
    """Until when nothing more is told of it, and who wanted that; empty where nobody pressed for it."""
    window: int = 1
    trend: Trend | None = None
    beside: tuple[Beside, ...] = ()
    origin: Origin = NOWHERE
    """Where the change comes from, as far as that is known."""
    peak: float | None = None
    """The value of the episode that was farthest from what is usual."""
    others_here: int | None = None
    """How many more series of the mini-program the rule fires for; None where nobody can say."""
    others_elsewhere: int = 0
    """How many more mini-programs the rule fires for."""
    occasions: tuple[Occurrence, ...] = ()
    """The events of one's own that the figures are of."""
    compared: Compared = OWN_WEEKDAY
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
class Flapping:
    """A series whose alerts come and go: the newest of them, and how often one began within 14 days."""

    alert: AlertNotice
    times: int


@dataclass(frozen=True, slots=True)
class NearMisses:
    """What came near to an alert of a ``rule``: ``count`` series, the strongest of them by ``series``.

    Each is told of at its strongest, its breaches being the periods at which it came near.
    """

    rule: str
    series: tuple[AlertNotice, ...]
    count: int


@dataclass(frozen=True, slots=True)
class DigestNotice:
    """A digest as it was composed: frozen, so that sending it again says the same.

    ``first`` and ``last``: days, as text. ``open``: alerts open at the end of the period, worst first;
    ``opened`` and ``closed``: those that were within it; ``silenced``: those that were not told of within
    it, with the silence as their reason; of each the first alone, ``tally`` says how many there are.
    ``missing``: names of mini-programs with days that nothing is known of, ``gaps``: which days, and why.
    ``days``: of the period. ``failures``: polling failures in words. What has a default is not in digests
    that were frozen before it was thought of.
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
    before: str = ""
    """The period that the totals are compared with; empty for the one just before."""
    rising: tuple[AppLine, ...] = ()
    """The mini-programs whose users became more, by most users first."""
    falling: tuple[AppLine, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unread: tuple[Unread, ...] = ()
    tally: Tally = field(default_factory=Tally)
    silenced: tuple[AlertNotice, ...] = ()
    flapping: tuple[Flapping, ...] = ()
    answered: Answered | None = None
    polls: Polls | None = None
    waiting: tuple[Undelivered, ...] = ()
    """What ``undelivered`` counts, by receiver."""
    receivers_off: tuple[ReceiverOff, ...] = ()
    rules_checked: int = 0
    tags: tuple[str, ...] = ()
    """The digest is about mini-programs with one of these; empty for all."""
    zone: str = ""
    """The time zone of the digest's schedule."""
    near_misses: tuple[NearMisses, ...] = ()
    """By rule, that with the strongest first."""


@dataclass(frozen=True, slots=True)
class ServiceNotice:
    """Something that keeps the service from its work, and that somebody has to see to.

    ``receiver``: the one that is off, where it is about one. ``error``: in the other side's words.
    ``apps``: the first of ``count`` mini-programs that it is about, of ``of`` in all. ``critical``: it
    does not wait for the end of quiet hours. ``over``: it was told before, and is the case no more.
    """

    kind: ClassVar[Kind] = Kind.NOTICE

    topic: Topic
    error: str
    since: datetime
    receiver: str = ""
    apps: tuple[str, ...] = ()
    count: int = 0
    of: int = 0
    critical: bool = False
    over: bool = False


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
    ``taken``: who got it at an earlier try, as the sender wrote it into its DeliveryError. ``tried_at``: when
    it is being sent; None where it is not.
    """

    id: int
    key: str
    receiver: str
    notice: Notice
    created_at: datetime
    tries: int = 0
    thread: Thread | None = None
    taken: str = ""
    tried_at: datetime | None = None

    @property
    def kind(self) -> Kind:
        """What it is about."""
        return self.notice.kind

    @property
    def only_shown(self) -> bool:
        """Whether nothing happened that is told: what was told is to be shown anew, without another word."""
        match self.notice:
            case AlertNotice() as notice:
                return notice.only_shown
            case GroupNotice(alerts=alerts):
                return all(alert.only_shown for alert in alerts)
            case _:
                return False

    def language(self, receivers: Language) -> Language:
        """The language to tell it in: the digest's own where it has one, else the receiver's."""
        own = self.notice.language if isinstance(self.notice, DigestNotice) else None
        return own or receivers
