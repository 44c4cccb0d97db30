"""``[[receivers]]``: each kind of receiver with its settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

from smartapp_watch.config.complaints import read_part
from smartapp_watch.config.document import Part
from smartapp_watch.config.forms import is_loopback
from smartapp_watch.config.review import Names, check_address, check_exposure, check_secret, refuse_repeats
from smartapp_watch.config.secret import Secret, SecretSource
from smartapp_watch.config.settings import (
    AppriseSettings,
    EmailSettings,
    ReceiverSettings,
    RobotSettings,
    SlackSettings,
    WebhookSettings,
)
from smartapp_watch.config.wording import did_you_mean, listed, show
from smartapp_watch.config.written import (
    WrittenApprise,
    WrittenEmail,
    WrittenReceiver,
    WrittenRobot,
    WrittenSignedRobot,
    WrittenSlack,
    WrittenWebhook,
)
from smartapp_watch.metrics.words import Language

_PORTS = {"starttls": 587, "tls": 465, "none": 25}

R = TypeVar("R", bound=WrittenReceiver)
_Read = Callable[[Part, Language, Path], ReceiverSettings | None]


def read_receivers(parts: Sequence[Part], language: Language, folder: Path) -> Iterator[ReceiverSettings]:
    """The receivers without a mistake, every mistake noted; ``language``: of those that choose none."""
    names = Names("receiver")
    for part in parts:
        if isinstance(part.data.get("name"), str):
            names.add(part, part.data["name"])
        kind = part.data.get("kind")
        if not isinstance(kind, str) or kind not in READERS:
            _refuse_kind(part, kind)
            continue
        settings = READERS[kind](part, language, folder)
        if settings is not None:
            yield settings


def _refuse_kind(part: Part, kind: object) -> None:
    if kind is None:
        part.mistake("kind", "`kind` is missing", f"write kind = {listed(map(show, READERS))}")
    else:
        meant = did_you_mean(str(kind), READERS, f"one of {listed(READERS)}")
        part.mistake("kind", f"`kind` is {show(kind)}", meant)


def _slack(part: Part, written: WrittenSlack, language: Language) -> SlackSettings:
    if written.webhook_url is not None:
        for key in ("token", "channel", "api_url"):
            if key in part.data:
                part.mistake(
                    key, f"`{key}` beside `webhook_url`", "a webhook knows its channel; leave one of them out"
                )
        if written.app_token is not None:
            part.mistake("app_token", "`app_token` beside `webhook_url`", "buttons need a bot: `token`")
        check_address(part, "webhook_url", written.webhook_url, "as Slack gives it: https://…")
    elif written.token is None:
        part.mistake(
            "kind", "a Slack receiver has neither `token` nor `webhook_url`", "a token and a channel"
        )
    elif written.channel is None:
        part.mistake("token", "`channel` is missing", 'write channel = "#mini-program-alerts"')
    check_secret(part, "token", written.token)
    check_secret(part, "app_token", written.app_token)
    check_secret(part, "webhook_url", written.webhook_url)
    check_exposure(part, "api_url", written.api_url)
    return SlackSettings(
        written.name,
        language,
        written.channel or "",
        written.token,
        written.webhook_url,
        f"{written.api_url}/",
        written.app_token,
    )


def _email(part: Part, written: WrittenEmail, language: Language) -> EmailSettings:
    if (written.username is None) != (written.password is None):
        given, missing = ("username", "password") if written.password is None else ("password", "username")
        part.mistake(given, f"`{given}` without `{missing}`", "both, or neither")
    refuse_repeats(part, "to", written.to)
    check_secret(part, "password", written.password)
    if written.security == "none" and not is_loopback(written.host):
        what = "mail goes out unencrypted" + (", with its password" if written.password else "")
        part.warn("security", what, '"starttls" or "tls"')
    return EmailSettings(
        written.name,
        language,
        written.host,
        written.sender,
        tuple(written.to),
        written.port or _PORTS[written.security],
        written.security,
        written.username or "",
        written.password,
    )


def _robot(part: Part, written: WrittenRobot, language: Language) -> RobotSettings:
    secret = written.secret if isinstance(written, WrittenSignedRobot) else None
    check_address(part, "webhook_url", written.webhook_url, "as the robot's page shows it: https://…")
    check_secret(part, "webhook_url", written.webhook_url)
    check_secret(part, "secret", secret)
    return RobotSettings(written.name, language, written.kind, written.webhook_url, secret)


def _webhook(part: Part, written: WrittenWebhook, language: Language) -> WebhookSettings:
    check_address(part, "url", written.url, 'written "https://host/path"')
    if not _is_plain_address(written.url):
        check_secret(part, "url", written.url)
    check_secret(part, "secret", written.secret)
    return WebhookSettings(written.name, language, written.url, written.secret)


def _apprise(part: Part, written: WrittenApprise, language: Language) -> AppriseSettings:
    if find_spec("apprise") is None:
        what = 'receivers of kind "apprise" need Apprise, which is not installed here'
        part.mistake("kind", what, "pip install 'smartapp-watch[apprise]'")
    for secret in written.urls:
        check_secret(part, "urls", secret)
    return AppriseSettings(written.name, language, tuple(written.urls))


def _is_plain_address(address: Secret) -> bool:
    """Whether it stands in the file, and holds nothing that only secrets are written as."""
    return address.source is SecretSource.PLAIN and not set("?@#").intersection(address.reference[0])


def _reader(form: type[R], settings_of: Callable[[Part, R, Language], ReceiverSettings]) -> _Read:
    """What reads a receiver whose table has this form."""

    def read(part: Part, language: Language, folder: Path) -> ReceiverSettings | None:
        written = read_part(part, form, folder)
        if written is None:
            return None
        settings = settings_of(part, written, Language(written.language or language))
        return replace(settings, quiet_hours=written.quiet_hours)

    return read


READERS: Mapping[str, _Read] = {
    "slack": _reader(WrittenSlack, _slack),
    "email": _reader(WrittenEmail, _email),
    "dingtalk": _reader(WrittenSignedRobot, _robot),
    "feishu": _reader(WrittenSignedRobot, _robot),
    "wecom": _reader(WrittenRobot, _robot),
    "webhook": _reader(WrittenWebhook, _webhook),
    "apprise": _reader(WrittenApprise, _apprise),
}
"""What reads a receiver, by its ``kind``."""
