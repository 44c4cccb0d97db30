"""Charts for Slack: uploaded first, and shown by a block that names the file. None of it costs a message."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from smartapp_watch.errors import DeliveryError
from smartapp_watch.notify.message import Picture
from smartapp_watch.notify.slack_api import FormRefused, SlackApi, SlackRefusal

PATIENCE = 20.0
"""Seconds until Slack should know what kind of file it got; until then it refuses to show it."""

BETWEEN_LOOKS = 0.5

NOT_AGAIN_FOR = 600.0
"""Seconds without another try after one that failed: each may take long, and the messages wait for it."""

_KEPT = 100

log = logging.getLogger(__name__)


class SlackPictures:
    """Uploads pictures, each once.

    ``wait``: waits so many seconds, or less; true where the process is to end.
    """

    def __init__(self, receiver: str, api: SlackApi, wait: Callable[[float], object]) -> None:
        self._receiver = receiver
        self._api = api
        self._wait = wait
        self._files: dict[str, str] = {}
        self._not_before = 0.0
        self._trouble = ""

    def file_of(self, picture: Picture) -> str:
        """Slack's number of the picture's file; empty where it could not be brought to Slack."""
        if time.monotonic() < self._not_before:
            return ""
        if picture.name in self._files:
            return self._files[picture.name]
        try:
            file = self._upload(picture)
        except (DeliveryError, FormRefused) as error:
            self._give_up(error)
            return ""
        self._trouble = ""
        self._files[picture.name] = file
        if len(self._files) > _KEPT:
            del self._files[next(iter(self._files))]
        return file

    def note_refused(self, file: str, word: str) -> None:
        """Slack would not show that file; the picture is to be brought anew when it is tried again."""
        self._files = {name: each for name, each in self._files.items() if each != file}
        self._give_up(SlackRefusal(word, word))

    def _upload(self, picture: Picture) -> str:
        known = self._api.upload(picture.name, picture.png)
        file = str(known.get("id", ""))
        until = time.monotonic() + PATIENCE
        while not known.get("filetype"):
            if time.monotonic() > until or self._wait(BETWEEN_LOOKS):
                raise DeliveryError("Slack did not say what kind of file it got")
            known = self._api.look_at(file)
        return file

    def _give_up(self, error: Exception) -> None:
        """Say once what is wrong; without the scope, until the next start, there is nothing to try."""
        forever = isinstance(error, SlackRefusal) and error.permanent
        self._not_before = float("inf") if forever else time.monotonic() + NOT_AGAIN_FOR
        if str(error) != self._trouble:
            self._trouble = str(error)
            hint = "; the app needs the scope files:write" if "missing_scope" in self._trouble else ""
            log.warning("%s: messages go without their charts: %s%s", self._receiver, error, hint)
