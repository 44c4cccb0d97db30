"""The status of mini-programs is asked for once a day, in few calls, and told where it keeps users away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from smartapp_watch.clock import frozen
from smartapp_watch.config.load import load
from smartapp_watch.history.database import open_history
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.poll import PollResult
from smartapp_watch.simulator.accounts import Accounts
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.world import World
from smartapp_watch.survey import LEAST, SHARE
from smartapp_watch.watch import Watch

NOW = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
APPS = range(101, 131)
INFO = "/rest/2.0/smartapp/app/info"


class Fleet:
    """Thirty mini-programs whose tokens are renewed, and Baidu's side of them."""

    def __init__(self, folder: Path, url: str, accounts: Accounts) -> None:
        apps = "".join(f"[[apps]]\nid = {app}\n" for app in APPS)
        (folder / "rules").mkdir()
        self.settings = folder / "watch.toml"
        self.settings.write_text(
            f'[api]\nbase_url = "{url}"\nrequests_per_second = 1000\n'
            f'[platform]\naccess_token = "{accounts.platform_token()}"\n{apps}'
        )
        self.accounts = accounts
        self.now = NOW

    def watch(self) -> Watch:
        return Watch(load(self.settings), frozen(self.now))

    def survey(self, calls: int = 0, stopped: str = "") -> int:
        """How many were asked after a poll of so many calls."""
        before = self.accounts.calls[INFO]
        self.watch().survey(PollResult(calls=calls, stopped=stopped))
        return self.accounts.calls[INFO] - before

    def ailing(self) -> list[tuple[str, str, tuple[str, ...], int]]:
        watch = self.watch()
        with open_history(watch.config.history.path) as history:
            return [(each.topic, each.error, each.apps, each.count) for each in watch.ailments(history)]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    accounts = Accounts({app: f"app {app}" for app in APPS})
    with Simulator(World(1, ()), lambda: NOW, accounts=accounts) as simulator:
        yield Fleet(tmp_path, simulator.url, accounts)


def test_everybody_is_asked_once_a_day_a_few_at_a_time(fleet: Fleet) -> None:
    assert [fleet.survey() for _ in range(4)] == [LEAST, LEAST, LEAST, 0]
    fleet.now += timedelta(days=1)
    assert [fleet.survey(), fleet.survey(30 * SHARE)] == [LEAST, 20]


def test_a_poll_that_was_shut_out_asks_for_no_status(fleet: Fleet) -> None:
    assert fleet.survey(stopped="the day's calls are used up") == 0


def test_who_refuses_does_not_keep_others_from_being_asked(fleet: Fleet) -> None:
    for app in APPS[:20]:
        fleet.accounts.revoke(app)
    asked = [fleet.survey() for _ in range(3)]
    assert asked == [0, 0, 10]


def test_who_is_kept_from_its_users_is_told_until_all_are_normal_again(fleet: Fleet) -> None:
    fleet.accounts.statuses |= {101: -1, 102: 6, 103: 2}
    fleet.survey()
    assert fleet.ailing() == [("apps_restricted", "banned", ("101",), 1)]
    fleet.now += timedelta(days=1)
    fleet.accounts.statuses |= {101: 1, **dict.fromkeys(range(105, 109), 4), 110: 5}
    for _ in range(3):
        fleet.survey()
    (ailment,) = fleet.ailing()
    assert (ailment[:2], len(ailment[2]), ailment[3]) == (("apps_restricted", ""), 3, 5)
    fleet.now += timedelta(days=1)
    fleet.accounts.statuses.clear()
    for _ in range(3):
        fleet.survey()
    assert fleet.ailing() == []
