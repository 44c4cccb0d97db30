"""Slack: a bot's token and a channel, or an incoming webhook."""

from __future__ import annotations

import logging
import re
from http.client import HTTPException
from typing import TYPE_CHECKING

from smartapp_watch.alerts.notification import Notification
from smartapp_watch.errors import DeliveryError
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.message import SlackMessage
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.text import short

if TYPE_CHECKING:
    from slack_sdk.errors import SlackApiError

log = logging.getLogger(__name__)

_NO_USE = frozenset({
    "account_inactive", "action_prohibited", "channel_is_archived", "channel_not_found", "invalid_auth",
    "invalid_token", "is_archived", "method_not_supported_for_channel_type", "missing_scope", "no_permission",
    "no_service", "no_service_id", "no_team", "not_allowed_token_type", "not_authed", "not_in_channel",
    "org_login_required", "posting_to_general_channel_denied", "team_access_not_granted",
    "team_disabled", "token_expired", "token_revoked", "user_not_found",
})  # fmt: skip
"""Slack's words for a token or a channel that no message can go through."""

_FORM = frozenset({
    "invalid_attachments", "invalid_blocks", "invalid_blocks_format", "invalid_payload",
    "msg_blocks_too_long", "msg_too_long",
})  # fmt: skip
"""Slack's words for blocks that it will not show."""

_ONE_WORD = re.compile(r"[a-z0-9_]{1,60}")
_OK = 200
_BAD_REQUEST = 400
_TOO_LARGE = 413
_REQUEST_TIMEOUT = 408
_TOO_MANY = 429
_SERVER_ERROR = 500
_WORDS = 200


class _FormRefused(Exception):
    """Slack will not show these blocks."""


class SlackSender:
    """Posts to one channel.

    Nothing is tried twice in here: the outbox does that, and knows what may have arrived already. The one
    exception is a post whose blocks Slack refuses, which is posted again as text: it did not arrive.
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
    ) -> None:
        self.name = name
        self._language = language
        self._renderer = renderer
        self._channel = channel
        self._token = token
        self._webhook_url = webhook_url
        self._api_url = api_url.rstrip("/") + "/"
        self._timeout = timeout

    def send(self, notification: Notification) -> str:
        """Post it; ``channel:ts``, or nothing from a webhook, which does not tell. DeliveryError if not."""
        message = self._renderer.slack(notification.notice, notification.language(self._language))
        post = self._post_by_webhook if self._webhook_url else self._post_by_bot
        try:
            return post(message, notification.key)
        except _FormRefused as refusal:
            log.warning("%s: Slack refused the blocks (%s); sent as text alone", self.name, refusal)
        try:
            return post(SlackMessage(message.text), notification.key)
        except _FormRefused as refusal:
            raise _refused(str(refusal), permanent=True, of_receiver=False) from None

    def _post_by_bot(self, message: SlackMessage, key: str) -> str:
        from slack_sdk import WebClient  # noqa: PLC0415  heavy, and of no use to most commands
        from slack_sdk.errors import SlackApiError, SlackClientError  # noqa: PLC0415

        client = WebClient(
            self._token,
            base_url=self._api_url,
            timeout=self._timeout,
            retry_handlers=[],
            logger=_silent_logger(),
        )
        try:
            answer = client.chat_postMessage(
                channel=self._channel,
                text=message.text,
                blocks=list(message.blocks) or None,
                unfurl_links=False,
                unfurl_media=False,
                metadata={"event_type": "smartapp_watch", "event_payload": {"key": key}},
            )
        except SlackApiError as error:
            raise self._refused_by_api(error) from None
        except (OSError, HTTPException, SlackClientError, ValueError) as error:
            raise self._unreachable(error) from None
        return f"{answer.get('channel') or self._channel}:{answer.get('ts') or ''}"

    def _refused_by_api(self, error: SlackApiError) -> Exception:
        answer = error.response
        words = answer.get("error") if isinstance(answer.data, dict) else None
        return self._judge(answer.status_code, str(words or ""), _header(answer.headers, "Retry-After"))

    def _post_by_webhook(self, message: SlackMessage, _key: str) -> str:
        from slack_sdk.webhook import WebhookClient  # noqa: PLC0415

        client = WebhookClient(
            self._webhook_url, timeout=self._timeout, logger=_silent_logger(), retry_handlers=[]
        )
        body: dict[str, object] = {"text": message.text, "unfurl_links": False, "unfurl_media": False}
        if message.blocks:
            body["blocks"] = list(message.blocks)
        try:
            answer = client.send_dict(body)
        except Exception as error:  # noqa: BLE001  the library raises whatever urllib does, bare Exception too
            raise self._unreachable(error) from None
        if answer.status_code == _OK and answer.body.strip() == "ok":
            return ""
        raise self._judge(answer.status_code, answer.body, _header(answer.headers, "Retry-After"))

    def _judge(self, status: int, words: str, retry_after: str) -> Exception:
        """The error that an answer stands for. Slack says one word; all else is somebody else's page."""
        words = words.strip() if _ONE_WORD.fullmatch(words.strip()) else ""
        if words in _FORM:
            return _FormRefused(words)
        if status == _TOO_MANY or words in ("ratelimited", "rate_limited"):
            return _refused("too many messages", retry_after=_seconds(retry_after))
        if words in _NO_USE or words.startswith("restricted_action"):
            return _refused(words, permanent=True)
        # With a word that is not known it is Slack itself that refused: other messages may fare better.
        of_message = status == _TOO_LARGE or (bool(words) and status in (_OK, _BAD_REQUEST))
        said = words if words and status < _SERVER_ERROR else f"HTTP {status}"
        permanent = _BAD_REQUEST <= status < _SERVER_ERROR and status != _REQUEST_TIMEOUT
        return _refused(said, permanent=permanent, of_receiver=not of_message)

    def _unreachable(self, error: Exception) -> DeliveryError:
        reason = getattr(error, "reason", None) or error
        words = short(self._without_secrets(str(reason)), _WORDS) or type(error).__name__
        return DeliveryError(f"Slack could not be reached: {words}")

    def _without_secrets(self, text: str) -> str:
        for secret in (self._token, self._webhook_url, *self._webhook_url.split("/")[3:]):
            if secret:
                text = text.replace(secret, "…")
        return text


def _refused(
    words: str, *, permanent: bool = False, of_receiver: bool = True, retry_after: float | None = None
) -> DeliveryError:
    return DeliveryError(
        f"Slack answered {words}", permanent=permanent, of_receiver=of_receiver, retry_after=retry_after
    )


def _header(headers: object, name: str) -> str:
    """A header, whatever its case: the library keeps what the server wrote."""
    if not isinstance(headers, dict):
        return ""
    found = (value for key, value in headers.items() if str(key).lower() == name.lower())
    value = next(found, "")
    return str(value[0] if isinstance(value, list) and value else value)


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if seconds >= 0 else None


def _silent_logger() -> logging.Logger:
    """A logger for Slack's clients: they log the webhook's address, which is a secret, and whole answers."""
    logger = logging.Logger("slack_sdk", logging.CRITICAL)
    logger.addHandler(logging.NullHandler())
    return logger
