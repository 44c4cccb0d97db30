"""``notify`` and ``check --online``: what an operator tries before trusting the settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.policy import default

import pytest

from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.simulator.inbox import MailTrouble, RobotInbox, RobotTrouble, SlackTrouble
from tests.cli.desk import Call, Desk, run_module

ROBOT_SECRET = "SEC-robot-not-to-be-told"
CHAT = """
[[receivers]]
name = "chat"
kind = "dingtalk"
webhook_url = { file = "token-chat" }
secret = { file = "token-robot" }
[[receivers]]
name = "nowhere"
kind = "webhook"
url = { file = "no-such-file" }
"""


@pytest.fixture
def robot(desk: Desk) -> Iterator[RobotInbox]:
    """A robot that wants signatures, among the desk's receivers; and a webhook whose address is not there."""
    with RobotInbox("dingtalk", lambda: datetime.now(BEIJING), secret=ROBOT_SECRET) as inbox:
        for name, secret in (("chat", inbox.webhook_url), ("robot", ROBOT_SECRET)):
            file = desk.folder / f"token-{name}"
            file.touch(0o600)
            file.write_text(secret)
        desk.change("[[routes]]", CHAT + "[[routes]]")
        yield inbox


def test_each_kind_of_receiver_gets_one_message_that_says_it_is_a_test(
    call: Call, desk: Desk, robot: RobotInbox
) -> None:
    for name, where in (("ops", ", as C"), ("growth", ", as <"), ("chat", "\n")):
        done = call(*desk.words("notify", "test", name))
        assert (done.code, done.err) == (0, ""), name
        assert done.out.startswith(f"{name}: taken{where}")
    (post,) = desk.slack.messages
    assert "测试消息" in post.text
    (mail,) = desk.mails.mails
    assert "Test: messages to" in str(message_from_bytes(mail.content, policy=default)["Subject"])
    (taken,) = robot.posts
    assert "测试消息：“chat”可以收到通知" in taken.text
    assert not desk.history.exists()


def test_two_tests_are_two_messages(call: Call, desk: Desk) -> None:
    for _ in range(2):
        assert call(*desk.words("notify", "test", "growth")).code == 0
    first, second = (message_from_bytes(mail.content, policy=default) for mail in desk.mails.mails)
    assert first["Message-ID"] != second["Message-ID"]


def test_a_test_that_fails_ends_with_1_and_says_why_in_the_platforms_words(
    call: Call, desk: Desk, robot: RobotInbox
) -> None:
    robot.trouble_next(RobotTrouble.RATE_LIMITED)
    limited = call(*desk.words("notify", "test", "chat"))
    assert (limited.code, limited.out) == (1, "")
    assert limited.err == "chat: DingTalk answered 130101: send too fast, exceed 20 times per minute\n"
    (desk.folder / "token-robot").write_text("another")
    assert "310000: sign not match" in call(*desk.words("notify", "test", "chat")).err
    desk.slack.trouble_next(SlackTrouble.SERVER_ERROR)
    assert call(*desk.words("notify", "test", "ops")).code == 1
    desk.mails.trouble_next(MailTrouble("RCPT", 550, "no such user"))
    refused = call(*desk.words("notify", "test", "growth"))
    assert refused.code == 1
    assert "550 no such user" in refused.err
    missing = call(*desk.words("notify", "test", "nowhere"))
    assert missing.code == 1
    assert "no-such-file" in missing.err


def test_a_receiver_that_is_not_there_is_wrong_usage(call: Call, desk: Desk) -> None:
    done = call(*desk.words("notify", "test", "opps"))
    assert (done.code, done.out) == (2, "")
    assert "did you mean `ops`?" in done.err


