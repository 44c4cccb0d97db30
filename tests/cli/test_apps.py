"""``apps``: mini-programs are enrolled, listed with their authorisation, and dismissed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from smartapp_watch.config.load import load
from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.simulator.accounts import Accounts
from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.world import World
from tests.cli.desk import Call, Outcome

NOW = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
NAMES = {101: "预约挂号", 102: "城市公交", 103: "菜谱大全"}


@dataclass
class Platform:
    """A platform's settings, and Baidu's side of it."""

    settings: Path
    accounts: Accounts
    call: Call

    def __call__(self, *words: str) -> Outcome:
        return self.call("--config", str(self.settings), "--now", NOW.isoformat(), *words)


@pytest.fixture
def platform(tmp_path: Path, call: Call) -> Iterator[Platform]:
    accounts = Accounts(NAMES)
    world = World(7, tuple(SimulatedApp(number) for number in NAMES))
    with Simulator(world, lambda: NOW, accounts=accounts) as simulator:
        (tmp_path / "rules").mkdir()
        (tmp_path / "token-of").write_text("#!/bin/sh\necho 45.simulated.$1\n")
        (tmp_path / "token-of").chmod(0o700)
        settings = tmp_path / "watch.toml"
        settings.write_text(
            f"""
[api]
base_url = "{simulator.url}"
requests_per_second = 1000
[platform]
access_token = "{accounts.platform_token()}"
[poll]
reports = ["user_trend"]
[[apps]]
id = 101
"""
        )
        yield Platform(settings, accounts, call)


def test_an_enrolled_app_is_polled_under_its_own_name(platform: Platform) -> None:
    added = platform("apps", "add", "102")
    assert (added.code, added.out) == (0, "mini-program 102 (城市公交) is watched; status: normal\n")
    done = platform("poll", "--json")
    assert (done.code, done.json["failures"]) == (0, [])
    assert [(each.app.id, each.app.name) for each in load(platform.settings).apps] == [
        (101, ""),
        (102, "城市公交"),
    ]
    listed = platform("apps", "list", "--json").json
    assert [(each["id"], each["listed"], each["token"], each["problem"]) for each in listed] == [
        ("101", True, "renewed", None),
        ("102", False, "renewed", None),
    ]
    assert all(each["expires"] for each in listed)


def test_an_app_is_enrolled_by_its_owners_code(platform: Platform) -> None:
    assert platform("apps", "add", "103", "--code", platform.accounts.authorise(103)).code == 0
    assert platform.accounts.calls["/rest/2.0/smartapp/auth/retrieve/authorizationcode"] == 0
    assert platform("apps", "add", "102", "--code", "nonsense").code == 1
    assert [each["id"] for each in platform("apps", "list", "--json").json] == ["101", "103"]


def test_the_status_is_baidus_own(platform: Platform) -> None:
    platform.accounts.statuses[101] = 4
    assert "status: suspended" in platform("apps", "add", "101").out
    assert [(each["status"], each["listed"]) for each in platform("apps", "list", "--json").json] == [
        ("suspended", True)
    ]


def test_a_removed_app_is_watched_no_more(platform: Platform) -> None:
    platform("apps", "add", "102")
    assert platform("apps", "remove", "102").out == "mini-program 102 is watched no more; its history stays\n"
    assert [each.app.id for each in load(platform.settings).apps] == [101]
    again, listed = platform("apps", "remove", "102"), platform("apps", "remove", "101")
    assert (again.code, again.err) == (2, "smartapp-watch: the mini-program 102 is not watched\n")
    assert (listed.code, listed.err) == (
        2,
        "smartapp-watch: the mini-program 101 is listed in watch.toml; take it out there\n",
    )


def test_a_revoked_app_is_not_enrolled_and_says_why(platform: Platform) -> None:
    platform.accounts.revoke(102)
    done = platform("apps", "add", "102")
    assert done.code == 1
    assert "no token is granted: Baidu answered errno 50032" in done.err
    assert [each.app.id for each in load(platform.settings).apps] == [101]


def test_asking_again_by_hand_does_not_wait_for_the_day_to_pass(platform: Platform) -> None:
    platform.accounts.revoke(101)
    failure = platform("poll", "--json").json["failures"]
    assert [(each["app"], each["kind"]) for each in failure] == [("101", "token")]
    assert "50032" in platform("apps", "list").out
    platform.accounts.authorise(101)
    assert platform("poll").code == 1
    assert platform("apps", "add", "101").code == 0
    assert platform("poll").code == 0


def test_an_app_with_a_token_of_its_own_has_nothing_to_gain(platform: Platform) -> None:
    text = platform.settings.read_text()
    platform.settings.write_text(text.replace("id = 101", 'id = 101\naccess_token = "45.own"'))
    done = platform("apps", "add", "101")
    assert (done.code, done.err) == (
        2,
        "smartapp-watch: the mini-program 101 has its access_token from the settings already\n",
    )


def test_a_token_service_is_asked_for_each_app(platform: Platform) -> None:
    text = platform.settings.read_text()
    service = '[platform]\napp_access_token = { command = ["./token-of", "{app_id}"] }'
    platform.settings.write_text(text.replace("[platform]", service))
    assert platform("poll").code == 0
    assert platform.accounts.calls.total() == 0
    assert [each["token"] for each in platform("apps", "list", "--json").json] == ["service"]


def test_a_broken_platform_is_one_failure_of_a_poll_and_one_notice(platform: Platform) -> None:
    with platform.settings.open("a") as settings:
        settings.write("".join(f"[[apps]]\nid = {number}\n" for number in range(200, 240)))
        settings.write('[[receivers]]\nname = "ops"\nkind = "webhook"\nurl = "http://127.0.0.1:9/"\n')
    platform.accounts.break_platform()
    for _ in range(2):
        failures = platform("poll", "--json").json["failures"]
        assert [each["kind"] for each in failures if each["report"] == "user_trend"] == ["renewal"]
    platform("deliver")
    (queued,) = platform("status", "--json").json["queue"]
    assert queued["receiver"] == "ops"
    assert platform("status").out.startswith("ill: The tokens of mini-programs cannot be renewed")


def test_credentials_that_cannot_be_read_are_a_mistake_of_the_settings(platform: Platform) -> None:
    (platform.settings.parent / "credentials.json").mkdir()
    done = platform("apps", "list")
    assert done.code == 2
    assert "the credentials credentials.json cannot be read: Is a directory" in done.err
