"""Slack's Web API: one call, and what each of its answers stands for."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from smartapp_watch.errors import DeliveryError
from smartapp_watch.notify.text import short

if TYPE_CHECKING:
    from slack_sdk import WebClient
    from slack_sdk.errors import SlackApiError

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


class FormRefused(Exception):
    """Slack will not show these blocks; its text is Slack's word."""


class SlackRefusal(DeliveryError):
    """Slack answered, and did not do it. ``word``: its own, empty where it said none."""

    def __init__(
        self,
        words: str,
        word: str = "",
        *,
        permanent: bool = False,
        of_receiver: bool = True,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(
            f"Slack answered {words}", permanent=permanent, of_receiver=of_receiver, retry_after=retry_after
        )
        self.word = word


class SlackApi:
    """The methods of Slack that one token may call.

    Nothing is tried twice in here: whoever calls knows what may have arrived already. A call raises
    FormRefused, SlackRefusal, or DeliveryError where Slack could not be reached.
    """

    def __init__(self, token: str, api_url: str, timeout: int = 30) -> None:
        self._token = token
        self._api_url = api_url.rstrip("/") + "/"
        self._timeout = timeout

    def call(self, method: str, arguments: Mapping[str, object]) -> Mapping[str, Any]:
        """Call ``method``, its arguments as JSON; what Slack answered."""
        return self._guarded(lambda: self._client.api_call(method, json=dict(arguments)).data)

    def upload(self, name: str, content: bytes) -> Mapping[str, Any]:
        """Bring a file to Slack, for no channel yet; what Slack knows of it, with its ``id``."""
        answer = self._guarded(lambda: self._client.files_upload_v2(filename=name, content=content).data)
        return self._first_file(answer)

    def look_at(self, file: str) -> Mapping[str, Any]:
        """What Slack knows of an uploaded file by now. Its completion is asked for again: to look takes a
        scope more."""
        complete = self._client.files_completeUploadExternal
        return self._first_file(self._guarded(lambda: complete(files=[{"id": file}]).data))

    def open_socket(self, app_token: str) -> str:
        """The address of a new WebSocket; it holds a secret."""
        answer = self._guarded(lambda: self._client.apps_connections_open(app_token=app_token).data)
        return str(answer.get("url", ""))

    def _guarded(self, call: Callable[[], object]) -> Mapping[str, Any]:
        from slack_sdk.errors import SlackApiError, SlackClientError  # noqa: PLC0415

        try:
            answer = call()
        except SlackApiError as error:
            raise _refused_by_api(error) from None
        except (OSError, HTTPException, SlackClientError, ValueError) as error:
            raise unreachable(error, (self._token,)) from None
        return answer if isinstance(answer, dict) else {}

    @staticmethod
    def _first_file(answer: Mapping[str, Any]) -> Mapping[str, Any]:
        files = answer.get("files")
        return files[0] if isinstance(files, list) and files and isinstance(files[0], dict) else {}

    @cached_property
    def _client(self) -> WebClient:
        from slack_sdk import WebClient  # noqa: PLC0415  heavy, and of no use to most commands

        return WebClient(
            self._token,
            base_url=self._api_url,
            timeout=self._timeout,
            retry_handlers=[],
            logger=silent_logger(),
        )


class SlackWebhook:
    """An incoming webhook, whose address is a secret. It raises as SlackApi does."""

    def __init__(self, address: str, timeout: int = 30) -> None:
        self._address = address
        self._timeout = timeout

    def post(self, text: str, blocks: Sequence[Mapping[str, object]], **more: object) -> None:
        """Post a message."""
        from slack_sdk.webhook import WebhookClient  # noqa: PLC0415

        client = WebhookClient(
            self._address, timeout=self._timeout, logger=silent_logger(), retry_handlers=[]
        )
        body: dict[str, object] = {"text": text, "unfurl_links": False, "unfurl_media": False, **more}
        if blocks:
            body["blocks"] = list(blocks)
        try:
            answer = client.send_dict(body)
        except Exception as error:  # noqa: BLE001  the library raises whatever urllib does, bare Exception too
            raise unreachable(error, (self._address, *self._address.split("/")[3:])) from None
        if answer.status_code != _OK or answer.body.strip() != "ok":  # any page may answer 200
            raise judge(answer.status_code, answer.body, answer.headers)


def _refused_by_api(error: SlackApiError) -> Exception:
    answer = error.response
    words = answer.get("error") if isinstance(answer.data, dict) else None
    return judge(answer.status_code, str(words or ""), answer.headers)


def judge(status: int, words: str, headers: object) -> Exception:
    """The error that an answer stands for. Slack says one word; all else is somebody else's page."""
    words = words.strip() if _ONE_WORD.fullmatch(words.strip()) else ""
    if words in _FORM:
        return FormRefused(words)
    if status == _TOO_MANY or words in ("ratelimited", "rate_limited"):
        retry_after = _seconds(_header(headers, "Retry-After"))
        return SlackRefusal("too many messages", words, retry_after=retry_after)
    if words in _NO_USE or words.startswith("restricted_action"):
        return SlackRefusal(words, words, permanent=True)
    # With a word that is not known it is Slack itself that refused: other messages may fare better.
    of_message = status == _TOO_LARGE or (bool(words) and status in (_OK, _BAD_REQUEST))
    said = words if words and status < _SERVER_ERROR else f"HTTP {status}"
    permanent = _BAD_REQUEST <= status < _SERVER_ERROR and status != _REQUEST_TIMEOUT
    return SlackRefusal(said, words, permanent=permanent, of_receiver=not of_message)


def unreachable(error: Exception, secrets: tuple[str, ...]) -> DeliveryError:
    """The error of a call without an answer, in words that hold none of the secrets."""
    words = str(getattr(error, "reason", None) or error)
    for secret in filter(None, secrets):
        words = words.replace(secret, "…")
    return DeliveryError(f"Slack could not be reached: {short(words, _WORDS) or type(error).__name__}")


def silent_logger() -> logging.Logger:
    """A logger for Slack's clients: they log the webhook's address, which is a secret, and whole answers."""
    logger = logging.Logger("slack_sdk", logging.CRITICAL)
    logger.addHandler(logging.NullHandler())
    return logger


def _header(headers: object, name: str) -> str:
    """A header, whatever its case: the library keeps what the server wrote."""
    if not isinstance(headers, Mapping):
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
