"""The API over HTTP on loopback, as the document describes it and as it has been seen to behave."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from threading import Lock

from smartapp_watch.simulator.accounts import Accounts
from smartapp_watch.simulator.answers import Answers, Blank
from smartapp_watch.simulator.call import PATHS, BadParameter, Call, understand
from smartapp_watch.simulator.envelope import gateway_error, service_error
from smartapp_watch.simulator.faults import Faults
from smartapp_watch.simulator.limits import Limits
from smartapp_watch.simulator.loopback import Reply, Request, Served
from smartapp_watch.simulator.misbehaviour import Misbehaviour
from smartapp_watch.simulator.world import World

PLATFORM_TOKEN = "42.simulated.platform"  # noqa: S105 (opens nothing but this simulator)


class _Refusal(Exception):
    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


class Simulator(Served):
    """A world behind the API's ten endpoints, between ``with`` and its end.

    ``now``: asked at each call. ``requests_per_second`` and ``calls_per_day`` (a Beijing day) are the limits
    of all tokens together; above the latter the answer is error ``daily_limit_code``, 17 or 50029.
    ``latency``: seconds that each answer takes. ``accounts``: whose tokens are valid beside the fixed ones.
    """

    def __init__(
        self,
        world: World,
        now: Callable[[], datetime],
        *,
        port: int = 0,
        faults: Faults | None = None,
        numeric_strings: bool = False,
        blank: Blank | None = None,
        requests_per_second: float | None = None,
        calls_per_day: int | None = None,
        daily_limit_code: int = 17,
        latency: float = 0.0,
        accounts: Accounts | None = None,
    ) -> None:
        self.world = world
        self.platform_token = PLATFORM_TOKEN
        self._now = now
        self._faults = faults or Faults(0)
        self._answers = Answers(world, numeric_strings=numeric_strings, blank=blank)
        self._limits = Limits(requests_per_second, calls_per_day, daily_limit_code)
        self._misbehaviour = Misbehaviour()
        self._latency = latency
        self._accounts = accounts
        self._owners: dict[str, int | None] = {app.access_token: app.id for app in world.apps.values()}
        self._owners[PLATFORM_TOKEN] = None
        self._expired: set[str] = set()
        self._lock = Lock()
        self._calls = 0
        self._log: list[Call] = []
        super().__init__(self._respond, port)

    @property
    def url(self) -> str:
        """What stands before the paths of the document."""
        return self._server.url

    @property
    def calls(self) -> int:
        """How many HTTP requests have come."""
        return self._calls

    @property
    def log(self) -> list[Call]:
        """The requests with a valid token and valid parameters, in the order they came."""
        with self._lock:
            return list(self._log)

    def renew_token(self, app_id: int | None, token: str) -> None:
        """From now on ``token`` is the app's (None: the platform's), and the one before it has expired."""
        with self._lock:
            before = {known for known, owner in self._owners.items() if owner == app_id}
            self._expired |= before
            self._owners = {known: owner for known, owner in self._owners.items() if owner != app_id}
            self._owners[token] = app_id
            self._expired.discard(token)
        if app_id is None:
            self.platform_token = token

    def _respond(self, request: Request) -> Reply:
        with self._lock:
            self._calls += 1
            number = self._calls
        if self._latency:
            time.sleep(self._latency)
        now = self._now()
        about_tokens = self._accounts.reply(request) if self._accounts else None
        if about_tokens is not None:
            return about_tokens
        try:
            call = self._understand(request, number)
        except _Refusal as refusal:
            return refusal.reply
        limited = self._limits.over(now)
        if limited is not None:
            return limited
        return self._misbehaviour.reply(self._faults.strike(call), lambda: self._answers.data(call, now))

    def _understand(self, request: Request, number: int) -> Call:
        report = PATHS.get(request.path)
        if report is None:
            raise _Refusal(Reply(b"<html><body>404 Not Found</body></html>", 404, "text/html"))
        if request.method != ("GET" if report == "tp_data" else "POST"):
            raise _Refusal(gateway_error(3, "Unsupported openapi method", 405))
        app_id = self._owner(request.query.get("access_token", ""))
        self._permit(app_id, report)
        try:
            call = understand(number, report, app_id, {**request.query, **request.form})
        except BadParameter:
            raise _Refusal(service_error(40001, "参数错误")) from None
        with self._lock:
            self._log.append(call)
        return call

    def _owner(self, token: str) -> int | None:
        found = self._accounts.owner(token) if self._accounts else None
        with self._lock:
            if found is not None and found[1]:
                return found[0]
            if found is not None:
                raise _Refusal(gateway_error(111, "Access token expired", 401))
            if token in self._expired:
                raise _Refusal(gateway_error(111, "Access token expired", 401))
            if token not in self._owners:
                raise _Refusal(gateway_error(110, "Access token invalid or no longer valid", 401))
            return self._owners[token]

    def _permit(self, app_id: int | None, report: str) -> None:
        if report == "tp_data":
            if app_id is not None:
                raise _Refusal(service_error(40007, "无此TP操作权限"))
        elif app_id is None or report in self.world.apps[app_id].forbidden:
            raise _Refusal(service_error(45001, "无此小程序操作权限"))
