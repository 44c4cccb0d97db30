"""What ``watch.toml`` may hold, as it is written: every key, its form and its default."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from smartapp_watch.config import forms, secret_form
from smartapp_watch.config.secret import Secret

Line = Annotated[str, PlainValidator(forms.line_of_text)]
Name = Annotated[str, PlainValidator(forms.name)]
FilePath = Annotated[str, PlainValidator(forms.path)]
Duration = Annotated[timedelta, PlainValidator(forms.duration)]
Moment = Annotated[datetime, PlainValidator(forms.moment)]
Day = Annotated[tuple[date, bool], PlainValidator(forms.day)]
AppId = Annotated[int, PlainValidator(forms.app_id)]
Scene = Annotated[str, PlainValidator(forms.scene)]
SecretSource = Annotated[Secret, PlainValidator(secret_form.secret)]
WebAddress = Annotated[str, PlainValidator(forms.web_address)]
MailAddress = Annotated[str, PlainValidator(forms.address)]
Host = Annotated[str, PlainValidator(forms.host)]
QuietTimes = Annotated[tuple[time, time], PlainValidator(forms.quiet_hours)]
LanguageWord = Literal["zh", "en"]
SeverityWord = Literal["info", "warning", "critical"]
GranularityWord = Literal["hour", "day", "week", "month"]
Names = Annotated[list[Name], Field(min_length=1)]


class Written(BaseModel):
    """A table of ``watch.toml`` or of a rule file."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, hide_input_in_errors=True
    )


class WrittenTop(Written):
    """The keys above the first table."""

    timezone: Line = "Asia/Shanghai"
    language: LanguageWord = "zh"
    rules: FilePath = "rules"
    templates: FilePath = "templates"
    apps_file: FilePath | None = None


class WrittenHistory(Written):
    """``[history]``."""

    path: FilePath = "history.db"
    keep_days: int = Field(0, ge=0, le=36500)
    keep_breakdown_days: int = Field(400, ge=0, le=36500)


class WrittenApi(Written):
    """``[api]``."""

    base_url: WebAddress = "https://openapi.baidu.com"
    requests_per_second: float = Field(20, gt=0, le=1000)
    concurrency: int = Field(8, ge=1, le=64)
    timeout: Annotated[timedelta, PlainValidator(forms.timeout)] = timedelta(seconds=10)


class WrittenPlatform(Written):
    """``[platform]``."""

    client_id: Name | None = None
    access_token: SecretSource | None = None
    ticket: SecretSource | None = None
    app_access_token: SecretSource | None = None
    credentials: FilePath = "credentials.json"
    adopt_apps: bool = False
    scenes: list[Scene] = []


class WrittenEvents(Written):
    """``[platform.events]``."""

    listen: Annotated[tuple[str, int], PlainValidator(forms.listen)] = ("127.0.0.1", 8765)
    path: Annotated[str, PlainValidator(forms.url_path)] = "/"
    token: SecretSource = Field(examples=['{ env = "TP_MESSAGE_TOKEN" }'])
    aes_key: SecretSource = Field(examples=['{ env = "TP_AES_KEY" }'])


class WrittenPoll(Written):
    """``[poll]``."""

    schedule: Line = "7,37 8-23 * * *"
    reports: Names = ["user_trend", "activity_user", "retained_user", "visit_page", "source"]
    granularity: Annotated[list[GranularityWord], Field(min_length=1)] = ["day"]
    history_days: int = Field(60, ge=1, le=3660)
    settle: Annotated[timedelta | None, PlainValidator(forms.settle)] = timedelta(hours=9)
    recheck_days: int = Field(7, ge=1, le=90)


class WrittenApp(Written):
    """One ``[[apps]]``."""

    id: AppId = Field(examples=['"15263713"'])
    name: Line = ""
    tags: list[Name] = []
    access_token: SecretSource | None = None
    refresh_token: SecretSource | None = None
    reports: Names | None = None


class WrittenReceiver(Written):
    """What every ``[[receivers]]`` has."""

    name: Name = Field(examples=['"ops"'])
    kind: str
    language: LanguageWord | None = None
    quiet_hours: QuietTimes | None = None


class WrittenSlack(WrittenReceiver):
    """A receiver of kind ``slack``."""

    channel: Name | None = None
    token: SecretSource | None = None
    app_token: SecretSource | None = None
    webhook_url: SecretSource | None = None
    api_url: WebAddress = "https://slack.com/api"


