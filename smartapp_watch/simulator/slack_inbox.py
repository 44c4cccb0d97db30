"""Slack's side of a delivery: takes messages over HTTP on loopback, and refuses what Slack refuses."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock
from types import TracebackType
from typing import Any, Self

from smartapp_watch.simulator.block_kit import refuse
from smartapp_watch.simulator.loopback import Delivery, LoopbackServer, Reply, Request

_DROPPED = Reply(b"", delivery=Delivery.RESET)


class SlackTrouble(StrEnum):
    """What can happen to the next request."""

    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    DROPPED_BEFORE = "dropped_before"
    """The connection ends and nothing was taken."""
    DROPPED_AFTER = "dropped_after"
    """The connection ends, but the message was taken."""


@dataclass(frozen=True, slots=True)
class PostedMessage:
    """A message that was taken; ``channel`` is empty for a webhook's, ``payload`` is all that was sent."""

    ts: str
    channel: str
    text: str
    blocks: list[dict[str, Any]]
    thread_ts: str = ""
    payload: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


class SlackInbox:
    """``chat.postMessage`` under ``api_url`` and an incoming webhook at ``webhook_url``.

    ``channels``: the ones there are, as the sender writes them; None is all.
    """

    def __init__(
        self,
        *,
        token: str = "xoxb-simulated",  # noqa: S107 (opens nothing but this inbox)
        channels: frozenset[str] | None = None,
        port: int = 0,
        retry_after: int = 1,
    ) -> None:
        self.token = token
        self._channels = channels
        self._retry_after = retry_after
        self._webhook_path = "/services/T0SIMULATED/B0SIMULATED/simulated"
        self._troubles: deque[SlackTrouble] = deque()
        self._messages: list[PostedMessage] = []
        self._requests = 0
        self._lock = Lock()
        self._server = LoopbackServer(self._respond, port)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    @property
    def api_url(self) -> str:
        """What stands before the names of Slack's methods."""
        return f"{self._server.url}/api/"

    @property
    def webhook_url(self) -> str:
        """The address of an incoming webhook."""
        return self._server.url + self._webhook_path

    @property
    def messages(self) -> list[PostedMessage]:
        """What was taken, in the order it came."""
        with self._lock:
            return list(self._messages)

    @property
    def requests(self) -> int:
        """How many requests have come, taken or not."""
        return self._requests

    def trouble_next(self, *troubles: SlackTrouble) -> None:
        """The next requests run into these, one each."""
        with self._lock:
            self._troubles.extend(troubles)

    def _respond(self, request: Request) -> Reply:
        with self._lock:
            self._requests += 1
            trouble = self._troubles.popleft() if self._troubles else None
        match trouble:
            case SlackTrouble.RATE_LIMITED:
                again = (("Retry-After", str(self._retry_after)),)
                return _api({"ok": False, "error": "ratelimited"}, 429, again)
            case SlackTrouble.SERVER_ERROR:
                return Reply(b"Internal Server Error", 500, "text/plain")
            case SlackTrouble.DROPPED_BEFORE:
                return _DROPPED
        if request.path.startswith("/services/"):
            reply = self._take_from_webhook(request)
        else:
            reply = self._take_from_api(request)
        return _DROPPED if trouble is SlackTrouble.DROPPED_AFTER else reply

    def _take_from_webhook(self, request: Request) -> Reply:
        if request.path != self._webhook_path:
            return Reply(b"no_service", 404, "text/html")
        payload = _payload(request)
        if payload is None:
            return Reply(b"invalid_payload", 400, "text/html")
        refused = refuse(payload.get("text"), payload.get("blocks"))
        if refused is not None:
            return Reply(refused[0].encode(), 400, "text/html")
        self._keep("", payload)
        return Reply(b"ok", 200, "text/html")

    def _take_from_api(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return _error("invalid_auth" if "authorization" in request.headers else "not_authed")
        match request.path:
            case "/api/chat.postMessage":
                return self._post(request)
            case "/api/auth.test":
                return _api({"ok": True, "team": "Simulated", "user": "smartapp-watch"})
        return _error("unknown_method")

    def _post(self, request: Request) -> Reply:
        payload = _payload(request)
        if payload is None:
            return _error("invalid_json")
        refused = self._refuse(payload)
        if refused is not None:
            return _error(*refused)
        message = self._keep(str(payload["channel"]), payload)
        echo = {"text": message.text, "ts": message.ts}
        return _api({"ok": True, "channel": message.channel, "ts": message.ts, "message": echo})

    def _refuse(self, payload: dict[str, Any]) -> tuple[str, list[str]] | None:
        channel = payload.get("channel")
        if not channel or (self._channels is not None and channel not in self._channels):
            return "channel_not_found", []
        if payload.get("thread_ts") and payload["thread_ts"] not in {one.ts for one in self.messages}:
            return "thread_not_found", []
        return refuse(payload.get("text"), payload.get("blocks"))

    def _keep(self, channel: str, payload: dict[str, Any]) -> PostedMessage:
        with self._lock:
            message = PostedMessage(
                f"{1_700_000_000 + len(self._messages)}.000100",
                channel,
                str(payload.get("text") or ""),
                list(payload.get("blocks") or ()),
                str(payload.get("thread_ts") or ""),
                payload,
            )
            self._messages.append(message)
        return message


def _payload(request: Request) -> dict[str, Any] | None:
    """What was sent, as JSON or as a form whose ``blocks`` are JSON; None where it is neither."""
    try:
        form: dict[str, Any] = dict(request.form)
        if not form:
            sent = json.loads(request.body)
            return sent if isinstance(sent, dict) else None
        if "payload" in form:
            return dict(json.loads(form["payload"]))
        if "blocks" in form:
            form["blocks"] = json.loads(form["blocks"])
    except ValueError:
        return None
    return form


def _error(error: str, problems: list[str] | None = None) -> Reply:
    answer: dict[str, Any] = {"ok": False, "error": error}
    if problems:
        answer |= {"errors": problems, "response_metadata": {"messages": problems}}
    return _api(answer)


def _api(answer: dict[str, Any], status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    return Reply(json.dumps(answer).encode(), status, headers=headers)
