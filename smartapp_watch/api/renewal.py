"""The access tokens of mini-programs, renewed before they expire and once when they are refused.

A refresh token is valid once, and its answer may be lost. So it is marked as in use, on disk, before it is
sent, and the next one is on disk before anybody uses what came with it. Whoever finds a mark knows that the
token is as good as used, and goes the other way: the platform asks for an authorisation code.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from smartapp_watch.api.access_token import STANDS_FOR
from smartapp_watch.api.oauth import Grant, OAuth
from smartapp_watch.api.platform_token import Gate
from smartapp_watch.credentials.journal import Credentials
from smartapp_watch.credentials.record import AppRecord, Lease
from smartapp_watch.errors import (
    ApiError,
    BadPayload,
    CredentialsError,
    NoRenewal,
    PlatformRefused,
    QuotaExhausted,
    Refused,
    TokenRejected,
    TooFast,
    Unavailable,
    WatchError,
)

ASKED_AGAIN_AFTER = timedelta(days=1)
"""How long a mini-program that withdrew its authorisation is left alone."""

_SOON = timedelta(hours=1)
_WITHDRAWN = frozenset({"6", "6001", "40007", "45000", "45001", "45002", "50032"})
_NOT_USED_UP = (TokenRejected, NoRenewal, PlatformRefused, QuotaExhausted, TooFast)
"""Refusals by the gateway, before anybody looked at the refresh token."""

_LOG = logging.getLogger(__name__)


class RenewedToken:
    """The access token of one mini-program; safe to use from many threads, and beside other processes.

    ``seed``: reveals the settings' own refresh token, where they have one; a changed one replaces what is
    kept. ``backoff``: seconds before the second attempt at a renewal.
    """

    def __init__(
        self,
        app_id: int,
        seed: Callable[[], str] | None,
        *,
        credentials: Credentials,
        oauth: OAuth,
        gate: Gate,
        now: Callable[[], datetime],
        backoff: float = 1,
    ) -> None:
        self._app_id = app_id
        self._seed = seed
        self._credentials = credentials
        self._oauth = oauth
        self._gate = gate
        self._now = now
        self._backoff = backoff
        self._lock = threading.Lock()
        self._failed: tuple[ApiError, float] | None = None
        self._is_planted = False

    def value(self) -> str:
        """The token to use now.

        TokenRejected: Baidu grants none any more, and is asked again in a day. NoRenewal: it is no matter of
        this mini-program. Else every kind of ApiError; while the token before lives, it is used on.
        """
        record = self._known()
        if self._is_planted and record.lease.is_fresh(self._now()):
            return record.lease.token
        with self._lock:
            try:
                return self._renewed("").lease.token
            except ApiError as error:
                record = self._known()
                if not self._is_planted or not record.lease.lives(self._now()):
                    raise
                _LOG.info("mini-program %d: its token is not renewed yet: %s", self._app_id, error)
                return record.lease.token

    def renew(self, rejected: str) -> bool:
        """Whether there is now another token than ``rejected``; however many threads ask, one renews.

        A token that is refused right after it was issued is not renewed: the next would fare no better.
        """
        with self._lock:
            return self._renewed(rejected).lease.token != rejected

    def begin(self, code: str) -> None:
        """Take the tokens that an authorisation code of the owner's stands for; every kind of ApiError."""
        with self._lock, self._credentials.alone(self._app_id, self._oauth.pause):
            self._plant(self._known())
            self._keep(self._gate.call(lambda token: self._oauth.redeem(token, code)))

    def __repr__(self) -> str:
        return f"RenewedToken({self._app_id})"

    def _known(self) -> AppRecord:
        try:
            return self._credentials.app(self._app_id)
        except CredentialsError as error:
            reason = str(error)
        raise self._gate.close(reason)

    def _change(self, **known: Any) -> AppRecord:
        try:
            return self._credentials.change(self._app_id, **known)
        except CredentialsError as error:
            reason = str(error)
        raise self._gate.close(reason)

    def _renewed(self, rejected: str) -> AppRecord:
        """The record with a token that is fresh, and none of those refused."""
        if self._failed is not None and time.monotonic() < self._failed[1]:
            raise self._failed[0].with_traceback(None)
        try:
            with self._credentials.alone(self._app_id, self._oauth.pause):
                record = self._plant(self._known())
                if self._is_good(record, rejected):
                    return record
                if record.next_try is not None and self._now() < record.next_try:
                    raise TokenRejected(record.refused)
                return self._oauth.persist(self._gain, self._backoff)
        except CredentialsError as error:
            reason = str(error)
        except (Unavailable, BadPayload, TooFast) as error:
            self._failed = (error, time.monotonic() + STANDS_FOR)
            raise
        raise self._gate.close(reason)

    def _is_good(self, record: AppRecord, rejected: str) -> bool:
        lease, now = record.lease, self._now()
        if not lease.is_fresh(now) or lease.issued is None or lease.expires is None:
            return False
        just_now = min(timedelta(seconds=STANDS_FOR), (lease.expires - lease.issued) / 2)
        return lease.token != rejected or now - lease.issued < just_now

    def _plant(self, record: AppRecord) -> AppRecord:
        """The record, begun anew where the settings have another refresh token than it began with."""
        if self._seed is not None:
            try:
                token = self._seed()
            except WatchError as error:
                if not record.refresh_token and not record.lease.lives(self._now()):
                    _LOG.warning("mini-program %d has no refresh token: %s", self._app_id, error)
            else:
                mark = hashlib.sha256(token.encode()).hexdigest()[:16]
                if mark != record.seed:
                    record = self._change(
                        refresh_token=token, in_use=False, seed=mark, lease=Lease(), refused="", next_try=None
                    )
        self._is_planted = True
        return record

    def _gain(self) -> AppRecord:
        """New tokens, by the refresh token that was never used, else by an authorisation code."""
        record = self._known()
        grant = self._refresh(record) if record.refresh_token and not record.in_use else None
        return self._keep(grant or self._recover())

    def _keep(self, grant: Grant) -> AppRecord:
        lease = Lease.begin(grant.access_token, grant.seconds, self._now())
        return self._change(
            refresh_token=grant.refresh_token, in_use=False, lease=lease, refused="", next_try=None
        )

    def _refresh(self, record: AppRecord) -> Grant | None:
        """The next tokens; None where the refresh token is no good."""

        def ask(platform_token: str) -> Grant:
            self._change(in_use=True)
            return self._oauth.refresh(platform_token, record.refresh_token)

        try:
            return self._gate.call(ask)
        except _NOT_USED_UP:
            if self._known().in_use:
                self._change(in_use=False)
            raise
        except Refused as error:
            _LOG.warning("mini-program %d: the refresh token is no good: %s", self._app_id, error)
            return None

    def _recover(self) -> Grant:
        """Tokens without a refresh token; TokenRejected where Baidu refuses, which is kept in mind."""
        _LOG.info("mini-program %d: its tokens are recovered by an authorisation code", self._app_id)
        try:
            code = self._gate.call(lambda token: self._oauth.authorization_code(token, self._app_id))
            return self._gate.call(lambda token: self._oauth.redeem(token, code))
        except Refused as error:
            pause = ASKED_AGAIN_AFTER if error.code in _WITHDRAWN else _SOON
            reason = f"no token is granted: {error}"
        self._change(refresh_token="", in_use=False, refused=reason, next_try=self._now() + pause)
        raise TokenRejected(reason)
