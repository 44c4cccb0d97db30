"""A token is never seen: every class of error is provoked and logged, and all output searched."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.simulator.accounts import CLIENT_ID, Accounts
from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.call import Call
from smartapp_watch.simulator.faults import Answer, FaultKind, Faults
from smartapp_watch.simulator.inbox import SlackInbox
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.world import World

NOW = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
TOKEN = "45.5ecretT0ken0fTheMiniProgram.2592000.1568538447.YaEGtZv0CrUcnG0OokJV4w"
PLATFORM_TOKEN = "42.5ecretT0ken0fThePlatform.2592000.1568538447"
USED_UP = "46.5ecretT0kenThatWasUsed"
BOT_TOKEN = "xoxb-5ecret-b0t-t0ken"
ECHO = f"bad request: POST /rest/2.0/smartapp/data/x?access_token={TOKEN}"

ANSWERS = (
    *FaultKind,
    Answer.of({"errno": 40001, "msg": ECHO}),
    Answer.of({"errno": 5000, "msg": ECHO}),
    Answer.of({"errno": 45000, "msg": "小程序不存在"}),
    Answer.of({"errno": 44003, "msg": f"TOKEN {TOKEN} 已过期"}),
    Answer.of({"error_code": 18, "error_msg": ECHO}),
    Answer.of({"error_code": 110, "error_msg": f"Access token {TOKEN} invalid"}, 401),
    Answer.of({"error": "expired_token", "error_description": ECHO}, 401),
    Answer(f"<html>{ECHO}</html>".encode(), 403, "text/html"),
    Answer.of({"errno": 0, "data": {"total": 1, "data_list": [{"name": "2026/11/22", "user_count": ECHO}]}}),
)
"""What goes wrong with one mini-program each; the first is number 101."""

ENDINGS = (
    Answer.of({"error_code": 17, "error_msg": ECHO}),
    Answer.of({"errno": 40008, "msg": ECHO}),
)
"""What ends a poll."""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    return tmp_path / "watch.toml"


def write(settings: Path, world: World, url: str, slack: str) -> None:
    apps = "\n".join(f'[[apps]]\nid = {app}\naccess_token = {{ env = "APP_{app}" }}' for app in world.apps)
    settings.write_text(
        f"""
[api]
base_url = "{url}"
requests_per_second = 1000
timeout = "1s"
[platform]
access_token = {{ env = "TP" }}
[poll]
reports = ["user_trend"]
history_days = 5
{apps}
[[receivers]]
name = "ops"
kind = "slack"
channel = "#alerts"
token = {{ env = "BOT" }}
api_url = "{slack}"
[[routes]]
receivers = ["ops"]
[[digests]]
name = "weekly"
period = "week"
schedule = "7 10 * * mon"
wait = "1h"
receivers = ["ops"]
"""
    )
    (settings.parent / "rules" / "traffic.toml").write_text(
        '[[rule]]\nname = "any"\nmetric = "user_trend.user_count"\nabove = 0\n'
    )


def make_world(count: int) -> World:
    return World(7, tuple(SimulatedApp(101 + n, access_token=f"{TOKEN}{n}") for n in range(count)))


def work(settings: Path, world: World, faults: Faults | None = None) -> tuple[dict[str, bytes], list[Call]]:
    """One cycle with everything logged: all that could be seen of it, and the calls that it made."""
    tokens = {f"APP_{app.id}": app.access_token for app in world.apps.values()}
    with Simulator(world, lambda: NOW, faults=faults) as simulator, SlackInbox(token=BOT_TOKEN) as slack:
        simulator.renew_token(None, PLATFORM_TOKEN)
        write(settings, world, simulator.url, slack.api_url)
        seen = run_once(settings, {"TP": PLATFORM_TOKEN, "BOT": BOT_TOKEN, **tokens})
        return seen | {"messages": repr(slack.messages).encode()}, simulator.log


def run_once(settings: Path, environment: dict[str, str]) -> dict[str, bytes]:
    """One cycle in a process of its own, with everything logged: all that can be seen of it."""
    command = [sys.executable, "-m", "smartapp_watch", "--config", str(settings), "-vv"]
    process = subprocess.Popen(
        [*command, "--now", NOW.isoformat(), "once"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    command_line = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    output, log = process.communicate(timeout=120)
    history = b"".join(path.read_bytes() for path in settings.parent.glob("history.db*"))
    return {"output": output, "log": log, "history": history, "command line": command_line}


def assert_no_secret(seen: dict[str, bytes]) -> None:
    for secret in (
        "5ecretT0ken0fTheMiniProgram",
        "YaEGtZv0CrUcnG0OokJV4w",
        "5ecretT0ken0fThePlatform",
        BOT_TOKEN,
    ):
        for place, content in seen.items():
            assert secret.encode() not in content, place


def test_no_failure_of_a_mini_program_shows_a_token(settings: Path) -> None:
    world = make_world(len(ANSWERS))
    faults = Faults.script(lambda call: None if call.app_id is None else ANSWERS[call.app_id - 101])
    seen, _ = work(settings, world, faults)
    assert seen["log"].count(b"WARNING smartapp_watch.poll") >= len(ANSWERS) - 1
    assert b"DEBUG" in seen["log"]
    assert_no_secret(seen)


@pytest.mark.parametrize("ending", ENDINGS, ids=("daily limit", "not on the whitelist"))
def test_no_end_of_a_poll_shows_a_token(settings: Path, ending: Answer) -> None:
    seen, _ = work(settings, make_world(1), Faults.script(lambda _call: ending))
    assert b"ended early" in seen["log"]
    assert_no_secret(seen)


def test_the_api_and_slack_see_the_tokens_that_nobody_else_does(settings: Path) -> None:
    """The searches above are only worth something if the tokens were really used."""
    seen, calls = work(settings, make_world(1))
    assert {call.app_id for call in calls} == {101, None}
    assert seen["messages"].count(b"PostedMessage") == 2
    assert_no_secret(seen)


def test_no_renewal_shows_a_token(settings: Path) -> None:
    accounts = Accounts({101: "", 102: ""}, lost=0.2)
    world = make_world(2)
    with Simulator(world, lambda: NOW, accounts=accounts) as simulator, SlackInbox(token=BOT_TOKEN) as slack:
        write(settings, world, simulator.url, slack.api_url)
        text = settings.read_text().replace('access_token = { env = "APP', 'refresh_token = { env = "APP')
        by_ticket = f'client_id = "{CLIENT_ID}"\nticket = {{ env = "TP" }}'
        settings.write_text(text.replace('access_token = { env = "TP" }', by_ticket))
        environment = {"BOT": BOT_TOKEN, "TP": accounts.ticket}
        environment |= {"APP_101": accounts.refresh_token(101), "APP_102": USED_UP}
        seen = run_once(settings, environment)
        assert {call.app_id for call in simulator.log} >= {101, 102}
    assert accounts.calls["app_to_tp_authorization_code"] > 0
    assert b"/rest/2.0/oauth/token" in seen["log"]
    for secret in (*accounts.issued, accounts.ticket, USED_UP):
        assert [place for place, content in seen.items() if secret.encode() in content] == []
