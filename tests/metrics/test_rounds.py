"""In which order a fleet is asked: nobody starves, nothing is lost, whenever a plan is broken off."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon, Need, ReadState
from smartapp_watch.metrics.observation import Query
from smartapp_watch.metrics.period import BEIJING, Period, periods_between
from smartapp_watch.metrics.plan import AppId, Errand, TablePlan, Target
from smartapp_watch.metrics.rounds import Rounds, Share, Turns

HORIZON = Horizon(history_days=23, settle=timedelta(hours=9), recheck_days=7)
NOON = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
NAMES = ("user_trend", "retained_user", "visit_page")


@dataclass
class Fleet:
    """What was read of whom, by table."""

    apps: Sequence[AppId]
    names: Sequence[str] = NAMES
    states: dict[tuple[str, AppId], dict[Period, ReadState]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def rounds(self, now: datetime = NOON, turns: Turns | None = None) -> Rounds:
        return Rounds([self.plan_of(name, self.apps, now) for name in self.names], turns)

    def plan_of(self, name: str, apps: Iterable[AppId], now: datetime = NOON) -> TablePlan:
        targets = [Target(TABLES[name], app) for app in apps]
        return TablePlan(targets, _OfTable(name, self), HORIZON, now)

    def read(self, errand: Errand, now: datetime, rows: int = 9) -> None:
        query = errand.query
        states = self.states[query.table.name, query.app_id]
        states.update({period: ReadState(now, rows) for period in query.periods})


@dataclass
class _OfTable:
    name: str
    fleet: Fleet

    def lively(self, since: Period) -> set[AppId]:
        return {
            app
            for app in self.fleet.apps
            if any(state.rows and day >= since for day, state in self._of(app).items())
        }

    def met(self, period: Period, need: Need) -> set[AppId]:
        found = {app: self._of(app).get(period) for app in self.fleet.apps}
        return {app for app, state in found.items() if state and need.is_met(state)}

    def unmet(self, period: Period, need: Need) -> Mapping[AppId, ReadState]:
        found = {app: self._of(app).get(period) for app in self.fleet.apps}
        return {app: state for app, state in found.items() if state and not need.is_met(state)}

    def _of(self, app: AppId) -> Mapping[Period, ReadState]:
        return self.fleet.states[self.name, app]


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """Some were read through, some never, some with holes, some in vain, and at different times."""
    fleet = Fleet(range(1, 1 + draw(st.integers(1, 4))))
    for name in NAMES:
        for app in fleet.apps:
            at = NOON - timedelta(hours=draw(st.sampled_from([0, 1, 5, 24, 60, 200])))
            every = draw(st.sampled_from([0, 1, 2, 3]))
            rows = draw(st.sampled_from([0, 9]))
            if every:
                for errand in errands_of(Fleet([app]).plan_of(name, [app], at), app)[::every]:
                    fleet.read(errand, at, rows)
    return fleet


def errands_of(plan: TablePlan, app: AppId) -> list[Errand]:
    due = plan.due(app)
    return [plan.errand(app, span) for span in plan.spans(due)] if due else []


turns = st.builds(Turns, st.integers(-1, 8), st.integers(-1, 8))


def series(query: Query) -> tuple[str, AppId]:
    return query.table.name, query.app_id


@given(fleets(), turns)
def test_the_rounds_ask_exactly_what_each_mini_program_lacks_by_itself(fleet: Fleet, begin: Turns) -> None:
    alone = [
        errand
        for name in NAMES
        for app in fleet.apps
        for errand in errands_of(fleet.plan_of(name, [app]), app)
    ]
    found = list(fleet.rounds(turns=begin))
    assert Counter(found) == Counter(alone)
    assert len(fleet.rounds()) == len(alone)


@given(fleets(), turns)
def test_todays_come_before_all_that_is_of_the_past(fleet: Fleet, begin: Turns) -> None:
    of_today = [errand.is_of_today for errand in fleet.rounds(turns=begin)]
    assert of_today == sorted(of_today, reverse=True)


@given(fleets(), turns)
def test_nobody_is_asked_a_second_time_before_everybody_was_asked_once(fleet: Fleet, begin: Turns) -> None:
    for is_of_today in (True, False):
        asked = [each.query.app_id for each in fleet.rounds(turns=begin) if each.is_of_today == is_of_today]
        wanted, so_far = Counter(asked), Counter[AppId]()
        for app in asked:
            so_far[app] += 1
            others = (min(wanted[each], so_far[app] - 1) - so_far[each] for each in wanted)
            assert all(behind <= 0 for behind in others)


def test_what_never_was_read_comes_before_what_was_asked_for_in_vain() -> None:
    fleet = Fleet([1], ("visit_page",))
    for errand in fleet.rounds():
        fleet.read(errand, NOON)
    states = fleet.states["visit_page", 1]
    del states[Period.parse("2026-11-10")]
    states[Period.parse("2026-11-20")] = ReadState(NOON, rows=0)
    asked = [str(errand.query.first) for errand in fleet.rounds(NOON + timedelta(minutes=30))]
    assert asked == ["2026-11-10", "2026-11-20"]


@given(fleets(), st.lists(st.integers(1, 50), min_size=1, max_size=9))
@settings(max_examples=40)
def test_a_plan_broken_off_anywhere_loses_nothing_and_goes_on_with_the_next(
    fleet: Fleet, cuts: list[int]
) -> None:
    begin = Turns()
    for cut in (*cuts, None, None):  # who turns out to have figures again is asked for more of them
        for errand in islice(fleet.rounds(turns=begin), cut):
            fleet.read(errand, NOON)
            begin = begin.after(errand)
    assert list(fleet.rounds()) == []
    for name in NAMES:
        newest = Period.newest_closed(NOON)
        days = set(periods_between(HORIZON.oldest(TABLES[name], NOON), newest))
        assert all(days <= fleet.states[name, app].keys() for app in fleet.apps)


@given(st.integers(2, 9), st.integers(1, 12), st.integers(3, 12))
def test_where_each_poll_is_cut_short_all_get_as_many_turns(apps: int, calls: int, polls: int) -> None:
    """Even if nothing ever comes of them, so that the same queries are due again each time."""
    fleet, begin, asked = Fleet(range(1, 1 + apps), ("visit_page",)), Turns(), Counter[AppId]()
    for _ in range(polls):
        for errand in islice(fleet.rounds(turns=begin), calls):
            begin = begin.after(errand)
            if errand.is_of_today:
                asked[errand.query.app_id] += 1
    assert max(asked.values()) - min(asked[app] for app in fleet.apps) <= 1


@given(st.integers(2, 6), st.lists(st.integers(1, 30), min_size=1, max_size=60))
def test_a_first_fill_cut_short_again_and_again_fills_all_alike(apps: int, cuts: list[int]) -> None:
    fleet, begin = Fleet(range(1, 1 + apps), ("visit_page", "user_trend")), Turns()
    for cut in cuts:
        for errand in islice(fleet.rounds(turns=begin), cut):
            fleet.read(errand, NOON)
            begin = begin.after(errand)
    left = Counter(errand.query.app_id for errand in fleet.rounds(turns=begin))
    assert max(left.values(), default=0) - min((left[app] for app in fleet.apps), default=0) <= 1


def test_a_new_mini_program_gets_what_is_of_today_then_its_ranges_then_day_by_day() -> None:
    fleet = Fleet([7], ("visit_page", "user_trend"))
    asked = [(each.query.table.name, str(each.query.last)) for each in fleet.rounds()]
    assert asked[:4] == [
        ("user_trend", "2026-11-22"),
        ("visit_page", "2026-11-22"),
        ("user_trend", "2026-11-19"),
        ("visit_page", "2026-11-21"),
    ]


def test_the_turn_of_one_that_is_gone_goes_to_the_next_number() -> None:
    asked = [each.query.app_id for each in Fleet([1, 3, 5], ("visit_page",)).rounds(turns=Turns(today=2))]
    assert asked[:3] == [3, 5, 1]


def test_the_platform_has_its_turn_like_everybody() -> None:
    rounds = Rounds(
        [Fleet([None]).plan_of("tp_data", [None]), Fleet([4]).plan_of("user_trend", [4])], Turns(today=0)
    )
    assert [each.query.app_id for each in rounds if each.is_of_today] == [4, None]


def test_shares_count_calls_by_table() -> None:
    fleet = Fleet([1, 2], ("visit_page", "retained_user"))
    assert fleet.rounds().shares == {"visit_page": Share(2, 44), "retained_user": Share(4, 4)}
