"""Slack: a bot's token and a channel, or an incoming webhook."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.notification import AlertNotice, Notice, Notification, Thread
from smartapp_watch.alerts.patience import STILL
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.block_kit import Block, picture_block, section
from smartapp_watch.notify.message import SlackMessage
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.slack_api import FormRefused, SlackApi, SlackRefusal, SlackWebhook
from smartapp_watch.notify.slack_buttons import alerts_of, buttons, silence_note
from smartapp_watch.notify.slack_pictures import SlackPictures

log = logging.getLogger(__name__)

_GONE = frozenset({
    "cannot_reply_to_message", "cant_update_message", "channel_is_archived", "channel_not_found",
    "edit_window_closed", "is_archived", "message_not_found", "not_in_channel", "thread_not_found",
})  # fmt: skip
"""Slack's words for a message that can be neither changed nor answered where it is: it is told anew."""

_NO_BROADCAST = "cant_broadcast_message"
_ALARMING = (EventType.WORSE, EventType.REOPEN)

_Answer = TypeVar("_Answer")
_Form = tuple[list[Block], str]
"""Blocks, and the number of the file that they show; empty where they show none."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a message is, and the file of its picture, as the outbox keeps it."""

    channel: str
    ts: str
    file: str = ""

    @classmethod
    def of(cls, thread: Thread | None) -> _Place | None:
        """The place of the message that opened a thread; None where it is not known."""
        parts = thread.platform_id.split(":") if thread else []
        return cls(*parts) if len(parts) in (2, 3) and all(parts) else None

    def __str__(self) -> str:
        return ":".join(filter(None, (self.channel, self.ts, self.file)))