def test_the_preview_of_a_rule_is_its_newest_alert(judged: Call, filled: Desk) -> None:
    alert = judged("alerts", "--json").json[0]
    out = filled.folder / "looks"
    done = judged("notify", "preview", alert["rule"], "--out", str(out))
    assert (done.code, done.out) == (0, "")
    stem = f"{alert['rule']}.zh"
    names = {file.name for file in out.iterdir()}
    assert names == {
        *(f"{stem}.{ending}" for ending in ("html", "txt", "json", "md")),
        *(f"{stem}.{kind}.json" for kind in ("dingtalk", "feishu", "wecom")),
    }
    assert all(f"written to {out / name}" in done.err for name in names)
    html = (out / f"{stem}.html").read_text(encoding="utf-8")
    assert "预约挂号" in html
    assert 'src="data:image/png;base64,' in html
    assert "cid:" not in html
    assert json.loads((out / f"{stem}.json").read_text(encoding="utf-8"))["blocks"]
    card = json.loads((out / f"{stem}.feishu.json").read_text(encoding="utf-8"))
    assert "预约挂号" in card["card"]["header"]["title"]["content"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_preview_of_a_rule_that_never_fired_is_invented_and_says_so(
    call: Call, desk: Desk, language: str
) -> None:
    out = desk.folder / "looks"
    rules = call(*desk.words("rules", "list")).out
    for rule in ("new-users-drop", "page-exit-rate-rise", "next-day-retention-drop"):
        assert rule in rules
        done = call(*desk.words("notify", "preview", rule, "--language", language, "--out", str(out)))
        assert done.code == 0
        assert f"{rule} has no alert yet: the figures are invented" in done.err
        assert "预约挂号" in (out / f"{rule}.{language}.txt").read_text(encoding="utf-8")
    assert not desk.history.exists()
    assert call(*desk.words("notify", "preview", "no-such-rule")).code == 2


def test_check_online_tries_every_token_and_receiver_and_posts_nothing(
    call: Call, desk: Desk, robot: RobotInbox
) -> None:
    (desk.folder / "no-such-file").write_text("https://example.com/hook")
    done = call(*desk.words("check", "--online"))
    assert done.code == 0, done.err
    lines = done.out.splitlines()[1:]
    assert [line.split(": ")[0] for line in lines] == [
        "works   mini-program 15263713 (预约挂号)",
        "works   mini-program 15263714 (城市公交)",
        "works   receiver ops",
        "works   receiver growth",
        "-       receiver chat",
        "-       receiver nowhere",
    ]
    assert "smartapp-watch of Simulated" in done.out
    assert "cannot be tried without posting; notify test chat does" in done.out
    assert desk.slack.messages == []
    assert desk.mails.mails == []
    assert robot.requests == 0
    assert desk.simulator.calls == 2


def test_check_online_names_what_fails_and_shows_no_secret(call: Call, desk: Desk, robot: RobotInbox) -> None:
    token = "45.rejected-not-to-be-told.2592000.1568538447"
    for name in ("15263714", "slack"):
        (desk.folder / f"token-{name}").write_text(token)
    desk.mails.trouble_next(MailTrouble("CONNECT", 421, "too busy"))
    done = call(*desk.words("check", "--online"))
    assert done.code == 1
    assert [line.split()[0] for line in done.out.splitlines()[1:]] == [
        "works", "failed", "failed", "failed", "-", "failed",
    ]  # fmt: skip
    assert "invalid_auth" in done.out
    assert "421 too busy" in done.out
    assert done.err.endswith("4 failed\n")
    assert token not in done.out + done.err


def test_check_without_online_calls_nobody(call: Call, desk: Desk) -> None:
    assert call(*desk.words("check")).code == 0
    assert desk.simulator.calls == 0
    assert desk.slack.requests == 0


@pytest.mark.parametrize("kind", ["dingtalk", "feishu", "wecom", "webhook", "apprise"])
def test_no_test_that_fails_shows_an_address_or_a_secret(desk: Desk, kind: str) -> None:
    key = "0123456789abcdef-5ecret"
    (desk.folder / "token-robot").write_text(ROBOT_SECRET)
    address = f"{'json' if kind == 'apprise' else 'http'}://127.0.0.1:9/hook/{key}"
    (desk.folder / "token-chat").write_text(address)
    urls = {"webhook": "url = {}", "apprise": "urls = [{}]"}.get(kind, "webhook_url = {}")
    secret = '\nsecret = { file = "token-robot" }' if kind in ("dingtalk", "feishu", "webhook") else ""
    receiver = f'[[receivers]]\nname = "chat"\nkind = "{kind}"\n' + urls.format('{ file = "token-chat" }')
    desk.change("[[routes]]", f"{receiver}{secret}\n[[routes]]")
    words = ("--config", str(desk.settings), "-vv", "notify", "test", "chat")
    done = run_module(*words, folder=desk.folder)
    assert (done.code, done.out) == (1, "")
    assert "chat: " in done.err
    assert "5ecret" not in done.err
    assert ROBOT_SECRET not in done.err
