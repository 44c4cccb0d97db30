"""The settings of ``watch.toml`` as the rest of the program sees them: checked, complete, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from zoneinfo import ZoneInfo

from smartapp_watch.alerts.routing import Route
from smartapp_watch.alerts.silence import Maintenance
from smartapp_watch.config.secret import Secret
from smartapp_watch.metrics.catalog import TABLES, TP_DATA
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.report import Table
from smartapp_watch.metrics.words import Language
from smartapp_watch.rules.calendar import Calendar
from smartapp_watch.rules.rule import Rule
from smartapp_watch.rules.rule_test import RuleTest


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """``[history]``; days of 0 keep all."""

    path: Path
    keep_days: int = 0
    keep_breakdown_days: int = 400


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """``[api]``; ``timeout`` is of one attempt as a whole.

    ``proxies``: scheme to address, from the variables that the surroundings set for everybody
    (``https_proxy``, ``no_proxy``).
    """

    base_url: str = "https://openapi.baidu.com"
    requests_per_second: float = 20
    concurrency: int = 8
    timeout: timedelta = timedelta(seconds=10)
    proxies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EventsSettings:
    """``[platform.events]``: where Baidu's pushes come in, and what they are signed and encrypted with."""

    host: str
    port: int
    path: str
    token: Secret
    aes_key: Secret


@dataclass(frozen=True, slots=True)
class PlatformSettings:
    """``[platform]``: the third-party platform's own account.

    Its token is given, or obtained for ``client_id`` with a ticket: that of ``ticket``, else the newest that
    was received. ``app_access_token``: where each mini-program's comes from, with ``{app_id}`` in it.
    ``credentials``: the file of renewed tokens. ``adopt_apps``: what authorises the platform is watched.
    ``events``: where Baidu's pushes come in; None where no port is opened.
    """

    access_token: Secret | None = None
    scenes: tuple[str, ...] = ()
    client_id: str = ""
    ticket: Secret | None = None
    app_access_token: Secret | None = None
    credentials: Path = Path("credentials.json")
    adopt_apps: bool = False
    events: EventsSettings | None = None

    @property
    def has_token(self) -> bool:
        """Whether the platform's own token can be had, and with it those of its mini-programs."""
        return self.access_token is not None or bool(self.client_id)


@dataclass(frozen=True, slots=True)
class PollSettings:
    """``[poll]``; ``reports`` and ``granularity`` as written, in the order of the catalog.

    ``settle_is_learned``: it is "auto", and ``settle`` what stands in until enough is known.
    """

    schedule: str = "7,37 8-23 * * *"
    reports: tuple[str, ...] = ("user_trend", "activity_user", "retained_user", "visit_page", "source")
    granularity: tuple[Granularity, ...] = (Granularity.DAY,)
    history_days: int = 60
    settle: timedelta = timedelta(hours=9)
    recheck_days: int = 7
    settle_is_learned: bool = False


@dataclass(frozen=True, slots=True)
class AppSettings:
    """One mini-program: its token, if it is its own, and the tables polled for it.

    ``enrolled``: nobody listed it; ``apps add`` or Baidu's pushes brought it.
    """

    app: App
    access_token: Secret | None
    tables: tuple[Table, ...]
    refresh_token: Secret | None = None
    enrolled: bool = False


QuietTimes = tuple[time, time]
"""From when to when a receiver is left alone, in the settings' time zone."""


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """A receiver of kind ``slack``: a bot's token and a channel, or a webhook's address.

    ``app_token``: of the app that the bot belongs to; with it, messages have buttons.
    """

    name: str
    language: Language
    channel: str = ""
    token: Secret | None = None
    webhook_url: Secret | None = None
    api_url: str = "https://slack.com/api/"
    app_token: Secret | None = None
    quiet_hours: QuietTimes | None = None


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """A receiver of kind ``email``. ``security``: ``starttls``, ``tls`` or ``none``."""

    name: str
    language: Language
    host: str
    sender: str
    to: tuple[str, ...]
    port: int = 587
    security: str = "starttls"
    username: str = ""
    password: Secret | None = None
    quiet_hours: QuietTimes | None = None


