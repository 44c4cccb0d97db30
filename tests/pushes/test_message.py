"""What a push says, in the shapes that Baidu's pages show and in those that they do not."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.pushes.message import Authorization, Kind, Other, Ticket, read_message


def read(**fields: Any) -> object:
    return read_message(json.dumps(fields).encode())


def test_a_ticket_is_read_as_baidu_shows_it() -> None:
    fields = {"Ticket": "8c0da496", "FromUserName": "SmartAPP", "CreateTime": 1413192605}
    assert read(**fields, MsgType="ticket", Event="push") == Ticket("8c0da496")
    assert read(**fields | {"CreateTime": "1413192605"}, MsgType="ticket", Event="push") == Ticket("8c0da496")
    assert "8c0da496" not in repr(Ticket("8c0da496"))


@pytest.mark.parametrize("ticket", ["", 5, None, "a b", "a\n", "票", "x" * 1025])
def test_a_ticket_that_no_address_could_hold_is_none(ticket: object) -> None:
    assert read(Ticket=ticket, MsgType="ticket", Event="push") == Other("a ticket that is none")


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("app_id", [15263713, "15263713"])
def test_an_authorization_is_read_with_its_number_as_text_or_not(kind: Kind, app_id: object) -> None:
    at = datetime(2019, 1, 14, 12, 45, 10, tzinfo=BEIJING)
    fields = {"appId": app_id, "tpAppId": 14242323, "eventTime": "2019-01-14 12:45:10", "event": str(kind)}
    assert read(**fields) == Authorization(kind, 15263713, at)
    assert read(Event=str(kind), AppId=app_id, EventTime="soon") == Authorization(kind, 15263713, None)


def test_an_authorisation_code_is_read_and_not_shown() -> None:
    fields = {"event": "AUTHORIZED", "appId": 5}
    found = read(**fields, authorizationCode="c0de")
    assert found == Authorization(Kind.AUTHORIZED, 5, None, "c0de")
    assert "c0de" not in repr(found)
    assert read(**fields, authorizationCode="two words") == Authorization(Kind.AUTHORIZED, 5, None)


@pytest.mark.parametrize("app_id", [None, 0, -1, 1.5, True, "x", [], "1" * 19])
def test_an_authorization_of_no_mini_program_is_none(app_id: object) -> None:
    assert read(event="AUTHORIZED", appId=app_id) == Other("AUTHORIZED without a mini-program")


def test_other_news_is_told_by_its_name_alone() -> None:
    assert read(event="APPLY_APP_MOBILE_AUTH_PASS", appId=1) == Other("APPLY_APP_MOBILE_AUTH_PASS")
    nameless = Other("one without a name")
    names: list[object] = ["", "a b", 5, [], None, "x" * 65]
    assert [read(event=name) for name in names] == [nameless] * 6
    assert read() == nameless


@pytest.mark.parametrize("message", [b"", b"\xff", b"[" * 60_000, b"{"])
def test_what_is_no_json_is_told_so(message: bytes) -> None:
    assert read_message(message) == Other("one that is no JSON")
    assert read_message(b"[1]") == Other("one that is no table")
