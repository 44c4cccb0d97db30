"""Each push is taken once, in time, and not before it is kept."""

from __future__ import annotations

import logging
from datetime import timedelta
from threading import Thread

import pytest

from smartapp_watch.errors import PushRefused, WatchError
from smartapp_watch.pushes import reception as reception_module
from tests.pushes.made import NOW, TICKET, Heard, pusher


def test_a_ticket_and_an_authorization_are_handed_on() -> None:
    heard, maker = Heard(), pusher()
    reception = heard.reception()
    reception.take(maker.ticket(TICKET, NOW))
    earlier = NOW - timedelta(minutes=5)
    reception.take(maker.authorization("AUTHORIZED", "15263713", earlier))
    assert heard.tickets == [(TICKET, NOW)]
    assert heard.events == [("AUTHORIZED", 15263713, earlier, "c0dec0dec0dec0dec0de")]


def test_an_event_without_a_time_happened_when_it_was_sent() -> None:
    heard = Heard()
    heard.reception().take(pusher().push({"event": "UNAUTHORIZED", "appId": 5}, NOW))
    assert heard.events == [("UNAUTHORIZED", 5, NOW, "")]


def test_a_push_that_comes_again_is_acknowledged_without_effect() -> None:
    heard, maker = Heard(), pusher()
    reception = heard.reception()
    push = maker.authorization("AUTHORIZED", 5, NOW)
    reception.take(push)
    heard.later(minutes=59)
    reception.take(push)
    reception.take(push.replace(b"{", b"{ "))
    assert len(heard.events) == 1
    reception.take(maker.authorization("AUTHORIZED", 5, NOW))
    assert len(heard.events) == 2


def test_a_push_that_comes_on_many_threads_at_once_is_taken_once() -> None:
    heard = Heard()
    reception, push = heard.reception(), pusher().authorization("AUTHORIZED", 5, NOW)
    threads = [Thread(target=reception.take, args=(push,)) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(heard.events) == 1


@pytest.mark.parametrize(
    ("minutes", "why"), [(61, "61 minutes old: is the clock"), (-61, "61 minutes ahead: is the clock")]
)
def test_a_push_of_another_time_is_refused(minutes: int, why: str) -> None:
    heard = Heard()
    reception, push = heard.reception(), pusher().ticket(TICKET, NOW)
    heard.later(minutes=minutes)
    with pytest.raises(PushRefused, match=why):
        reception.take(push)
    assert heard.tickets == []


def test_an_older_ticket_never_replaces_a_newer_one() -> None:
    heard, maker = Heard(), pusher()
    reception = heard.reception()
    reception.take(maker.ticket("new", NOW))
    reception.take(maker.ticket("old", NOW - timedelta(minutes=10)))
    assert heard.tickets == [("new", NOW)]
    reception.take(maker.ticket("newer", heard.later(minutes=10)))
    assert [ticket for ticket, _ in heard.tickets] == ["new", "newer"]


def test_what_could_not_be_kept_is_taken_when_it_comes_again() -> None:
    heard = Heard()
    reception = heard.reception()
    keeps, push = reception.on_event, pusher().authorization("AUTHORIZED", 5, NOW)

    def fail(*_: object) -> None:
        raise WatchError("the disk is full")

    reception.on_event = fail
    with pytest.raises(WatchError):
        reception.take(push)
    reception.on_event = keeps
    reception.take(push)
    assert len(heard.events) == 1


def test_other_news_is_noted_by_its_name(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    heard = Heard()
    fields = {"event": "APP_AUDIT_PASS", "appId": 5, "reason": "5ecret"}
    heard.reception().take(pusher().push(fields, NOW))
    assert "APP_AUDIT_PASS" in caplog.text
    assert "5ecret" not in caplog.text
    assert (heard.tickets, heard.events) == ([], [])


def test_what_is_remembered_is_bounded_and_forgotten_when_it_could_not_be_taken_anyway(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard, maker = Heard(), pusher()
    reception = heard.reception()
    for _ in range(30):
        reception.take(maker.ticket(TICKET, heard.now))
    assert len(reception.taken) == 30
    heard.later(hours=2)
    reception.take(maker.ticket(TICKET, heard.now))
    assert len(reception.taken) == 1
    monkeypatch.setattr(reception_module, "REMEMBERED", 5)
    for _ in range(30):
        reception.take(maker.ticket(TICKET, heard.now))
    assert len(reception.taken) == 5
