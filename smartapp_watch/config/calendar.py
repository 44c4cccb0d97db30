"""``[calendar]``: the file of one's own events, and what they make of days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from smartapp_watch.config.complaints import read_part
from smartapp_watch.config.document import Part, read_document
from smartapp_watch.config.polling import Polling
from smartapp_watch.config.review import refuse_repeats, warn_unmatched
from smartapp_watch.config.wording import did_you_mean, show
from smartapp_watch.config.written import WrittenCalendar, WrittenOccasion
from smartapp_watch.rules.calendar import Calendar, DayKind
from smartapp_watch.rules.occasion import Occasion, Span

_EVENT = "event"
_WAYS = "`date`, or `from` and `to`"
_LONGEST = 366
_SATURDAY = 5
_OF_KINDS = ("effect", "before", "after", "apps", "tags")
_OF_ALL = "a holiday or a workday is one for everybody; leave it out"


def read_calendar(top: Part, path: Path | None, shown: str, polling: Polling) -> Calendar:
    """The calendar with the events of the file at ``path``, every mistake in it noted.

    ``top``: the settings as a whole. ``shown``: the file's path as people would type it.
    """
    if path is None:
        return Calendar()
    if not path.is_file():
        what = f"the events cannot be read from {show(path.name)}: there is no such file"
        top.table("calendar").mistake("events", what, "a file of [[event]] tables; it may be empty")
        return Calendar()
    document = read_document(path, shown, top.findings)
    if document is None:
        return Calendar()
    part = Part(document, top.findings)
    for key in part.data:
        if key != _EVENT:
            meant = did_you_mean(key, [_EVENT], "each event is an `[[event]]`")
            part.mistake(key, f"there is no `{key}` in a file of events", meant)
    overrides: dict[date, DayKind] = {}
    occasions: list[Occasion] = []
    for each in part.tables(_EVENT):
        written = read_part(each, WrittenOccasion, Path())
        span = _span(each, written) if written is not None else None
        if written is None or span is None:
            continue
        if written.kind is not None:
            _take_kinds(each, written, span, overrides)
        else:
            occasions.append(_occasion(each, written, span, polling))
    return Calendar(overrides, tuple(occasions))


def events_file(part: Part, folder: Path) -> Path | None:
    """Where the events are; None where there are none. Every mistake in ``[calendar]`` is noted."""
    written = read_part(part, WrittenCalendar, folder)
    return folder / written.events if written is not None and written.events is not None else None


def _span(part: Part, written: WrittenOccasion) -> Span | None:
    """The event's first and last day; of a yearly one that goes over New Year, the last in the next year."""
    match (written.date, written.begins, written.ends):
        case ((day, _), None, None):
            return day, day
        case (None, (first, yearly), (last, also_yearly)):
            if yearly is not also_yearly:
                what = "one of `from` and `to` has a year, and the other has none"
                part.mistake("to", what, "both, or neither")
                return None
            if yearly and last < first:
                last = last.replace(year=last.year + 1)
            return _checked(part, first, last)
    given = [key for key in ("date", "from", "to") if key in part.data]
    what = f"it has {' and '.join(f'`{key}`' for key in given)}" if given else "it does not say when"
    part.mistake(given[0] if given else (), f"this event is on no day: {what}", _WAYS)
    return None


def _checked(part: Part, first: date, last: date) -> Span | None:
    if last < first:
        part.mistake("to", "`to` is before `from`", "the event's last day")
        return None
    days = (last - first).days + 1
    if days > _LONGEST:
        part.mistake("to", f"the event lasts {days} days", f"at most a year, {_LONGEST} days")
        return None
    return first, last


def _occasion(part: Part, written: WrittenOccasion, span: Span, polling: Polling) -> Occasion:
    known = {
        "apps": [text for each in polling.apps for text in (str(each.app.id), each.app.name) if text],
        "tags": polling.tags,
    }
    for key, names in known.items():
        refuse_repeats(part, key, getattr(written, key) or ())
        if polling.complete:
            warn_unmatched(part, key, names)
    dated = written.date or written.begins
    return Occasion(
        name=written.name,
        first=span[0],
        last=span[1],
        yearly=dated is not None and dated[1],
        before=written.before,
        after=written.after,
        excludes=written.effect == "exclude",
        apps=tuple(written.apps or ()),
        tags=tuple(written.tags or ()),
    )


def _take_kinds(part: Part, written: WrittenOccasion, span: Span, overrides: dict[date, DayKind]) -> None:
    """Lay the event's days over the official calendar."""
    for key in _OF_KINDS:
        if key in part.data:
            part.mistake(key, f"`{key}` does not go with `kind`", _OF_ALL)
    dated = written.date or written.begins
    if dated is not None and dated[1]:
        meant = "a date with its year: each year has a notice of its own"
        part.mistake("kind", "`kind` on a day of every year", meant)
        return
    for day in _days(*span):
        kind = DayKind.HOLIDAY if written.kind == "holiday" else _worked(day)
        if overrides.setdefault(day, kind) is not kind:
            part.mistake("kind", f"{day} is a holiday and a workday in this file", "one of them")
            return


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(number)


def _worked(day: date) -> DayKind:
    """What a workday is: on a weekend it is worked for a day off, else a day like any other."""
    return DayKind.MAKE_UP if day.weekday() >= _SATURDAY else DayKind.ORDINARY
