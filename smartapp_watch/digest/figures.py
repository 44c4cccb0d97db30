"""The figures of a digest: of the fleet, of each mini-program, and whose moved most.

The history adds up by itself; what comes here is a few numbers for each mini-program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from statistics import median

from smartapp_watch.alerts.digest_parts import AppLine, Total
from smartapp_watch.digest.scope import FIGURES, Scope, days_of
from smartapp_watch.history.database import History
from smartapp_watch.history.observations import Sum
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Period, periods_between

LINES_WITH_DAYS = 40
"""Of how many mini-programs the single days are kept: no message shows more of them."""

MOVERS = 5
MOVER_USERS = 100
"""How many users a day a mini-program needs, before or now, for its change to be worth a word."""
MOVER_PERCENT = 10

_METRICS = ("user_count", "session_count", "new_user_count")
_AVERAGED = ("user_count",)
_WEEKS = 4
_SHOWN_DAYS = 7
_DIGITS = 2

_Sums = tuple[Sum, ...]
_Value = Callable[[Sum], float]


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of a period, and of the same one in each of the four weeks before.

    ``sums``: by mini-program, the sums of each metric; the period itself comes first.
    """

    days: int
    sums: tuple[Mapping[int, _Sums], ...]
    daily: Mapping[str, tuple[float | None, ...]]

    @classmethod
    def read(cls, history: History, scope: Scope, period: Period) -> Figures:
        """Read a few numbers for each mini-program."""
        ids = [app.id for app in scope.apps]
        spans = [list(days_of(period.weeks_before(weeks))) for weeks in range(_WEEKS + 1)]
        observations = history.observations
        sums = tuple(dict(observations.sums_of_apps(FIGURES, span, _METRICS, ids)) for span in spans)
        days = _shown_days(period)
        by_day = dict(observations.sums_of_periods(FIGURES, days, _METRICS, ids))
        daily = {
            metric: tuple(_known(by_day.get(str(day)), number) for day in days)
            for number, metric in enumerate(_METRICS)
        }
        return cls(len(spans[0]), sums, daily)

    def totals(self, apps: Iterable[App]) -> tuple[Total, ...]:
        """The totals of the fleet."""
        ids = [app.id for app in apps]
        return tuple(
            replace(self._total(number, ids), daily=self.daily[metric])
            for number, metric in enumerate(_METRICS)
        )

    def line(self, app: App, alerts: int = 0, near_misses: int = 0) -> AppLine:
        """One mini-program, without its single days."""
        totals = tuple(self._total(number, (app.id,)) for number in range(len(_METRICS)))
        return AppLine(app.id, app.title, totals, self.days_known(app), alerts, near_misses)

    def days_known(self, app: App) -> int:
        """How many days of the period there are users of."""
        found = self.sums[0].get(app.id)
        return found[0].known if found else 0

    def _total(self, number: int, ids: Iterable[int]) -> Total:
        metric = _METRICS[number]
        a_day = metric in _AVERAGED and self.days > 1
        value: _Value = _average if a_day else _sum
        present, before = self.sums[0], self.sums[1]
        known = [found[number] for app in ids if (found := present.get(app)) and found[number].known]
        both = [app for app in ids if self._is_whole(app, number, 1)]
        all_weeks = [app for app in both if self._is_whole(app, number, _WEEKS)]

        def of(apps: list[int], sums: Mapping[int, _Sums]) -> float:
            return sum(value(sums[app][number]) for app in apps)

        return Total(
            metric=f"{FIGURES.report.name}.{metric}",
            value=_rounded(sum(map(value, known))) if known else None,
            before=_rounded(of(both, before)) if both else None,
            comparable=_rounded(of(both, present)) if both else None,
            a_day=a_day,
            usual=_rounded(median(of(all_weeks, week) for week in self.sums[1:])) if all_weeks else None,
            usual_of=_rounded(of(all_weeks, present)) if all_weeks else None,
        )

    def _is_whole(self, app: int, number: int, weeks: int) -> bool:
        """Whether every day is known of the period, and of as many weeks before."""
        return all(
            (found := sums.get(app)) is not None and found[number].known == self.days
            for sums in self.sums[: weeks + 1]
        )


def in_order(lines: Iterable[AppLine]) -> list[AppLine]:
    """Those that need a look first, then by users: what a short table must not leave out."""
    return sorted(lines, key=lambda line: (not line.alerts, -(line.totals[0].value or 0)))


def movers(lines: Iterable[AppLine]) -> tuple[list[AppLine], list[AppLine]]:
    """Those whose users became more, and fewer; the most users first, a few of each."""
    moves = [(move, line) for line in lines if (move := _move(line))]
    moves.sort(key=lambda pair: -abs(pair[0]))
    rising, falling = ([line for move, line in moves if move * sign > 0] for sign in (1, -1))
    return rising[:MOVERS], falling[:MOVERS]


def _move(line: AppLine) -> float:
    """How many users a day came or went; 0 where that is too little to speak of, or not sure."""
    users = line.totals[0]
    percent = users.change_percent
    if users.comparable is None or users.before is None or percent is None:
        return 0
    many = max(users.comparable, users.before) >= MOVER_USERS
    return users.comparable - users.before if many and abs(percent) >= MOVER_PERCENT else 0


def with_days(
    history: History, lines: Iterable[AppLine], period: Period, first: int = LINES_WITH_DAYS
) -> list[AppLine]:
    """``lines``, the ``first`` of them with each day's users."""
    lines = list(lines)
    ids = [line.app_id for line in lines[:first]]
    days = _shown_days(period)
    known = {
        (row.app_id, row.period): row.values[0]
        for row in history.observations.rows(FIGURES, days, _METRICS[:1], (), ids)
    }
    return [
        _with_users(line, tuple(known.get((line.app_id, str(day))) for day in days)) if each < first else line
        for each, line in enumerate(lines)
    ]


def _with_users(line: AppLine, users: tuple[float | None, ...]) -> AppLine:
    first, *others = line.totals
    return replace(line, totals=(replace(first, daily=users), *others))


def _shown_days(period: Period) -> list[Period]:
    """The days of small bars: of a week its own, of a day the week that it ends."""
    last = Period.containing(period.last)
    first = min(Period.containing(period.first), last.shift(1 - _SHOWN_DAYS))
    return list(periods_between(first, last))


def _known(sums: _Sums | None, number: int) -> float | None:
    return sums[number].sum if sums and sums[number].known else None


def _sum(each: Sum) -> float:
    return each.sum


def _average(each: Sum) -> float:
    """A day's figure: the mean over those days that are known."""
    return each.sum / each.known


def _rounded(value: float) -> float:
    """Digits that nobody reads are not worth keeping ten thousand times."""
    return round(value, _DIGITS)
