"""``[[maintenance]]``: when alerts are not told, since somebody works on what they watch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path

from smartapp_watch.alerts.silence import Maintenance, Matchers, Once, Recurring
from smartapp_watch.config.complaints import read_part
from smartapp_watch.config.document import Part
from smartapp_watch.config.review import check_schedule, refuse_repeats
from smartapp_watch.config.written import WrittenMaintenance

_WAYS = "`from` and `to`, or `schedule` and `duration`"


def read_maintenance(top: Part, zone: tzinfo) -> tuple[Maintenance, ...]:
    """The maintenance windows, every mistake in them noted; times without a zone are meant in ``zone``."""
    return tuple(_read_windows(top, zone))


def _read_windows(top: Part, zone: tzinfo) -> Iterator[Maintenance]:
    for part in top.tables("maintenance"):
        written = read_part(part, WrittenMaintenance, Path())
        if written is None:
            continue
        for key in ("rules", "apps", "tags"):
            refuse_repeats(part, key, getattr(written, key) or ())
        window = _window(part, written, zone)
        if window is not None:
            yield Maintenance(
                Matchers(tuple(written.rules or ()), tuple(written.apps or ()), tuple(written.tags or ())),
                window,
                written.because,
                f"{part.document.shown}:{part.line}",
            )


def _window(part: Part, written: WrittenMaintenance, zone: tzinfo) -> Once | Recurring | None:
    match (written.begins, written.ends, written.schedule, written.duration):
        case (datetime() as begins, datetime() as ends, None, None):
            return _once(part, _in_zone(begins, zone), _in_zone(ends, zone))
        case (None, None, str() as schedule, duration) if duration is not None:
            check_schedule(part, "schedule", schedule)
            return Recurring(schedule, duration, zone)
    given = [key for key in ("from", "to", "schedule", "duration") if key in part.data]
    what = f"it has {' and '.join(f'`{key}`' for key in given)}" if given else "it does not say when"
    part.mistake(given[0] if given else (), f"this maintenance is no window: {what}", _WAYS)
    return None


def _once(part: Part, begins: datetime, ends: datetime) -> Once:
    if ends <= begins:
        part.mistake("to", "`to` is not after `from`", "the end of the window")
    return Once(begins, ends)


def _in_zone(moment: datetime, zone: tzinfo) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
