"""In which order queries are asked, so that nobody starves where time or calls run out. Pure.

First what is of today, then what fills in the past; within each, round after round: everybody's first query
before anybody's second. A mini-program's own begin with those that are sure to bring something new, then
those that bring many periods, then the newest. The next plan begins with whose turn it would have been.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from smartapp_watch.metrics.plan import AppId, Due, Errand, Span, TablePlan

_AGENDAS_KEPT = 256
_NOBODY = -1


@dataclass(frozen=True, slots=True)
class Turns:
    """Whose turn was the last, of what is of today and of the past; 0: the platform's, -1: nobody's yet."""

    today: int = _NOBODY
    past: int = _NOBODY

    def after(self, errand: Errand) -> Turns:
        """The turns when this one has had its own."""
        app = errand.query.app_id or 0
        return replace(self, today=app) if errand.is_of_today else replace(self, past=app)


class Share(NamedTuple):
    """What part of a plan costs: calls of today's queries and of those for the past, at the least."""

    today: int = 0
    past: int = 0


class _Agenda(NamedTuple):
    """The queries of a mini-program, each with its table's place among the plans, in its own order."""

    today: tuple[tuple[int, Span], ...]
    past: tuple[tuple[int, Span], ...]


_Dues = tuple[Due | None, ...]
"""What is due of a mini-program, table by table."""


class Rounds:
    """All queries of some tables in fair order. They are made as one goes on: a few bits a mini-program are
    kept, and only once for all that lack the same."""

    def __init__(self, plans: Sequence[TablePlan], turns: Turns | None = None) -> None:
        self._plans = plans
        self._turns = turns or Turns()
        known: dict[_Dues, _Dues] = {}
        self._dues: dict[AppId, _Dues] = {}
        for app_id in sorted(set().union(*(plan.apps for plan in plans)), key=_number):
            dues = tuple(plan.due(app_id) for plan in plans)
            self._dues[app_id] = known.setdefault(dues, dues)
        self._counts = Counter(self._dues.values())
        self._agenda = lru_cache(_AGENDAS_KEPT)(self._make_agenda)

    def __len__(self) -> int:
        """How many queries there are."""
        agendas = ((self._agenda(dues), count) for dues, count in self._counts.items())
        return sum(count * (len(agenda.today) + len(agenda.past)) for agenda, count in agendas)

    def __iter__(self) -> Iterator[Errand]:
        for place, after in enumerate((self._turns.today, self._turns.past)):
            yield from self._go_round(place, after)

    @property
    def shares(self) -> dict[str, Share]:
        """What each table of which anything is due costs."""
        calls = [Counter[int](), Counter[int]()]
        for dues, count in self._counts.items():
            for place, spans in enumerate(self._agenda(dues)):
                for number, _ in spans:
                    calls[place][number] += count
        found: dict[str, Share] = {}
        for number, plan in enumerate(self._plans):
            each = plan.table.report.calls
            known = found.get(plan.table.name, Share())
            share = Share(known.today + each * calls[0][number], known.past + each * calls[1][number])
            if any(share):
                found[plan.table.name] = share
        return found

    def _go_round(self, place: int, after: int) -> Iterator[Errand]:
        """The queries of one part of the agendas; ``after``: whose turn was the last."""
        waiting = list(self._dues)
        begin = bisect_right(waiting, after, key=_number)
        waiting = waiting[begin:] + waiting[:begin]
        done = 0
        while waiting:
            left = []
            for app_id in waiting:
                spans = self._agenda(self._dues[app_id])[place]
                if len(spans) > done + 1:
                    left.append(app_id)
                if len(spans) > done:
                    number, span = spans[done]
                    yield self._plans[number].errand(app_id, span)
            waiting, done = left, done + 1

    def _make_agenda(self, dues: _Dues) -> _Agenda:
        pairs = [
            (number, span)
            for number, (plan, due) in enumerate(zip(self._plans, dues, strict=True))
            if due is not None
            for span in plan.spans(due)
        ]
        pairs.sort(key=self._rank)
        today = tuple(pair for pair in pairs if pair[1].awaited is not None)
        return _Agenda(today, tuple(pair for pair in pairs if pair[1].awaited is None))

    def _rank(self, pair: tuple[int, Span]) -> tuple[bool, bool, int]:
        number, span = pair
        return span.again, not self._plans[number].reads_ranges, -span.last.last.toordinal()


def _number(app_id: AppId) -> int:
    return app_id or 0
