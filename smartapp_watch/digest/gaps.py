"""What a digest lacks: the days that nothing is known of, of whom, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from smartapp_watch.alerts.digest_parts import EMPTY, NOT_READ, STOPPED, UNPOLLED, Gap, Unread
from smartapp_watch.digest.scope import FIGURES, Scope, days_of
from smartapp_watch.history.database import History
from smartapp_watch.history.poll_log import Failure, NewestPoll
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Period

NAMES = 20
"""How many mini-programs of one gap are named."""

UNREAD = 10
_FEW = 3


def find_gaps(
    history: History, scope: Scope, period: Period, apps: Iterable[App], newest: NewestPoll
) -> tuple[Gap, ...]:
    """The days that nothing is known of, of ``apps``, all of which lack some; those that most lack first."""
    days = list(days_of(period))
    search = _Search.read(history, scope, days, tuple(apps), newest)
    groups: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for app, gap, cause in search.gaps():
        groups.setdefault((gap, cause), []).append(app.title)
    found = [Gap(gap, cause, tuple(names[:NAMES]), len(names)) for (gap, cause), names in groups.items()]
    return tuple(sorted(found, key=lambda gap: -gap.count))


@dataclass(frozen=True, slots=True)
class _Search:
    """What is known of the days of some mini-programs: ``filled`` with figures, ``read``, or failed at."""

    days: tuple[str, ...]
    apps: tuple[App, ...]
    unpolled: frozenset[int]
    filled: frozenset[tuple[int | None, str]]
    read_at_all: frozenset[tuple[int | None, str]]
    failed: Mapping[tuple[int | None, str], str]
    rest: str

    @classmethod
    def read(
        cls, history: History, scope: Scope, days: list[Period], apps: tuple[App, ...], newest: NewestPoll
    ) -> _Search:
        ids = [app.id for app in apps]
        rows = history.observations.rows(FIGURES, days, ("user_count",), (), ids)
        failures = [each for each in newest.failures if each.report == FIGURES.name]
        return cls(
            days=tuple(map(str, days)),
            apps=apps,
            unpolled=scope.unpolled,
            filled=frozenset((row.app_id, row.period) for row in rows if row.values[0] is not None),
            read_at_all=frozenset(history.observations.maturity(FIGURES, days, app_ids=ids)),
            failed={
                (each.app_id, str(day)): each.kind for each in failures for day in days if _is_of(each, day)
            },
            rest=STOPPED if newest.stopped else NOT_READ,
        )

    def gaps(self) -> Iterator[tuple[App, tuple[str, ...], str]]:
        """Of each mini-program the days that are missing, by why they are."""
        for app in self.apps:
            by_cause: dict[str, list[str]] = {}
            for day in self.days:
                if (app.id, day) not in self.filled:
                    by_cause.setdefault(self._cause(app.id, day), []).append(day)
            for cause, days in by_cause.items():
                yield app, tuple(days), cause

    def _cause(self, app_id: int, day: str) -> str:
        if app_id in self.unpolled:
            return UNPOLLED
        if (app_id, day) in self.failed:
            return self.failed[app_id, day]
        return EMPTY if (app_id, day) in self.read_at_all else self.rest


def _is_of(failure: Failure, day: Period) -> bool:
    first, _, last = failure.period.partition("..")
    return first <= str(day) <= (last or first)


def group_failures(scope: Scope, newest: NewestPoll) -> list[Unread]:
    """What the newest poll failed at, by report, span and reason; what concerns most comes first."""
    names = {app.id: app.title for app in scope.apps}
    groups: dict[tuple[str, str, str, str], list[str]] = {}
    for each in newest.failures:
        key = (each.report, each.period, each.kind, " ".join(each.message.split()))
        if each.app_id in names:
            groups.setdefault(key, []).append(names[each.app_id])
        elif each.app_id is None and scope.of_platform:
            groups.setdefault(key, [])
    found = [Unread(*key, tuple(who[:_FEW]), len(who)) for key, who in groups.items()]
    return sorted(found, key=lambda unread: -unread.count)
