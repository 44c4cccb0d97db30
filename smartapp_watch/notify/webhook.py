"""A webhook: posts what happened as JSON, signed where there is a secret; any 2xx is a yes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from hmac import digest
from urllib.parse import quote

from smartapp_watch.alerts.notification import Notification
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.dialect import write
from smartapp_watch.notify.document import notice_document
from smartapp_watch.notify.post import post, refused
from smartapp_watch.notify.render import Renderer

KEY = "Idempotency-Key"
TIMESTAMP = "X-Smartapp-Watch-Timestamp"
SIGNATURE = "X-Smartapp-Watch-Signature"


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Posts to one address. ``clock``: the real time, for signatures; ``timeout``: in seconds."""

    name: str
    language: Language
    renderer: Renderer
    url: str = field(repr=False)
    clock: Callable[[], datetime]
    secret: str = field(default="", repr=False)
    timeout: float = 30

    def send(self, notification: Notification) -> str:
        """Post it; nothing is known of what became of it. DeliveryError where the answer is no 2xx."""
        body = write(webhook_document(notification, self.renderer, self.language))
        headers = {KEY: quote(notification.key, safe="/|")}
        if self.secret:
            timestamp = str(int(self.clock().timestamp()))
            headers |= {TIMESTAMP: timestamp, SIGNATURE: signature(timestamp, body, self.secret)}
        answer = post(f"the webhook {self.name}", self.url, body, headers, self.timeout)
        if not answer.ok:
            raise refused(f"the webhook {self.name}", answer)
        return ""


def webhook_document(notification: Notification, renderer: Renderer, language: Language) -> dict[str, object]:
    """What is posted: the message in words, and the figures in it."""
    language = notification.language(language)
    message = renderer.robot(notification.notice, language)
    return {
        "kind": notification.kind,
        "key": notification.key,
        "thread": notification.thread.key if notification.thread else None,
        "queued_at": notification.created_at.isoformat(),
        "language": language,
        "title": message.title,
        "text": "\n".join(message.lines),
        "url": renderer.address(notification.notice) or None,
        **notice_document(notification.notice),
    }


def signature(timestamp: str, body: bytes, secret: str) -> str:
    """What the receiver compares: the HMAC-SHA256 of timestamp, full stop and body, in hexadecimal."""
    return "sha256=" + digest(secret.encode(), timestamp.encode() + b"." + body, sha256).hex()
