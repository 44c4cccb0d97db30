"""What a poll asks, of whom, in which order: the history and the settings, brought together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from smartapp_watch.api.access_token import Token
from smartapp_watch.history.database import History
from smartapp_watch.metrics.due import Horizon, Need, ReadState
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.plan import Errand, TablePlan, Target
from smartapp_watch.metrics.report import Table
from smartapp_watch.metrics.rounds import Rounds, Share, Turns

_TURNS = "poll_turns"
"""The history's note of whose turns were the last: the next poll begins behind them."""

_Sources = Mapping[int | None, "Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """One target to poll, with the token that opens it."""

    target: Target
    token: Token


class Queries(Protocol):
    """Some queries in the order in which they are to be asked."""

    def __len__(self) -> int:
        """How many they are."""

    def __iter__(self) -> Iterator[tuple[Source, Errand]]:
        """Each with the source that answers it."""


class Plan:
    """Every query that is due, in fair order, made as one goes on; each with the source that answers it."""

    def __init__(self, rounds: Rounds, sources: Mapping[tuple[str, str], _Sources]) -> None:
        self._rounds = rounds
        self._sources = sources

    def __len__(self) -> int:
        """How many queries there are."""
        return len(self._rounds)

    def __iter__(self) -> Iterator[tuple[Source, Errand]]:
        for errand in self._rounds:
            query = errand.query
            yield self._sources[query.table.name, query.scene][query.app_id], errand

    @property
    def shares(self) -> dict[str, Share]:
        """What each table of which anything is due costs."""
        return self._rounds.shares


def plan(history: History, sources: Iterable[Source], horizon: Horizon, now: datetime) -> Plan:
    """What is due of ``sources`` at ``now``; it begins with whose turn it is since the poll before."""
    by_series: dict[tuple[str, str], dict[int | None, Source]] = {}
    for source in sources:
        target = source.target
        by_series.setdefault((target.table.name, target.scene), {})[target.app_id] = source
    plans = []
    for group in by_series.values():
        targets = [source.target for source in group.values()]
        readings = _Readings(history, targets[0].table, targets[0].scene)
        plans.append(TablePlan(targets, readings, horizon, now))
    return Plan(Rounds(plans, last_turns(history)), by_series)


def note_turns(history: History, turns: Turns) -> None:
    """Keep whose turns were the last."""
    history.set_note(_TURNS, json.dumps([turns.today, turns.past]))


def last_turns(history: History) -> Turns:
    """Whose they were."""
    noted = history.note(_TURNS)
    return Turns(*json.loads(noted)) if noted else Turns()


@dataclass(frozen=True, slots=True)
class _Readings:
    """How the history has one table read, as the plan asks for it."""

    history: History
    table: Table
    scene: str

    def lively(self, since: Period) -> Set[int | None]:
        return self.history.observations.newest(self.table, since, self.scene).keys()

    def met(self, period: Period, need: Need) -> Set[int | None]:
        return self.history.observations.met(self.table, period, need, self.scene)

    def unmet(self, period: Period, need: Need) -> dict[int | None, ReadState]:
        readings = self.history.observations.unmet(self.table, period, need, self.scene)
        return {each.app_id: each.state for each in readings}
