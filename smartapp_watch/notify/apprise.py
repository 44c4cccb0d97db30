"""Apprise: over a hundred other services, each by an address as Apprise writes it. Needs its own package."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from smartapp_watch.alerts.notification import Notification
from smartapp_watch.errors import DeliveryError
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.dialect import fit
from smartapp_watch.notify.post import quiet
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.text import short

if TYPE_CHECKING:
    from apprise import Apprise

ROOM = 4000
"""Bytes of the text."""

_WORDS = 120
_PIECE = re.compile(r"[\w-]{8,}")


class AppriseSender:
    """Sends to some services: all have to take a message, and those that took it do not get it again."""

    def __init__(self, name: str, language: Language, renderer: Renderer, *, urls: tuple[str, ...]) -> None:
        self.name = name
        self._language = language
        self._renderer = renderer
        self._secrets = sorted(
            {piece for url in urls for piece in _PIECE.findall(url)}, key=len, reverse=True
        )
        self._services = [_service(name, number, url) for number, url in enumerate(urls, 1)]

    def send(self, notification: Notification) -> str:
        """Send it; Apprise tells no id. DeliveryError, with those that took it, where one did not."""
        from apprise import NotifyFormat  # noqa: PLC0415  heavy, and of no use to others

        language = notification.language(self._language)
        message = self._renderer.robot(notification.notice, language)
        body = fit(message.lines, ROOM, language, end="\n\n")
        taken = notification.taken.split()
        errors = []
        for number, service in enumerate(self._services, 1):
            if str(number) in taken:
                continue
            with _listening() as heard:
                done = service.notify(body=body, title=message.title, body_format=NotifyFormat.MARKDOWN)
            if done:
                taken.append(str(number))
            else:
                errors.append(f"address {number}: {self._without_secrets(heard.words) or 'not taken'}")
        if errors:
            raise DeliveryError(f"Apprise could not deliver; {'; '.join(errors)}", taken=" ".join(taken))
        return ""

    def _without_secrets(self, words: str) -> str:
        for piece in self._secrets:
            words = words.replace(piece, "…")
        return short(words, _WORDS)


class _Listener(logging.Handler):
    """Hears what Apprise warns of; nothing of it goes on, as its lines hold addresses."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.words = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.words = record.getMessage()


@contextmanager
def _listening() -> Iterator[_Listener]:
    logger, listener = logging.getLogger("apprise"), _Listener()
    before = logger.propagate
    logger.propagate = False
    logger.addHandler(listener)
    try:
        with quiet():
            yield listener
    finally:
        logger.removeHandler(listener)
        logger.propagate = before


def _service(name: str, number: int, url: str) -> Apprise:
    """One service; DeliveryError where Apprise does not know such an address."""
    try:
        from apprise import Apprise  # noqa: PLC0415
    except ImportError:
        words = "Apprise is not installed: pip install 'smartapp-watch[apprise]'"
        raise DeliveryError(words, permanent=True) from None
    service = Apprise()
    with _listening():
        known = service.add(url)
    if not known:
        raise DeliveryError(f"Apprise does not understand address {number} of {name}", permanent=True)
    return service
