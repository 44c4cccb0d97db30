"""Notices as JSON text, and back."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from smartapp_watch.alerts.notification import AlertNotice, DigestNotice, Kind, Queued, ServiceNotice

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_CLASSES = {each.kind: each for each in (AlertNotice, DigestNotice, ServiceNotice)}


def write_notice(notice: Queued) -> str:
    """A notice as JSON text."""
    return _adapter(notice.kind).dump_json(notice).decode()


def read_notice(kind: str, text: str) -> Queued:
    """The notice that :func:`write_notice` wrote; ValueError where the text is none."""
    notice: Queued = _adapter(Kind(kind)).validate_json(text)
    return notice


@cache
def _adapter(kind: Kind) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - slow to import, and most commands queue nothing

    return TypeAdapter(_CLASSES[kind])
