"""An outbox with alerts in it, and receivers that take what is sent, or do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from smartapp_watch.alerts.alert import EventType, Figures
from smartapp_watch.alerts.notification import AlertNotice, GroupNotice, Notification
from smartapp_watch.history.database import History
from smartapp_watch.rules.rule import Severity

NOW = datetime(2026, 11, 23, 2, 40, tzinfo=UTC)
NOTICE = AlertNotice(
    alert=1,
    type=EventType.FIRE,
    rule="new-users-drop",
    description="",
    severity=Severity.WARNING,
    app_id=15263713,
    app_name="预约挂号",
    metric="user_trend.new_user_count",
    dimensions=(),
    texts=(),
    period="2026-11-22",
    since="2026-11-22",
    figures=Figures(60.0, 100.0, -40.0, -40.0, (("user_count", 900),)),
    condition="drops_by 30% against 4_weeks",
)


def notice(
    alert: int,
    kind: str = "fire",
    *,
    app: int | None = None,
    lost: float = 40,
    severity: str = "warning",
    rule: str = "new-users-drop",
    acked: str = "",
    only_shown: bool = False,
) -> AlertNotice:
    """What is said of an alert; each is of an app of its own, unless ``app`` says which."""
    return replace(
        NOTICE,
        alert=alert,
        type=EventType(kind),
        rule=rule,
        severity=Severity(severity),
        app_id=alert if app is None else app,
        figures=Figures(100 - lost, 100, -lost, -lost),
        acked=acked,
        only_shown=only_shown,
    )


@dataclass
class Receiver:
    """Takes messages, unless ``trouble`` raises."""

    trouble: Callable[[Notification], None] = lambda _message: None
    updates: bool = False
    messages: list[Notification] = field(default_factory=list)

    def send(self, notification: Notification) -> str:
        """Take one."""
        self.trouble(notification)
        self.messages.append(notification)
        return f"id-{len(self.messages)}"

    @property
    def taken(self) -> list[str]:
        """The keys of what it took."""
        return [message.key for message in self.messages]

    @property
    def said(self) -> list[list[str]]:
        """What it took, each message as its alerts."""
        return [words(message.notice) for message in self.messages]


def words(said: object) -> list[str]:
    """What a notice says, each alert as its type and number; ``fire 1``."""
    if isinstance(said, AlertNotice):
        return [f"{said.type} {said.alert}"]
    assert isinstance(said, GroupNotice)
    return [f"{each.type} {each.alert}" for each in said.alerts]


def refusing(error: BaseException) -> Callable[[Notification], None]:
    """What fails with each message."""

    def refuse(_message: Notification) -> None:
        raise error

    return refuse


def queue(
    history: History, *notices: AlertNotice, receivers: Sequence[str] = ("ops",), at: datetime = NOW
) -> None:
    """Queue what an evaluation would tell: each as the next event of its alert."""
    for said in notices:
        kind = "ack" if said.only_shown else said.type
        for receiver in receivers:
            sequence = 1
            while not history.outbox.queue(
                f"alert/{said.alert}/{kind}/{sequence}/{receiver}", receiver, said, at
            ):
                sequence += 1
