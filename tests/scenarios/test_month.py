"""A month of a daemon to which everything happens: nothing is lost, and nothing is told twice."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from functools import partial
from pathlib import Path
from shutil import copytree

import pytest

from smartapp_watch import watch as watch_module
from smartapp_watch.api.client import Client
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.period import BEIJING, Granularity
from smartapp_watch.shipped_files import shipped
from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.inbox import MailInbox, SlackInbox, SlackTrouble
from smartapp_watch.simulator.incidents import (
    ExitRateRise,
    Incident,
    LostRatioRise,
    NewUsersDrop,
    RetentionDrop,
    SessionTimeDrop,
    UsersDrop,
)
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.world import World
from smartapp_watch.watch import STILL_NEWS
from tests.scenarios.month import Api, Log, Month, Programs, Row, SetClock
from tests.scenarios.served import Served, known, stored

SHOP, NEWS, MAPS = 101, 102, 103
APPS = (
    SimulatedApp(SHOP, "示例商城", 9000),
    SimulatedApp(NEWS, "示例资讯", 5200),
    SimulatedApp(MAPS, "示例地图", 3100),
)


def july(day: int, hour: int = 10, minute: int = 0) -> datetime:
    """A time of July 2026, which has no holidays, and whose sixth is a Monday."""
    return datetime(2026, 7, day, hour, minute, tzinfo=BEIJING)


def august(day: int, hour: int = 10, minute: int = 0) -> datetime:
    """A time of August 2026."""
    return datetime(2026, 8, day, hour, minute, tzinfo=BEIJING)


def day(number: int) -> date:
    return date(2026, 7, number)


START = july(6)
END = august(5, 22)
DIGESTS_AT, DAILY_WAIT = time_of_day(10, 7), timedelta(hours=3)
GONE, BACK = july(20, 20), july(27, 20)
"""A week in which nobody runs the daemon."""

INCIDENTS: tuple[Incident, ...] = (
    NewUsersDrop(NEWS, day(8), last=day(9), factor=0.6),
    SessionTimeDrop(SHOP, day(12), last=day(12), factor=0.6),
    RetentionDrop(NEWS, day(16), last=day(17), factor=0.5),
    LostRatioRise(MAPS, day(18), last=day(20), points=1.8),
    SessionTimeDrop(MAPS, day(22), last=day(23), factor=0.6),
    SessionTimeDrop(NEWS, day(25), last=day(28), factor=0.6),
    ExitRateRise(SHOP, date(2026, 8, 1), last=date(2026, 8, 2), page="pages/index/index", points=16.0),
)
UNTRUE = UsersDrop(MAPS, day(29), last=day(29), factor=0.4)
"""What the API says of a day until noon two days after; it was not so."""
UNTRUE_UNTIL = july(31, 12)

SETTINGS = """
[api]
base_url = "{api}"
requests_per_second = 1000
timeout = "5s"
[platform]
access_token = {{ file = "token-tp" }}
[poll]
schedule = "37 8-12,14-22/2 * * *"
reports = {reports}
granularity = ["day", "hour", "week", "month"]
history_days = 35
[[receivers]]
name = "ops"
kind = "slack"
channel = "#alerts"
token = {{ file = "token-slack" }}
api_url = "{slack}"
[[receivers]]
name = "growth"
kind = "email"
host = "127.0.0.1"
port = {mail}
security = "none"
from = "watch@example.com"
to = ["growth@example.com"]
language = "en"
[[receivers]]
name = "bus"
kind = "webhook"
url = "{programs}"
[[routes]]
receivers = ["ops", "bus"]
[[digests]]
name = "daily"
period = "day"
schedule = "7 10 * * *"
wait = "3h"
receivers = ["growth", "bus"]
[[digests]]
name = "weekly"
period = "week"
schedule = "7 10 * * mon"
wait = "36h"
receivers = ["growth", "bus"]
"""
APP = """
[[apps]]
id = {id}
name = "{name}"
access_token = {{ file = "token-{id}" }}
"""


def world(*untrue: Incident) -> World:
    """The world, in which first figures are a little too small; with what is ``untrue`` besides."""
    late = timedelta(hours=8, minutes=50)
    return World(7, APPS, (*INCIDENTS, *untrue), begins=date(2026, 1, 1), corrections=True, corrected=late)


@pytest.fixture
def log() -> Iterator[Log]:
    """What the program complains of."""
    log = Log()
    logging.getLogger("smartapp_watch").addHandler(log)
    yield log
    logging.getLogger("smartapp_watch").removeHandler(log)


@pytest.fixture
def month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Month]:
    """A daemon before its first day, and everything around it."""
    clock = SetClock(START)
    api = Api(clock)
    # A call that nobody answers is tried again at once: a day without the API must not take an hour.
    monkeypatch.setattr(watch_module, "Client", partial(Client, backoff=0.001))
    with ExitStack() as stack:
        simulator = stack.enter_context(Simulator(world(), clock, faults=api.faults()))
        slack, mails = stack.enter_context(SlackInbox()), stack.enter_context(MailInbox())
        programs = stack.enter_context(Programs())
        secrets = {str(app.id): app.access_token for app in APPS}
        secrets |= {"slack": slack.token, "tp": simulator.platform_token}
        copytree(shipped("rules"), tmp_path / "rules")
        text = SETTINGS.format(
            api=simulator.url,
            slack=slack.api_url,
            mail=mails.port,
            programs=programs.url,
            reports=sorted({table.report.name for table in TABLES.values()} - {"tp_data"}),
        )
        settings = tmp_path / "watch.toml"
        settings.write_text(text + "".join(APP.format(id=app.id, name=app.name) for app in APPS))
        month = Month(settings, clock, api, simulator, slack, mails, programs)
        for name, secret in secrets.items():
            month.write_secret(name, secret)
        yield month


def live_through(month: Month, chance: random.Random) -> None:
    """What happens, day by day."""
    month.start()
    month.live_until(july(7, 9))
    month.stop_until(july(8, 9))  # so long that a digest is made up for when the next one's day is over
    month.live_until(july(9, 10, 15))
    month.stop_until(july(9, 15))
    month.live_until(july(11, 9, 30))
    for _ in range(4):  # in the middle of a poll
        calls = month.simulator.calls + chance.randint(1, 60)
        month.kill_a_run(lambda _: month.simulator.calls >= calls)  # noqa: B023 - it is called at once
    month.live_until(july(13, 9, 5))
    month.kill_while_it_tells()
    month.slack.trouble_next(*[SlackTrouble.RATE_LIMITED, SlackTrouble.SERVER_ERROR] * 3)
    month.live_until(july(15, 0))
    month.api.is_gone = True
    month.live_until(july(16, 0))
    month.api.is_gone = False
    month.slack.token = "xoxb-renewed"
    month.live_until(july(16, 16))
    month.write_secret("slack", month.slack.token)
    month.live_until(july(17, 9))
    with month.no_mail_server():
        month.live_until(july(17, 21))
    month.live_until(july(18, 9))
    month.lose_acceptances()
    month.live_until(july(19, 12, 50))
    month.set_clock(timedelta(hours=-1))
    month.live_until(july(19, 14))
    month.set_clock(timedelta(hours=1))
    month.live_until(july(20, 8, 30))
    month.disk_is_full = True
    month.live_until(july(20, 12, 50))
    month.disk_is_full = False
    month.live_until(GONE)
    month.stop_until(BACK)
    month.live_until(july(30, 8))
    month.api.wrong = world(UNTRUE)
    month.live_until(UNTRUE_UNTIL)
    month.api.wrong = None
    month.live_until(august(2, 9, 30))
    month.kill_while_it_tells()
    for _ in range(4):  # at any time
        longest = chance.uniform(0, 1.5)
        month.kill_a_run(lambda worked: worked > longest)  # noqa: B023 - it is called at once
    month.live_until(END)


FEWER = ("users-drop", "new-users-drop", "sessions-drop")
STORIES = {
    (NEWS, "new-users-drop", "2026-07-08"): "fire still resolve",
    (SHOP, "session-time-drop", "2026-07-12"): "fire resolve",
    **{(app.id, "figures-late", "2026-07-14"): "fire resolve" for app in APPS},
    (NEWS, "next-day-retention-drop", "2026-07-16"): "fire still resolve",
    (MAPS, "lost-ratio-spike", "2026-07-18"): "fire still resolve",
    # That of the 22nd began and ended while nobody looked: it is in the digest alone.
    (NEWS, "session-time-drop", "2026-07-25"): "fire still resolve",
    **{(MAPS, rule, "2026-07-29"): "fire resolve retract" for rule in FEWER},
    (SHOP, "page-exit-rate-rise", "2026-08-01"): "fire still resolve",
}
"""What is told of each alert, in this order, to everybody."""

NOTICES = {("receiver_off", "ops"): 1}
"""How often the service tells something of itself: (topic, receiver it is about)."""

COMPLAINTS = (
    "cycle failed: the disk that holds ",
    "nobody can be told: the disk that holds ",
    "cycle failed: the history was judged as of ",
)
"""How each error begins that the log may hold: of the full disk, and of the clock that was set back."""


def digests_due() -> set[str]:
    """The digests that come: all but those that were no news any more when the daemon was back."""
    days = {START.date() + timedelta(days=number) for number in range(-1, (END - START).days)}
    missed = {
        each
        for each in days
        if _digest_time(each) >= GONE
        and _digest_time(each) + DAILY_WAIT + STILL_NEWS[Granularity.DAY] <= BACK
    }
    weeks = {f"weekly/2026-W{number}" for number in range(27, 32)}
    return weeks | {f"daily/{each}" for each in days - missed}


def _digest_time(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), DIGESTS_AT, BEIJING)


@pytest.mark.timeout(900)
def test_a_month_of_troubles_loses_nothing_and_tells_nothing_twice(month: Month, log: Log) -> None:
    random.seed(5)  # of the polls' delays
    live_through(month, random.Random(3))
    assert_all_is_read(month)
    rows = month.rows()
    assert {row.state for row in rows} == {"sent"}
    for receiver, taken in month.taken().items():
        assert set(taken) == {row.message for row in rows if row.receiver == receiver}
        assert {key: times for key, times in taken.items() if times > 1 + month.lost[receiver, key]} == {}
    assert told(rows, "ops", "alert") == told(rows, "bus", "alert")
    assert month.programs.stories() == STORIES
    assert {f"{one['name']}/{one['period']}" for one in month.programs.told("digest")} == digests_due()
    assert told(rows, "growth", "digest") == {f"digest/{each}" for each in digests_due()}
    assert Counter(row.topic for row in rows if row.kind == "notice") == NOTICES
    assert log.stumbles == []
    assert [each for each in log.errors if not each.startswith(COMPLAINTS)] == []


def told(rows: list[Row], receiver: str, kind: str) -> set[str]:
    """What a receiver was told of a kind."""
    return {row.what for row in rows if (row.receiver, row.kind) == (receiver, kind)}


def assert_all_is_read(month: Month) -> None:
    """The history has every cell that there is, as the world has it by now."""
    first, last = START.date() - timedelta(days=35), END.date() - timedelta(days=1)
    served = known(Served(world(), END, first, last).rows())
    found = stored(month.history)
    # Yesterday's cohort has no cell yet: until it has one, nothing of it is final.
    of_yesterday = {key for key in served if key[:2] == ("retained_user", str(last))}
    wrong = {key for key, cells in served.items() if found.get(key) != cells}
    assert wrong - of_yesterday == set()
    assert {key for key in found if len(key[1]) == len(str(last))} <= served.keys()
