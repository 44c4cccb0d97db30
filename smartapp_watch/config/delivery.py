"""``[[receivers]]``, ``[[routes]]`` and ``[[digests]]``: who is told what, and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from smartapp_watch.alerts.routing import Route
from smartapp_watch.config.complaints import read_part
from smartapp_watch.config.document import Part
from smartapp_watch.config.forms import is_loopback
from smartapp_watch.config.review import (
    Names,
    check_exposure,
    check_schedule,
    check_secret,
    refuse_repeats,
    refuse_unknown,
)
from smartapp_watch.config.secret import Secret, SecretSource
from smartapp_watch.config.settings import DigestSettings, EmailSettings, ReceiverSettings, SlackSettings
from smartapp_watch.config.wording import did_you_mean, listed, show
from smartapp_watch.config.written import (
    UNBUILT_RECEIVERS,
    WrittenDigest,
    WrittenEmail,
    WrittenRoute,
    WrittenSlack,
)
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.words import Language
from smartapp_watch.rules.rule import Severity

_KINDS = ("slack", "email")
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True)
class Delivery:
    """Who is told what."""

    receivers: tuple[ReceiverSettings, ...]
    routes: tuple[Route, ...]
    digests: tuple[DigestSettings, ...]


def read_delivery(top: Part, language: Language, folder: Path) -> Delivery:
    """The receivers and what goes to them, every mistake noted."""
    parts = list(top.tables("receivers"))
    receivers = tuple(_read_receivers(parts, language, folder))
    # A receiver with a mistake is still the one that routes name.
    known = [name for part in parts if isinstance(name := part.data.get("name"), str)]
    routes = tuple(_read_routes(list(top.tables("routes")), known))
    digests = tuple(_read_digests(list(top.tables("digests")), known))
    _warn_of_silence(top, parts)
    return Delivery(receivers, routes, digests)


def _read_receivers(parts: Sequence[Part], language: Language, folder: Path) -> Iterator[ReceiverSettings]:
    names = Names("receiver")
    for part in parts:
        if isinstance(part.data.get("name"), str):
            names.add(part, part.data["name"])
        match part.data.get("kind"):
            case "slack":
                slack = read_part(part, WrittenSlack, folder)
                if slack is not None:
                    yield _slack(part, slack, language)
            case "email":
                email = read_part(part, WrittenEmail, folder)
                if email is not None:
                    yield _email(part, email, language)
            case kind:
                _refuse_kind(part, kind)


def _refuse_kind(part: Part, kind: object) -> None:
    if kind is None:
        part.mistake("kind", "`kind` is missing", f"write kind = {listed(map(show, _KINDS))}")
    elif isinstance(kind, str) and kind in UNBUILT_RECEIVERS:
        what = f"receivers of kind {show(kind)} are not built yet in this version"
        part.mistake("kind", what, listed(map(show, _KINDS)))
    else:
        meant = did_you_mean(str(kind), _KINDS, f"one of {listed(_KINDS)}")
        part.mistake("kind", f"`kind` is {show(kind)}", meant)


def _slack(part: Part, written: WrittenSlack, language: Language) -> SlackSettings:
    if written.webhook_url is not None:
        for key in ("token", "channel", "api_url"):
            if key in part.data:
                part.mistake(
                    key, f"`{key}` beside `webhook_url`", "a webhook knows its channel; leave one of them out"
                )
        _check_webhook(part, written.webhook_url)
    elif written.token is None:
        part.mistake(
            "kind", "a Slack receiver has neither `token` nor `webhook_url`", "a token and a channel"
        )
    elif written.channel is None:
        part.mistake("token", "`channel` is missing", 'write channel = "#mini-program-alerts"')
    check_secret(part, "token", written.token)
    check_secret(part, "webhook_url", written.webhook_url)
    check_exposure(part, "api_url", written.api_url)
    return SlackSettings(
        written.name,
        Language(written.language or language),
        written.channel or "",
        written.token,
        written.webhook_url,
        f"{written.api_url}/",
    )


def _check_webhook(part: Part, webhook: Secret) -> None:
    """Look at an address that stands in the file itself; it is a secret, so it is not shown."""
    if webhook.source is SecretSource.PLAIN and not webhook.reference[0].startswith(("https://", "http://")):
        part.mistake(
            "webhook_url", "`webhook_url` is no http or https address", "as Slack gives it: https://…"
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
        Language(written.language or language),
        written.host,
        written.sender,
        tuple(written.to),
        written.port or _PORTS[written.security],
        written.security,
        written.username or "",
        written.password,
    )


def _read_routes(parts: Sequence[Part], receivers: Sequence[str]) -> Iterator[Route]:
    for part in parts:
        written = read_part(part, WrittenRoute, Path())
        if written is None:
            continue
        refuse_unknown(part, "receivers", written.receivers, receivers, "receiver")
        for key in ("severity", "tags", "apps", "rules"):
            refuse_repeats(part, key, getattr(written, key) or ())
        yield Route(
            tuple(written.receivers),
            tuple(map(Severity, written.severity or ())),
            tuple(written.tags or ()),
            tuple(written.apps or ()),
            tuple(written.rules or ()),
        )


def _read_digests(parts: Sequence[Part], receivers: Sequence[str]) -> Iterator[DigestSettings]:
    names = Names("digest")
    for part in parts:
        written = read_part(part, WrittenDigest, Path())
        if written is None:
            continue
        names.add(part, written.name)
        check_schedule(part, "schedule", written.schedule)
        refuse_unknown(part, "receivers", written.receivers, receivers, "receiver")
        refuse_repeats(part, "tags", written.tags or ())
        yield DigestSettings(
            written.name,
            Granularity(written.period),
            written.schedule,
            written.wait,
            tuple(written.receivers),
            tuple(written.tags or ()),
            Language(written.language) if written.language else None,
        )


def _warn_of_silence(top: Part, receivers: Sequence[Part]) -> None:
    """Warn where nobody would be told of an alert, and of receivers that get nothing."""
    if not top.data.get("routes"):
        top.warn(
            "routes", "there are no routes: nobody is told of an alert", "a [[routes]] with its receivers"
        )
    used = {
        name
        for key in ("routes", "digests")
        for part in top.tables(key)
        for name in _texts(part.data.get("receivers"))
    }
    for part in receivers:
        name = part.data.get("name")
        if isinstance(name, str) and name not in used:
            part.warn(
                "name", f"the receiver {show(name)} gets nothing", "name it in a [[routes]] or [[digests]]"
            )


def _texts(value: object) -> list[str]:
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []
