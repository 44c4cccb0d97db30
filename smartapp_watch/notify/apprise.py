"""Apprise: over a hundred other services, each by an address as Apprise writes it. Needs its own package."""

from __future__ import annotations

import re
from importlib.util import find_spec

from smartapp_watch.alerts.notification import Notification
from smartapp_watch.errors import DeliveryError
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.apprise_process import ask
from smartapp_watch.notify.dialect import fit
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.text import short

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
        self._urls = urls
        self._refuse_unknown()

    def send(self, notification: Notification) -> str:
        """Send it; Apprise tells no id. DeliveryError, with those that took it, where one did not."""
        language = notification.language(self._language)
        message = self._renderer.robot(notification.notice, language)
        body = fit(message.lines, ROOM, language, end="\n\n")
        taken = notification.taken.split()
        untaken = {number: url for number, url in enumerate(self._urls, 1) if str(number) not in taken}
        errors = []
        for number, answer in zip(untaken, ask([*untaken.values()], message.title, body), strict=True):
            if answer["taken"]:
                taken.append(str(number))
            else:
                errors.append(f"address {number}: {self._without_secrets(answer['words']) or 'not taken'}")
        if errors:
            raise DeliveryError(f"Apprise could not deliver; {'; '.join(errors)}", taken=" ".join(taken))
        return ""

    def _refuse_unknown(self) -> None:
        """DeliveryError where Apprise is missing, or does not understand an address."""
        if find_spec("apprise") is None:
            words = "Apprise is not installed: pip install 'smartapp-watch[apprise]'"
            raise DeliveryError(words, permanent=True)
        for number, answer in enumerate(ask(self._urls), 1):
            if not answer["known"]:
                words = f"Apprise does not understand address {number} of {self.name}"
                raise DeliveryError(words, permanent=True)

    def _without_secrets(self, words: str) -> str:
        for piece in self._secrets:
            words = words.replace(piece, "…")
        return short(words, _WORDS)