@dataclass(frozen=True, slots=True)
class RobotSettings:
    """A receiver of kind ``dingtalk``, ``feishu`` or ``wecom``: a robot in a chat.

    ``secret``: what its messages are signed with, where it wants that.
    """

    name: str
    language: Language
    kind: str
    webhook_url: Secret
    secret: Secret | None = None
    quiet_hours: QuietTimes | None = None


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """A receiver of kind ``webhook``. ``secret``: what requests are signed with."""

    name: str
    language: Language
    url: Secret
    secret: Secret | None = None
    quiet_hours: QuietTimes | None = None


@dataclass(frozen=True, slots=True)
class AppriseSettings:
    """A receiver of kind ``apprise``: the addresses of services, each with its secrets in it."""

    name: str
    language: Language
    urls: tuple[Secret, ...]
    quiet_hours: QuietTimes | None = None


ReceiverSettings = SlackSettings | EmailSettings | RobotSettings | WebhookSettings | AppriseSettings


@dataclass(frozen=True, slots=True)
class DigestSettings:
    """One ``[[digests]]``; ``period`` is DAY or WEEK; without ``language`` each receiver's own."""

    name: str
    period: Granularity
    schedule: str
    wait: timedelta
    receivers: tuple[str, ...]
    tags: tuple[str, ...] = ()
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """``[service]``: how others see that the daemon works.

    ``heartbeat_url``: where each cycle is told of; the address is a secret. ``metrics_port``: of loopback.
    """

    heartbeat_url: Secret | None = None
    metrics_port: int | None = None


@dataclass(frozen=True, slots=True)
class PersonSettings:
    """One ``[[web.people]]``: who signs in to the pages with this token."""

    name: str
    token: Secret


@dataclass(frozen=True, slots=True)
class WebSettings:
    """``[web]``: where the pages are, and who may see them.

    ``url``: how people reach them, without a slash at its end; empty where nobody said. ``session``: how long
    one stays signed in. ``proxy_header``: in which the proxies of ``trusted_proxies`` say who asks.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    url: str = ""
    session: timedelta = timedelta(days=7)
    people: tuple[PersonSettings, ...] = ()
    proxy_header: str = ""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()

    @property
    def knows_people(self) -> bool:
        """Whether it finds out who asks; else everybody on this machine may read and answer."""
        return bool(self.people or self.proxy_header)


class TokenWay(StrEnum):
    """Where a mini-program's access token comes from."""

    SETTINGS = "settings"
    SERVICE = "service"
    RENEWED = "renewed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class WatchConfig:
    """Everything that ``watch.toml`` and the rule files say. ``file`` is the settings' own path."""

    file: Path
    timezone: ZoneInfo
    language: Language
    history: HistorySettings
    api: ApiSettings
    platform: PlatformSettings
    poll: PollSettings
    apps: tuple[AppSettings, ...]
    receivers: tuple[ReceiverSettings, ...]
    routes: tuple[Route, ...]
    digests: tuple[DigestSettings, ...]
    maintenance: tuple[Maintenance, ...] = ()
    service: ServiceSettings = ServiceSettings()
    web: WebSettings | None = None
    calendar: Calendar = field(default_factory=Calendar)
    rules: tuple[Rule, ...] = ()
    tests: tuple[RuleTest, ...] = ()
    templates: Path | None = None
    warnings: tuple[str, ...] = field(default=())

    def way_of(self, app: AppSettings) -> TokenWay:
        """Where a mini-program's access token comes from; it is not polled where there is none."""
        if app.access_token is not None:
            return TokenWay.SETTINGS
        if app.refresh_token is None and self.platform.app_access_token is not None:
            return TokenWay.SERVICE
        return TokenWay.RENEWED if self.platform.has_token else TokenWay.NONE

    @property
    def site(self) -> str:
        """The address of the pages that messages lead to; empty where people cannot reach any."""
        return self.web.url if self.web is not None else ""

    @property
    def polls_platform(self) -> bool:
        """Whether ``tp_data`` is polled: once, for the platform, wherever there is a token for it."""
        return self.platform.has_token

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table that something polls, in the order of the catalog."""
        polled = {table.name for app in self.apps for table in app.tables}
        if self.polls_platform:
            polled.add(TP_DATA.name)
        return tuple(table for name, table in TABLES.items() if name in polled)
