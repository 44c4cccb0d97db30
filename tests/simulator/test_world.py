from __future__ import annotations

import random
from datetime import date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.breakdowns import Breakdowns
from smartapp_watch.simulator.spans import BEIJING, Span
from smartapp_watch.simulator.world import World

_APP = SimulatedApp(1, "one", 2500)
_LATER = datetime(2026, 12, 31, tzinfo=BEIJING)
_DAYS = Span(date(2026, 6, 1), date(2026, 11, 22)).days
_WORLD = World(11, (_APP,), begins=date(2026, 5, 1))

_any_day = st.sampled_from(_DAYS)


def test_figures_do_not_depend_on_the_order_of_asking() -> None:
    forwards, backwards = World(3, (_APP,)), World(3, (_APP,))
    first = {day: (forwards.day(_APP, day), forwards.users_ever(_APP, day, _LATER)) for day in _DAYS}
    shuffled = list(_DAYS)
    random.Random(5).shuffle(shuffled)
    second = {day: (backwards.day(_APP, day), backwards.users_ever(_APP, day, _LATER)) for day in shuffled}
    assert first == second


def test_figures_do_not_depend_on_the_other_apps() -> None:
    alone, among = World(3, (_APP,)), World(3, (SimulatedApp(9), _APP, SimulatedApp(8)))
    assert [alone.day(_APP, day) for day in _DAYS] == [among.day(_APP, day) for day in _DAYS]


def test_another_seed_or_app_is_another_story() -> None:
    other = SimulatedApp(2, "two", 2500)
    stories = {
        tuple(World(seed, (app,)).day(app, day) for day in _DAYS)
        for seed, app in ((3, _APP), (4, _APP), (3, other))
    }
    assert len(stories) == 3


@given(_any_day)
def test_the_counts_of_a_day_agree(day: date) -> None:
    figures = _WORLD.day(_APP, day)
    assert figures is not None
    assert figures.users == figures.new + figures.old
    assert figures.sessions >= figures.users > 0
    assert 30 < figures.seconds / figures.sessions < 90


@given(_any_day)
def test_longer_windows_hold_more_users_and_never_more_than_there_ever_were(day: date) -> None:
    users = [_WORLD.rolling(_APP, day, length, _LATER).users for length in (1, 7, 30)]
    ever = _WORLD.users_ever(_APP, day, _LATER)
    assert users == sorted(users)
    assert users[-1] + _WORLD.lost_users(_APP, day, _LATER) <= ever


@given(_any_day)
def test_users_ever_grow_by_the_new_ones(day: date) -> None:
    figures = _WORLD.day(_APP, day)
    assert figures is not None
    before = _WORLD.users_ever(_APP, day - timedelta(days=1), _LATER)
    assert _WORLD.users_ever(_APP, day, _LATER) == before + figures.new


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_any_day, st.sampled_from(["region", "terminal_brand", "terminal_device", "terminal_network"]))
def test_a_breakdown_adds_up_to_the_day(day: date, kind: str) -> None:
    whole = _WORLD.day(_APP, day)
    parts = Breakdowns(_WORLD).kinds(kind, _APP, [day], _LATER)
    assert whole is not None
    assert sum(part.new for part in parts) == whole.new
    assert sum(part.old for part in parts) == whole.old
    assert sum(part.sessions for part in parts) == whole.sessions
    assert sum(part.seconds for part in parts) == whole.seconds
    assert all(part.sessions >= part.users >= 0 for part in parts)


@given(_any_day)
def test_as_many_visits_end_on_pages_as_begin_but_for_chance(day: date) -> None:
    whole = _WORLD.day(_APP, day)
    pages = Breakdowns(_WORLD).pages(_APP, [day], _LATER)
    assert whole is not None
    assert sum(page.entries for page in pages) == whole.sessions
    assert abs(sum(page.exits for page in pages) / whole.sessions - 1) < 0.1
    assert all(page.views >= max(page.entries, page.exits) for page in pages)
    assert all(page.users <= min(page.views, whole.users) for page in pages)


def test_noise_scales_the_scatter_of_every_figure() -> None:
    quiet = World(11, (_APP,), noise=0)
    week = timedelta(days=7)
    for day in (date(2026, 11, 10), date(2026, 11, 11)):
        assert quiet.day(_APP, day) == quiet.day(_APP, day + week)
        assert Breakdowns(quiet).pages(_APP, [day], _LATER) == Breakdowns(quiet).pages(
            _APP, [day + week], _LATER
        )
    users = [figures.users for day in _DAYS if (figures := _WORLD.day(_APP, day))]
    mondays = users[::7]
    spread = (sum((one / _mean(mondays) - 1) ** 2 for one in mondays) / len(mondays)) ** 0.5
    assert 0.02 < spread < 0.08


def test_an_app_has_no_figures_before_it_was_created_and_only_new_users_on_its_first_day() -> None:
    created = date(2026, 10, 1)
    app = SimulatedApp(5, users=500, created=created)
    world = World(1, (app,))
    first = world.day(app, created)
    assert world.day(app, created - timedelta(days=1)) is None
    assert first is not None
    assert (first.old, world.users_ever(app, created, _LATER)) == (0, first.new)
    shares = [world.rolling(app, created + timedelta(days=age), 1, _LATER) for age in (1, 10, 60)]
    assert [round(one.new / one.users, 1) for one in shares] == [0.9, 0.5, 0.4]
    for age in range(120):
        day = created + timedelta(days=age)
        assert world.rolling(app, day, 30, _LATER).users <= world.users_ever(app, day, _LATER)
        assert age > 60 or world.lost_users(app, day, _LATER) == 0


def test_an_app_from_before_the_world_has_its_users_from_the_first_day_on() -> None:
    app = SimulatedApp(6, users=500, created=date(2020, 1, 1))
    world = World(1, (app,), begins=date(2026, 10, 1))
    first = date(2026, 10, 1)
    assert world.rolling(app, first, 1, _LATER) == world.day(app, first)
    assert world.lost_users(app, first, _LATER) > 1000


def _mean(values: list[int]) -> float:
    return sum(values) / len(values)
