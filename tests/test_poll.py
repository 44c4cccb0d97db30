"""Polling a simulated API that refuses, stumbles, is late or goes away: what that costs, and whom."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import islice, product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from smartapp_watch.alerts.digest_parts import Polls
from smartapp_watch.api.access_token import AccessToken
from smartapp_watch.api.client import Client
from smartapp_watch.config.secret import Secret, SecretSource
from smartapp_watch.config.settings import (
    ApiSettings,
    AppSettings,
    HistorySettings,
    PlatformSettings,
    PollSettings,
    WatchConfig,
)
from smartapp_watch.errors import WatchError
from smartapp_watch.history.database import History, open_history
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.due import Horizon, Need, ReadState
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import BEIJING, Period
from smartapp_watch.metrics.plan import Errand, Target
from smartapp_watch.metrics.words import Language
from smartapp_watch.poll import PAUSED_UNTIL, Plan, Poll, PollResult, Source, plan
from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.call import Call
from smartapp_watch.simulator.faults import Answer, FaultKind, Faults
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.world import World
from smartapp_watch.watch import Watch
from tests.waiting import wait_until

NOW = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
FEW_DAYS = Horizon(5, timedelta(hours=9), 7)
SHOP, NEWS = 101, 102


def world(*apps: SimulatedApp) -> World:
    return World(7, apps or (SimulatedApp(SHOP, "示例商城"), SimulatedApp(NEWS, "示例资讯")))


Run = Callable[..., PollResult]


AT_ONCE = 4


@pytest.fixture
def run(history: History) -> Run:
    """Polls a simulator once."""

    def run(
        simulator: Simulator,
        *,
        tables: tuple[str, ...] = ("user_trend", "visit_page"),
        tokens: dict[int, str] | None = None,
        now: datetime = NOW,
        stop: threading.Event | None = None,
        requests_per_second: float = 1000,
    ) -> PollResult:
        stop = stop or threading.Event()
        client = Client(
            simulator.url, requests_per_second=requests_per_second, timeout=2, backoff=0.01, stop=stop
        )
        try:
            sources = list(_sources(simulator, tables, tokens or {}))
            planned = plan(history, sources, FEW_DAYS, now)
            return Poll(history, client, lambda: now, stop, concurrency=AT_ONCE).run(planned)
        finally:
            client.close()

    return run


def _sources(simulator: Simulator, tables: tuple[str, ...], tokens: dict[int, str]) -> Iterator[Source]:
    for app in simulator.world.apps.values():
        token = AccessToken(partial(str, tokens.get(app.id, app.access_token)))
        for table in tables:
            yield Source(Target(TABLES[table], app.id), token)


def apps_with_data(history: History, table: str) -> set[int | None]:
    return set(history.observations.newest(TABLES[table], TABLES_SINCE))


TABLES_SINCE = FEW_DAYS.oldest(TABLES["user_trend"], NOW)


def always(answer: Answer | FaultKind, only: Callable[[Call], bool] = lambda _call: True) -> Faults:
    return Faults.script(lambda call: answer if only(call) else None)


def refuse(errno: int, words: str) -> Answer:
    return Answer.of({"errno": errno, "msg": words})


def test_a_token_that_is_rejected_costs_one_app_one_failure_and_hardly_any_calls(
    history: History, run: Run
) -> None:
    with Simulator(world(), lambda: NOW) as simulator:
        result = run(simulator, tokens={SHOP: "45.expired"})
    assert [(failure.app_id, failure.kind) for failure in result.failures] == [(SHOP, "token")]
    assert "110" in result.failures[0].message
    assert "Access token invalid" in result.failures[0].message
    assert apps_with_data(history, "user_trend") == {NEWS}
    assert not result.complete


def test_calls_failures_and_further_tries_of_a_poll_are_on_record(history: History, run: Run) -> None:
    refused = {"visit_page": refuse(45000, "no")}
    seen: list[str] = []

    def first_two_are_busy(call: Call) -> Answer | FaultKind | None:
        seen.append(call.report)
        return FaultKind.BUSY if len(seen) <= 2 else refused.get(call.report)

    with Simulator(
        world(SimulatedApp(SHOP)), lambda: NOW, faults=Faults.script(first_two_are_busy)
    ) as simulator:
        result = run(simulator)
    assert result.retried == 2
    assert result.calls == len(seen)
    assert history.polls.count(NOW, NOW + timedelta(seconds=1)) == Polls(
        1, result.calls, len(result.failures), 2
    )
    assert result.failures


def test_a_permission_that_is_gone_costs_one_app_and_report(history: History, run: Run) -> None:
    forbidden = SimulatedApp(SHOP, "示例商城", forbidden=frozenset({"visit_page"}))
    with Simulator(world(forbidden, SimulatedApp(NEWS)), lambda: NOW) as simulator:
        result = run(simulator)
    assert [(each.app_id, each.report, each.kind) for each in result.failures] == [
        (SHOP, "visit_page", "refused")
    ]
    assert "无此小程序操作权限" in result.failures[0].message
    assert apps_with_data(history, "user_trend") == {SHOP, NEWS}
    assert apps_with_data(history, "visit_page") == {NEWS}


def test_a_broken_answer_costs_one_app_report_and_period(history: History, run: Run) -> None:
    def one_day(call: Call) -> bool:
        return call.app_id == SHOP and call.report == "visit_page" and call.first.day == 20

    with Simulator(world(), lambda: NOW, faults=always(FaultKind.HTML, one_day)) as simulator:
        result = run(simulator)
        assert [(each.report, each.period) for each in result.failures] == [("visit_page", "2026-11-20")]
    with Simulator(world(), lambda: NOW) as simulator:
        again = run(simulator)
    assert (again.complete, again.planned) == (True, 1)


def test_the_daily_limit_ends_the_poll_and_says_when_it_goes_on(history: History, run: Run) -> None:
    with Simulator(world(), lambda: NOW, calls_per_day=3, daily_limit_code=17) as simulator:
        result = run(simulator)
        assert "2026-11-24 00:00 Beijing time" in result.stopped
        assert result.rows > 0
        before = simulator.calls
        assert "2026-11-24 00:00" in run(simulator, now=NOW + timedelta(hours=3)).stopped
        assert simulator.calls == before
    with Simulator(world(), lambda: NOW + timedelta(days=1)) as simulator:
        assert run(simulator, now=NOW + timedelta(days=1)).complete
    assert history.note(PAUSED_UNTIL)


def test_an_address_that_is_not_on_the_whitelist_stops_everything_and_is_told_once(
    history: History, run: Run
) -> None:
    with Simulator(world(), lambda: NOW, faults=always(refuse(40008, "IP不在白名单"))) as simulator:
        result = run(simulator)
        assert simulator.calls <= 8  # what was under way
    assert "IP不在白名单" in result.stopped
    assert {failure.kind for failure in result.failures} == {"platform"}
    assert len(result.failures) == 1


def test_an_api_that_does_not_answer_ends_the_poll_early(history: History, run: Run) -> None:
    apps = tuple(SimulatedApp(200 + number) for number in range(20))
    with Simulator(world(*apps), lambda: NOW, faults=always(FaultKind.BUSY)) as simulator:
        result = run(simulator)
    assert result.planned == 20 * 6
    assert 20 <= len(result.failures) < 60
    assert "20 times in a row" in result.stopped


def fleet(count: int) -> tuple[SimulatedApp, ...]:
    return tuple(SimulatedApp(200 + number) for number in range(count))


DAY_BEFORE = NOW - timedelta(days=1)
EARLY = NOW.replace(hour=6)


def test_when_the_source_is_late_the_cycle_stops_asking(history: History, run: Run) -> None:
    clock = [DAY_BEFORE]
    with Simulator(world(*fleet(80)), lambda: clock[0]) as simulator:
        run(simulator, tables=("visit_page",), now=DAY_BEFORE)
        clock[0] = EARLY
        result = run(simulator, tables=("visit_page",), now=EARLY)
        asked = [call for call in simulator.log if call.first.day == 22]
    assert 50 <= len(asked) < 60
    assert result.complete


def test_while_the_source_is_late_what_was_missed_before_is_brought(history: History, run: Run) -> None:
    clock = [NOW - timedelta(days=2)]
    with Simulator(world(*fleet(70)), lambda: clock[0]) as simulator:
        run(simulator, tables=("user_trend",), now=clock[0])
        clock[0] = EARLY  # a day was missed, and that of yesterday is not there yet
        result = run(simulator, tables=("user_trend",), now=EARLY)
        asked = [call for call in simulator.log if call.last.day == 22]
    assert result.complete
    assert 50 <= len(asked) < 60
    newest = history.observations.newest(TABLES["user_trend"], TABLES_SINCE)
    assert {str(each.period) for each in newest.values()} == {"2026-11-21"}
    assert len(newest) == 70


def test_retention_comes_for_the_whole_fleet_though_its_newest_cohort_has_none(
    history: History, run: Run
) -> None:
    with Simulator(world(*fleet(80)), lambda: NOW) as simulator:
        assert run(simulator, tables=("retained_user",)).complete
    newest = history.observations.newest(TABLES["retained_user"], TABLES_SINCE)
    assert {str(each.period) for each in newest.values()} == {"2026-11-21"}
    assert len(newest) == 80


def test_mini_programs_that_are_dead_do_not_make_the_source_late(history: History, run: Run) -> None:
    dead = tuple(SimulatedApp(100 + number, created=date(2027, 1, 1)) for number in range(60))
    live = fleet(10)
    clock = [DAY_BEFORE]
    with Simulator(world(*dead, *live), lambda: clock[0]) as simulator:
        run(simulator, tables=("visit_page",), now=DAY_BEFORE)
        clock[0] = NOW
        run(simulator, tables=("visit_page",))
    newest = history.observations.newest(TABLES["visit_page"], TABLES_SINCE)
    assert {app_id: str(each.period) for app_id, each in newest.items()} == {
        app.id: "2026-11-22" for app in live
    }


@pytest.mark.parametrize("down", ["user_trend", "visit_page"])
def test_a_report_that_is_down_does_not_cost_the_others(history: History, run: Run, down: str) -> None:
    faults = always(FaultKind.BUSY, lambda call: call.report == down)
    reports = ("user_trend", "visit_page", "source")
    with Simulator(world(*fleet(30)), lambda: NOW, faults=faults) as simulator:
        result = run(simulator, tables=reports)
    assert f"{down} did not answer 20 times in a row" in result.stopped
    assert 20 <= len(result.failures) < 30
    assert {name: len(apps_with_data(history, name)) for name in reports} == {
        name: 0 if name == down else 30 for name in reports
    }


MISSHAPEN = Answer.of({"errno": 0, "msg": "success", "data": {"total": 1, "data_list": [{"pageId": ["?"]}]}})


def test_an_answer_nobody_can_read_is_asked_for_twice_of_each(history: History, run: Run) -> None:
    faults = always(MISSHAPEN, lambda call: call.report == "visit_page" and call.app_id == SHOP)
    with Simulator(world(), lambda: NOW, faults=faults) as simulator:
        result = run(simulator)
    assert [(each.app_id, each.kind) for each in result.failures] == [(SHOP, "payload")] * 2
    assert apps_with_data(history, "visit_page") == {NEWS}


def test_a_report_that_cannot_be_read_is_given_up_after_20_mini_programs(history: History, run: Run) -> None:
    faults = always(MISSHAPEN, lambda call: call.report == "visit_page")
    with Simulator(world(*fleet(40)), lambda: NOW, faults=faults) as simulator:
        result = run(simulator)
    assert len(result.failures) == 20
    assert "visit_page cannot be read of 20 mini-programs in a row" in result.stopped
    assert len(apps_with_data(history, "user_trend")) == 40


def test_a_poll_that_may_not_last_longer_ends_with_the_newest_and_the_next_goes_on(
    history: History, run: Run
) -> None:
    clock = [NOW]

    def ticking() -> datetime:
        clock[0] += timedelta(seconds=1)
        return clock[0]

    with Simulator(world(), lambda: NOW) as simulator:
        client = Client(simulator.url, requests_per_second=1000)
        planned = plan(history, list(_sources(simulator, ("visit_page",), {})), FEW_DAYS, NOW)
        poll = Poll(history, client, ticking, threading.Event(), 1, until=NOW + timedelta(seconds=10))
        result = poll.run(planned)
        client.close()
        assert "the next one goes on" in result.stopped
        assert 0 < result.calls < 10
        finish = run(simulator, tables=("visit_page",))
    newest = history.observations.newest(TABLES["visit_page"], TABLES_SINCE)
    assert {str(each.period) for each in newest.values()} == {"2026-11-22"}
    assert finish.complete
    assert finish.planned == 10 - result.calls


def test_a_poll_that_is_cut_short_leaves_the_next_turn_to_those_that_had_none(
    history: History, run: Run
) -> None:
    """Though what was asked for is still missing, and asked for in each poll."""
    empty = Answer.of({"errno": 0, "msg": "success", "data": {"total": 0, "offset": 0, "data_list": []}})
    apps = fleet(9)
    with Simulator(world(*apps), lambda: NOW, faults=always(empty)) as simulator:
        client = Client(simulator.url, requests_per_second=1000)
        sources = list(_sources(simulator, ("user_trend",), {}))
        for number in range(3):
            planned = plan(history, sources, FEW_DAYS, NOW + timedelta(days=number))
            Poll(history, client, lambda: NOW, threading.Event(), 1).run(_First(planned, 3))
        client.close()
        assert [call.app_id for call in simulator.log] == [app.id for app in apps]


@dataclass
class _First:
    """The first queries of a plan."""

    whole: Plan
    count: int

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[tuple[Source, Errand]]:
        return islice(iter(self.whole), self.count)


def test_the_history_and_the_plan_agree_on_which_readings_will_do(path: Path) -> None:
    table, period = TABLES["visit_page"], Period.parse("2026-11-22")
    times = [NOW + timedelta(hours=hours) for hours in (-10, -4, -3, 0)]
    states = [
        ReadState(last, rows, zeros)
        for last in times
        for rows in (0, 1, 3)
        for zeros in (None, *(time for time in times if time <= last))
    ]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            'INSERT INTO readings (report, period, app_id, first_read, last_read, "rows", zeros_since)'
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (table.name, str(period), app_id, _text(state.last_read), _text(state.last_read), state.rows,
                 _text(state.zeros_since) if state.zeros_since else "")
                for app_id, state in enumerate(states, start=1)
            ],
        )  # fmt: skip
    with open_history(path) as history:
        for since, rows in product(times, (0, 1, 2)):
            need = Need(since, rows, NOW)
            met = history.observations.met(table, period, need)
            unmet = {each.app_id: each.state for each in history.observations.unmet(table, period, need)}
            assert all(need.is_met(states[app_id - 1]) for app_id in met if app_id)
            assert met | unmet.keys() == set(range(1, len(states) + 1))
            assert not met & unmet.keys()
            old = [state for state in unmet.values() if state.last_read < NOW and state.is_believed]
            assert not any(need.is_met(state) for state in old)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_stop_ends_a_poll_soon_and_keeps_what_was_saved(history: History, run: Run) -> None:
    stop = threading.Event()
    with Simulator(world(), lambda: NOW, latency=0.2) as simulator:

        def stop_once_some_are_answered() -> None:
            wait_until(lambda: simulator.calls > AT_ONCE)
            stop.set()

        threading.Thread(target=stop_once_some_are_answered).start()
        result = run(simulator, stop=stop)
        assert result.stopped
        asked = simulator.calls
        finish = run(simulator)
    assert asked < result.planned
    assert finish.complete
    assert result.planned > finish.planned


def test_a_token_that_cannot_be_read_costs_one_app(history: History, run: Run) -> None:
    def unreadable() -> str:
        raise WatchError("the environment variable APP_101 is not set")

    with Simulator(world(), lambda: NOW) as simulator:
        tables = [Target(TABLES[name], SHOP) for name in ("user_trend", "visit_page")]
        sources = [Source(target, AccessToken(unreadable)) for target in tables]
        client = Client(simulator.url)
        poll = Poll(history, client, lambda: NOW, threading.Event())
        result = poll.run(plan(history, sources, FEW_DAYS, NOW))
        client.close()
        assert simulator.calls == 0
    (failure,) = result.failures
    assert (failure.app_id, failure.kind) == (SHOP, "token")
    assert "APP_101 is not set" in failure.message


def test_numbers_as_strings_and_missing_values_are_stored_as_numbers_and_nothing(
    history: History, run: Run
) -> None:
    def blank(_call: Call, name: str, field: str) -> bool:
        return name == "2026/11/20" and field == "user_count"

    with Simulator(world(), lambda: NOW, numeric_strings=True, blank=blank) as simulator:
        assert run(simulator, tables=("user_trend",)).complete
    rows = history.observations.values(TABLES["user_trend"], "user_count", app_id=SHOP)
    found = {row.period: row.values[0] for row in rows}
    assert found["2026-11-20"] is None
    assert isinstance(found["2026-11-21"], int)


def test_yesterday_is_asked_for_until_it_is_there_and_settled(history: History, run: Run) -> None:
    """08:07: not there yet. 08:37: there, provisional. 09:07: read again, final. 09:37: nothing to do."""
    clock = [NOW.replace(hour=6, minute=37)]
    calls = []
    with Simulator(world(), lambda: clock[0]) as simulator:
        for hour, minute in ((6, 37), (8, 7), (8, 37), (9, 7), (9, 37)):
            clock[0] = NOW.replace(hour=hour, minute=minute)
            calls.append(run(simulator, tables=("user_trend",), now=clock[0]).calls)
    assert calls == [2, 2, 0, 2, 0]


def test_what_was_there_stays_when_a_later_answer_is_empty(history: History, run: Run) -> None:
    with Simulator(world(), lambda: NOW) as simulator:
        run(simulator)
    tomorrow = NOW + timedelta(days=1)
    empty = Answer.of({"errno": 0, "msg": "success", "data": {"total": 0, "offset": 0, "data_list": []}})
    with Simulator(world(), lambda: tomorrow, faults=always(empty)) as simulator:
        assert run(simulator, now=tomorrow).complete
    values = [row.values[0] for row in history.observations.values(TABLES["user_trend"], "user_count")]
    assert len(values) == 10
    assert None not in values


def test_a_cycle_judges_and_tells_what_has_come_though_the_poll_goes_on_for_hours(
    history: History, path: Path
) -> None:
    clock = [NOW]

    def ticking() -> datetime:
        clock[0] += timedelta(minutes=1)
        return clock[0]

    with Simulator(world(), lambda: NOW) as simulator:
        token = Secret(SecretSource.PLAIN, (simulator.world.apps[SHOP].access_token,))
        config = WatchConfig(
            file=path.with_name("watch.toml"),
            timezone=ZoneInfo("Asia/Shanghai"),
            language=Language.EN,
            history=HistorySettings(path),
            api=ApiSettings(simulator.url, requests_per_second=1000),
            platform=PlatformSettings(),
            poll=PollSettings(),
            apps=(AppSettings(App(SHOP), token, (TABLES["visit_page"],)),),
            receivers=(),
            routes=(),
            digests=(),
        )
        watch = Watch(config, ticking)
        in_time = watch.cycle(history).poll
        to_the_end = watch.cycle(history, budget=None).poll
    assert "the next one goes on" in in_time.stopped
    assert 0 < in_time.calls <= 20
    assert to_the_end.complete
    assert to_the_end.calls >= 60 - in_time.calls
