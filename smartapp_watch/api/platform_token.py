"""The platform's own token, obtained with the newest ticket; and the gate that all renewals go through."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from smartapp_watch.api.access_token import Token
from smartapp_watch.api.oauth import OAuth
from smartapp_watch.credentials.journal import PLATFORM, Credentials
from smartapp_watch.credentials.record import Lease, PlatformRecord
from smartapp_watch.errors import (
    ApiError,
    CredentialsError,
    NoRenewal,
    PlatformRefused,
    QuotaExhausted,
    Refused,
    TokenRejected,
    WatchError,
)

CLOSED_FOR = 60.0
"""Seconds that nobody asks again for what failed for all mini-programs alike."""

SHARE_OF_LIFE = 10
_LIVES = timedelta(minutes=10)
_NO_PLATFORM = frozenset({"invalid_client", "unauthorized_client"})

_LOG = logging.getLogger(__name__)
_Found = TypeVar("_Found")


class TicketToken:
    """The platform's token: renewed with a ticket when a tenth of its life is left, or it is refused.

    ``reveal``: the ticket of the settings, read anew at each use; None, or where it has none, the one that
    was received counts. While the token before still lives, a ticket that does not work harms nothing.
    """

    def __init__(
        self,
        client_id: str,
        reveal: Callable[[], str] | None,
        *,
        credentials: Credentials,
        oauth: OAuth,
        now: Callable[[], datetime],
        backoff: float = 1,
    ) -> None:
        self._client_id = client_id
        self._reveal = reveal
        self._credentials = credentials
        self._oauth = oauth
        self._now = now
        self._backoff = backoff
        self._lock = threading.Lock()
        self._failed: tuple[ApiError, float] | None = None

    def value(self) -> str:
        """The token; TokenRejected where none can be had, and every other kind of ApiError."""
        record = self._known()
        if record.lease.is_fresh(self._now(), SHARE_OF_LIFE, timedelta.max):
            return record.lease.token
        with self._lock:
            try:
                return self._obtain("").token
            except ApiError as error:
                if not record.lease.lives(self._now()):
                    raise
                _LOG.warning("the platform's token is not renewed: %s", error)
                return record.lease.token

    def renew(self, rejected: str) -> bool:
        """Whether there is now another token than ``rejected``."""
        with self._lock:
            return self._obtain(rejected).token != rejected

    def _known(self) -> PlatformRecord:
        record = self._credentials.platform()
        return record if record.client_id == self._client_id else replace(record, lease=Lease())

    def _obtain(self, rejected: str) -> Lease:
        if self._failed is not None and time.monotonic() < self._failed[1]:
            raise self._failed[0].with_traceback(None)
        with self._credentials.alone(PLATFORM, self._oauth.pause):
            lease = self._known().lease
            if lease.token != rejected and lease.is_fresh(self._now(), SHARE_OF_LIFE, timedelta.max):
                return lease
            try:
                lease = self._oauth.persist(self._ask, self._backoff)
            except ApiError as error:
                self._failed = (error, time.monotonic() + CLOSED_FOR)
                raise
            self._credentials.save(
                replace(self._credentials.platform(), client_id=self._client_id, lease=lease)
            )
        return lease

    def _ask(self) -> Lease:
        ticket = self._ticket()
        try:
            grant = self._oauth.platform_token(self._client_id, ticket)
        except (PlatformRefused, QuotaExhausted):
            raise
        except ApiError as error:
            message = f"no token for the platform's ticket{self._age()}: {error}"
            raise type(error)(message, error.code) from None
        _LOG.info("the platform has another token, for %.0f s", grant.seconds)
        return Lease.begin(grant.access_token, grant.seconds, self._now())

    def _ticket(self) -> str:
        """The ticket to use; TokenRejected where there is none."""
        reason = "none has come yet"
        if self._reveal is not None:
            try:
                return self._reveal()
            except WatchError as error:
                reason = str(error)
        received = self._credentials.platform().ticket
        if not received:
            raise TokenRejected(f"the platform's token wants a ticket: {reason}")
        return received

    def _age(self) -> str:
        """Since when no ticket was received, where others should have followed the last."""
        at = self._credentials.platform().ticket_at
        if self._reveal is not None or at is None or self._now() - at < _LIVES:
            return ""
        return f", the last of which came at {at:%Y-%m-%d %H:%M} UTC"


class Gate:
    """Lets renewals through while there is a token of the platform's, and tells all of them one failure.

    What fails here would fail for every mini-program alike: for a minute nobody else asks.
    """

    def __init__(self, platform: Token) -> None:
        self._platform = platform
        self._lock = threading.Lock()
        self._closed: tuple[NoRenewal, float] | None = None

    def call(self, ask: Callable[[str], _Found]) -> _Found:
        """What ``ask`` finds with the platform's token, which is renewed once if it is refused; NoRenewal."""
        with self._lock:
            if self._closed is not None and time.monotonic() < self._closed[1]:
                raise self._closed[0].with_traceback(None)
        token = self._have(self._platform.value)
        try:
            return self._pass(ask, token)
        except TokenRejected as error:
            reason = str(error)
        if not self._have(lambda: self._platform.renew(token)):
            raise self.close(f"the platform's own token is refused: {reason}")
        try:
            return self._pass(ask, self._have(self._platform.value))
        except TokenRejected as error:
            reason = str(error)
        raise self.close(f"the platform's new token is refused as well: {reason}")

    def _have(self, get: Callable[[], _Found]) -> _Found:
        """What ``get`` finds out of the platform's own token; NoRenewal where it finds nothing."""
        try:
            return get()
        except (PlatformRefused, QuotaExhausted):
            raise
        except (ApiError, CredentialsError) as error:
            reason = str(error)
        raise self.close(f"there is no token of the platform's: {reason}")

    def _pass(self, ask: Callable[[str], _Found], token: str) -> _Found:
        try:
            return ask(token)
        except Refused as error:
            if error.code not in _NO_PLATFORM:
                raise
            reason = str(error)
        raise self.close(f"the platform itself is refused: {reason}")

    def close(self, reason: str) -> NoRenewal:
        """Let nobody through for a while, for that reason."""
        failure = NoRenewal(f"no mini-program's token can be renewed: {reason}")
        with self._lock:
            self._closed = (failure, time.monotonic() + CLOSED_FOR)
        return failure
