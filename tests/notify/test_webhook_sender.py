"""Posts to a program that checks what docs/receivers.md says, and answers with all that HTTP has."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.notification import GroupNotice, Layout, Notice, Notification, Thread
from smartapp_watch.errors import DeliveryError
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples import example_alert, example_notices
from smartapp_watch.notify.examples_digests import example_digest
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.webhook import WebhookSender, signature
from tests.notify.robots import NOW
from tests.notify.strange import HOSTILE, alert_of, digest_of

Notify = Callable[..., Notification]
ZH = Language.ZH
SECRET = "webhook-secret-not-to-be-told"


@pytest.fixture
def sender(httpserver: HTTPServer) -> WebhookSender:
    return WebhookSender(
        "bus", ZH, Renderer(), url=httpserver.url_for("/alerts?k=5ecret"), clock=lambda: NOW, secret=SECRET
    )


def posted(server: HTTPServer, sender: WebhookSender, notification: Notification) -> dict[str, Any]:
    """What arrives of a message."""
    server.expect_request("/alerts").respond_with_data("", 204)
    assert sender.send(notification) == ""
    body = json.loads(server.log[-1][0].data)
    assert isinstance(body, dict)
    return body


def test_an_alert_arrives_in_words_and_in_figures(
    httpserver: HTTPServer, sender: WebhookSender, notify: Notify
) -> None:
    body = posted(httpserver, sender, notify())
    assert body["kind"] == "alert"
    assert body["key"] == "fire|12|growth"
    assert body["thread"] is None
    assert body["language"] == "zh"
    assert body["title"] == "🟠 页面退出率上升：云上生鲜"
    assert "61.0%" in body["text"]
    alert = body["alert"]
    assert (alert["alert"], alert["type"], alert["rule"]) == (12, "fire", "checkout-exit-rate")
    assert (alert["app"], alert["app_name"]) == ("15263713", "云上生鲜")
    assert (alert["value"], alert["baseline"], alert["change"], alert["unit"]) == (
        61.0,
        39.6,
        21.4,
        "percent",
    )
    assert alert["dimensions"] == {"page_id": "9f2c41"}


def test_the_other_kinds_arrive_under_their_own_names(
    httpserver: HTTPServer, sender: WebhookSender, notify: Notify
) -> None:
    fire, resolve = (example_alert(kind, ZH) for kind in (EventType.FIRE, EventType.RESOLVE))
    group = posted(httpserver, sender, notify(GroupNotice(Layout.APP, (fire, resolve))))
    assert (group["kind"], group["layout"]) == ("group", "app")
    assert [alert["type"] for alert in group["alerts"]] == ["fire", "resolve"]
    digest = posted(httpserver, sender, notify(example_digest(ZH)))["digest"]
    assert (digest["name"], digest["period"], digest["apps_checked"]) == ("weekly", "2026-W47", 7)
    assert {total["metric"] for total in digest["totals"]} >= {"user_trend.user_count"}
    assert digest["apps"][0]["app"] == "15263713"
    assert digest["apps"][-1]["totals"][0]["value"] is None
    notice = posted(httpserver, sender, notify(example_notices(ZH)[0]))["notice"]
    assert (notice["topic"], notice["receiver"]) == ("receiver_off", "ops")


def test_a_follow_up_names_the_message_that_it_follows(
    httpserver: HTTPServer, sender: WebhookSender, notify: Notify
) -> None:
    alert = example_alert(EventType.RESOLVE, ZH)
    thread = Thread("alert/12/fire/1/bus", example_alert(EventType.FIRE, ZH), alert)
    body = posted(httpserver, sender, replace(notify(alert), thread=thread))
    assert body["thread"] == "alert/12/fire/1/bus"


def test_the_same_message_has_the_same_key_in_a_header_that_any_server_reads(
    httpserver: HTTPServer, sender: WebhookSender, notify: Notify
) -> None:
    for _ in range(2):
        posted(httpserver, sender, notify(key="alert/12/fire/1/运营 组"))
    headers = [request.headers["Idempotency-Key"] for request, _ in httpserver.log]
    assert headers == ["alert/12/fire/1/%E8%BF%90%E8%90%A5%20%E7%BB%84"] * 2


def test_the_signature_is_the_known_one() -> None:
    """It was computed with openssl."""
    assert signature("1764567890", b'{"kind":"notice"}', "webhook-secret") == (
        "sha256=c5ff7d0cf46b58e0870b3de936f0b2fb961133e5fc2bbc0140c1d23d69a7af88"
    )


def test_what_arrives_is_signed_with_the_time_in_it(
    httpserver: HTTPServer, sender: WebhookSender, notify: Notify
) -> None:
    posted(httpserver, sender, notify())
    request = httpserver.log[0][0]
    timestamp = request.headers["X-Smartapp-Watch-Timestamp"]
    signed = hmac.new(SECRET.encode(), f"{timestamp}.".encode() + request.data, hashlib.sha256).hexdigest()
    assert request.headers["X-Smartapp-Watch-Signature"] == f"sha256={signed}"
    assert datetime.fromtimestamp(int(timestamp)).astimezone() == NOW
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"


def test_without_a_secret_nothing_is_signed(httpserver: HTTPServer, notify: Notify) -> None:
    httpserver.expect_request("/alerts").respond_with_data("taken", 202)
    url = httpserver.url_for("/alerts")
    WebhookSender("bus", ZH, Renderer(), url=url, clock=lambda: NOW).send(notify())
    assert not [name for name in dict(httpserver.log[0][0].headers) if "Signature" in name]


@pytest.mark.parametrize(
    ("status", "permanent", "of_receiver", "retry_after"),
    [
        (301, True, True, None),
        (400, True, False, None),
        (401, True, True, None),
        (404, True, True, None),
        (408, False, True, 90),
        (410, True, True, None),
        (413, True, False, None),
        (422, True, False, None),
        (429, False, True, 90),
        (500, False, True, 90),
        (503, False, True, 90),
    ],
)
def test_every_status_but_2xx_is_an_error(
    httpserver: HTTPServer,
    sender: WebhookSender,
    notify: Notify,
    status: int,
    *,
    permanent: bool,
    of_receiver: bool,
    retry_after: float | None,
) -> None:
    answer = Response("5ecret", status, {"Retry-After": "90"})
    httpserver.expect_request("/alerts").respond_with_response(answer)
    with pytest.raises(DeliveryError, match=f"the webhook bus answered HTTP {status}") as caught:
        sender.send(notify())
    error = caught.value
    assert (error.permanent, error.of_receiver) == (permanent, of_receiver)
    assert error.retry_after == retry_after
    assert "5ecret" not in str(error)


@pytest.mark.parametrize("text", HOSTILE)
def test_strange_names_arrive_as_they_are(
    httpserver: HTTPServer, sender: WebhookSender, notify: Notify, text: str
) -> None:
    notices: list[Notice] = [alert_of(text), digest_of(text, 500)]
    whole = text.encode("utf-8", "replace").decode()
    assert posted(httpserver, sender, notify(notices[0]))["alert"]["app_name"] == whole
    assert len(posted(httpserver, sender, notify(notices[1]))["digest"]["apps"]) == 500
