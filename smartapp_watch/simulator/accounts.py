"""The accounts behind the tokens: a platform with its tickets, and the mini-programs that authorised it."""

from __future__ import annotations

import json
import time
from collections import Counter
from random import Random
from threading import Lock

from smartapp_watch.simulator.envelope import gateway_error, service_error, success
from smartapp_watch.simulator.loopback import Delivery, Reply, Request

CLIENT_ID = "simulated-platform"

_TOKEN = "/rest/2.0/oauth/token"  # noqa: S105 - a path
_CODE = "/rest/2.0/smartapp/auth/retrieve/authorizationcode"
_PLATFORM_TOKEN = "/public/2.0/smartapp/auth/tp/token"  # noqa: S105 - a path
_INFO = "/rest/2.0/smartapp/app/info"
_LOST = Reply(b"", delivery=Delivery.RESET)
_ERRORS = (
    service_error(5000, "网络繁忙，请稍后重试"),
    gateway_error(2, "Service temporarily unavailable"),
    Reply(b"<html>502 Bad Gateway</html>", 502, "text/html"),
)


class Accounts:
    """Tokens that live ``life`` seconds, for refresh tokens that are valid once.

    ``lost``: the share of calls that are obeyed, and whose answer never arrives; ``errors``: of those that
    are refused for no reason. ``statuses``: of mini-programs that are not in order.
    """

    def __init__(
        self,
        names: dict[int, str],
        *,
        life: float = 3600.0,
        platform_life: float = 2_592_000.0,
        lost: float = 0.0,
        errors: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.names = names
        self.statuses: dict[int, int] = {}
        self.ticket = "simulated-ticket-1"
        self.calls: Counter[str] = Counter()
        self.presented: Counter[str] = Counter()
        """How often each refresh token came."""
        self._life, self._platform_life = life, platform_life
        self._lost, self._errors = lost, errors
        self._random = Random(seed)
        self._lock = Lock()
        self.issued: list[str] = []
        """Every token and code that was ever given away."""
        self._owners: dict[str, tuple[int | None, float]] = {}
        self._refresh: dict[str, int] = {}
        self._codes: dict[str, int] = {}
        self._revoked: set[int] = set()

    def refresh_token(self, app_id: int) -> str:
        """A new refresh token of a mini-program, as an operator would be given; the one before is void."""
        with self._lock:
            return self._next_refresh_token(app_id)

    def platform_token(self) -> str:
        """A new token of the platform's."""
        with self._lock:
            return self._issue(None)

    def break_platform(self) -> None:
        """From now on no token of the platform's is valid, and no ticket."""
        with self._lock:
            self._owners = {token: each for token, each in self._owners.items() if each[0] is not None}
            self.ticket = ""

    def revoke(self, app_id: int) -> None:
        """The mini-program takes its authorisation back."""
        with self._lock:
            self._revoked.add(app_id)
            self._owners = {token: each for token, each in self._owners.items() if each[0] != app_id}

    def authorise(self, app_id: int) -> str:
        """The mini-program authorises the platform (again): the authorisation code."""
        with self._lock:
            self._revoked.discard(app_id)
            return self._next_code(app_id)

    def owner(self, token: str) -> tuple[int | None, bool] | None:
        """Whose token it is, None for the platform's, and whether it lives; None where it is nobody's."""
        with self._lock:
            found = self._owners.get(token)
        return (found[0], time.monotonic() < found[1]) if found else None

    def reply(self, request: Request) -> Reply | None:
        """The answer to a call about tokens; None where it is about something else."""
        obey = {_TOKEN: self._grant, _CODE: self._code, _PLATFORM_TOKEN: self._platform, _INFO: self._info}
        if request.path not in obey:
            return None
        with self._lock:
            self.calls[request.query.get("grant_type", request.path)] += 1
            chance = self._random.random()
            if chance < self._errors:
                return self._random.choice(_ERRORS)
            reply = obey[request.path](request)
        return _LOST if chance < self._errors + self._lost else reply

    def _grant(self, request: Request) -> Reply:
        refused = self._refuse_platform(request)
        if refused:
            return refused
        kind, known = "refresh_token", self._refresh
        if request.query.get("grant_type") == "app_to_tp_authorization_code":
            kind, known = "code", self._codes
        given = request.query.get(kind, "")
        if kind == "refresh_token":
            self.presented[given] += 1
        app_id = known.pop(given, None)
        if app_id is None or app_id in self._revoked:
            return _document({"error": "invalid_grant", "error_description": f"Invalid {kind}"}, 400)
        return _document(
            {
                "access_token": self._issue(app_id),
                "refresh_token": self._next_refresh_token(app_id),
                "expires_in": self._life,
            }
        )

    def _code(self, request: Request) -> Reply:
        refused = self._refuse_platform(request)
        if refused:
            return refused
        app_id = int(request.form.get("app_id", "0"))
        if app_id not in self.names:
            return service_error(45000, "小程序不存在")
        if app_id in self._revoked:
            return service_error(50032, "没有授权关系")
        return success({"authorization_code": self._next_code(app_id), "expires_in": 600})

    def _platform(self, request: Request) -> Reply:
        if request.query.get("client_id") != CLIENT_ID:
            return _document({"error": "invalid_client", "error_description": "unknown client id"}, 401)
        if not self.ticket or request.query.get("ticket") != self.ticket:
            return service_error(40001, "ticket 已过期")
        return success(
            {"access_token": self._issue(None), "expires_in": self._platform_life, "scope": "public"}
        )

    def _info(self, request: Request) -> Reply:
        app_id, lives = self._owners.get(request.query.get("access_token", ""), (None, 0.0))
        if app_id is None or time.monotonic() >= lives:
            return gateway_error(110, "Access token invalid or no longer valid", 401)
        status = self.statuses.get(app_id, 1)
        return success({"app_id": app_id, "app_name": self.names[app_id], "status": status})

    def _refuse_platform(self, request: Request) -> Reply | None:
        owner, until = self._owners.get(request.query.get("access_token", ""), (0, 0.0))
        if owner is not None:
            return gateway_error(110, "Access token invalid or no longer valid", 401)
        return gateway_error(111, "Access token expired", 401) if time.monotonic() >= until else None

    def _issue(self, app_id: int | None) -> str:
        """A new access token; a mini-program's older ones die by themselves."""
        token = self._text(42 if app_id is None else 45)
        self._owners[token] = (
            app_id,
            time.monotonic() + (self._platform_life if app_id is None else self._life),
        )
        return token

    def _next_refresh_token(self, app_id: int) -> str:
        self._refresh = {token: owner for token, owner in self._refresh.items() if owner != app_id}
        token = self._text(46)
        self._refresh[token] = app_id
        return token

    def _next_code(self, app_id: int) -> str:
        code = self._text(0).removeprefix("0.")
        self._codes[code] = app_id
        return code

    def _text(self, kind: int) -> str:
        self.issued.append(f"{kind}.{self._random.getrandbits(128):032x}{len(self.issued):06d}")
        return self.issued[-1]


def _document(document: object, status: int = 200) -> Reply:
    return Reply(json.dumps(document).encode(), status)
