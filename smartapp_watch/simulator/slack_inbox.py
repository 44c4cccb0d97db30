"""Slack's side of a delivery: takes messages over HTTP on loopback, and refuses what Slack refuses."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from threading import Lock
from typing import Any

from smartapp_watch.simulator.block_kit import pictures, refuse
from smartapp_watch.simulator.loopback import Delivery, Reply, Request, Served
from smartapp_watch.simulator.slack_files import PLACE, SlackFiles

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
    """A message that was taken, as it is shown by now.

    ``channel``: as it was named by the sender, empty for a webhook's. ``payload``: all that was sent last.
    ``edits``: how often it was changed. ``lost``: its pictures that nobody can see.
    """

    ts: str
    channel: str
    text: str
    blocks: list[dict[str, Any]]
    thread_ts: str = ""
    payload: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    edits: int = 0
    lost: tuple[str, ...] = ()
    is_broadcast: bool = False


class SlackInbox(Served):
    """Slack's methods under ``api_url`` and an incoming webhook at ``webhook_url``.

    ``channels``: the ones there are, as the sender writes them; None is all. ``scopes``: what the token may.
    ``socket_url``: where an app's token is sent to listen; without one, none is taken.
    """

    def __init__(
        self,
        *,
        token: str = "xoxb-simulated",  # noqa: S107 (opens nothing but this inbox)
        app_token: str = "xapp-simulated",  # noqa: S107
        channels: frozenset[str] | None = None,
        scopes: frozenset[str] = frozenset({"chat:write", "files:write"}),
        port: int = 0,
        retry_after: int = 1,
    ) -> None:
        self.token = token
        self.app_token = app_token
        self.scopes = scopes
        self.socket_url = ""
        self.files = SlackFiles()
        self.refuses_pictures = False
        self.asides: list[dict[str, Any]] = []
        """What was answered to one person alone."""
        self._channels = channels
        self._retry_after = retry_after
        self._webhook_path = "/services/T0SIMULATED/B0SIMULATED/simulated"
        self._troubles: deque[SlackTrouble] = deque()
        self._troubles_of: dict[str, SlackTrouble] = {}
        self._messages: list[PostedMessage] = []
        self._names: dict[str, str] = {}
        self._shared: set[str] = set()
        self._posted = 0
        self._requests = 0
        self._lock = Lock()
        super().__init__(self._respond, port)

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

    @property
    def response_url(self) -> str:
        """Where an answer to one who pressed a button goes."""
        return f"{self._server.url}/actions/T0SIMULATED/simulated"

    def trouble_next(self, *troubles: SlackTrouble) -> None:
        """The next requests run into these, one each."""
        with self._lock:
            self._troubles.extend(troubles)

    def refuse_next(self, method: str, trouble: SlackTrouble) -> None:
        """The next request of this method runs into it; ``upload``: the next that brings a file's bytes."""
        with self._lock:
            self._troubles_of[method] = trouble

    def channel_id(self, name: str) -> str:
        """What Slack itself calls a channel: the only name that a change of a message is taken for."""
        with self._lock:
            found = (number for number, each in self._names.items() if name in (each, number))
            number = next(found, f"C{len(self._names) + 1:09}")
            self._names.setdefault(number, name)
        return number

    def forget(self, ts: str) -> None:
        """Somebody deletes a message."""
        with self._lock:
            self._messages = [each for each in self._messages if each.ts != ts]

    def _respond(self, request: Request) -> Reply:
        with self._lock:
            self._requests += 1
            trouble = self._troubles_of.pop(_method(request), None)
            if trouble is None and self._troubles:
                trouble = self._troubles.popleft()
        match trouble:
            case SlackTrouble.RATE_LIMITED:
                again = (("Retry-After", str(self._retry_after)),)
                return _api({"ok": False, "error": "ratelimited"}, 429, again)
            case SlackTrouble.SERVER_ERROR:
                return Reply(b"Internal Server Error", 500, "text/plain")
            case SlackTrouble.DROPPED_BEFORE:
                return _DROPPED
        reply = self._take(request)
        return _DROPPED if trouble is SlackTrouble.DROPPED_AFTER else reply

    def _take(self, request: Request) -> Reply:
        if request.path.startswith("/services/"):
            return self._take_from_webhook(request)
        if request.path.startswith("/actions/"):
            self.asides.append(json.loads(request.body))
            return Reply(b"ok", 200, "text/html")
        if request.path.startswith(PLACE):
            taken = self.files.put(request.path.removeprefix(PLACE), request.body)
            return Reply(b"OK" if taken else b"no such place", 200 if taken else 404, "text/plain")
        return self._take_from_api(request)

    def _take_from_webhook(self, request: Request) -> Reply:
        if request.path != self._webhook_path:
            return Reply(b"no_service", 404, "text/html")
        payload = _payload(request)
        if payload is None:
            return Reply(b"invalid_payload", 400, "text/html")
        refused = refuse(payload.get("text"), payload.get("blocks"), self._can_be_shown)
        if refused is not None:
            return Reply(refused[0].encode(), 400, "text/html")
        self._keep("", payload)
        return Reply(b"ok", 200, "text/html")

    def _take_from_api(self, request: Request) -> Reply:
        method = _method(request)
        token = self.app_token if method == "apps.connections.open" else self.token
        if request.headers.get("authorization") != f"Bearer {token}":
            return _error("invalid_auth" if "authorization" in request.headers else "not_authed")
        if method == "auth.test":
            return _api({"ok": True, "team": "Simulated", "user": "smartapp-watch"})
        if method == "apps.connections.open":
            return _api({"ok": True, "url": self.socket_url}) if self.socket_url else _error("internal_error")
        known = _METHODS.get(method)
        if known is None:
            return _error("unknown_method")
        scope, answer = known
        if scope not in self.scopes:
            return _error("missing_scope")
        payload = _payload(request)
        return _error("invalid_json") if payload is None else answer(self, payload)

    def _post(self, payload: dict[str, Any]) -> Reply:
        channel = payload.get("channel")
        name = self._names.get(str(channel), str(channel or ""))
        if not name or (self._channels is not None and name not in self._channels):
            return _error("channel_not_found")
        if payload.get("thread_ts") and self._find(payload["thread_ts"]) is None:
            return _error("thread_not_found")
        refused = refuse(payload.get("text"), payload.get("blocks"), self._can_be_shown)
        return _error(*refused) if refused else self._shown(self._keep(name, payload))

    def _update(self, payload: dict[str, Any]) -> Reply:
        name = self._names.get(str(payload.get("channel")))
        if name is None:
            return _error("channel_not_found")
        before = self._find(payload.get("ts"))
        if before is None or before.channel != name:
            return _error("message_not_found")
        refused = refuse(payload.get("text"), payload.get("blocks"), self._can_be_shown)
        if refused is not None:
            return _error(*refused)
        message = replace(
            before,
            text=str(payload.get("text") or ""),
            blocks=list(payload.get("blocks") or ()),
            payload=payload,
            edits=before.edits + 1,
            # Slack takes a picture that no message showed before, and then shows nobody anything.
            lost=tuple(number for number in pictures(payload.get("blocks")) if number not in self._shared),
        )
        with self._lock:
            self._messages = [message if each.ts == message.ts else each for each in self._messages]
        return self._shown(message)

    def _open_upload(self, payload: dict[str, Any]) -> Reply:
        file = self.files.open(str(payload.get("filename")), int(payload.get("length") or 0))
        return _api({"ok": True, "upload_url": self._server.url + PLACE + file.id, "file_id": file.id})

    def _complete_upload(self, payload: dict[str, Any]) -> Reply:
        found = [self.files.complete(each["id"]) for each in json.loads(payload["files"])]
        return _error("file_not_found") if None in found else _api({"ok": True, "files": found})

    def _can_be_shown(self, number: object) -> bool:
        return not self.refuses_pictures and self.files.can_be_shown(number)

    def _find(self, ts: object) -> PostedMessage | None:
        return next((each for each in self.messages if each.ts == ts), None)

    def _keep(self, channel: str, payload: dict[str, Any]) -> PostedMessage:
        with self._lock:
            self._posted += 1
            self._shared.update(pictures(payload.get("blocks")))
            message = PostedMessage(
                f"{1_700_000_000 + self._posted}.000100",
                channel,
                str(payload.get("text") or ""),
                list(payload.get("blocks") or ()),
                str(payload.get("thread_ts") or ""),
                payload,
                is_broadcast=str(payload.get("reply_broadcast")) in ("1", "True", "true"),
            )
            self._messages.append(message)
        return message

    def _shown(self, message: PostedMessage) -> Reply:
        echo = {"text": message.text, "ts": message.ts}
        channel = self.channel_id(message.channel)
        return _api({"ok": True, "channel": channel, "ts": message.ts, "message": echo})


_METHODS: dict[str, tuple[str, Callable[[SlackInbox, dict[str, Any]], Reply]]] = {
    "chat.postMessage": ("chat:write", SlackInbox._post),
    "chat.update": ("chat:write", SlackInbox._update),
    "files.getUploadURLExternal": ("files:write", SlackInbox._open_upload),
    "files.completeUploadExternal": ("files:write", SlackInbox._complete_upload),
}
"""Slack's methods that a bot may call, each with the scope that it takes."""


def _method(request: Request) -> str:
    return "upload" if request.path.startswith(PLACE) else request.path.removeprefix("/api/")


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
