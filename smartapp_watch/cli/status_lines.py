"""What ``status`` says, on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from smartapp_watch.alerts.notification import ServiceNotice, Topic
from smartapp_watch.cli.queue import queue_lines
from smartapp_watch.cli.show import table_text
from smartapp_watch.errors import unknown_holidays
from smartapp_watch.health import bytes_words
from smartapp_watch.history.outbox import Undelivered
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.document import Document
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.text import one_line
from smartapp_watch.watch import Watch

_SHOWN = 10


def status_lines(
    document: Document, queue: Sequence[Undelivered], watch: Watch, *, every: bool
) -> Iterator[str]:
    """The answer first, then what it rests on. ``every``: each mini-program, however many there are."""
    found: dict[str, Any] = dict(document)
    yield from _answer(found, watch)
    yield ""
    yield from _figures(found, every=every)
    yield ""
    counts = found["open_by_severity"].items()
    by_severity = ", ".join(f"{count} {severity}" for severity, count in counts if count)
    yield f"open alerts: {found['open_alerts']}" + (f" ({by_severity})" if by_severity else "")
    yield from _cut(f"failures of the newest poll: {len(found['failures'])}", found["failures"], every=every)
    yield from queue_lines(queue, watch.quiet_hours, watch.clock(), watch.config.timezone)
    yield from _receivers(found, watch)
    if found["tokens"]:
        first = min(found["tokens"], key=lambda token: token["at"])
        yield f"tokens: the first runs out at {_moment(first['at'], watch)}, of {one_line(first['subject'])}"
    if found["unknown_year"]:
        warning = unknown_holidays(found["unknown_year"])
        yield f"calendar: {warning.what}; {warning.meant}"
    file = found["history"]
    yield f"history: {file['path']}, {bytes_words(file['bytes'])}{_growth(file)}"
    last, evaluated = _moment(found["last_poll"], watch), _moment(found["last_evaluation"], watch)
    yield f"last poll: {last}; last evaluation: {evaluated}; next poll: {_moment(found['next_poll'], watch)}"


def _growth(file: dict[str, Any]) -> str:
    a_day, days = file["bytes_a_day"], file["days_until_full"]
    free = f", {bytes_words(file['disk_free'])} free"
    if a_day is None:
        return free
    lasts = f", enough for {days:,.0f} days" if days is not None else ""
    return f", {'+' if a_day >= 0 else '−'}{bytes_words(abs(a_day))} a day{free}{lasts}"


def _answer(found: dict[str, Any], watch: Watch) -> Iterator[str]:
    """Whether it is well, on one line; then what ails it, each with what to do."""
    ailments = [notice_lines(each) for each in found["ailments"] if each["cause"] is None]
    heads = [head for head, _ in ailments]
    if found["overdue_since"]:
        heads.insert(0, f"no poll since {_moment(found['last_poll'], watch)}")
    if not heads:
        yield f"well: nothing ails the service; {len(found['apps'])} mini-programs are watched"
        return
    yield f"ill: {'; '.join(heads)}"
    if found["overdue_since"]:
        due = _moment(found["overdue_since"], watch)
        yield f"  One was due at {due}. See whether the service is running."
    yield from (f"  {body}" for _, body in ailments)


def notice_lines(ailment: dict[str, Any]) -> tuple[str, str]:
    """An ailment as its message would tell it: the headline, and the rest."""
    notice = ServiceNotice(
        topic=Topic(ailment["topic"]),
        error=ailment["error"],
        since=datetime.fromisoformat(ailment["since"]),
        receiver=ailment["receiver"],
        apps=tuple(ailment["apps"]),
        count=ailment["count"],
        of=ailment["of"],
    )
    message = Renderer().mail(notice, Language.EN)
    return message.subject, one_line(message.text.partition("\n-- \n")[0].strip())


def _figures(found: dict[str, Any], *, every: bool) -> Iterator[str]:
    """The newest figures: each mini-program where they are few, else those that lag."""
    apps = found["apps"]
    lagging = [app for app in apps if app["lags"]]
    for table in sorted({table for app in apps for table in app["newest"]}):
        newest = [app["newest"][table] for app in apps if table in app["newest"]]
        front = max(filter(None, newest), default=None)
        there = f"{front}, {newest.count(front)} of {len(newest)}" if front else "nothing yet"
        yield f"{table}: {there}"
    yield from (f"{table}: {newest or 'nothing yet'}" for table, newest in found["platform"].items())
    if not apps:
        yield "no mini-program is watched"
        return
    shown = apps if every or len(apps) <= _SHOWN else lagging[:_SHOWN]
    if shown:
        yield ""
        rows = [[app["id"], app["name"], _newest(app), _lags(app)] for app in shown]
        yield table_text(["mini-program", "name", "newest", "lags"], rows)
    if len(lagging) > len(shown):
        yield f"{len(lagging) - len(shown)} more lag; --all shows them"


def _newest(app: dict[str, Any]) -> str | None:
    return max(filter(None, app["newest"].values()), default=None)


def _lags(app: dict[str, Any]) -> str:
    return ", ".join(f"{table} {app['newest'][table] or 'never'}" for table in app["lags"])


def _cut(head: str, lines: Sequence[str], *, every: bool) -> Iterator[str]:
    yield head
    shown = lines if every else lines[:_SHOWN]
    yield from (f"  {one_line(line)}" for line in shown)
    if len(lines) > len(shown):
        yield f"  {len(lines) - len(shown)} more; --all shows them"


def _receivers(found: dict[str, Any], watch: Watch) -> Iterator[str]:
    states = [f"{each['receiver']} {each['state']}" for each in found["receivers"]]
    yield f"receivers: {', '.join(states) or 'none'}"
    for each in found["failing_receivers"]:
        since = _moment(each["since"], watch)
        yield f"  {each['receiver']}: since {since}, {one_line(each['error'])}"


def _moment(text: str | None, watch: Watch) -> str:
    if text is None:
        return "never"
    return f"{datetime.fromisoformat(text).astimezone(watch.config.timezone):%Y-%m-%d %H:%M}"
