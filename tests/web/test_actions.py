"""What is answered on an alert's page is on record: who, what, when, and from where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from smartapp_watch.alerts.alert import State
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.history.database import open_history
from tests.cli.desk import NOW
from tests.web.visitors import Port, Visitor, open_port

ALERT = "/alerts/1"
VIA = "web, 127.0.0.1"


@pytest.fixture
def port(config: WatchConfig) -> Iterator[Port]:
    with open_port(config) as opened:
        yield opened


@pytest.fixture
def visitor(port: Port) -> Visitor:
    return port.visitor()


def answer(visitor: Visitor, action: str, **fields: str) -> tuple[int, str]:
    done = visitor.post(f"{ALERT}/{action}", {"form_token": visitor.token(ALERT), **fields})
    return done.status_code, done.text or done.headers["location"]


def test_answered_twice_it_is_noted_once(port: Port, visitor: Visitor) -> None:
    for _ in range(2):
        assert answer(visitor, "ack") == (303, ALERT)
    assert port.answered == [(1, "web", "", VIA)]
    with open_history(port.config.history.path, read_only=True) as history:
        queued = [each.key for each in history.outbox.due(NOW + timedelta(hours=1))]
    assert [key for key in queued if "/ack/" in key] == [
        f"alert/1/ack/1/{name}" for name in ("ops", "growth")
    ]


def test_the_page_shows_who_deals_with_it(visitor: Visitor) -> None:
    answer(visitor, "ack", note="回滚中")
    assert "web 正在处理：回滚中" in visitor.get(ALERT).text


def test_a_silence_is_of_the_rule_and_the_mini_program_and_says_why(port: Port, visitor: Visitor) -> None:
    assert answer(visitor, "silence", **{"for": "3d", "because": " 上线 "}) == (303, ALERT)
    (silenced,) = port.answered
    assert isinstance(silenced, tuple)
    assert silenced[1:] == ("web", "上线", VIA)
    with open_history(port.config.history.path, read_only=True) as history:
        (silence,) = history.silences.all()
        alert = history.alerts.alert(1)
    assert alert is not None
    assert silence.matchers.each == ((alert.rule,), (str(alert.app_id),), ())
    assert silence.ends - silence.begins == timedelta(days=3)
    assert port.woken == [1]


WRONG = {
    "no reason": ("silence", {"for": "3d", "because": " "}, "请填写原因"),
    "no time": ("silence", {"because": "x"}, "写作 90m"),
    "a time that is none": ("silence", {"for": "soon", "because": "x"}, "写作 90m"),
    "a time too long": ("silence", {"for": "367d", "because": "x"}, "写作 90m"),
    "a reason of several lines": ("silence", {"for": "3d", "because": "a\nb"}, "一行"),
    "a note too long": ("ack", {"note": "x" * 501}, "一行"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_answer_is_said_and_changes_nothing(port: Port, visitor: Visitor, what: str) -> None:
    action, fields, said = WRONG[what]
    status, text = answer(visitor, action, **fields)
    assert status == 400
    assert said in text
    assert f'href="{ALERT}"' in text
    assert port.answered == []
    assert port.woken == [0]


@pytest.mark.parametrize("number", ["99", "99999999999999999999"])
def test_an_alert_that_is_not_there_is_not_answered(port: Port, visitor: Visitor, number: str) -> None:
    done = visitor.post(f"/alerts/{number}/ack", {"form_token": visitor.token(ALERT)})
    assert done.status_code == 404
    assert port.answered == []


def test_an_alert_that_is_over_needs_no_answer(port: Port, visitor: Visitor) -> None:
    token = visitor.token(ALERT)
    with open_history(port.config.history.path) as history, history.transaction():
        alert = history.alerts.alert(1)
        assert alert is not None
        history.alerts.save(replace(alert, state=State.RESOLVED), NOW)
    done = visitor.post(f"{ALERT}/ack", {"form_token": token})
    assert done.status_code == 409
    assert "告警已经结束" in done.text
    assert port.answered == []


def test_a_history_that_cannot_be_written_is_said(
    port: Port, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("smartapp_watch.history.connection.PATIENCE", 0)
    with open_history(port.config.history.path) as other, other.transaction():
        other.set_note("busy", "yes")
        status, text = answer(visitor, "ack")
    assert status == 503
    assert "什么都没有改动" in text
    assert "what web answered was not noted" in caplog.text
    assert port.answered == []


def test_a_history_that_is_gone_is_not_made_anew(port: Port, visitor: Visitor) -> None:
    token = visitor.token(ALERT)
    port.config.history.path.unlink()
    assert visitor.post(f"{ALERT}/ack", {"form_token": token}).status_code == 503
    assert not port.config.history.path.exists()
