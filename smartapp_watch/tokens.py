"""Settings → the client, and the token of each mini-program and of the platform."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

from smartapp_watch.api.access_token import AccessToken, Token
from smartapp_watch.api.client import Client
from smartapp_watch.api.oauth import OAuth
from smartapp_watch.api.platform_token import SHARE_OF_LIFE, Gate, TicketToken
from smartapp_watch.api.renewal import RenewedToken
from smartapp_watch.clock import wall_clock
from smartapp_watch.config.secret import Secret
from smartapp_watch.config.settings import AppSettings, PlatformSettings, WatchConfig
from smartapp_watch.credentials.journal import Credentials
from smartapp_watch.credentials.record import Lease
from smartapp_watch.health import TokenExpiry

PLATFORM = "platform"
"""What the platform's own token is called, where it is told when it runs out."""


def make_client(config: WatchConfig, stop: threading.Event | None = None, attempts: int = 4) -> Client:
    """The client of ``[api]``."""
    api = config.api
    return Client(
        api.base_url,
        requests_per_second=api.requests_per_second,
        timeout=api.timeout.total_seconds(),
        attempts=attempts,
        stop=stop,
        proxies=api.proxies,
    )


class Tokens:
    """Every token that the settings give or let renew, for the whole process; by the wall clock.

    ``platform``: its own, None where it has none.
    """

    def __init__(self, settings: PlatformSettings, oauth: OAuth) -> None:
        self._settings = settings
        self._oauth = oauth
        self.credentials = Credentials(settings.credentials)
        self.platform = self._platform()
        self._gate = Gate(self.platform) if self.platform is not None else None

    def of(self, app: AppSettings) -> Token | None:
        """The token of one mini-program: its own, the platform's token service's, or one that is renewed."""
        template = self._settings.app_access_token
        if app.access_token is not None:
            return AccessToken(app.access_token.reveal)
        if app.refresh_token is None and template is not None:
            return AccessToken(template.about(app.app.id).reveal)
        return self.renewed(app.app.id, app.refresh_token)

    def renewed(self, app_id: int, refresh_token: Secret | None = None) -> RenewedToken | None:
        """A mini-program's token that is renewed with the platform's; None where there is none of those."""
        if self._gate is None:
            return None
        seed = refresh_token.reveal if refresh_token is not None else None
        return RenewedToken(
            app_id,
            seed,
            credentials=self.credentials,
            oauth=self._oauth,
            gate=self._gate,
            now=wall_clock,
        )

    def renewing(self, apps: Iterable[AppSettings]) -> dict[int, RenewedToken]:
        """Those of them whose tokens are renewed, by number."""
        found = ((each.app.id, self.of(each)) for each in apps)
        return {app_id: token for app_id, token in found if isinstance(token, RenewedToken)}

    def _platform(self) -> Token | None:
        settings = self._settings
        if settings.access_token is not None:
            return AccessToken(settings.access_token.reveal)
        if settings.client_id:
            ticket = settings.ticket.reveal if settings.ticket is not None else None
            return TicketToken(
                settings.client_id,
                ticket,
                credentials=self.credentials,
                oauth=self._oauth,
                now=wall_clock,
            )
        return None


def platform_expiry(config: WatchConfig) -> TokenExpiry | None:
    """Until when the platform's own token is good; None where nobody can say. CredentialsError.

    Of mini-programs' nothing is said: theirs live an hour, and are renewed as long as this one is good.
    """
    lease = _platform_lease(config)
    return TokenExpiry(PLATFORM, lease.expires) if lease and lease.expires else None


def overdue_expiry(config: WatchConfig, now: datetime) -> TokenExpiry | None:
    """The same where it should have been renewed by ``now``, and was not. CredentialsError."""
    lease = _platform_lease(config)
    if lease is None or lease.is_fresh(now, SHARE_OF_LIFE, timedelta.max):
        return None
    return platform_expiry(config)


def _platform_lease(config: WatchConfig) -> Lease | None:
    platform = config.platform
    if platform.access_token is not None or not platform.client_id:
        return None
    record = Credentials(platform.credentials).platform()
    return record.lease if record.client_id == platform.client_id else None