class SlackSender:
    """Posts to one channel. A bot that tells more of a message changes it, and adds a reply to it.

    Nothing is tried twice in here: the outbox does that, and knows what may have arrived already. The one
    exception is a post whose form Slack refuses: it did not arrive, and is posted again without its picture,
    then as text alone. ``has_buttons``: somebody listens to them. ``wait``: waits so many seconds; true where
    the process is to end.
    """

    def __init__(
        self,
        name: str,
        language: Language,
        renderer: Renderer,
        *,
        channel: str = "",
        token: str = "",
        webhook_url: str = "",
        api_url: str = "https://slack.com/api/",
        timeout: int = 30,
        has_buttons: bool = False,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self.name = name
        self.updates = not webhook_url
        self._language = language
        self._renderer = renderer
        self._channel = channel
        self._has_buttons = has_buttons
        self._webhook = SlackWebhook(webhook_url, timeout) if webhook_url else None
        self._api = SlackApi(token, api_url, timeout)
        self._pictures = SlackPictures(name, self._api, wait)

    def send(self, notification: Notification) -> str:
        """Post it, or change and answer what opened its thread. DeliveryError where Slack did not take it.

        The answer is where it is now: ``channel:ts``, or ``channel:ts:file`` with a picture; nothing from a
        webhook, which does not tell.
        """
        language = notification.language(self._language)
        place = _Place.of(notification.thread) if self.updates else None
        if place is not None and notification.thread is not None:
            try:
                return self._follow_up(notification, notification.thread, place, language)
            except SlackRefusal as refusal:
                if refusal.word not in _GONE:
                    raise
                log.info("%s: what opened %s is gone (%s)", self.name, notification.key, refusal.word)
        if notification.only_shown:
            return ""
        message = self._rendered(notification.notice, language)
        forms = self._forms(message, self._upload(message), self._footer(notification.notice, language))
        if self._webhook is not None:
            self._offer(forms, partial(self._webhook.post, message.text))
            return ""
        return self._post(forms, {"channel": self._channel, "text": message.text}, notification.key)

    def probe(self) -> str:
        """Ask Slack whose token it is, and post nothing; in words. DeliveryError where it is refused.

        A webhook cannot be tried without posting: nothing is answered then.
        """
        if self._webhook is not None:
            return ""
        whose = self._api.call("auth.test", {})
        return f"Slack knows the token: {whose.get('user', '?')} of {whose.get('team', '?')}"

    def _follow_up(
        self, notification: Notification, thread: Thread, place: _Place, language: Language
    ) -> str:
        """Let the message of the thread show how its alerts are by now, and answer it: only that once."""
        self._change(thread, place, language)
        if notification.only_shown:
            return str(place)
        notice = notification.notice
        message = self._rendered(notice, language)
        if isinstance(notice, AlertNotice):
            message = replace(message, blocks=(section(message.text),), picture_at=1)
        forms = list(self._forms(message, self._upload(message)))
        reply = {"channel": place.channel, "thread_ts": place.ts, "text": message.text}
        if any(map(_is_alarming, alerts_of(notice))):
            try:
                return self._post(forms, reply | {"reply_broadcast": True}, notification.key)
            except SlackRefusal as refusal:
                if refusal.word != _NO_BROADCAST:
                    raise
        return self._post(forms, reply, notification.key)

    def _change(self, thread: Thread, place: _Place, language: Language) -> None:
        message = self._rendered(thread.notice, language)
        if place.file and message.picture:
            # The picture stays the one that was posted: Slack takes an update with a file that no message
            # showed before, and then shows nobody anything. The newest picture is in the reply.
            message = replace(message, picture=self._rendered(thread.opening, language).picture)
        forms = self._forms(message, place.file, self._footer(thread.notice, language))
        where = {"channel": place.channel, "ts": place.ts, "text": message.text}
        self._offer(forms, lambda blocks: self._api.call("chat.update", where | {"blocks": blocks}))

    def _post(self, forms: Iterable[_Form], message: Mapping[str, object], key: str) -> str:
        fixed = {
            **message,
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {"event_type": "smartapp_watch", "event_payload": {"key": key}},
        }

        def post(blocks: Sequence[Block]) -> Mapping[str, object]:
            return self._api.call("chat.postMessage", fixed | ({"blocks": blocks} if blocks else {}))

        answer, file = self._offer(forms, post)
        channel = answer.get("channel") or message["channel"]
        return str(_Place(str(channel), str(answer.get("ts") or ""), file))

    def _offer(
        self, forms: Iterable[_Form], hand_over: Callable[[list[Block]], _Answer]
    ) -> tuple[_Answer, str]:
        """Hand over the first form that Slack takes; its answer, and the file that is shown."""
        word = ""
        for blocks, file in forms:
            try:
                return hand_over(blocks), file
            except FormRefused as refusal:
                word = str(refusal)
            if file:
                self._pictures.note_refused(file, word)
            elif blocks:
                log.warning("%s: Slack refused the blocks (%s); sent as text alone", self.name, word)
        raise SlackRefusal(word, word, permanent=True, of_receiver=False)

    def _forms(self, message: SlackMessage, file: str, footer: Sequence[Block] = ()) -> Iterator[_Form]:
        """The forms of a message, the best first: Slack refuses the whole of it over one block."""
        at = message.picture_at
        above, below = message.blocks[:at], [*message.blocks[at:], *footer]
        if file and message.picture:
            yield [*above, picture_block(file, message.picture.alt), *below], file
        if message.stand_in:
            above = (*above, section(message.stand_in))
        if above or below:
            yield [*above, *below], ""
        yield [], ""

    def _rendered(self, notice: Notice, language: Language) -> SlackMessage:
        return self._renderer.slack(notice, language, buttons=self._has_buttons)

    def _upload(self, message: SlackMessage) -> str:
        return self._pictures.file_of(message.picture) if message.picture and self.updates else ""

    def _footer(self, notice: Notice, language: Language) -> Sequence[Block]:
        blocks = silence_note(notice, language), buttons(notice, language) if self._has_buttons else None
        return [block for block in blocks if block is not None]


def _is_alarming(notice: AlertNotice) -> bool:
    """Whether a reply about it should be seen by those too who do not follow the thread."""
    return notice.type in _ALARMING or (notice.type is EventType.FIRE and notice.reason == STILL)
