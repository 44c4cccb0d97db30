"""The messages that are not sent, as a document and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo

from smartapp_watch.alerts.quiet_hours import QuietHours
from smartapp_watch.history.outbox import MessageState, Undelivered
from smartapp_watch.notify.document import Document

_DEAD_SHOWN = 20


def is_quiet(each: Undelivered, quiet_hours: Mapping[str, QuietHours], now: datetime) -> bool:
    """Whether a message waits for the end of its receiver's quiet hours."""
    hours = quiet_hours.get(each.receiver)
    end = hours.end(now) if hours else None
    return end is not None and each.next_try == end and each.state is not MessageState.DEAD


def queue_document(each: Undelivered, *, quiet: bool) -> Document:
    """One message of ``status``."""
    return {
        "key": each.key,
        "receiver": each.receiver,
        "state": each.state,
        "tries": each.tries,
        "next_try": each.next_try.isoformat(),
        "quiet": quiet,
        "error": each.error,
    }


def queue_lines(
    queue: Sequence[Undelivered], quiet_hours: Mapping[str, QuietHours], now: datetime, zone: tzinfo
) -> Iterator[str]:
    """The messages in words: those that wait alike on one line, those that were given up each on its own."""
    dead = [each for each in queue if each.state is MessageState.DEAD]
    waits = Counter(
        (each.receiver, _wait(each, now, zone, quiet=is_quiet(each, quiet_hours, now)))
        for each in queue
        if each.state is not MessageState.DEAD
    )
    yield f"messages that wait: {waits.total()}"
    yield from (f"  {receiver}: {count} {words}" for (receiver, words), count in waits.items())
    yield f"messages given up: {len(dead)}"
    if len(dead) > _DEAD_SHOWN:
        yield f"  {len(dead) - _DEAD_SHOWN} earlier ones"
    for each in dead[-_DEAD_SHOWN:]:
        yield f"  {each.receiver}: {each.key.removesuffix(f'/{each.receiver}')}, {each.error}"


def _wait(each: Undelivered, now: datetime, zone: tzinfo, *, quiet: bool) -> str:
    if each.next_try <= now:
        return "for the next delivery" + (f", {each.error}" if each.error else "")
    until = f"until {each.next_try.astimezone(zone):%Y-%m-%d %H:%M}"
    if quiet:
        return f"{until}, the end of quiet hours"
    times = "once" if each.tries == 1 else f"{each.tries} times"
    return f"{until}, tried {times}: {each.error}" if each.error else until
