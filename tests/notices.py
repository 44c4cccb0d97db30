"""What the service says of itself, as tests look at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from smartapp_watch.alerts.notification import Notification, ServiceNotice

if TYPE_CHECKING:
    from tests.test_watch import Service


@dataclass
class Kept:
    """A sender that keeps what it is given."""

    notices: list[ServiceNotice] = field(default_factory=list)

    def send(self, notification: Notification) -> str:
        assert isinstance(notification.notice, ServiceNotice)
        self.notices.append(notification.notice)
        return ""


def told_by(service: Service) -> list[tuple[str, str]]:
    """Who was told since it was asked last, by name, and the headline."""
    news = sorted((channel.removeprefix("#"), text) for channel, text in service.news())
    return [(receiver, text.partition(". ")[0]) for receiver, text in news]
