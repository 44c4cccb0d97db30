"""The calls that bring tokens: each is one attempt, for a token that is valid once is not sent twice."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from smartapp_watch.api.failure import data_of
from smartapp_watch.api.pace import Pace
from smartapp_watch.api.request import Request
from smartapp_watch.api.transport import Transport, masked
from smartapp_watch.errors import BadPayload, TooFast, Unavailable

_TOKEN = "/rest/2.0/oauth/token"  # noqa: S105 - a path
_CODE = "/rest/2.0/smartapp/auth/retrieve/authorizationcode"
_PLATFORM_TOKEN = "/public/2.0/smartapp/auth/tp/token"  # noqa: S105 - a path
_INFO = "/rest/2.0/smartapp/app/info"
_AN_HOUR = 3600.0
_A_CENTURY = 3.2e9
_ATTEMPTS = 4

_LOG = logging.getLogger(__name__)
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Grant:
    """Tokens, as Baidu gave them. ``seconds``: how long the access token lives; a platform has no other."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    seconds: float


@dataclass(frozen=True, slots=True)
class AppInfo:
    """What Baidu says of a mini-program. ``status``: its number, None where it says none."""

    name: str
    status: int | None


class OAuth:
    """The calls, in the pace of all others; each ends within ``timeout`` seconds.

    Any of them raises every kind of ApiError. TokenRejected is about the access token that was sent along.
    """

    def __init__(self, transport: Transport, pace: Pace, timeout: float) -> None:
        self._transport = transport
        self._pace = pace
        self._timeout = timeout

    def refresh(self, platform_token: str, refresh_token: str) -> Grant:
        """A mini-program's next tokens, for a refresh token that is then used up."""
        return self._redeem(platform_token, "app_to_tp_refresh_token", refresh_token=refresh_token)

    def redeem(self, platform_token: str, code: str) -> Grant:
        """A mini-program's tokens, for an authorisation code that is then used up."""
        return self._redeem(platform_token, "app_to_tp_authorization_code", code=code)

    def authorization_code(self, platform_token: str, app_id: int) -> str:
        """A code of a mini-program that once authorised the platform, whatever became of its tokens."""
        request = Request("POST", _CODE, (("app_id", str(app_id)),), paged=False)
        found = self._fetch(request, {"access_token": platform_token})
        return _text(_dictionary(found.get("data")), "authorization_code")

    def platform_token(self, client_id: str, ticket: str) -> Grant:
        """The platform's own token, for the newest ticket."""
        request = Request("GET", _PLATFORM_TOKEN, (("client_id", client_id),), paged=False)
        return _grant(_dictionary(self._fetch(request, {"ticket": ticket}).get("data")))

    def app_info(self, access_token: str) -> AppInfo:
        """Name and status of the mini-program that the token is of."""
        found = self._fetch(Request("GET", _INFO, (), paged=False), {"access_token": access_token})
        data = _dictionary(found.get("data") or found)
        try:
            status = int(str(data["status"]))
        except (KeyError, ValueError):
            status = None
        return AppInfo(str(data.get("app_name") or ""), status)

    def persist(self, ask: Callable[[], _Found], backoff: float) -> _Found:
        """What ``ask`` finds at one of four attempts, the first two ``backoff`` seconds apart."""
        for number in range(_ATTEMPTS):
            try:
                return ask()
            except (Unavailable, BadPayload, TooFast) as error:
                if number == _ATTEMPTS - 1:
                    raise
                seconds = max(error.retry_after or 0.0, backoff * 2**number)
                _LOG.info("no token yet: %s; trying again in %.1f s", error, seconds)
                self.pause(min(seconds, 20 * backoff))
        raise AssertionError("there is at least one attempt")

    def pause(self, seconds: float) -> None:
        """Wait; Stopped as soon as the process stops."""
        self._pace.pause(seconds)

    def _redeem(self, platform_token: str, grant_type: str, **secrets: str) -> Grant:
        request = Request("GET", _TOKEN, (("grant_type", grant_type),), paged=False)
        found = self._fetch(request, {"access_token": platform_token, **secrets})
        grant = _grant(found if "access_token" in found else _dictionary(found.get("data")))
        if not grant.refresh_token:
            raise Unavailable("the answer holds no refresh token")
        return grant

    def _fetch(self, request: Request, secrets: Mapping[str, str]) -> Mapping[str, object]:
        """The whole document of an answer that is none of the three kinds of refusal."""
        self._pace.wait_turn()
        answer = self._transport.exchange(request, 0, secrets, self._timeout)
        data_of(masked(answer, secrets))
        return _dictionary(json.loads(answer.body))


def _grant(document: Mapping[str, object]) -> Grant:
    refresh_token = document.get("refresh_token")
    return Grant(
        _text(document, "access_token"),
        refresh_token if isinstance(refresh_token, str) else "",
        _lifetime(document.get("expires_in")),
    )


def _lifetime(said: object) -> float:
    """Seconds as Baidu says them, a number or its text; what is none is taken for the usual hour."""
    try:
        seconds = float(str(said))
    except ValueError:
        return _AN_HOUR
    return seconds if 0 < seconds < _A_CENTURY else _AN_HOUR


def _text(document: Mapping[str, object], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value or not value.isprintable():
        raise Unavailable(f"the answer holds no {key.replace('_', ' ')}")
    return value


def _dictionary(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
