"""Apprise itself, posting its own JSON to a server on loopback."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from pytest_httpserver import HTTPServer

from smartapp_watch.alerts.notification import Notification
from smartapp_watch.errors import DeliveryError
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.apprise import AppriseSender
from smartapp_watch.notify.render import Renderer
from tests.notify.strange import HOSTILE, alert_of, digest_of

Notify = Callable[..., Notification]
KEY = "0123456789-5ecret"


def sender(server: HTTPServer, *paths: str) -> AppriseSender:
    urls = tuple(f"json://{server.host}:{server.port}/{path}" for path in paths)
    return AppriseSender("phones", Language.ZH, Renderer(), urls=urls)


def test_every_service_gets_title_and_text(httpserver: HTTPServer, notify: Notify) -> None:
    httpserver.expect_request("/a").respond_with_data("")
    httpserver.expect_request("/b").respond_with_data("")
    assert sender(httpserver, "a", "b").send(notify()) == ""
    bodies = [request.get_json() for request, _ in httpserver.log]
    assert [body["title"] for body in bodies] == ["🟠 页面退出率上升：云上生鲜"] * 2
    assert "61.0%" in bodies[0]["message"]


def test_a_service_that_took_it_does_not_get_it_again(httpserver: HTTPServer, notify: Notify) -> None:
    httpserver.expect_request("/a").respond_with_data("")
    httpserver.expect_oneshot_request("/b").respond_with_data("", 500)
    httpserver.expect_oneshot_request("/b").respond_with_data("")
    phones = sender(httpserver, "a", "b")
    with pytest.raises(DeliveryError, match=r"address 2: .*500") as caught:
        phones.send(notify())
    assert (caught.value.permanent, caught.value.of_receiver) == (False, True)
    phones.send(replace(notify(), taken=caught.value.taken))
    assert [request.path for request, _ in httpserver.log] == ["/a", "/b", "/b"]
    httpserver.expect_oneshot_request("/b").respond_with_data("")
    phones.send(notify(key="another"))
    assert [request.path for request, _ in httpserver.log][3:] == ["/a", "/b"]


def test_an_address_that_apprise_does_not_know_is_permanent_and_not_shown(httpserver: HTTPServer) -> None:
    with pytest.raises(DeliveryError, match="address 2 of phones") as caught:
        AppriseSender("phones", Language.ZH, Renderer(), urls=("json://localhost", f"nosuch://{KEY}"))
    assert caught.value.permanent
    assert KEY not in str(caught.value)


def test_without_apprise_the_error_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(DeliveryError, match=r"smartapp-watch\[apprise\]") as caught:
        sender(httpserver, "a")
    assert caught.value.permanent


def test_no_address_is_ever_told(
    httpserver: HTTPServer, notify: Notify, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        with pytest.raises(DeliveryError) as refused:
            sender(httpserver, KEY).send(notify())  # nothing is expected at it: 500
        httpserver.stop()
        with pytest.raises(DeliveryError) as unreachable:
            sender(httpserver, KEY).send(notify())
        httpserver.start()
    logged = [record.getMessage() for record in caplog.records if record.name != "werkzeug"]
    assert KEY not in "".join([str(refused.value), str(unreachable.value), *logged])


def test_apprise_is_never_loaded_into_this_process(httpserver: HTTPServer, notify: Notify) -> None:
    httpserver.expect_request("/a").respond_with_data("")
    sender(httpserver, "a").send(notify())
    assert "apprise" not in sys.modules


def test_a_process_that_breaks_down_is_no_message_taken(
    httpserver: HTTPServer, notify: Notify, monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = sender(httpserver, "a")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DeliveryError, match="address 1: the process of Apprise broke down") as caught:
        phones.send(notify())
    assert not caught.value.permanent


@pytest.mark.parametrize("text", HOSTILE)
def test_strange_names_and_large_digests_are_taken(httpserver: HTTPServer, notify: Notify, text: str) -> None:
    httpserver.expect_request("/a").respond_with_data("")
    for notice in (alert_of(text), digest_of(text, 500)):
        sender(httpserver, "a").send(notify(notice))
        body = httpserver.log[-1][0].get_json()
        assert len(body["message"].encode()) <= 4100
        assert "@everyone" not in body["title"] + body["message"]
