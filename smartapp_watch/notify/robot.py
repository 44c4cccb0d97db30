"""Robots in chats: DingTalk, Feishu and WeCom take a message a post, and say in the body whether they did."""

from __future__ import annotations

import logging
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from smartapp_watch.alerts.notification import Notification
from smartapp_watch.errors import DeliveryError
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.dialect import UNKNOWN, Dialect, Payload, write
from smartapp_watch.notify.dingtalk import DINGTALK
from smartapp_watch.notify.feishu import FEISHU
from smartapp_watch.notify.message import Picture
from smartapp_watch.notify.post import Answer, post, refused
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.text import short
from smartapp_watch.notify.wecom import WECOM

log = logging.getLogger(__name__)

ROBOTS: Mapping[str, Dialect] = {"dingtalk": DINGTALK, "feishu": FEISHU, "wecom": WECOM}
"""The dialects, by the ``kind`` of their receivers."""

_WORDS = 200
_SECRET = re.compile(r"[\w-]{16,}")


@dataclass(slots=True)
class RobotSender:
    """Sends to one robot, no faster than its platform takes messages.

    ``clock``: the real time, which signatures are made of; ``timeout``: in seconds. Nothing is tried twice in
    here, and nothing waits: the outbox does that.
    """

    name: str
    language: Language
    renderer: Renderer
    dialect: Dialect
    webhook_url: str = field(repr=False)
    clock: Callable[[], datetime]
    secret: str = field(default="", repr=False)
    timeout: float = 30
    _pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        self._pace = Pace(self.dialect.most, self.dialect.within)

    def send(self, notification: Notification) -> str:
        """Send it; robots tell no id. DeliveryError, in the platform's own words, where it was not taken."""
        language = notification.language(self.language)
        message = self.renderer.robot(notification.notice, language)
        self._post(self.dialect.payload(message, language))
        if message.picture is not None:
            self._add(message.picture)
        return ""

    def _add(self, picture: Picture) -> None:
        """The picture after its message, where the platform takes one; the message is there without it."""
        payload = self.dialect.picture(picture)
        if payload is None:
            return
        try:
            self._post(payload)
        except DeliveryError as error:
            log.warning("%s: the message went out without its picture: %s", self.name, error)

    def _post(self, payload: Payload) -> None:
        platform = self.dialect.platform
        left = self._pace.take()
        if left:
            raise DeliveryError(f"{platform} takes no more messages for now", retry_after=left)
        address = self.webhook_url
        if self.secret:
            address, payload = self.dialect.sign(address, payload, self.secret, self.clock())
        answer = post(platform, address, write(payload), {}, self.timeout)
        error = self._judge(answer)
        if error is not None:
            raise error

    def _judge(self, answer: Answer) -> DeliveryError | None:
        """The error that an answer stands for; None where the message was taken."""
        dialect, document = self.dialect, answer.document or {}
        code = _first(document, dialect.codes)
        words = self._without_secrets(str(_first(document, dialect.words) or ""))
        if not isinstance(code, int):
            if not answer.ok:
                return refused(dialect.platform, answer, words)
            return DeliveryError(f"{dialect.platform} answered what is no answer of a robot")
        if code == 0 and answer.ok:
            return None
        refusal = dialect.refusals.get(code, UNKNOWN)
        return DeliveryError(
            f"{dialect.platform} answered {code}: {words}",
            permanent=refusal.permanent,
            of_receiver=refusal.of_receiver,
            retry_after=refusal.retry_after or answer.retry_after,
        )

    def _without_secrets(self, words: str) -> str:
        for secret in (self.secret, *_SECRET.findall(self.webhook_url)):
            words = words.replace(secret, "…") if secret else words
        return short(words, _WORDS)


class Pace:
    """At most ``most`` turns ``within`` so many seconds, whenever those begin."""

    def __init__(self, most: int, within: float) -> None:
        self._within = within
        self._turns: deque[float] = deque(maxlen=most)

    def take(self) -> float:
        """Take a turn; where there is none, the seconds until the next one, else 0."""
        now = time.monotonic()
        if len(self._turns) == self._turns.maxlen and self._turns[0] + self._within > now:
            return self._turns[0] + self._within - now
        self._turns.append(now)
        return 0.0


def _first(document: Mapping[str, object], keys: tuple[str, ...]) -> object:
    return next((document[key] for key in keys if key in document), None)
