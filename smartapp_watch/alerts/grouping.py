"""Which alerts are told together: what is due for a receiver becomes messages, each alert once. Pure.

What people were told of before is told where they were told of it; the rest opens a message of its own. One
message says what it is told to say again and again, until it has arrived: so what is in it is decided once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.impact import lost_users
from smartapp_watch.alerts.notification import AlertNotice, GroupNotice, Layout

MOST_ALONE = 5
"""So many alerts are told by mini-program; more are one message, by rule."""

OVER = (EventType.RESOLVE, EventType.CLOSED, EventType.RETRACT)
"""What ends an alert, or the word of it."""


@dataclass(frozen=True, slots=True)
class Due:
    """A row of the outbox about an alert, as far as it matters with which others it is told.

    ``thread``: the number of the message that told the receiver of the alert first; None where none did.
    ``waited``: it waited for the end of quiet hours.
    """

    id: int
    alert: int
    app_id: int | None
    thread: int | None = None
    only_shown: bool = False
    waited: bool = False


_Alert = list[Due]
"""The rows of one alert, oldest first; never empty."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """The rows that go out as one message, oldest first; the first lends it its key.

    ``layout``: None where it is about one alert alone.
    """

    rows: tuple[int, ...]
    layout: Layout | None = None


def parcels(due: Iterable[Due], *, updates: bool) -> list[Parcel]:
    """Every row in exactly one parcel, all those of an alert in the same one; in the order of their first.

    ``due``: oldest first. ``updates``: the receiver can show a message anew; then what follows on different
    messages is never put together.
    """
    waited, rest = _split(_by_alert(due), lambda alert: any(row.waited for row in alert))
    if len(waited) == 1:  # nothing to put together
        waited, rest = [], waited + rest
    opening, following = _split(rest, lambda alert: alert[0].thread is None)
    found = [_parcel(waited, Layout.QUIET)] if waited else []
    found += _followups(following, updates=updates)
    found += _openings(opening)
    return sorted(found, key=lambda parcel: parcel.rows)


def compose(notices: Sequence[AlertNotice], layout: Layout | None) -> AlertNotice | GroupNotice:
    """What a parcel says, from its rows' notices, oldest first: the newest of each alert.

    Where something is told, alerts of whom nothing is are left out.
    """
    told = {notice.alert: notice for notice in notices if not notice.only_shown}
    last = {notice.alert: notice for notice in notices}
    news = [_answered(notice, last[alert]) for alert, notice in told.items()]
    shown = news or list(last.values())
    if len(shown) == 1:
        return shown[0]
    layout = layout or layout_of(shown)
    return GroupNotice(layout, tuple(_ranked(shown, layout)))


def _answered(notice: AlertNotice, last: AlertNotice) -> AlertNotice:
    """``notice`` with what people answered to the alert by now."""
    return replace(notice, acked=last.acked, silenced=last.silenced)


def as_shown(notices: Sequence[AlertNotice], layout: Layout | None) -> AlertNotice | GroupNotice:
    """What a message would say by now, from the newest notices of its alerts."""
    return compose([replace(notice, only_shown=False) for notice in notices], layout)


def trimmed(notice: AlertNotice, rows: int) -> AlertNotice:
    """A notice for a message of so many rows: without the trend where it shows no charts."""
    return replace(notice, trend=None) if rows > MOST_ALONE else notice


def layout_of(notices: Sequence[AlertNotice]) -> Layout:
    """How several alerts are laid out that did not wait for anything."""
    return _layout([notice.app_id for notice in notices])


def _layout(apps: Sequence[int | None]) -> Layout:
    return Layout.APP if len(set(apps)) == 1 and len(apps) <= MOST_ALONE else Layout.RULES


def _by_alert(due: Iterable[Due]) -> list[_Alert]:
    alerts: dict[int, _Alert] = {}
    for row in due:
        alerts.setdefault(row.alert, []).append(row)
    return list(alerts.values())


def _split(alerts: list[_Alert], first: Callable[[_Alert], bool]) -> tuple[list[_Alert], list[_Alert]]:
    return [each for each in alerts if first(each)], [each for each in alerts if not first(each)]


def _followups(alerts: list[_Alert], *, updates: bool) -> Iterator[Parcel]:
    """One for each message that was followed up; or one for all, where each would be a message of its own."""
    told = [each for each in alerts if not all(row.only_shown for row in each)]
    if not updates and len(told) > MOST_ALONE:
        yield _parcel(alerts, Layout.RULES)
        return
    threads: dict[int | None, list[_Alert]] = {}
    for each in alerts:
        threads.setdefault(each[0].thread, []).append(each)
    yield from map(_parcel, threads.values())


def _openings(alerts: list[_Alert]) -> Iterator[Parcel]:
    if len(alerts) > MOST_ALONE:
        yield _parcel(alerts, Layout.RULES)
        return
    apps: dict[int | None, list[_Alert]] = {}
    for each in alerts:
        apps.setdefault(each[0].app_id, []).append(each)
    yield from map(_parcel, apps.values())


def _parcel(alerts: list[_Alert], layout: Layout | None = None) -> Parcel:
    rows = tuple(sorted(row.id for each in alerts for row in each))
    if len(alerts) == 1:
        return Parcel(rows)
    return Parcel(rows, layout or _layout([each[0].app_id for each in alerts]))


def _ranked(notices: Sequence[AlertNotice], layout: Layout) -> list[AlertNotice]:
    """Worst first; by rule, the rules that cost most first."""
    ranked = sorted(notices, key=badness)
    if layout is not Layout.RULES:
        return ranked
    costs: dict[str, float] = {}
    for notice in ranked:
        costs[notice.rule] = costs.get(notice.rule, 0.0) + (lost_users(notice) or 0.0)
    places = {rule: place for place, rule in enumerate(sorted(costs, key=lambda rule: -costs[rule]))}
    return sorted(ranked, key=lambda notice: places[notice.rule])


def badness(notice: AlertNotice) -> tuple[bool, int, bool, float]:
    """Open before over, the more severe first, then by the users lost, those of whom nobody knows last."""
    lost = lost_users(notice)
    return notice.type in OVER, -notice.severity.rank, lost is None, -(lost or 0.0)
