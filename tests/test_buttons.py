"""Presses on a real history: noted once, shown anew, and said to whoever pressed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from smartapp_watch.alerts.alert import Alert, Figures, State
from smartapp_watch.alerts.silence import Silence
from smartapp_watch.buttons import Buttons, sockets
from smartapp_watch.config.load import load
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.deliver import deliver
from smartapp_watch.history.database import History, open_history
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples_trends import example_trend
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.slack import SlackSender
from smartapp_watch.notify.slack_buttons import Press
from smartapp_watch.rules.rule import Severity
from smartapp_watch.simulator.inbox import SlackInbox
from tests.outbox import NOW, notice, queue

DAY = timedelta(days=1)
APP_TOKENS = {"ops": "APP", "boss": "APP", "else": "ANOTHER", "without": ""}
"""The receivers, each with the variable that holds its app's token."""


def settings() -> str:
    lines = ["[[apps]]", "id = 7", 'access_token = { env = "APP_7" }']
    for name, variable in APP_TOKENS.items():
        lines += ["[[receivers]]", f'name = "{name}"', 'kind = "slack"', f'channel = "#{name}"']
        lines += ['token = { env = "BOT" }', *([f'app_token = {{ env = "{variable}" }}'] if variable else [])]
    return "\n".join(lines)


@pytest.fixture
def config(path: Path) -> WatchConfig:
    file = path.with_name("watch.toml")
    file.write_text(settings())
    return load(file)


class Channel:
    """Channels in Slack with messages about alerts, and the people who press their buttons."""

    def __init__(self, history: History, config: WatchConfig, inbox: SlackInbox) -> None:
        self.history = history
        self.config = config
        self.inbox = inbox
        self.woken = 0
        self.now = NOW

    def fire(self, *rules: str, app: int | None = 7, receiver: str = "ops") -> list[int]:
        """Alerts that begin, told in one message; their numbers."""
        numbers = []
        for rule in rules:
            day, figures = Period.parse("2026-11-22"), Figures(60.0, 100.0, -40.0, -40.0)
            alert = Alert(0, rule, app, (), State.FIRING, Severity.WARNING, day, day, figures)
            numbers.append(self.history.alerts.save(alert, self.now).id)
        notices = (
            replace(notice(number, app=app, rule=rule), trend=example_trend(100.0, 60.0))
            for number, rule in zip(numbers, rules, strict=True)
        )
        queue(self.history, *notices, receivers=(receiver,), at=self.now)
        self.deliver()
        return numbers

    def deliver(self) -> None:
        senders = {
            name: SlackSender(
                name, Language.EN, Renderer(), channel=f"#{name}", token=self.inbox.token,
                api_url=self.inbox.api_url, has_buttons=True,
            )
            for name in ("ops", "else")
        }  # fmt: skip
        deliver(self.history, senders, self.now)

    def press(self, by: str = "zhang.wei", days: int = 0, message: int = 0, **changes: Any) -> str:
        """Somebody presses a button of a message; what is said to them."""
        posted = self.inbox.messages[message]
        place = f"{self.inbox.channel_id(posted.channel)}:{posted.ts}"
        press = Press(changes.get("place", place), by, days * DAY if days else None)
        languages = {"ops": Language.EN, "boss": Language.ZH}
        return Buttons(self.config, lambda: self.now, languages, self._wake).answer(press)

    def _wake(self) -> None:
        self.woken += 1

    @property
    def acks(self) -> dict[int, str]:
        return {number: ack.by for number, ack in self.history.silences.acks().items()}

    @property
    def silences(self) -> list[Silence]:
        return self.history.silences.all()


@pytest.fixture
def channel(history: History, config: WatchConfig) -> Iterator[Channel]:
    with SlackInbox() as inbox:
        inbox.files.unknown_for = 0
        yield Channel(history, config, inbox)


def blocks(channel: Channel, message: int = 0) -> str:
    return str(channel.inbox.messages[message].blocks)


def test_an_acknowledgement_is_noted_and_shown_soon(channel: Channel) -> None:
    (number,) = channel.fire("new-users-drop")
    assert channel.press() == "Noted that zhang.wei deals with it; the message will show it soon."
    assert channel.acks == {number: "zhang.wei"}
    assert channel.woken == 1
    channel.deliver()
    (message,) = channel.inbox.messages
    assert message.edits == 1
    assert "image" in {block["type"] for block in message.blocks}
    assert "zhang.wei deals with it" in blocks(channel)
    assert "Acknowledge" not in blocks(channel)


