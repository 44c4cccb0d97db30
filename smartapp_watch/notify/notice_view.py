"""What the service says of itself, as a template sees it."""

from __future__ import annotations

from dataclasses import dataclass

from smartapp_watch.alerts.notification import ServiceNotice
from smartapp_watch.notify.alert_view import NAME
from smartapp_watch.notify.dates import moment_words
from smartapp_watch.notify.text import short

_ERROR = 300


@dataclass(frozen=True, slots=True)
class NoticeView:
    """What the templates of a notice may use; ``templates/README.md`` describes every field."""

    topic: str
    receiver: str
    error: str
    since: str
    apps: tuple[str, ...]
    more: int
    count: int
    of: int
    over: bool
    tone: str


def notice_view(notice: ServiceNotice) -> NoticeView:
    """The view of a notice."""
    return NoticeView(
        topic=notice.topic.value,
        receiver=short(notice.receiver, NAME),
        error=short(notice.error, _ERROR),
        since=moment_words(notice.since),
        apps=tuple(short(each, NAME) for each in notice.apps),
        more=notice.count - len(notice.apps),
        count=notice.count,
        of=notice.of,
        over=notice.over,
        tone="good" if notice.over else "bad" if notice.critical else "",
    )
