"""What a message says, before any receiver's form or language is given to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from smartapp_watch.alerts.alert import EventType, Figures
from smartapp_watch.rules.rule import Severity


class Kind(StrEnum):
    """What a notification is about."""

    ALERT = "alert"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class AlertNotice:
    """One event of one alert, with everything a message may show. Periods are written as text.

    ``metric``: ``report.field``. ``dimensions`` and ``texts``: pairs of (column, value). ``condition``: the
    rule's own words, ``rises_by 5pp against 4_weeks``. ``app_id``: None for the platform's alerts.
    """

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


@dataclass(frozen=True, slots=True)
class Total:
    """One figure of the whole fleet over a period; ``before``: the same over the period before.

    ``daily``: one value a day of the period, oldest first; None where nothing is known of the day.
    """

    metric: str
    value: float | None
    before: float | None
    daily: tuple[float | None, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to one receiver, as it stands in the outbox.

    ``key`` names what is told and to whom: the same key is never queued twice. ``id`` is the outbox's
    number. ``created_at`` is when it was queued.
    """

    id: int
    key: str
    receiver: str
    notice: AlertNotice | DigestNotice
    created_at: datetime
    tries: int = 0

    @property
    def kind(self) -> Kind:
        """What it is about."""
        return Kind.ALERT if isinstance(self.notice, AlertNotice) else Kind.DIGEST