def test_pressed_twice_it_is_noted_once_and_somebody_else_may_take_over(channel: Channel) -> None:
    (number,) = channel.fire("new-users-drop")
    for by in ("zhang.wei", "zhang.wei", "li.na"):
        channel.press(by)
    assert channel.acks == {number: "li.na"}
    queued = [each.key for each in channel.history.outbox.due(channel.now)]
    assert queued == [f"alert/{number}/ack/1/ops", f"alert/{number}/ack/2/ops"]


@pytest.mark.parametrize("days", [1, 7])
def test_a_silence_is_of_the_rule_and_the_mini_program(channel: Channel, days: int) -> None:
    channel.fire("new-users-drop")
    until = (NOW + days * DAY).astimezone(channel.config.timezone)
    assert channel.press(days=days) == (
        f"Silenced until {until:%Y-%m-%d %H:%M}: new-users-drop · 7. What is still open then is told."
    )
    (silence,) = channel.silences
    assert silence.matchers.each == (("new-users-drop",), ("7",), ())
    assert (silence.begins, silence.ends, silence.by) == (NOW, NOW + days * DAY, "zhang.wei")
    assert silence.because == "Slack"
    channel.deliver()
    assert f"Silenced until {until:%Y-%m-%d %H:%M} · zhang.wei" in blocks(channel)
    assert "Acknowledge" in blocks(channel)


def test_a_silence_that_lasts_as_long_already_is_not_asked_for_twice(channel: Channel) -> None:
    channel.fire("new-users-drop")
    channel.press(days=1)
    channel.now += timedelta(seconds=30)
    channel.press("li.na", days=1)
    assert len(channel.silences) == 1
    channel.press(days=7)
    channel.press(days=1)
    assert [each.ends - each.begins for each in channel.silences] == [DAY, 7 * DAY]


def test_a_rule_of_any_name_is_silenced_and_no_other(channel: Channel) -> None:
    channel.fire("new-[users]*", app=None)
    channel.press(days=1)
    (silence,) = channel.silences
    assert silence.matchers.match("new-[users]*", None)
    assert not silence.matchers.match("new-u", None)
    assert not silence.matchers.match("new-[users]-of-another", None)


def test_one_press_answers_all_alerts_of_a_message(channel: Channel) -> None:
    numbers = channel.fire("new-users-drop", "sessions-drop", "sessions-drop")
    assert len(channel.inbox.messages) == 1
    channel.press()
    assert set(channel.acks) == set(numbers)
    channel.press(days=1)
    assert sorted(each.matchers.words for each in channel.silences) == [
        "rule new-users-drop, app 7",
        "rule sessions-drop, app 7",
    ]
    channel.deliver()
    assert channel.inbox.messages[0].edits == 1
    assert "Acknowledge" not in blocks(channel)


def test_of_several_alerts_those_that_are_open_are_answered(channel: Channel) -> None:
    first, second = channel.fire("new-users-drop", "sessions-drop")
    close(channel, first)
    channel.press()
    assert set(channel.acks) == {second}


def close(channel: Channel, number: int) -> None:
    alert = channel.history.alerts.alert(number)
    assert alert is not None
    day = Period.parse("2026-11-23")
    over = Alert(number, alert.rule, 7, (), State.RESOLVED, alert.severity, alert.since, day, alert.figures)
    channel.history.alerts.save(over, channel.now)


@pytest.mark.parametrize("days", [0, 1])
def test_what_is_over_needs_no_answer(channel: Channel, days: int) -> None:
    (number,) = channel.fire("new-users-drop")
    close(channel, number)
    assert channel.press(days=days) == "It is over already; there is nothing to do."
    assert (channel.acks, channel.silences) == ({}, [])


def test_a_message_of_nobody_or_of_another_app_changes_nothing(channel: Channel) -> None:
    channel.fire("new-users-drop")
    channel.fire("sessions-drop", receiver="else")
    place = f"{channel.inbox.channel_id('#ops')}:1.1"
    for said in (channel.press(place=place), channel.press(place=":"), channel.press(message=1, days=7)):
        assert said == "This message is not known here; nothing was changed."
    assert (channel.acks, channel.silences) == ({}, [])


def test_a_history_that_cannot_be_written_is_said_and_logged(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    channel.fire("new-users-drop")
    monkeypatch.setattr("smartapp_watch.history.connection.PATIENCE", 0)
    with open_history(channel.config.history.path) as other, other.transaction():
        other.set_note("busy", "yes")
        assert "It could not be noted: " in channel.press()
    assert "what zhang.wei pressed was not noted" in caplog.text
    assert channel.acks == {}


def test_one_socket_listens_for_each_app(config: WatchConfig) -> None:
    found = sockets(config, lambda: datetime.now().astimezone(), lambda: None)
    assert [each._name for each in found] == ["ops, boss", "else"]