class WrittenEmail(WrittenReceiver):
    """A receiver of kind ``email``."""

    host: Host = Field(examples=['"smtp.example.com"'])
    port: int | None = Field(None, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: Name | None = None
    password: SecretSource | None = None
    sender: MailAddress = Field(alias="from", examples=['"smartapp-watch <watch@example.com>"'])
    to: Annotated[list[MailAddress], Field(min_length=1, examples=['["growth@example.com"]'])]


class WrittenRobot(WrittenReceiver):
    """A receiver of kind ``wecom``: a robot in a chat, whose address is the secret."""

    webhook_url: SecretSource = Field(examples=['{ env = "ROBOT_WEBHOOK" }'])


class WrittenSignedRobot(WrittenRobot):
    """A receiver of kind ``dingtalk`` or ``feishu``: such a robot, which may want its messages signed."""

    secret: SecretSource | None = None


class WrittenWebhook(WrittenReceiver):
    """A receiver of kind ``webhook``: any program that takes JSON."""

    url: SecretSource = Field(examples=['"https://example.com/alerts"'])
    secret: SecretSource | None = None


class WrittenApprise(WrittenReceiver):
    """A receiver of kind ``apprise``: addresses of services as Apprise writes them."""

    urls: Annotated[tuple[Secret, ...], PlainValidator(secret_form.secrets)] = Field(
        examples=['[{ env = "APPRISE_URL" }]']
    )


class WrittenRoute(Written):
    """One ``[[routes]]``."""

    receivers: Annotated[Names, Field(examples=['["ops"]'])]
    severity: Annotated[list[SeverityWord], Field(min_length=1)] | None = None
    tags: Names | None = None
    apps: Names | None = None
    rules: Names | None = None


class WrittenDigest(Written):
    """One ``[[digests]]``."""

    name: Name = Field(examples=['"weekly"'])
    period: Literal["day", "week"] = Field(examples=['"week"'])
    schedule: Line = Field(examples=['"7 10 * * mon"'])
    wait: Duration = timedelta(hours=36)
    receivers: Annotated[Names, Field(examples=['["growth"]'])]
    tags: Names | None = None
    language: LanguageWord | None = None


class WrittenMaintenance(Written):
    """One ``[[maintenance]]``."""

    rules: Names | None = None
    apps: Names | None = None
    tags: Names | None = None
    begins: Moment | None = Field(None, alias="from")
    ends: Moment | None = Field(None, alias="to")
    schedule: Line | None = None
    duration: Duration | None = None
    because: Line = ""


class WrittenCalendar(Written):
    """``[calendar]``."""

    events: FilePath | None = None


class WrittenOccasion(Written):
    """One ``[[event]]`` of the calendar's file."""

    name: Name = Field(examples=['"618"'])
    date: Day | None = None
    begins: Day | None = Field(None, alias="from")
    ends: Day | None = Field(None, alias="to")
    before: int = Field(0, ge=0, le=60)
    after: int = Field(0, ge=0, le=60)
    effect: Literal["annotate", "exclude"] | None = None
    kind: Literal["holiday", "workday"] | None = None
    apps: Names | None = None
    tags: Names | None = None


class WrittenService(Written):
    """``[service]``."""

    heartbeat_url: SecretSource | None = None
    metrics_port: int | None = Field(None, ge=1, le=65535)


class WrittenWeb(Written):
    """``[web]``."""

    listen: Annotated[tuple[str, int], PlainValidator(forms.listen)] = ("127.0.0.1", 8080)
    url: Annotated[str, PlainValidator(forms.web_root)] = ""
    session: Duration = timedelta(days=7)
    proxy_header: Annotated[str, PlainValidator(forms.header_name)] = ""
    trusted_proxies: list[Annotated[IPv4Network | IPv6Network, PlainValidator(forms.network)]] = []


class WrittenPerson(Written):
    """One ``[[web.people]]``."""

    name: Name = Field(examples=['"zhang.wei"'])
    token: SecretSource = Field(examples=['{ env = "WEB_TOKEN_ZHANG" }'])


TABLES: dict[str, type[Written]] = {
    "history": WrittenHistory,
    "api": WrittenApi,
    "platform": WrittenPlatform,
    "poll": WrittenPoll,
    "calendar": WrittenCalendar,
    "service": WrittenService,
    "web": WrittenWeb,
}
"""The tables that stand once."""

NESTED: dict[str, type[Written]] = {"platform.events": WrittenEvents}
"""The tables within those."""

REPEATED: dict[str, tuple[type[Written], ...]] = {
    "apps": (WrittenApp,),
    "receivers": (
        WrittenSlack,
        WrittenEmail,
        WrittenSignedRobot,
        WrittenRobot,
        WrittenWebhook,
        WrittenApprise,
    ),
    "routes": (WrittenRoute,),
    "digests": (WrittenDigest,),
    "maintenance": (WrittenMaintenance,),
    "web.people": (WrittenPerson,),
}
"""The tables that are repeated, each with its kinds; some of them within those that stand once."""
