"""``[[receivers]]``, ``[[routes]]`` and ``[[digests]]``: who is told what, and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from smartapp_watch.alerts.routing import Route
from smartapp_watch.config.complaints import read_part
from smartapp_watch.config.document import Part
from smartapp_watch.config.receivers import read_receivers
from smartapp_watch.config.review import Names, check_schedule, refuse_repeats, refuse_unknown
from smartapp_watch.config.settings import DigestSettings, ReceiverSettings
from smartapp_watch.config.wording import show
from smartapp_watch.config.written import WrittenDigest, WrittenRoute
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.words import Language
from smartapp_watch.rules.rule import Severity


@dataclass(frozen=True)
class Delivery:
    """Who is told what."""

    receivers: tuple[ReceiverSettings, ...]
    routes: tuple[Route, ...]
    digests: tuple[DigestSettings, ...]


def read_delivery(top: Part, language: Language, folder: Path) -> Delivery:
    """The receivers and what goes to them, every mistake noted."""
    parts = list(top.tables("receivers"))
    receivers = tuple(read_receivers(parts, language, folder))
    # A receiver with a mistake is still the one that routes name.
    known = [name for part in parts if isinstance(name := part.data.get("name"), str)]
    routes = tuple(_read_routes(list(top.tables("routes")), known))
    digests = tuple(_read_digests(list(top.tables("digests")), known))
    _warn_of_silence(top, parts)
    return Delivery(receivers, routes, digests)


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
